"""What must hold of the second make of labelled traffic."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
import zstandard

from models.decode import decode
from models.detection import DetectionSettings
from models.event import Event, epoch_ms
from models.record import Records
from streams import corpora
from streams.evaluation.truth import read_account_labels, read_event_labels
from tests.makes.second import campaigns, generate
from tests.makes.second.__main__ import main
from tests.makes.second.check import check, field_aucs
from tests.makes.second.harvest import RUNGS
from tests.makes.second.rhythm import Rhythm
from tests.makes.second.spin import fill, spin
from tests.makes.second.week import START_MS, Week

SMALL = ["--innocent-accounts", "150", "--days", "2"]
SMALLEST = ["--innocent-accounts", "50", "--days", "1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small week with campaigns, written through the command line."""
    out = tmp_path_factory.mktemp("second") / "week"
    assert main(["--out", str(out), "--seed", "3", *SMALL]) == 0
    return out


@pytest.fixture(scope="module")
def week() -> Iterator[Week]:
    """What generators share, without traffic."""
    week = Week(0, 7.0, None)
    yield week
    week.wire.close()


@pytest.fixture(scope="module")
def events(folder: Path) -> list[Event]:
    """Its events, through the decoder of the product; none may be refused."""
    with (folder / "events.jsonl.zst").open("rb") as file:
        lines = io.BytesIO(zstandard.ZstdDecompressor().stream_reader(file).read()).read().splitlines()
    keys = [line.split(b'"account_id":"', 1)[1].split(b'"', 1)[0] for line in lines]
    count = len(lines)
    records = Records(
        "requests.v1", 0, list(range(count)), [START_MS + 10**10] * count, list(keys), list(lines), [None] * count
    )
    decoded = decode(records, DetectionSettings())
    assert decoded.dead_letters == []
    return decoded.events


def _ms(instant: datetime | int) -> int:
    return instant if isinstance(instant, int) else epoch_ms(instant)


def test_events_stand_in_order_of_time_within_the_week(events: list[Event]) -> None:
    """Times never go back and stay inside the days asked for; no event name comes twice."""
    times = [_ms(event.event_time) for event in events]
    assert times == sorted(times)
    assert times[0] >= START_MS
    assert times[-1] < START_MS + 2 * 86_400_000
    assert len({event.event_id for event in events}) == len(events)


def test_accounts_are_opened_before_their_first_request(events: list[Event]) -> None:
    """No account sends before it was opened."""
    assert all(
        event.account_created_at is not None and _ms(event.account_created_at) < _ms(event.event_time)
        for event in events
    )


def test_every_innocent_kind_is_present(folder: Path) -> None:
    """Each of the 23 innocent kinds has accounts, and none of them harvests or belongs to a campaign."""
    innocent = [label for label in read_account_labels(folder / "labels.csv") if not label.campaign]
    assert len(Counter(label.kind for label in innocent)) == len(generate.INNOCENT) == 23
    assert all(label.attack_fraction == 0 for label in innocent)


def test_no_more_than_a_fifth_harvests(folder: Path, events: list[Event]) -> None:
    """Harvest is there, at most 20 % of all, and labels of accounts and of requests say the same."""
    harvest = read_event_labels(folder / "event_labels.csv.gz")
    assert set(harvest) == {event.event_id for event in events}
    assert 0 < sum(harvest.values()) <= 0.2 * len(events)
    sent, kept = (
        Counter(event.account_id for event in events),
        Counter(e.account_id for e in events if harvest[e.event_id]),
    )
    for label in read_account_labels(folder / "labels.csv"):
        assert label.attack_fraction == pytest.approx(kept[label.account_id] / max(1, sent[label.account_id]), abs=1e-6)


def test_every_campaign_has_one_rung(folder: Path) -> None:
    """Accounts of a campaign carry one rung, a known one; all of them harvest."""
    members = [label for label in read_account_labels(folder / "labels.csv") if label.campaign]
    rungs = {(label.campaign, label.kind) for label in members}
    assert len(rungs) == len({label.campaign for label in members}) > 0
    assert {rung for _, rung in rungs} <= {*RUNGS, campaigns.SERVE_AND_HARVEST}
    assert all(label.harvests for label in members)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """A week is repeatable to the byte, and another seed is another week."""
    once, again, other = (tmp_path / name for name in ("once", "again", "other"))
    for out, seed in ((once, "3"), (again, "3"), (other, "4")):
        assert main(["--out", str(out), "--seed", seed, *SMALLEST]) == 0
    for name in ("events.jsonl.zst", "labels.csv", "event_labels.csv.gz", "enforcement.jsonl"):
        assert (again / name).read_bytes() == (once / name).read_bytes()
    assert (other / "labels.csv").read_bytes() != (once / "labels.csv").read_bytes()


