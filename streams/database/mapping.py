"""How the records of the topics become rows. Pure: no database, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TypeVar

import msgspec

from models.alert import Alert, encode, timestamp
from models.candidate import AccountCandidate, GroupCandidate, Member, Signal
from models.membership import anchor_name
from models.record import DeadLetter
from models.verdict import Enforcement, Verdict
from streams.database.rows import (
    AccountWindowRow,
    AlertRecordRow,
    AlertRow,
    DeadLetterRow,
    EnforcementRow,
    GroupMemberRow,
    GroupRow,
    GroupWindowRow,
    RefusedRow,
    VerdictRow,
)

#: Length of an account window.
WINDOW_MS = 10 * 60_000

# An escaped NUL, after an even number of backslashes: JSON may hold it, PostgreSQL's text may not.
_ESCAPED_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_REPLACED_NUL = rb"\1\\ufffd"

_BIGINT_BITS = 63
_INTEGER_MAX = 2**31 - 1

# PostgreSQL's index entries hold 2,704 bytes; no id of ours is longer than 256 characters.
_KEY_LENGTH = 512
_KEYS = {"alert_id", "entity_id", "account_id", "anchor_key", "verdict_id", "enforcement_id", "merged_into", "topic"}

Row = TypeVar("Row", bound=msgspec.Struct)


class Unstorable(ValueError):  # noqa: N818 - of the record, which is told and passed over
    """A record that no row can hold; the message names the field and the value's fault."""


class Source(msgspec.Struct, frozen=True):
    """Where a record stands and when Kafka took it."""

    topic: str
    partition: int
    offset: int
    appended_ms: int


def without_nul(value: bytes) -> bytes:
    r"""A JSON text whose escaped NULs are replacement characters, since PostgreSQL stores none.

    >>> without_nul(rb'["a\u0000", "\\u0000"]')
    b'["a\\ufffd", "\\\\u0000"]'
    """
    return _ESCAPED_NUL.sub(_REPLACED_NUL, value) if b"\\u0000" in value else value


def alert_record_row(alert: Alert, source: Source) -> AlertRecordRow:
    """The row of one record of ``alerts.v1``; raises ``Unstorable``."""
    content = encode(msgspec.structs.replace(alert, accounts=[]))
    copied = {name: getattr(alert, name) for name in _COPIED}
    row = AlertRecordRow(
        **copied,
        sequence=_within(alert.sequence, "sequence", 0, _INTEGER_MAX),
        schema_version=_within(alert.schema_version, "schema_version", 0, _INTEGER_MAX),
        detected_at=_instant(alert.detected_at, "detected_at"),
        first_seen=_instant(alert.first_seen, "first_seen"),
        last_seen=_instant(alert.last_seen, "last_seen"),
        content_hash="\\x" + blake2b(content, digest_size=16).hexdigest(),
        log_offset=source.offset,
        appended_at=instant(source.appended_ms, "append time"),
    )
    return _checked(row)


def alert_row(first: AlertRecordRow, last: AlertRecordRow) -> AlertRow:
    """How an alert stands after ``last``, if it was first heard of with ``first``."""
    copied = {name: getattr(last, name) for name in AlertRow.__struct_fields__ if name in _SHARED_WITH_RECORD}
    return AlertRow(
        **copied,
        state="closed" if last.state == "closed" else "open",
        opened_at=first.detected_at,
        closed_at=last.detected_at if last.state == "closed" else None,
        last_sequence=last.sequence,
        last_detected_at=last.detected_at,
    )


def group_window_row(group: GroupCandidate) -> GroupWindowRow:
    """The row of one look at a group; raises ``Unstorable``."""
    founded = f"{anchor_name(group.link, group.key)}|{group.effective_ms}".encode()
    return _checked(
        GroupWindowRow(
            link=group.link,
            anchor_key=group.key,
            effective_at=instant(group.effective_ms, "effective_ms"),
            evidence_nats=group.evidence_nats,
            account_count=group.account_count,
            event_count=group.event_count,
            member_event_count=group.member_event_count,
            output_tokens=group.output_tokens,
            budget_share=group.budget_share,
            signals=_by_name(group.signals),
            founds_campaign=blake2b(founded, digest_size=16).hexdigest(),
        )
    )


def group_row(first: GroupWindowRow, last: GroupWindowRow) -> GroupRow:
    """How a group stands after ``last``, if it was first heard of with ``first``."""
    copied = {name: getattr(last, name) for name in GroupRow.__struct_fields__ if name != "first_effective_at"}
    return GroupRow(**copied, first_effective_at=first.effective_at)


def group_member_row(group: GroupCandidate, member: Member) -> GroupMemberRow:
    """The row of one member as a look at its group told it; raises ``Unstorable``."""
    return _checked(
        GroupMemberRow(
            link=group.link,
            anchor_key=group.key,
            account_id=member.account_id,
            uses=member.uses,
            event_count=member.event_count,
            output_tokens=member.output_tokens,
            first_seen=instant(member.first_seen_ms, "first_seen_ms"),
            last_seen=instant(member.last_seen_ms, "last_seen_ms"),
            effective_at=instant(group.effective_ms, "effective_ms"),
        )
    )


