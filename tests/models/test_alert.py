"""The alert record."""

import json
from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alert import Alert, Links, alert_id, decode, encode, timestamp

EXAMPLE = Alert(
    alert_id=alert_id("account", "a", 0),
    sequence=0,
    kind="account",
    state="open",
    severity="medium",
    entity_id="a",
    detected_at=timestamp(0),
    first_seen=timestamp(0),
    last_seen=timestamp(0),
    score=0.5,
    evidence_nats=14.0,
    false_alarm_budget=1.0,
    accounts=["a"],
    account_count=1,
    event_count=10,
    output_tokens=100,
    reasons=[],
    counter_evidence=[],
    techniques=["AML.T0024.002"],
    suggested_actions=[],
    links=Links("/d/x", "/runbooks/x"),
    model_version="1",
    config_hash="0",
)


def test_the_record_has_the_fields_of_the_contract_in_its_order() -> None:
    """Every field is always written, absent ones as null, so that consumers and bytes are stable."""
    assert list(json.loads(encode(EXAMPLE))) == [
        *("schema_version", "alert_id", "sequence", "kind", "state", "severity", "entity_id", "detected_at"),
        *("first_seen", "last_seen", "score", "evidence_nats", "false_alarm_budget", "accounts", "account_count"),
        *("event_count", "output_tokens", "reasons", "counter_evidence", "techniques", "suggested_actions", "links"),
        *("model_version", "config_hash", "merged_into", "absorbed_by", "previous_alert_id", "closed_by_verdict"),
    ]


def test_a_record_comes_back_as_it_was() -> None:
    """Decoding what was encoded gives an equal record."""
    assert decode(encode(EXAMPLE)) == EXAMPLE


def test_a_bad_field_is_named() -> None:
    """A record of another shape is refused with the path of the field."""
    with pytest.raises(msgspec.ValidationError, match=r"\$\.severity"):
        decode(encode(EXAMPLE).replace(b'"medium"', b'"severe"'))


@given(st.integers(0, 253_402_300_799_999))
def test_timestamps_lose_nothing(epoch_ms: int) -> None:
    """A timestamp reads back to the same millisecond and ends in Z."""
    text = timestamp(epoch_ms)
    assert len(text) == 24
    assert text.endswith("Z")
    moment = datetime.fromisoformat(text)
    assert int(moment.timestamp()) * 1_000 + moment.microsecond // 1_000 == epoch_ms


def test_ids_differ_by_kind_entity_and_opening() -> None:
    """Each part of the identity changes the id."""
    ids = {alert_id("account", "a", 0), alert_id("campaign", "a", 0), alert_id("account", "b", 0)}
    assert len(ids | {alert_id("account", "a", 1)}) == 4
