"""What verdicts and enforcement do, and that they do no more than that."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.alert import Alert, encode
from models.awaited import AwaitedFeedback
from models.campaign import JOINED_NATS
from models.candidate import Candidate
from models.decide import Decision
from models.detection import DetectionSettings
from models.verdict import WATCHED_MS, Enforcement, Feedback, Verdict
from tests.models.synthetic_traces import START_MS
from tests.models.test_alert_board import at, told
from tests.models.test_campaign import group, members
from tests.models.test_decide import POOLED, SETTINGS, account, decide_all, random_candidates

_DAY_MS = 86_400_000
_WATCHED_NATS = SETTINGS.candidate_bar_nats + JOINED_NATS


def verdict(alert_id: str, minute: float = 5, finding: str = "false_positive", **changes: Any) -> Verdict:
    """Make a verdict given that many minutes after the start, good for thirty days."""
    fields: dict[str, Any] = {
        "verdict_id": f"{finding}-{alert_id}-{minute}",
        "alert_id": alert_id,
        "verdict": finding,
        "given_at": at(minute),
        "until": at(minute) + 30 * _DAY_MS,
    }
    return msgspec.convert(fields | changes, Verdict)


def ban(account_ids: list[str], minute: float = 5) -> Enforcement:
    """Make a ban imposed that many minutes after the start."""
    fields = {"enforcement_id": f"e{minute}", "account_ids": account_ids, "action": "banned", "imposed_at": at(minute)}
    return msgspec.convert(fields, Enforcement)


def said(decision: Decision, *feedback: Feedback) -> list[Alert]:
    """Give feedback and let the bucket of its time end."""
    assert decision.receive(AwaitedFeedback(0, 0, record) for record in feedback) == []
    return decision.advance(max(record.given_ms for record in feedback) + SETTINGS.bucket_ms)


def paged(*candidates: Candidate) -> tuple[Decision, Alert]:
    """Make a decision that has opened an alert on the last of these candidates."""
    decision = Decision(SETTINGS, "test")
    return decision, decide_all(list(candidates), decision)[-1]


@pytest.mark.parametrize("finding", ["false_positive", "expected"])
def test_a_verdict_closes_its_alert(finding: str) -> None:
    """At the end of the bucket of its time, with the verdict's id in the record, and once."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    judged = verdict(opened.alert_id, 5, finding)
    (closed,) = said(decision, judged, judged)
    assert (closed.state, closed.alert_id, closed.closed_by_verdict) == ("closed", opened.alert_id, judged.verdict_id)
    assert closed.detected_at == "2026-01-01T00:06:00.000Z"
    assert decision.open_count == 0


def test_the_same_template_never_pages_twice() -> None:
    """Whoever uses the silenced anchor, with whatever evidence, until the date; then it pages as what came back."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    said(decision, verdict(opened.alert_id))
    assert decide_all([group("01", members(100, 900), 90.0, at(60 * day)) for day in range(1, 700)], decision) == []
    (again,) = decide_all([group("01", members(0, 20), 20.0, at(6) + 30 * _DAY_MS)], decision)
    assert (again.state, again.previous_alert_id) == ("open", opened.alert_id)


def test_the_same_team_never_pages_twice() -> None:
    """Half of the accounts that a group would name are enough, under any anchor; others page as before."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    said(decision, verdict(opened.alert_id))
    assert decide_all([group("02", members(10, 30), 40.0, at(10), "payment")], decision) == []
    (other,) = decide_all([group("03", members(11, 31), 40.0, at(20))], decision)
    assert other.state == "open"


def test_a_team_that_grows_at_its_template_stays_one() -> None:
    """Who uses the silenced template later is of its team, under other anchors as well."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    said(decision, verdict(opened.alert_id))
    assert decide_all([group("01", members(20, 40), 20.0, at(10))], decision) == []
    assert decide_all([group("02", members(20, 40), 20.0, at(20))], decision) == []


def test_what_is_silenced_is_no_evidence_beside_other_groups() -> None:
    """Groups that a verdict on an evaluation team silences do not add up with the one that shares half of the team."""
    decision = Decision(SETTINGS, "test", POOLED)
    (opened,) = decide_all([group("01", members(0, 20), 40.0, at(0))], decision)
    said(decision, verdict(opened.alert_id))
    team: list[Candidate] = [group(f"1{n}", members(0, 20), 9.0, at(10) + n) for n in range(4)]
    crowd: list[Candidate] = [group("20", members(10, 31), 9.0, at(11))]
    assert decide_all([*team, *crowd], decision) == []
    others: list[Candidate] = [group(f"3{n}", members(11, 31), 9.0, at(12) + n) for n in range(5)]
    assert "open" in {record.state for record in decide_all(others, decision)}


def test_a_template_verdict_leaves_the_accounts_alone() -> None:
    """Their own alerts, and strangers on strange anchors, page as before."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    said(decision, verdict(opened.alert_id))
    records = decide_all([account(10, account_id="h003"), group("09", members(50, 70), 20.0, at(11))], decision)
    assert [record.state for record in records] == ["open", "open"]