def account_window_row(account: AccountCandidate) -> AccountWindowRow:
    """The row of one look at an account; raises ``Unstorable``."""
    signals = _by_name(account.signals)
    values = {name: signal["value"] for name, signal in signals.items()}
    return _checked(
        AccountWindowRow(
            account_id=account.account_id,
            window_start=instant(account.effective_ms // WINDOW_MS * WINDOW_MS, "effective_ms"),
            effective_at=instant(account.effective_ms, "effective_ms"),
            position=account.position,
            evidence_nats=account.evidence_nats,
            peak_evidence_nats=account.evidence_nats,
            event_count=account.event_count,
            output_tokens=account.output_tokens,
            first_seen=instant(account.first_seen_ms, "first_seen_ms"),
            last_seen=instant(account.last_seen_ms, "last_seen_ms"),
            coverage_entropy=values.get("coverage_entropy"),
            distinct_contents=values.get("distinct_contents"),
            requests_per_day=values.get("volume"),
            signals=signals,
        )
    )


def later_window(one: AccountWindowRow, other: AccountWindowRow) -> AccountWindowRow:
    """Of two looks in one window the later, with the peak of both."""
    later = max(one, other, key=lambda row: row.position)
    return msgspec.structs.replace(later, peak_evidence_nats=max(one.peak_evidence_nats, other.peak_evidence_nats))


def verdict_row(verdict: Verdict, source: Source) -> VerdictRow:
    """The row of a verdict; raises ``Unstorable``."""
    return VerdictRow(
        verdict_id=verdict.verdict_id,
        alert_id=verdict.alert_id,
        verdict=verdict.verdict,
        scope=verdict.scope,
        until_at=instant(verdict.until_ms, "until"),
        note=verdict.note,
        given_by=verdict.given_by,
        given_at=instant(verdict.given_ms, "given_at"),
        account_count=len(set(verdict.account_ids)),
        log_offset=source.offset,
        appended_at=instant(source.appended_ms, "append time"),
        withdraws=verdict.withdraws,
    )


def enforcement_row(enforcement: Enforcement, source: Source) -> EnforcementRow:
    """The row of an enforcement; raises ``Unstorable``."""
    return EnforcementRow(
        enforcement_id=enforcement.enforcement_id,
        action=enforcement.action,
        reason=enforcement.reason,
        imposed_at=instant(enforcement.given_ms, "imposed_at"),
        account_count=len(set(enforcement.account_ids)),
        log_offset=source.offset,
        appended_at=instant(source.appended_ms, "append time"),
    )


def dead_letter_row(letter: DeadLetter) -> DeadLetterRow:
    """The row of a dead letter; raises ``Unstorable``."""
    return _checked(
        DeadLetterRow(
            topic=letter.topic,
            partition=_within(letter.partition, "partition", 0, _INTEGER_MAX),
            log_offset=letter.offset,
            appended_at=instant(letter.append_time_ms, "append_time_ms"),
            field=letter.field,
            reason=letter.reason.value,
            detail=letter.detail,
        )
    )


def refused_row(source: Source, reason: str, detail: str) -> RefusedRow:
    """The row of a record that could not be stored."""
    return RefusedRow(
        topic=source.topic,
        partition=source.partition,
        log_offset=source.offset,
        reason=reason,
        detail=detail,
        appended_at=instant(max(source.appended_ms, 0), "append time"),
    )


def key(text: str, name: str) -> str:
    """The text itself where it fits an index entry; raises ``Unstorable`` above 512 characters."""
    if len(text) > _KEY_LENGTH:
        raise Unstorable(f"{name}: {len(text)} characters, at most {_KEY_LENGTH} fit a key")
    return text


def instant(epoch_ms: int, name: str) -> str:
    """Epoch milliseconds as RFC 3339; raises ``Unstorable`` beyond the years 1 to 9999."""
    try:
        return timestamp(epoch_ms)
    except OverflowError as error:
        raise Unstorable(f"{name}: {epoch_ms} ms is no instant of the years 1 to 9999") from error


_SHARED_WITH_RECORD = set(AlertRecordRow.__struct_fields__) - {"state"}
_MAPPED = {"sequence", "schema_version", "detected_at", "first_seen", "last_seen"}
_MAPPED |= {"content_hash", "log_offset", "appended_at"}
_COPIED = [name for name in AlertRecordRow.__struct_fields__ if name not in _MAPPED]


def _by_name(signals: Iterable[Signal]) -> dict[str, dict[str, float]]:
    return {signal.name: {"value": signal.value, "usual": signal.usual, "nats": signal.nats} for signal in signals}


def _instant(text: str, name: str) -> str:
    """An RFC 3339 instant in UTC, as exact as it was; raises ``Unstorable``."""
    try:
        moment = datetime.fromisoformat(text)
        in_utc = moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        in_utc = None
    if in_utc is None:
        raise Unstorable(f"{name}: no RFC 3339 instant with an offset, of the years 1 to 9999")
    return in_utc.isoformat().replace("+00:00", "Z")


def _within(value: int, name: str, least: int, most: int) -> int:
    if not least <= value <= most:
        raise Unstorable(f"{name}: {value} is not within {least} to {most}")
    return value


def _checked(row: Row) -> Row:
    for name in row.__struct_fields__:
        value = getattr(row, name)
        if isinstance(value, int) and value.bit_length() > _BIGINT_BITS:
            raise Unstorable(f"{name}: {value} takes more than 64 bits")
        if isinstance(value, str) and name in _KEYS:
            key(value, name)
    return row
