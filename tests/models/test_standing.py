"""How accounts and campaigns stand: what the state says, explained, and nothing changed by asking."""

from __future__ import annotations

import numpy as np
import pytest

from models.account_row import Status
from models.accounts import AccountSlab
from models.decide import Decision
from models.detection import DetectionSettings
from models.severity import page_threshold_nats, score
from models.standing import account_standing
from tests.models.account_events import mixed_stream
from tests.models.test_alert_board import at
from tests.models.test_campaign import group, members
from tests.models.test_decide import SETTINGS, account, decide_all

PLAIN = DetectionSettings()


def slab_of(count: int) -> AccountSlab:
    """Make a slab that has seen a mixed stream."""
    slab, stream = AccountSlab(PLAIN), mixed_stream(7, count)
    slab.update(stream.account_ids, stream.features, stream.effective_ms, stream.offsets)
    return slab


@pytest.mark.parametrize("count", [1, 4, 30, 600])
def test_an_account_stands_as_its_row_says(count: int) -> None:
    """Counts and evidence are the row's, weights add up to the evidence of now, and the row is left as it was."""
    slab = slab_of(count)
    for account_id in slab.counts():
        row = slab.row_of(account_id)
        assert row is not None
        before = row.tobytes()
        standing = account_standing(account_id, row, PLAIN)
        assert row.tobytes() == before
        assert (standing.event_count, standing.content_event_count) == (row["events"], row["content_events"])
        weighed = [reason.weight for reason in [*standing.reasons, *standing.counter_evidence]]
        if row["status"] == Status.WARMING_UP:
            assert standing.status == "warming_up"
            assert (standing.evidence_nats, standing.evidence_now_nats, standing.score, weighed) == (
                None,
                None,
                None,
                [],
            )
        else:
            assert standing.evidence_nats == round(float(row["evidence_nats"]), 3)
            assert standing.evidence_now_nats == pytest.approx(sum(weighed), abs=0.01)
            threshold = page_threshold_nats(PLAIN)
            assert standing.score == round(score(float(row["evidence_nats"]), threshold), 4)


def test_at_a_look_evidence_of_now_is_the_evidence() -> None:
    """An account that was just weighed has no other evidence than it was given."""
    slab = AccountSlab(PLAIN)
    stream = mixed_stream(3, 400, accounts=1)
    looks = 0
    for number in range(400):
        part = stream.cut(number, number + 1)
        before = slab.row_of("account-0")
        slab.update(part.account_ids, part.features, part.effective_ms, part.offsets)
        row = slab.row_of("account-0")
        if row is not None and before is not None and row["checkpoint"] != before["checkpoint"]:
            standing = account_standing("account-0", row, PLAIN)
            assert standing.evidence_now_nats == standing.evidence_nats
            looks += 1
    assert looks > 5


def test_what_needs_more_requests_is_null_and_not_zero() -> None:
    """One request without content has no entropy."""
    slab, stream = AccountSlab(PLAIN), mixed_stream(7, 1)
    features = stream.features.copy()
    features["flags"] &= np.uint16(0xFFFF & ~1)
    features["cell"], features["content"] = -1, 0
    slab.update(["a"], features, stream.effective_ms, stream.offsets)
    row = slab.row_of("a")
    assert row is not None
    standing = account_standing("a", row, PLAIN)
    assert (standing.coverage_entropy_nats, standing.distinct_contents_share, standing.requests_per_day) == (None,) * 3


def test_a_campaign_stands_as_its_alert_tells() -> None:
    """Found by its id and its alert's, with its reasons, at most as many members as asked for, and unchanged by it."""
    decision = Decision(SETTINGS, "test")
    (opened,) = decide_all([group("01", members(0, 20), 20.0, at(0))], decision)
    decide_all([group("02", members(0, 20), 4.0, at(1), "payment")], decision)
    rows = decision.dump_dirty()
    standing = decision.standing_of(opened.entity_id, at(2), 3)
    assert standing is not None
    assert standing == decision.standing_of(opened.alert_id, at(2), 3)
    assert decision.dump_dirty() == rows
    assert (standing.account_count, len(standing.members), standing.group_count) == (20, 3, 2)
    assert [each.account_id for each in standing.members] == ["h000", "h001", "h002"]
    assert (standing.evidence_nats, standing.score, standing.severity) == (20.0, opened.score, opened.severity)
    assert [each.sentence for each in standing.reasons][: len(opened.reasons)] == [
        each.sentence for each in opened.reasons
    ]
    assert [each.link for each in standing.groups] == ["shell", "payment"]


def test_what_is_no_open_campaign_has_no_standing() -> None:
    """An account's alert, an unknown id, and a campaign that closed."""
    decision = Decision(SETTINGS, "test")
    campaign, own = decide_all([group("01", members(0, 20), 20.0, at(0)), account(1)], decision)
    decision.advance(at(0) + 2 * SETTINGS.quiet_ms)
    for name in (own.alert_id, own.entity_id, "unknown", campaign.alert_id, campaign.entity_id):
        assert decision.standing_of(name, at(2), 3) is None