def test_a_campaign_verdict_silences_its_accounts_too() -> None:
    """Neither their own alerts nor another campaign names them."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    said(decision, verdict(opened.alert_id, scope="campaign"))
    assert decide_all([account(10, 90.0, account_id="h003")], decision) == []
    (other,) = decide_all([group("02", members(18, 38), 20.0, at(20))], decision)
    assert other.accounts == [f"h{n:03}" for n in range(20, 38)]


def test_a_verdict_on_some_accounts_leaves_the_alert_open() -> None:
    """The rest of the campaign is still to be looked at; the accounts judged are named by nothing any more."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    judged = ["h000", "h001", "z"]
    assert said(decision, verdict(opened.alert_id, scope="accounts", account_ids=judged)) == []
    assert decision.open_count == 1
    assert decide_all([account(10, 90.0, account_id="z")], decision) == []
    (elsewhere,) = decide_all([account(11, account_id="h099")], decision)
    assert elsewhere.accounts == ["h099"]


def test_a_verdict_on_all_accounts_closes_the_alert_but_not_the_template() -> None:
    """Other accounts at the same anchor page, as what came back."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    (closed,) = said(decision, verdict(opened.alert_id, scope="accounts"))
    assert closed.state == "closed"
    assert decide_all([group("01", members(0, 20), 40.0, at(10))], decision) == []
    (other,) = decide_all([group("01", members(30, 60), 40.0, at(20))], decision)
    assert (other.previous_alert_id, len(other.accounts)) == (opened.alert_id, 30)


def test_an_accounts_own_alert_is_silenced_as_that_account() -> None:
    """Whatever the scope, the alert of an account names no more than the account."""
    decision, opened = paged(account(0))
    (closed,) = said(decision, verdict(opened.alert_id, until=at(5) + 90 * _DAY_MS))
    assert closed.state == "closed"
    assert decide_all([account(10, 90.0), account(11, account_id="b")], decision)[0].entity_id == "b"
    after = account(7 + 90 * 24 * 60)
    assert [record.previous_alert_id for record in decide_all([after], decision) if record.entity_id == "a"] == [
        opened.alert_id
    ]


def test_a_verdict_on_a_closed_account_alert_closes_the_one_that_came_back() -> None:
    """As for campaigns: what is judged is the account."""
    decision, opened = paged(account(0))
    *_, again = decide_all([account(200)], decision)
    (closed,) = said(decision, verdict(opened.alert_id, 205))
    assert (closed.alert_id, closed.state) == (again.alert_id, "closed")
    assert decide_all([account(400, 90.0)], decision) == []


def test_a_verdict_on_a_closed_alert_closes_what_came_back() -> None:
    """Judged late, on the alert that somebody still has on the screen: its successor on the same anchors goes too."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    *_, again = decide_all([group("01", members(0, 20), 20.0, at(200))], decision)
    (closed,) = said(decision, verdict(opened.alert_id, 205))
    assert closed.alert_id == again.alert_id
    assert decide_all([group("01", members(0, 20), 90.0, at(400))], decision) == []


def test_a_verdict_on_a_merged_alert_means_the_one_that_went_on() -> None:
    """Whoever was paged by the younger campaign judges the whole."""
    decision, first = paged(group("01", members(0, 20), 20.0, at(0)))
    (second,) = decide_all([group("02", members(16, 36), 20.0, at(20))], decision)
    decide_all([group("01", members(20, 26), 20.0, at(40))], decision)
    records = said(decision, verdict(second.alert_id, 45))
    assert told(records)[-1] == ("closed", first.entity_id)
    assert records[-1].closed_by_verdict == f"false_positive-{second.alert_id}-45"
    assert decide_all([group("02", members(200, 220), 90.0, at(60))], decision) == []


def test_a_true_positive_has_its_anchors_watched() -> None:
    """They page from two nats above the candidate bar on, with the id of the alert before; unwatched they do not."""
    for judged in (True, False):
        decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
        if judged:
            assert said(decision, verdict(opened.alert_id, 5, "true_positive", until=None)) == []
        decision.advance(at(100))
        assert decide_all([group("01", members(50, 70), _WATCHED_NATS - 0.1, at(110))], decision) == []
        records = decide_all([group("01", members(50, 70), _WATCHED_NATS, at(120))], decision)
        assert [record.previous_alert_id for record in records] == ([opened.alert_id] if judged else [])
        assert [record.reasons[-1].signal for record in records] == (["watched_anchor"] if judged else [])


