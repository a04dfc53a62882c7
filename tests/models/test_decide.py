"""The decision: when alerts open, change and close, and that nothing else decides."""

import random
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import alert_board, decide
from models.alert import Alert, encode
from models.budget import WEEK_MS
from models.candidate import AccountCandidate, Candidate, Member, Signal
from models.decide import Decision
from models.detection import DetectionSettings
from models.open_alert import UPDATE_INTERVAL_MS
from models.past import REMEMBERED_MS
from models.surprise import Surprise
from tests.models.synthetic_traces import START_MS
from tests.models.test_campaign import group, members

SETTINGS = DetectionSettings(quiet_ms=3_600_000)

#: Five groups of the same accounts with 8 nats each are just enough.
POOLED = Surprise(scores=[0.0, 8.0], nats=[0.0, 14.1], slope=1.0)
alone_or_pooled = pytest.mark.parametrize("pooled", [None, POOLED], ids=["alone", "pooled"])
MINUTE_MS = 60_000


def account(
    minute: float, nats: float = 15.0, account_id: str = "a", event_count: int = 300, tokens: int = 1_000
) -> AccountCandidate:
    """Make an account's candidate, effective that many minutes after the start."""
    ms = START_MS + round(minute * MINUTE_MS)
    signals = [Signal("volume", 900.0, 30.0, nats)]
    return AccountCandidate(account_id, ms, event_count, nats, signals, START_MS, ms, event_count, tokens)


def decide_all(candidates: list[Candidate], decision: Decision | None = None) -> list[Alert]:
    """Apply candidates in order."""
    decision = decision or Decision(SETTINGS, "test")
    return [record for candidate in candidates for record in decision.apply(candidate)]


def random_candidates(seed: int, count: int = 80) -> list[Candidate]:
    """Make a stream in which accounts and campaigns open, grow, fade, overlap and fall silent."""
    rng = random.Random(seed)
    ms, found = START_MS, list[Candidate]()
    for position in range(count):
        ms += rng.choice([0, 500, 40_000, 300_000, 2_000_000])
        nats = rng.choice([5.0, 13.9, 15.0, 20.0, 30.0, 60.0])
        if rng.random() < 0.5:
            account_id = rng.choice(["a", "b", "h002", "h012"])
            found.append(account((ms - START_MS) / MINUTE_MS, nats, account_id, position))
        else:
            first = rng.choice([0, 5, 10, 100, 105])
            seen = members(first, first + rng.randrange(1, 20), uses=rng.randrange(2, 9))
            found.append(group(rng.choice(["01", "02", "03", "04"]), seen, nats, ms, rng.choice(["shell", "payment"])))
    return found


def test_an_account_opens_at_the_threshold() -> None:
    """Evidence just below the threshold opens nothing; at it, one alert with the account's name."""
    assert decide_all([account(0, 13.81)]) == []
    (opened,) = decide_all([account(0, 13.82)])
    assert (opened.kind, opened.state, opened.entity_id, opened.accounts) == ("account", "open", "a", ["a"])
    assert (opened.sequence, opened.score, opened.detected_at) == (0, 0.5001, "2026-01-01T00:00:00.000Z")


def test_an_update_needs_a_quarter_more_evidence() -> None:
    """Less than a quarter more says nothing; a quarter more is reported, and names nobody twice."""
    records = decide_all([account(0, 14.0), account(20, 17.4), account(40, 17.5), account(60, 20.0)])
    assert [(record.state, record.evidence_nats, record.accounts) for record in records] == [
        ("open", 14.0, ["a"]),
        ("update", 17.5, []),
    ]


def test_an_update_within_ten_minutes_waits_for_the_tenth() -> None:
    """A delayed update is sent at exactly ten minutes after the last record, whenever time is told."""
    decision = Decision(SETTINGS, "test")
    assert len(decide_all([account(0, 14.0), account(3, 18.0), account(4, 19.0)], decision)) == 1
    (update,) = decision.advance(START_MS + 45 * MINUTE_MS)
    assert (update.detected_at, update.evidence_nats) == ("2026-01-01T00:10:00.000Z", 19.0)
    assert update.last_seen == "2026-01-01T00:04:00.000Z"


def test_a_rise_of_severity_does_not_wait() -> None:
    """Severity rises at once and never falls back."""
    records = decide_all([account(0, 14.0), account(1, 21.0), account(30, 28.0), account(60, 15.0)])
    assert [record.severity for record in records] == ["medium", "high", "high"]
    assert records[1].detected_at == "2026-01-01T00:01:00.000Z"


def test_an_alert_closes_when_quiet_at_exactly_that_time() -> None:
    """Closing is effective ``quiet_ms`` after the last evidence, however late time is told, and asks for nothing."""
    decision = Decision(SETTINGS, "test")
    decide_all([account(0), account(5)], decision)
    assert decision.advance(START_MS + 65 * MINUTE_MS - 1) == []
    (closed,) = decision.advance(START_MS + 500 * MINUTE_MS)
    assert (closed.state, closed.detected_at, closed.sequence) == ("closed", "2026-01-01T01:05:00.000Z", 1)
    assert closed.suggested_actions == []
    assert decision.open_count == 0


