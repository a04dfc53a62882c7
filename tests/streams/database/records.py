"""Strategies and examples of what the topics hold, and a store to put it into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from models.alert import Alert, AlertReason, Links, encode, runbook, timestamp
from models.candidate import AccountCandidate, Candidate, CandidateBatch, GroupCandidate, Member, Signal
from streams import topics
from streams.database.collect import Fetched, Record
from streams.database.positions import Log

#: 2026-03-01T12:00:00Z.
NOW_MS = 1_772_366_400_000
DAY_MS = 86_400_000

# Everything that JSON can hold, NUL included; the store must take what the topics can.
_text = st.text(st.characters(codec="utf-8"), max_size=40)
account_ids = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=40)
_counts = st.integers(0, 2**63 - 1)
_numbers = st.floats(allow_nan=False, allow_infinity=False)
_instants = st.integers(NOW_MS - 30 * DAY_MS, NOW_MS)
_signals = st.lists(st.builds(Signal, _text, _numbers, _numbers, _numbers), max_size=4, unique_by=lambda s: s.name)
_ids = st.text("0123456789abcdef", min_size=32, max_size=32)

alerts: st.SearchStrategy[Alert] = st.builds(
    Alert,
    schema_version=st.just(1),
    alert_id=_ids,
    sequence=st.integers(0, 2**31 - 1),
    kind=st.sampled_from(["account", "campaign"]),
    state=st.sampled_from(["open", "update", "closed"]),
    severity=st.sampled_from(["info", "low", "medium", "high", "critical"]),
    entity_id=account_ids,
    detected_at=_instants.map(timestamp),
    first_seen=_instants.map(timestamp),
    last_seen=_instants.map(timestamp),
    score=_numbers,
    evidence_nats=_numbers,
    false_alarm_budget=_numbers,
    accounts=st.lists(account_ids, max_size=5, unique=True),
    account_count=_counts,
    event_count=_counts,
    output_tokens=_counts,
    reasons=st.lists(st.builds(AlertReason, _text, _numbers, _numbers, _numbers, _text), max_size=3),
    counter_evidence=st.lists(st.builds(AlertReason, _text, _numbers, _numbers, _numbers, _text), max_size=3),
    techniques=st.lists(_text, max_size=3),
    suggested_actions=st.lists(_text, max_size=3),
    links=st.builds(Links, _text, _text),
    model_version=_text,
    config_hash=_text,
    merged_into=st.none() | _ids,
    absorbed_by=st.none() | _ids,
    previous_alert_id=st.none() | _ids,
    closed_by_verdict=st.none() | _text,
)

accounts: st.SearchStrategy[AccountCandidate] = st.builds(
    AccountCandidate,
    account_id=account_ids,
    effective_ms=_instants,
    position=_counts,
    evidence_nats=_numbers,
    signals=_signals,
    first_seen_ms=_instants,
    last_seen_ms=_instants,
    event_count=_counts,
    output_tokens=_counts,
)

members: st.SearchStrategy[Member] = st.builds(Member, account_ids, _counts, _counts, _counts, _instants, _instants)

groups: st.SearchStrategy[GroupCandidate] = st.builds(
    GroupCandidate,
    key=st.text("0123456789abcdef", min_size=16, max_size=16),
    link=st.sampled_from(["shell", "payment", "address"]),
    effective_ms=_instants,
    position=_counts,
    evidence_nats=_numbers,
    signals=_signals,
    members=st.lists(members, max_size=4, unique_by=lambda member: member.account_id),
    account_count=_counts,
    event_count=_counts,
    member_event_count=_counts,
    output_tokens=_counts,
    budget_share=_numbers,
)


def alert(**fields: Any) -> Alert:
    """Make an ordinary alert record, open, of one account."""
    usual = Alert(
        alert_id="a" * 32,
        sequence=0,
        kind="account",
        state="open",
        severity="medium",
        entity_id="acct-7",
        detected_at=timestamp(NOW_MS),
        first_seen=timestamp(NOW_MS - 3_600_000),
        last_seen=timestamp(NOW_MS),
        score=0.52,
        evidence_nats=15.1,
        false_alarm_budget=1.0,
        accounts=["acct-7"],
        account_count=1,
        event_count=340,
        output_tokens=210_000,
        reasons=[AlertReason("volume", 860.0, 30.0, 5.0, "It sends 860 requests a day; 30 is usual.")],
        counter_evidence=[],
        techniques=["AML.T0024.002"],
        suggested_actions=[],
        links=Links("/d/stillwatch-account", runbook("StillwatchAccount")),
        model_version="0.1.0",
        config_hash="25d0ddcd6d58d9d8",
    )
    return msgspec.structs.replace(usual, **fields)


def account(account_id: str = "acct-7", **fields: Any) -> AccountCandidate:
    """Make an ordinary look at an account."""
    signals = [Signal("volume", 860.0, 20.0, 6.5), Signal("coverage_entropy", 4.1, 3.9, 0.25)]
    usual = AccountCandidate(account_id, NOW_MS, 40, 9.5, signals, NOW_MS - 3_600_000, NOW_MS, 340, 210_000)
    return msgspec.structs.replace(usual, **fields)


def group(*account_ids: str, **fields: Any) -> GroupCandidate:
    """Make an ordinary look at a group of these accounts."""
    told = [Member(account_id, 5, 9, 1_000, NOW_MS - DAY_MS, NOW_MS) for account_id in account_ids]
    usual = GroupCandidate(
        "00000000000000aa", "shell", NOW_MS, NOW_MS, 9.5, [Signal("rarity", 9.5, 0.0, 4.0)], told,
        len(told), 5 * len(told), 9 * len(told), 1_000 * len(told), 0.001,
    )  # fmt: skip
    return msgspec.structs.replace(usual, **fields)


def candidates(*found: Candidate) -> bytes:
    """Encode a message of candidates."""
    return msgspec.json.encode(CandidateBatch("account", 0, 0, 1, NOW_MS, list(found)))


def log(name: str = topics.ALERTS, first: int = 0, end: int = 1_000_000, topic_id: str = "id") -> Log:
    """Describe the log of a stored topic, which has one partition."""
    return Log(name, 0, topic_id, first, end)


def fetched(name: str, values: Sequence[bytes], from_offset: int = 0, appended_ms: int = NOW_MS) -> Fetched:
    """Make one run of records of a stored topic."""
    records = [Record(from_offset + n, appended_ms, None, value) for n, value in enumerate(values)]
    return Fetched(name, name, 0, from_offset, from_offset + len(values), records)


def fetched_alerts(*records: Alert, from_offset: int = 0, appended_ms: int = NOW_MS) -> Fetched:
    """Make one run of alert records."""
    return fetched(topics.ALERTS, [encode(record) for record in records], from_offset, appended_ms)