def test_an_attack_free_week_has_no_harvest(tmp_path: Path) -> None:
    """``--attack-free`` writes innocent accounts alone."""
    assert main(["--out", str(tmp_path), "--seed", "5", "--attack-free", *SMALLEST]) == 0
    with (tmp_path / "labels.csv").open(encoding="utf-8") as file:
        assert {row["campaign"] for row in csv.DictReader(file)} == {""}
    with gzip.open(tmp_path / "event_labels.csv.gz", "rt") as file:
        assert {row["harvest"] for row in csv.DictReader(file)} == {"0"}


def test_a_further_folder_adds_its_sets(tmp_path: Path) -> None:
    """Sets of ``--data`` that are not bundled are used; the bundled ones stay as they are."""
    (tmp_path / "waimai_labelling.jsonl").write_text('{"text": "a review of noodles"}\n', encoding="utf-8")
    (tmp_path / "clinc150.jsonl").write_text('{"text": "not the bundled one"}\n', encoding="utf-8")
    week = Week(0, 1.0, tmp_path)
    assert week.corpora.texts("waimai_labelling") == ["a review of noodles"]
    assert len(week.corpora.texts("clinc150")) == len(corpora.load("clinc150"))
    week.wire.close()


def test_plans_fit_the_week(week: Week) -> None:
    """A full week has 12 to 20 campaigns of 8 to 300 accounts at 3 to 60 requests a day, within their share."""
    for _ in range(20):
        plans = campaigns.plan(week, 320_000, 2_000)
        assert 12 <= len(plans) <= 20
        for plan in plans:
            loud = plan.rung == "loud_account"
            assert loud or (8 <= plan.accounts <= 300 and 3.0 <= plan.daily <= 60)
            assert 0 <= plan.cover <= 0.9
            assert 0 <= plan.first_day < plan.last_day <= 7
        assert sum(plan.harvest for plan in plans) <= 0.24 * 320_000


@pytest.mark.parametrize("count", [1, 2, 5, 400])
def test_rhythms_give_the_number_asked_for(count: int) -> None:
    """Every rhythm gives as many times as asked for, sorted, inside the week."""
    rhythm = Rhythm(np.random.default_rng(count), 3.0)
    for times in (
        rhythm.people(count, 5.5), rhythm.product(count, -6.0), rhythm.office(count, 1.0), rhythm.steady(count),
        rhythm.nightly(count, 3.0), rhythm.batch(count, 3), rhythm.ramp(count, 0.0),
        rhythm.within(rhythm.steady(count), 86_400.0, 1.7 * 86_400),
    ):  # fmt: skip
        assert len(times) == count
        assert bool(np.all(np.diff(times) >= 0))
        assert times[0] >= 0
        assert times[-1] < 3 * 86_400_000


def test_patterns_expand_to_one_of_each() -> None:
    """Brackets nest, literal brackets survive, an open bracket is refused by name."""
    rng = random.Random(2)
    assert {spin("[a|b[c|d]]", rng) for _ in range(200)} == {"a", "bc", "bd"}
    assert spin("«x» ¦ a|b", rng) == "[x] | a|b"
    assert fill("<<x>> and <<y>>", x="1") == "1 and <<y>>"
    with pytest.raises(ValueError, match="not closed"):
        spin("[a|b", rng)


def test_no_shell_is_left_unfilled(events: list[Event]) -> None:
    """No request carries a slot's mark or a pattern's."""
    assert [
        event.prompt_text
        for event in events
        if event.prompt_text and ("<<" + "x>>" in event.prompt_text or "<<q>>" in event.prompt_text)
    ] == []


def test_the_check_finds_a_field_that_gives_harvesters_away(tmp_path: Path) -> None:
    """A plan that only harvesters have stands out near 1; a field that all draw alike does not."""
    rng = random.Random(0)
    labels, lines = ["account_id,kind,campaign,attack_fraction"], []
    for number in range(300):
        harvests = number % 3 == 0
        labels.append(f"a{number},kind,{f'c{number % 5}' if harvests else ''},{float(harvests)}")
        for second in range(3):
            event = {
                "account_id": f"a{number}", "event_time": START_MS + second * 60_000 + number,
                "prompt_text": "x" * rng.randint(5, 90),
                "account_created_at": START_MS - rng.randint(10**6, 10**9), "stream": rng.random() < 0.5,
                "plan": "odd" if harvests else rng.choice(["pro", "free"]), "country": rng.choice(["US", "DE", "IN"]),
            }  # fmt: skip
            lines.append(msgspec.json.encode(event))
    (tmp_path / "labels.csv").write_text("\n".join(labels) + "\n", encoding="utf-8")
    (tmp_path / "events.jsonl.zst").write_bytes(zstandard.compress(b"\n".join(lines) + b"\n"))
    aucs = field_aucs(tmp_path)
    assert aucs["plan"] > 0.95
    assert aucs["country"] < 0.65
    assert check(tmp_path) == 1