def test_evidence_below_the_threshold_does_not_keep_an_alert_open() -> None:
    """Candidates between the low bar and the threshold are no new evidence."""
    records = decide_all([account(0), account(50, 9.0), account(61, 9.0)])
    assert [record.state for record in records] == ["open", "closed"]


def test_what_comes_back_is_a_new_alert() -> None:
    """After closing, the same entity opens under another id, with its sequence from 0."""
    records = decide_all([account(0), account(60)])
    assert [(record.state, record.sequence) for record in records] == [("open", 0), ("closed", 1), ("open", 0)]
    assert records[0].alert_id == records[1].alert_id != records[2].alert_id


def test_a_campaign_is_one_alert_over_its_anchors() -> None:
    """Groups of the same accounts extend one campaign: its links are told, its members named once each."""
    at = [START_MS + n * 15 * MINUTE_MS for n in range(3)]
    records = decide_all(
        [
            group("01", members(0, 20), 20.0, at[0]),
            group("02", members(0, 20), 18.0, at[1]),
            group("03", members(5, 30), 19.0, at[2], "payment"),
        ]
    )
    assert [record.state for record in records] == ["open", "update"]
    assert records[0].accounts == [f"h{n:03}" for n in range(20)]
    assert records[1].accounts == [f"h{n:03}" for n in range(20, 30)]
    assert records[1].account_count == 30
    assert records[1].event_count == 180
    assert "1 prompt shell and 1 payment method" in records[1].reasons[0].sentence
    assert records[0].techniques == ["AML.T0024.002", "AML.T0008.005"]


def test_no_record_names_more_than_a_thousand_accounts() -> None:
    """2,500 members take three records at once, numbered on, and each is named once."""
    seen = [Member(f"m{n:05}", 6, 8, 600, START_MS, START_MS) for n in range(2_500)]
    records = decide_all([group("01", seen, 20.0, START_MS)])
    assert [(record.state, record.sequence, len(record.accounts)) for record in records] == [
        ("open", 0, 1_000),
        ("update", 1, 1_000),
        ("update", 2, 500),
    ]
    assert [record.account_count for record in records] == [1_000, 2_000, 2_500]
    assert len({account_id for record in records for account_id in record.accounts}) == 2_500


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(60_000, 3_600_000))
def test_how_often_time_is_told_changes_nothing(seed: int, step_ms: int) -> None:
    """Advancing in steps of any size gives the same records, byte for byte, in the same order."""
    candidates = random_candidates(seed)
    end_ms = candidates[-1].effective_ms + 2 * SETTINGS.quiet_ms
    plain = Decision(SETTINGS, "test")
    expected = decide_all(candidates, plain) + plain.advance(end_ms)
    stepped, found = Decision(SETTINGS, "test"), list[Alert]()
    now_ms = START_MS
    for candidate in candidates:
        while now_ms < candidate.effective_ms:
            found += stepped.advance(now_ms)
            now_ms += step_ms
        found += stepped.advance(candidate.effective_ms)
        found += stepped.apply(candidate)
    while now_ms < end_ms:
        found += stepped.advance(now_ms)
        now_ms += step_ms
    found += stepped.advance(end_ms)
    assert [encode(record) for record in found] == [encode(record) for record in expected]
    assert stepped.open_count == 0


@alone_or_pooled
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 20))
def test_a_dump_in_mid_stream_changes_nothing(pooled: Surprise | None, seed: int, every: int) -> None:
    """A decision rebuilt from the last value of every row goes on as the original would."""
    candidates = random_candidates(seed)
    expected = decide_all(candidates, Decision(SETTINGS, "test", pooled))
    decision, changelog, found = Decision(SETTINGS, "test", pooled), dict[bytes, bytes | None](), list[Alert]()
    for number, candidate in enumerate(candidates):
        found += decision.apply(candidate)
        if number % every == 0:
            changelog.update(decision.dump_dirty())
            decision.mark_clean()
            assert decision.dump_dirty() == []
            decision = Decision(SETTINGS, "test", pooled)
            decision.load(changelog.items())
    assert [encode(record) for record in found] == [encode(record) for record in expected]


@alone_or_pooled
@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_records_of_an_alert_tell_one_story(pooled: Surprise | None, seed: int) -> None:
    """Sequences count from 0, opening comes first, closing last, time never runs back, nobody is named twice."""
    decision = Decision(SETTINGS, "test", pooled)
    candidates = random_candidates(seed)
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