def test_an_enforcement_has_the_anchors_of_its_accounts_campaigns_watched() -> None:
    """Displacement: while the campaign is open or after it closed, for half a year, and not for other accounts."""
    for accounts, minute, expected in ((["h004"], 5, 1), (["h004", "z"], 90, 1), (["z"], 5, 0)):
        decision, _ = paged(group("01", members(0, 20), 20.0, at(0)))
        said(decision, ban(accounts, minute))
        weak = group("01", members(50, 70), _WATCHED_NATS, at(0) + WATCHED_MS - _DAY_MS)
        assert len([record for record in decide_all([weak], decision) if record.state == "open"]) == expected
    decision, _ = paged(group("01", members(0, 20), 20.0, at(0)))
    said(decision, ban(["h004"]))
    assert [r.state for r in decide_all([group("01", members(50, 70), 5.0, at(6) + WATCHED_MS)], decision)] == [
        "closed"
    ]


def test_the_last_verdict_counts() -> None:
    """A false positive taken back pages again from little evidence; a ban of a member takes nothing back."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    said(decision, verdict(opened.alert_id, 5))
    said(decision, ban(["h001"], 7))
    assert decide_all([group("01", members(0, 20), 90.0, at(10))], decision) == []
    said(decision, verdict(opened.alert_id, 15, "true_positive"))
    assert len(decide_all([group("01", members(0, 20), _WATCHED_NATS, at(20))], decision)) == 1


def withdrawal(judged: Verdict, minute: float) -> Verdict:
    """Take a verdict back that many minutes after the start."""
    return verdict(judged.alert_id, minute, "withdrawn", until=None, withdraws=judged.verdict_id)


@pytest.mark.parametrize("scope", ["template", "accounts", "campaign"])
def test_what_is_withdrawn_silences_nothing_any_more(scope: str) -> None:
    """The same anchor and accounts page again, no easier than a stranger's, as what came back; not a moment before."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    judged = verdict(opened.alert_id, 5, scope=scope)
    assert [record.state for record in said(decision, judged)] == ["closed"]
    assert decide_all([group("01", members(0, 20), 90.0, at(10))], decision) == []
    assert said(decision, withdrawal(judged, 15)) == []
    assert decide_all([group("01", members(0, 20), _WATCHED_NATS, at(20))], decision) == []
    (again,) = decide_all([group("01", members(0, 20), 20.0, at(30))], decision)
    assert (again.state, again.previous_alert_id, again.account_count) == ("open", opened.alert_id, 20)


def test_a_withdrawal_in_the_same_bucket_follows_its_verdict() -> None:
    """Given one after the other, read in any order: the alert closes and nothing is silent."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    judged = verdict(opened.alert_id, 5.0)
    assert [record.state for record in said(decision, withdrawal(judged, 5.5), judged)] == ["closed"]
    assert len(decide_all([group("01", members(0, 20), 20.0, at(10))], decision)) == 1


def test_a_withdrawal_ends_one_verdict_alone() -> None:
    """Another verdict on the same alert's accounts holds; one that was replaced is not brought back."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    first, last = verdict(opened.alert_id, 5), verdict(opened.alert_id, 6, "expected")
    listed = verdict(opened.alert_id, 7, scope="accounts", account_ids=["h003"])
    said(decision, first, last, listed)
    said(decision, withdrawal(first, 10))
    assert decide_all([group("01", members(0, 20), 90.0, at(12))], decision) == []
    said(decision, withdrawal(last, 15))
    assert decide_all([account(20, 90.0, account_id="h003")], decision) == []
    (again,) = decide_all([group("01", members(0, 20), 20.0, at(30))], decision)
    assert (again.account_count, "h003" in again.accounts) == (19, False)


def test_a_withdrawal_of_what_is_unknown_does_nothing() -> None:
    """No alert opens or closes, and nothing is forgotten."""
    decision, opened = paged(group("01", members(0, 20), 20.0, at(0)))
    judged = verdict(opened.alert_id)
    said(decision, judged)
    rows = decision.dump_dirty()
    assert said(decision, verdict("gone", 10, "withdrawn", until=None, withdraws="gone")) == []
    assert [row for row in decision.dump_dirty() if row[0][:1] == b"p"] == [row for row in rows if row[0][:1] == b"p"]


def test_what_is_said_of_unknown_alerts_does_nothing_but_for_listed_accounts() -> None:
    """An alert that was forgotten has no anchors to silence; accounts that are listed are known by name."""
    decision = Decision(SETTINGS, "test")
    listed = verdict("gone", 6, scope="accounts", account_ids=["b"])
    assert said(decision, verdict("gone"), verdict("gone", 5, "true_positive"), listed) == []
    records = decide_all([account(10), account(10, account_id="b"), group("01", members(0, 9), 20.0, at(10))], decision)
    assert [record.kind for record in records] == ["account", "campaign"]


