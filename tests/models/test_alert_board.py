"""One campaign, one alert: campaigns that merge, account alerts that are absorbed, and what comes back."""

from __future__ import annotations

from models.alert import Alert, State
from models.candidate import Candidate
from models.decide import Decision
from models.detection import DetectionSettings
from models.past import REMEMBERED_MS
from tests.models.synthetic_traces import START_MS
from tests.models.test_campaign import group, members
from tests.models.test_decide import MINUTE_MS, SETTINGS, account, decide_all

_HOUR_MS = 60 * MINUTE_MS


def at(minute: float) -> int:
    """Effective time that many minutes after the start."""
    return START_MS + round(minute * MINUTE_MS)


def told(records: list[Alert]) -> list[tuple[State, str]]:
    """State and entity of each record."""
    return [(record.state, record.entity_id) for record in records]


def two_campaigns() -> list[Candidate]:
    """Two campaigns of twenty accounts that share four of them, one 20 minutes after the other."""
    return [group("01", members(0, 20), 20.0, at(0)), group("02", members(16, 36), 20.0, at(20))]


def test_campaigns_that_turn_out_to_be_one_are_merged() -> None:
    """The older goes on with all members, each named once; the younger closes and says into what it went."""
    decision = Decision(SETTINGS, "test")
    first, second = decide_all(two_campaigns(), decision)
    assert first.entity_id != second.entity_id
    updated, closed = decide_all([group("01", members(20, 26), 20.0, at(40))], decision)
    assert told([updated, closed]) == [("update", first.entity_id), ("closed", second.entity_id)]
    assert (closed.merged_into, closed.alert_id) == (first.alert_id, second.alert_id)
    assert closed.accounts == []


def test_a_merged_campaign_names_each_account_once() -> None:
    """Over the life of the alert that goes on every member of both is named, and none twice."""
    decision = Decision(SETTINGS, "test")
    records = decide_all([*two_campaigns(), group("01", members(20, 26), 20.0, at(40))], decision)
    records += decision.advance(at(60))
    survivor = [record for record in records if record.alert_id == records[0].alert_id]
    named = [account_id for record in survivor for account_id in record.accounts]
    assert sorted(named) == [f"h{n:03}" for n in range(36)]
    assert survivor[-1].account_count == 36
    assert survivor[-1].event_count == 36 * 6
    # The other's group goes on in the campaign that is left.
    (update,) = decide_all([group("02", members(36, 40), 21.0, at(80))], decision)
    assert (update.alert_id, update.accounts) == (survivor[0].alert_id, ["h036", "h037", "h038", "h039"])


def test_a_group_that_joins_both_merges_them() -> None:
    """Two campaigns without a common account are one as soon as a group that passes is made of both."""
    decision = Decision(SETTINGS, "test")
    apart: list[Candidate] = [group("01", members(0, 20), 20.0, at(0)), group("02", members(20, 40), 20.0, at(20))]
    first, second = decide_all(apart, decision)
    records = decide_all([group("03", members(5, 35), 20.0, at(40))], decision)
    assert ("closed", second.entity_id) in told(records)
    assert {record.merged_into for record in records} == {None, first.alert_id}
    assert decision.open_count == 1


def test_a_campaign_absorbs_the_alerts_of_its_members() -> None:
    """A member's own alert closes with the campaign's id, and while the campaign is open it gets no new one."""
    decision = Decision(SETTINGS, "test")
    opened, other = decide_all([account(0, account_id="h003"), account(1, account_id="z")], decision)
    campaign, closed = decide_all([group("01", members(0, 20), 20.0, at(10))], decision)
    assert (closed.state, closed.alert_id, closed.absorbed_by) == ("closed", opened.alert_id, campaign.alert_id)
    assert decide_all([account(20, 30.0, account_id="h003"), account(20, 30.0, account_id="h004")], decision) == []
    assert [record.entity_id for record in decide_all([account(30, 60.0, account_id="z")], decision)] == ["z"]
    assert other.entity_id == "z"


def test_a_member_is_absorbed_when_it_is_named_later() -> None:
    """The naming counts, not the opening of the campaign."""
    decision = Decision(SETTINGS, "test")
    decide_all([group("01", members(0, 20), 20.0, at(0)), account(5, account_id="h022")], decision)
    records = decide_all([group("01", members(20, 24), 20.0, at(15))], decision)
    assert told(records)[-1] == ("closed", "h022")


def test_a_campaign_that_comes_back_names_its_last_alert() -> None:
    """The same anchor, or largely the same accounts under another, is a new alert with the old one's id."""
    decision = Decision(SETTINGS, "test")
    (first,) = decide_all([group("01", members(0, 20), 20.0, at(0))], decision)
    assert first.previous_alert_id is None
    *_, again = decide_all([group("01", members(100, 120), 20.0, at(200))], decision)
    assert (again.state, again.previous_alert_id) == ("open", first.alert_id)
    *_, moved = decide_all([group("07", members(10, 30), 20.0, at(500))], decision)
    assert (moved.state, moved.previous_alert_id) == ("open", first.alert_id)
    *_, stranger = decide_all([group("08", members(300, 320), 20.0, at(500))], decision)
    assert (stranger.state, stranger.previous_alert_id) == ("open", None)


def test_every_record_of_an_alert_that_came_back_says_so() -> None:
    """A sink that only sees an update still finds the alert before it."""
    decision = Decision(SETTINGS, "test")
    (first,) = decide_all([account(0)], decision)
    records = decide_all([account(70), account(90, 30.0)], decision) + decision.advance(at(200))
    assert [(record.state, record.previous_alert_id) for record in records] == [
        ("closed", None),
        ("open", first.alert_id),
        ("update", first.alert_id),
        ("closed", first.alert_id),
    ]


def test_memory_ends_after_sixty_days() -> None:
    """Later nobody knows what happened."""
    decision = Decision(SETTINGS, "test")
    decide_all([group("01", members(0, 20), 20.0, at(0))], decision)
    later_ms = at(0) + SETTINGS.quiet_ms + REMEMBERED_MS + 1
    *_, again = decide_all([group("01", members(0, 20), 20.0, later_ms)], decision)
    assert (again.state, again.previous_alert_id) == ("open", None)


def test_what_is_remembered_survives_a_restart() -> None:
    """A decision loaded from its rows after the alert closed still knows it."""
    decision = Decision(SETTINGS, "test")
    (first,) = decide_all([group("01", members(0, 20), 20.0, at(0))], decision)
    decision.advance(at(0) + 2 * _HOUR_MS)
    again = Decision(SETTINGS, "test")
    again.load(decision.dump_dirty())
    (opened,) = decide_all([group("01", members(50, 70), 20.0, at(300))], again)
    assert opened.previous_alert_id == first.alert_id


def test_default_settings_forget_after_quiet_time_and_memory() -> None:
    """The memory is longer than the quiet time, so that a closed alert is known when it comes back."""
    assert DetectionSettings().quiet_ms < REMEMBERED_MS
