"""What must hold of the sixth make of labelled traffic."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import msgspec
import pytest
import zstandard

from streams.evaluation.truth import AccountTruth, read_account_labels
from tests.makes.sixth import traffic
from tests.makes.sixth.__main__ import write
from tests.makes.sixth.draws import WEEK, stamp
from tests.makes.sixth.habit import CROWDS
from tests.makes.sixth.traffic import campaigns, make_week
from tests.makes.sixth.world import Library

#: A tenth of a whole week.
_CROWDS, _SOLOS = 2, (90, 90)


class Line(msgspec.Struct):
    """The part of an event that these tests read."""

    account_id: str
    event_id: str
    event_time: str


@dataclass
class Made:
    """A week as it was written, and the lines of its innocents before campaigns were added."""

    innocent: list[bytes]
    lines: list[bytes]
    events: list[Line]
    labels: list[AccountTruth]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A week of few crowds, made once: without campaigns first, then with them."""
    out, library = tmp_path_factory.mktemp("sixth"), Library()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traffic, "CROWDS", dict(list(CROWDS.items())[:_CROWDS]))
        patch.setattr(traffic, "SOLOS", _SOLOS)
        week = make_week(library, 3, attack_free=True)
    innocent = [line for _, _, line in week.events]
    campaigns(week, library, 3)
    week.events.sort()
    week.labels.sort()
    write(week, out)
    lines = zstandard.decompress((out / "events.jsonl.zst").read_bytes()).splitlines()
    events = [msgspec.json.decode(line, type=Line) for line in lines]
    return Made(innocent, lines, events, read_account_labels(out / "labels.csv"))


def test_campaigns_leave_the_innocents_as_they_are(made: Made) -> None:
    """Innocent accounts send the same events in the same order with and without campaigns."""
    campaign = {label.account_id for label in made.labels if label.campaign}
    assert campaign
    kept = [line for line, event in zip(made.lines, made.events, strict=True) if event.account_id not in campaign]
    assert kept == made.innocent


def test_labels_name_the_accounts_that_occur(made: Made) -> None:
    """Every account that sends has one label, and no other has; innocents harvest nothing."""
    named = Counter(label.account_id for label in made.labels)
    assert set(named) == {event.account_id for event in made.events}
    assert set(named.values()) == {1}
    assert all(label.attack_fraction == 0 for label in made.labels if not label.campaign)


def test_events_stand_in_order_of_time_within_the_week(made: Made) -> None:
    """Times never go back and stay inside the week; no event name comes twice."""
    times = [event.event_time for event in made.events]
    assert times == sorted(times)
    assert stamp(0) <= times[0]
    assert times[-1] < stamp(WEEK)
    assert len({event.event_id for event in made.events}) == len(made.events)


def test_harvest_stays_below_its_share(made: Made) -> None:
    """Every campaign harvests, and all of them together less than 18 % of all requests."""
    sent = Counter(event.account_id for event in made.events)
    harvest: Counter[str] = Counter()
    for label in made.labels:
        if label.campaign:
            harvest[label.campaign] += round(label.attack_fraction * sent[label.account_id])
    assert len(harvest) >= 10
    assert min(harvest.values()) > 0
    assert sum(harvest.values()) < 0.18 * len(made.events)