@alone_or_pooled
def test_nothing_of_a_closed_alert_is_kept(pooled: Surprise | None) -> None:
    """When all is quiet for as long as alerts are remembered, every row is a tombstone."""
    decision = Decision(SETTINGS, "test", pooled)
    changelog = dict[bytes, bytes | None]()
    candidates = random_candidates(7)
    decide_all(candidates, decision)
    changelog.update(decision.dump_dirty())
    decision.mark_clean()
    decision.advance(candidates[-1].effective_ms + 2 * SETTINGS.quiet_ms + REMEMBERED_MS)
    changelog.update(decision.dump_dirty())
    assert set(changelog.values()) == {None}


def test_the_ceiling_closes_the_longest_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the ceiling reached, a new alert closes the one unseen for longest, at the same effective time."""
    monkeypatch.setitem(alert_board.MAX_OPEN_ALERTS, "account", 2)
    decision = Decision(SETTINGS, "test")
    names = ["a", "b", "c"]
    records = decide_all([account(n, account_id=name) for n, name in enumerate(names)], decision)
    assert [(record.state, record.entity_id) for record in records] == [
        ("open", "a"),
        ("open", "b"),
        ("closed", "a"),
        ("open", "c"),
    ]
    assert decision.open_count == 2


def test_waiting_groups_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups below the threshold are forgotten, longest unseen first, above their ceiling and after a week."""
    monkeypatch.setattr(decide, "MAX_WAITING_GROUPS", 32)
    decision = Decision(SETTINGS, "test")
    decide_all([group(f"{n:02}", members(0, 9), 5.0, START_MS + n) for n in range(33)], decision)
    kept = [key for key, value in decision.dump_dirty() if value is not None]
    assert kept == [f"gshell:{n:02}".encode() for n in range(2, 33)]
    decision.advance(START_MS + WEEK_MS + 100)
    assert {value for _, value in decision.dump_dirty()} == {None}


def test_groups_that_only_pay_together_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """However lately they were seen, they are forgotten before groups with evidence."""
    monkeypatch.setattr(decide, "MAX_WAITING_GROUPS", 32)
    decision = Decision(SETTINGS, "test")
    early: list[Candidate] = [group(f"{n:02}", members(0, 9), 5.0, START_MS + n) for n in range(30)]
    late: list[Candidate] = [group(f"{n}", members(0, 9), 0.0, START_MS + n, "payment") for n in range(90, 93)]
    decide_all([*early, *late], decision)
    kept = [key for key, value in decision.dump_dirty() if value is not None]
    assert kept == [b"gpayment:92", *(f"gshell:{n:02}".encode() for n in range(30))]


def test_a_row_of_another_stage_is_refused() -> None:
    """Rows that no decision wrote raise an error that names them."""
    with pytest.raises(ValueError, match="zzz"):
        Decision(SETTINGS, "test").load([(b"zzz", b"\x01\x80")])


def test_ten_minutes_is_the_update_interval() -> None:
    """The interval that the tests above spell out is the one in force."""
    assert UPDATE_INTERVAL_MS == 10 * MINUTE_MS


def test_groups_of_the_same_accounts_are_enough_together() -> None:
    """Five groups open one alert that names their accounts, though none of them is enough by itself; four do not."""
    decision = Decision(SETTINGS, "test", POOLED)
    found: list[Candidate] = [group(f"{number:02}", members(0, 10), 8.0, START_MS + number) for number in range(5)]
    assert decide_all(found[:4], decision) == []
    (opened,) = decide_all(found[4:], decision)
    assert (opened.kind, opened.state, opened.account_count) == ("campaign", "open", 10)
    assert opened.evidence_nats == pytest.approx(14.1 - log(5 / 4), abs=1e-3)
    assert "further_groups" in {reason.signal for reason in opened.reasons}


def test_groups_of_other_accounts_are_not_enough() -> None:
    """Groups that share fewer than half of their accounts stay apart, and wait."""
    found: list[Candidate] = [group(f"{n:02}", members(10 * n, 10 * n + 14), 8.0, START_MS + n) for n in range(5)]
    assert decide_all(found, Decision(SETTINGS, "test", POOLED)) == []


def test_one_group_alone_asks_for_more() -> None:
    """Beside groups together a fifth of the budget is left for one alone: ln 5 nats more are asked of it."""
    assert decide_all([group("01", members(0, 10), 15.4)], Decision(SETTINGS, "test", POOLED)) == []
    (opened,) = decide_all([group("01", members(0, 10), 15.5)], Decision(SETTINGS, "test", POOLED))
    assert opened.account_count == 10


def test_a_group_that_was_forgotten_counts_no_more() -> None:
    """What was not seen for a week is no evidence beside what comes later."""
    found: list[Candidate] = [group(f"{n:02}", members(0, 10), 8.0, START_MS + n) for n in range(4)]
    late = group("04", members(0, 10), 8.0, START_MS + WEEK_MS + 10)
    assert decide_all([*found, late], Decision(SETTINGS, "test", POOLED)) == []