def random_feedback(seed: int, candidates: list[Candidate]) -> list[Feedback]:
    """Make verdicts and bans on what a first run without them opened."""
    plain = decide_all(candidates)
    opened = [record for record in plain if record.state == "open"]
    minutes = (candidates[-1].effective_ms - START_MS) / 60_000
    found: list[Feedback] = []
    for number, record in enumerate(opened):
        kind = (seed + number) % 5
        minute = minutes * ((seed * 7 + number * 13) % 100) / 100
        if kind == 0:
            found.append(ban([*record.accounts[:1], f"h{number:03}"], minute))
        elif kind == 1:
            found.append(verdict(record.alert_id, minute, "true_positive"))
        elif found and isinstance(found[-1], Verdict) and number % 3 == 0:
            found.append(verdict(record.alert_id, minute, "withdrawn", until=None, withdraws=found[-1].verdict_id))
        else:
            scope = ("template", "accounts", "campaign")[kind - 2]
            found.append(verdict(record.alert_id, minute, scope=scope, until=at(minute) + 12 * 3_600_000))
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 20))
def test_a_restart_in_mid_stream_forgets_no_verdict(seed: int, every: int) -> None:
    """Rebuilt from its rows at any moment, feedback on its way included, the decision says the same."""
    candidates = random_candidates(seed)
    feedback = [AwaitedFeedback(0, 0, record) for record in random_feedback(seed, candidates)]
    whole = Decision(SETTINGS, "test")
    whole.receive(feedback)
    expected = decide_all(candidates, whole)
    decision, changelog, found = Decision(SETTINGS, "test"), dict[bytes, bytes | None](), list[Alert]()
    decision.receive(feedback)
    for number, candidate in enumerate(candidates):
        found += decision.apply(candidate)
        if number % every == 0:
            changelog.update(decision.dump_dirty())
            decision.mark_clean()
            decision = Decision(SETTINGS, "test")
            decision.load(changelog.items())
            decision.receive(feedback)
    assert [encode(record) for record in found] == [encode(record) for record in expected]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_alerts_tell_one_story_with_feedback_too(seed: int) -> None:
    """Sequences count from 0, opening comes first, closing last and once, and nobody is named twice in an alert."""
    candidates = random_candidates(seed)
    decision = Decision(SETTINGS, "test")
    decision.receive(AwaitedFeedback(0, 0, record) for record in random_feedback(seed, candidates))
    records = decide_all(candidates, decision) + decision.advance(candidates[-1].effective_ms + 2 * SETTINGS.quiet_ms)
    assert [record.detected_at for record in records] == sorted(record.detected_at for record in records)
    stories: dict[str, list[Alert]] = {}
    for record in records:
        stories.setdefault(record.alert_id, []).append(record)
    for story in stories.values():
        assert [record.sequence for record in story] == list(range(len(story)))
        assert [record.state for record in story] == ["open", *["update"] * (len(story) - 2), "closed"]
        named = [account_id for record in story for account_id in record.accounts]
        assert len(named) == len(set(named)) == story[-1].account_count
    assert decision.open_count == 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(60_000, 3_600_000))
def test_how_often_time_is_told_changes_nothing(seed: int, step_ms: int) -> None:
    """Advancing between candidates, in steps of any size, gives the same records with feedback too."""
    candidates = random_candidates(seed)
    plain, stepped, found = Decision(SETTINGS, "test"), Decision(SETTINGS, "test"), list[Alert]()
    for decision in (plain, stepped):
        decision.receive(AwaitedFeedback(0, 0, record) for record in random_feedback(seed, candidates))
    now_ms = START_MS
    for candidate in candidates:
        while now_ms < candidate.effective_ms:
            found += stepped.advance(now_ms)
            now_ms += step_ms
        found += stepped.apply(candidate)
    assert [encode(record) for record in found] == [encode(record) for record in decide_all(candidates, plain)]


def test_silence_outlives_the_memory_of_alerts() -> None:
    """A verdict for a year is kept for a year, although alerts are remembered for sixty days."""
    settings_ = DetectionSettings()
    decision = Decision(settings_, "test")
    (opened,) = decide_all([group("01", members(0, 20), 20.0, at(0))], decision)
    said(decision, verdict(opened.alert_id, until=at(5) + 366 * _DAY_MS))
    assert decide_all([group("01", members(0, 20), 90.0, at(0) + 365 * _DAY_MS)], decision) == []
    (again,) = decide_all([group("01", members(0, 20), 90.0, at(6) + 366 * _DAY_MS)], decision)
    assert again.previous_alert_id == opened.alert_id
