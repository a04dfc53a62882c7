"""What must hold of the fifth make of labelled traffic."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from streams.evaluation.truth import read_account_labels
from tests.makes.fifth.plan import RECIPES
from tests.makes.fifth.rhythm import START, WEEK
from tests.makes.fifth.week import Week, make_week

SEED, SCALE = 3, 0.1


@pytest.fixture(scope="module")
def week() -> Week:
    """A week with campaigns and a tenth of the innocent accounts."""
    return make_week(SEED, scale=SCALE)


def test_innocents_send_the_same_with_and_without_campaigns(week: Week) -> None:
    """An attack-free week is the other week without the events of its campaigns, byte for byte."""
    quiet = make_week(SEED, attack_free=True, scale=SCALE)
    innocent = {one.name for one in week.accounts if not one.campaign}
    assert {one.name for one in quiet.accounts} == innocent
    assert quiet.events == [row for row in week.events if orjson.loads(row[2])["account_id"] in innocent]


def test_labels_name_the_accounts_that_send(week: Week, tmp_path: Path) -> None:
    """Every account that occurs has one label and no other has; only accounts of campaigns harvest."""
    week.write(tmp_path)
    labels = list(read_account_labels(tmp_path / "labels.csv"))
    names = [label.account_id for label in labels]
    assert len(names) == len(set(names))
    assert set(names) == {orjson.loads(event)["account_id"] for _, _, event in week.events}
    for label in labels:
        assert (label.kind in RECIPES) == bool(label.campaign)
        assert label.attack_fraction == 0 or label.campaign


def test_events_stand_in_order_of_time_within_the_week(week: Week) -> None:
    """Times never go back and stay inside the week; no event name comes twice."""
    times = [at for at, _, _ in week.events]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] < WEEK
    events = [orjson.loads(event) for _, _, event in week.events]
    assert [event["event_time"] for event in events] == sorted(event["event_time"] for event in events)
    assert len({event["event_id"] for event in events}) == len(events)
    assert all(event["account_created_at"] < START + at for event, at in zip(events, times, strict=True))


def test_harvest_is_a_minor_part(week: Week) -> None:
    """Harvested requests are there, and fewer than 18 % of all."""
    assert 0 < sum(one.harvested for one in week.accounts) < 0.18 * len(week.events)
