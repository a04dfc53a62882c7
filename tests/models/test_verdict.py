"""Records of verdicts and enforcement: what they may say, and how a bad one is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from models.feedback import MAX_FEEDBACK_BYTES, read_feedback
from models.record import Reason
from models.refusal import Refusal
from models.verdict import (
    MAX_SILENCE_DAYS,
    WATCHED_MS,
    Enforcement,
    Verdict,
    decode_feedback,
    encode_feedback,
    kind_of,
    kind_of_key,
)

GIVEN_MS = 1_767_225_600_000
DAY_MS = 86_400_000


def verdict(**changes: Any) -> dict[str, Any]:
    """A good verdict's fields, with some changed; ``None`` takes one away."""
    fields = {
        "verdict_id": "v-1",
        "alert_id": "a1",
        "verdict": "false_positive",
        "given_at": GIVEN_MS,
        "until": GIVEN_MS + DAY_MS,
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def test_a_verdict_without_an_end_silences_nothing() -> None:
    """A silence needs an end at most 366 days ahead; a true positive is watched for half a year without one."""
    for finding in ("false_positive", "expected"):
        with pytest.raises(msgspec.ValidationError, match="needs one"):
            msgspec.convert(verdict(verdict=finding, until=None), Verdict)
    confirmed = msgspec.convert(verdict(verdict="true_positive", until=None), Verdict)
    assert confirmed.until_ms == GIVEN_MS + WATCHED_MS
    last_ms = GIVEN_MS + MAX_SILENCE_DAYS * DAY_MS
    assert msgspec.convert(verdict(until=last_ms), Verdict).until_ms == last_ms
    for until in (last_ms + 1, GIVEN_MS, GIVEN_MS - 1):
        with pytest.raises(msgspec.ValidationError, match="by at most 366 days"):
            msgspec.convert(verdict(until=until), Verdict)


def test_accounts_are_listed_for_their_own_scope_only() -> None:
    """A list that another scope would ignore is a mistake worth telling."""
    with pytest.raises(msgspec.ValidationError, match="scope is template"):
        msgspec.convert(verdict(account_ids=["a"]), Verdict)
    assert msgspec.convert(verdict(account_ids=["a"], scope="accounts"), Verdict).account_ids == ["a"]


def test_a_withdrawal_names_what_it_withdraws_and_nothing_else_does() -> None:
    """Half a withdrawal would leave somebody sure that a silence ended; it has neither end nor accounts."""
    withdrawn = msgspec.convert(verdict(verdict="withdrawn", withdraws="v-0", until=None), Verdict)
    assert (withdrawn.withdraws, withdrawn.until_ms) == ("v-0", GIVEN_MS)
    for changes in ({"verdict": "withdrawn", "until": None}, {"withdraws": "v-0"}):
        with pytest.raises(msgspec.ValidationError, match="withdraws: names a verdict_id"):
            msgspec.convert(verdict(**changes), Verdict)
    with pytest.raises(msgspec.ValidationError, match="holds from its time on"):
        msgspec.convert(verdict(verdict="withdrawn", withdraws="v-0"), Verdict)
    refused = read_feedback("verdict", msgspec.json.encode(verdict(withdraws="v-0")))
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.field) == (Reason.OUT_OF_RANGE, "$.withdraws")


def test_records_survive_their_own_encoding() -> None:
    """What is kept until it takes effect is what came, whichever way its times were written."""
    value = b'{"enforcement_id":"e","account_ids":["a"],"action":"limited","imposed_at":"2026-01-01T01:00:00+01:00"}'
    enforcement = decode_feedback("enforcement", value)
    assert (enforcement.given_ms, enforcement.id, kind_of(enforcement)) == (GIVEN_MS, "e", "enforcement")
    judged = msgspec.convert(verdict(scope="accounts", account_ids=["ä", "b"], note="n"), Verdict)
    for record in (enforcement, judged):
        assert decode_feedback(kind_of(record), encode_feedback(record)) == record
    assert isinstance(enforcement, Enforcement)


def test_a_messages_key_tells_its_kind() -> None:
    """Candidates have no key; anything unknown is none of ours."""
    assert [kind_of_key(key) for key in (b"verdict", b"enforcement", b"other", b"", None)] == [
        "verdict",
        "enforcement",
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("value", "reason", "field"),
    [
        (None, Reason.EMPTY, "$"),
        (b"{", Reason.INVALID_JSON, "$"),
        (b"\xff", Reason.INVALID_JSON, "$"),
        (b'"text"', Reason.NOT_AN_OBJECT, "$"),
        (b'"' + b"x" * MAX_FEEDBACK_BYTES + b'"', Reason.OVERSIZED, "$"),
        (b"[" * 100, Reason.TOO_DEEP, "$"),
        (msgspec.json.encode(verdict(alert_id=None)), Reason.MISSING_FIELD, "$.alert_id"),
        (msgspec.json.encode(verdict(alert_id=3)), Reason.WRONG_TYPE, "$.alert_id"),
        (msgspec.json.encode(verdict(until=None)), Reason.OUT_OF_RANGE, "$.until"),
        (msgspec.json.encode(verdict(SECRET=1)), Reason.OUT_OF_RANGE, "$"),
        (msgspec.json.encode(verdict(verdict="SECRET")), Reason.OUT_OF_RANGE, "$.verdict"),
        (msgspec.json.encode(verdict(scope="accounts", account_ids=[""])), Reason.WRONG_TYPE, "$.account_ids[0]"),
    ],
)
def test_a_bad_record_is_refused_with_its_field(value: bytes | None, reason: Reason, field: str) -> None:
    """The refusal says what and where, without quoting."""
    refused = read_feedback("verdict", value)
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.field) == (reason, field)
    assert "SECRET" not in refused.detail
