"""Rows equal the records they come from, as PostgreSQL gives them back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from models.alert import Alert, encode, timestamp
from models.candidate import AccountCandidate, GroupCandidate, Signal
from streams import topics
from streams.database.collect import Fetched
from streams.database.mapping import Source, Unstorable, alert_record_row, without_nul
from streams.database.write import store
from tests.streams.database import records
from tests.streams.database.conftest import HASH_KEY
from tests.streams.database.records import fetched, fetched_alerts

# One database for all examples of a property: each is rolled back.
once = hypothesis_settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def storing(connection: psycopg.Connection, batch: Fetched) -> Iterator[psycopg.Cursor[dict[str, Any]]]:
    """Store a batch, of which nothing is refused, for as long as the block lasts."""
    with connection.transaction(force_rollback=True):
        assert store(connection, [batch], HASH_KEY).refused == []
        yield connection.cursor(row_factory=dict_row)


def instant(text: str) -> datetime:
    """Parse an instant of a record."""
    return datetime.fromisoformat(text)


@once
@given(record=records.alerts)
def test_an_alert_record_comes_back_as_it_was(connection: psycopg.Connection, record: Alert) -> None:
    """Every field of any record that alerts.v1 can hold equals its column, but for NULs, which no text column takes."""
    expected = json.loads(without_nul(encode(record)))
    with storing(connection, fetched_alerts(record)) as cursor:
        named = cursor.execute("SELECT account_id FROM alert_account WHERE sequence = %s", [record.sequence])
        assert {row["account_id"] for row in named} == set(expected.pop("accounts"))
        row = cursor.execute("SELECT * FROM alert_record").fetchone() or {}
    for name in ("detected_at", "first_seen", "last_seen"):
        assert row.pop(name) == instant(expected.pop(name))
    assert as_numbers({name: row[name] for name in expected}) == as_numbers(expected)


@once
@given(candidate=records.accounts)
def test_an_account_candidate_comes_back_as_it_was(connection: psycopg.Connection, candidate: AccountCandidate) -> None:
    """The window holds the look's evidence, counts, times and signals, and lies in its ten minutes."""
    with storing(connection, fetched(topics.CANDIDATES, [records.candidates(candidate)])) as cursor:
        row = cursor.execute("SELECT * FROM account_window").fetchone() or {}
    assert row["account_id"] == candidate.account_id
    assert row["effective_at"] == instant(timestamp(candidate.effective_ms))
    assert 0 <= (row["effective_at"] - row["window_start"]).total_seconds() < 600
    assert row["window_start"].minute % 10 == 0
    assert (row["evidence_nats"], row["peak_evidence_nats"]) == (candidate.evidence_nats, candidate.evidence_nats)
    assert (row["event_count"], row["output_tokens"]) == (candidate.event_count, candidate.output_tokens)
    assert as_numbers(row["signals"]) == by_name(candidate.signals)


@once
@given(candidate=records.groups)
def test_a_group_candidate_comes_back_as_it_was(connection: psycopg.Connection, candidate: GroupCandidate) -> None:
    """The look, the group as it stands and its members hold what the candidate says."""
    with storing(connection, fetched(topics.CANDIDATES, [records.candidates(candidate)])) as cursor:
        window = cursor.execute("SELECT * FROM group_window").fetchone() or {}
        standing = cursor.execute("SELECT * FROM anchor_group").fetchone() or {}
        told = cursor.execute("SELECT * FROM group_member").fetchall()
    for row in (window, standing):
        assert (row["link"], row["anchor_key"]) == (candidate.link, candidate.key)
        assert row["effective_at"] == instant(timestamp(candidate.effective_ms))
        assert as_numbers(row["signals"]) == by_name(candidate.signals)
        for name in ("evidence_nats", "account_count", "event_count", "member_event_count", "output_tokens"):
            assert row[name] == getattr(candidate, name)
        assert row["budget_share"] == candidate.budget_share
    assert {(row["account_id"], row["uses"], row["event_count"], row["first_seen"]) for row in told} == {
        (m.account_id, m.uses, m.event_count, instant(timestamp(m.first_seen_ms))) for m in candidate.members
    }


def as_numbers(value: Any) -> Any:
    """A JSON value whose numbers are all floats: jsonb writes large ones without an exponent, as if they were whole."""
    return json.loads(json.dumps(value), parse_int=float)


def by_name(signals: Iterable[Signal]) -> dict[str, dict[str, float]]:
    """Signals as the store keeps them."""
    return {
        signal.name.replace("\0", "\ufffd"): {"value": signal.value, "usual": signal.usual, "nats": signal.nats}
        for signal in signals
    }


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"detected_at": "yesterday"}, "detected_at"),
        ({"last_seen": "2026-01-01T00:00:00"}, "last_seen"),
        ({"first_seen": "0001-01-01T00:00:00+14:00"}, "first_seen"),
        ({"output_tokens": 2**63}, "output_tokens"),
        ({"sequence": 2**31}, "sequence"),
        ({"entity_id": "x" * 513}, "entity_id"),
    ],
)
def test_what_no_row_can_hold_is_refused_by_its_field(fields: dict[str, object], named: str) -> None:
    """A value outside of its column's range is refused before it reaches the database, and the field is named."""
    with pytest.raises(Unstorable, match=named):
        alert_record_row(records.alert(**fields), Source("alerts.v1", 0, 7, records.NOW_MS))


@given(text=st.text(st.characters(codec="utf-8"), max_size=30))
def test_only_nuls_are_replaced(text: str) -> None:
    """Whatever surrounds a NUL, backslashes above all, stays as it was."""
    value = json.dumps([text]).encode()
    assert json.loads(without_nul(value)) == [text.replace("\0", "\ufffd")]
