"""What the commands ask the alert store about alerts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg.rows import class_row, dict_row

from models.alert import Alert, AlertReason, Links, timestamp
from models.event import epoch_ms
from streams.database.errors import StoreError

#: An id may be shortened to so many characters, as tables show it.
SHORTEST_PREFIX = 6

SEVERITIES = ("info", "low", "medium", "high", "critical")


class AlertNotFoundError(StoreError):
    """No alert, or more than one, answers to what was asked for."""


class AlertFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which alerts to list, the newest first; ``since`` is compared with the event time of the last record."""

    state: str | None = "open"
    least_severity: str = "info"
    kind: str | None = None
    since: datetime | None = None
    assignee: str | None = None
    account_id: str | None = None
    most: int = 50


class AlertLine(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it stands. ``graver_since_ack`` says that its severity rose after it was acknowledged."""

    alert_id: str
    kind: str
    entity_id: str
    state: str
    severity: str
    opened_at: datetime
    closed_at: datetime | None
    last_detected_at: datetime
    last_sequence: int
    first_seen: datetime
    last_seen: datetime
    score: float
    evidence_nats: float
    account_count: int
    event_count: int
    output_tokens: int
    merged_into: str | None
    absorbed_by: str | None
    previous_alert_id: str | None
    closed_by_verdict: str | None
    assignee: str | None
    acked_by: str | None
    acked_at: datetime | None
    graver_since_ack: bool
    verdict: str | None
    case_id: str | None


_LINE: LiteralString = """
SELECT a.alert_id, a.kind, a.entity_id, a.state, a.severity, a.opened_at, a.closed_at, a.last_detected_at,
       a.last_sequence, a.first_seen, a.last_seen, a.score, a.evidence_nats, a.account_count, a.event_count,
       a.output_tokens, a.merged_into, a.absorbed_by, a.previous_alert_id, a.closed_by_verdict, a.assignee,
       a.acked_by, a.acked_at,
       coalesce(array_position(%(severities)s::text[], a.severity)
                > array_position(%(severities)s::text[], acked.severity), false) AS graver_since_ack,
       judged.verdict, c.case_id
FROM alert a
LEFT JOIN LATERAL (
    SELECT r.severity FROM alert_record r
    WHERE r.alert_id = a.alert_id AND r.sequence = a.acked_sequence
    LIMIT 1
) acked ON a.acked_sequence IS NOT NULL
LEFT JOIN LATERAL (
    SELECT v.verdict FROM standing_verdict v
    WHERE v.alert_id = a.alert_id
    ORDER BY v.given_at DESC, v.log_offset DESC
    LIMIT 1
) judged ON true
LEFT JOIN alert_case c ON c.alert_id = a.alert_id AND c.case_id <> a.alert_id
"""

_LISTED: LiteralString = """
WHERE (%(state)s::text IS NULL OR a.state = %(state)s)
  AND (%(kind)s::text IS NULL OR a.kind = %(kind)s)
  AND (%(since)s::timestamptz IS NULL OR a.last_detected_at >= %(since)s)
  AND (%(assignee)s::text IS NULL OR a.assignee = %(assignee)s)
  AND (%(account_id)s::text IS NULL
       OR EXISTS (SELECT FROM alert_account n WHERE n.alert_id = a.alert_id AND n.account_id = %(account_id)s))
  AND array_position(%(severities)s::text[], a.severity)
      >= array_position(%(severities)s::text[], %(least_severity)s)
ORDER BY a.last_detected_at DESC, a.alert_id
LIMIT %(most)s
"""


def list_alerts(connection: psycopg.Connection, wanted: AlertFilter) -> list[AlertLine]:
    """List alerts. Cost: a scan of the alerts of the state asked for."""
    return _lines(connection, _LISTED, msgspec.structs.asdict(wanted))


def alert_line(connection: psycopg.Connection, alert_id: str) -> AlertLine:
    """One alert, by its whole id; raises ``AlertNotFoundError``."""
    found = _lines(connection, "WHERE a.alert_id = %(alert_id)s", {"alert_id": alert_id})
    if not found:
        raise AlertNotFoundError(f"alert {alert_id}: none of that id is stored")
    return found[0]


def related_alerts(connection: psycopg.Connection, line: AlertLine) -> list[AlertLine]:
    """Alerts that became part of this one, it of theirs, came before or after it, or are of its case."""
    condition: LiteralString = """
        WHERE a.alert_id <> %(alert_id)s AND (
            a.alert_id IN (%(merged_into)s, %(absorbed_by)s, %(previous_alert_id)s, %(case_id)s)
            OR a.merged_into = %(alert_id)s OR a.absorbed_by = %(alert_id)s OR a.previous_alert_id = %(alert_id)s
            OR c.case_id IN (%(alert_id)s, %(case_id)s))
        ORDER BY a.opened_at, a.alert_id LIMIT 50"""
    return _lines(connection, condition, msgspec.structs.asdict(line))


def _lines(connection: psycopg.Connection, condition: LiteralString, values: dict[str, Any]) -> list[AlertLine]:
    with connection.cursor(row_factory=class_row(AlertLine)) as cursor:
        return cursor.execute(_LINE + condition, values | {"severities": list(SEVERITIES)}).fetchall()


def find_alert(connection: psycopg.Connection, named: str, kind: str | None = None) -> str:
    """The alert_id that is meant: an id, the beginning of one, or an account's or campaign's (of its last alert).

    Raises ``AlertNotFoundError`` that says what was found instead.
    """
    rows = connection.execute(
        """
        SELECT alert_id, 0 AS rank, last_detected_at FROM alert WHERE alert_id = %(named)s
        UNION ALL
        SELECT alert_id, 1, last_detected_at FROM alert WHERE entity_id = %(named)s
        UNION ALL
        (SELECT alert_id, 2, last_detected_at FROM alert
         WHERE length(%(named)s) >= %(shortest)s
           AND (starts_with(alert_id, %(named)s) OR (kind = 'campaign' AND starts_with(entity_id, %(named)s)))
         LIMIT 20)
        ORDER BY rank, last_detected_at DESC
        """,
        {"named": named, "shortest": SHORTEST_PREFIX},
    ).fetchall()
    if not rows:
        hint = "" if len(named) >= SHORTEST_PREFIX else f"; give at least {SHORTEST_PREFIX} characters of an id"
        raise AlertNotFoundError(f"alert {named!r}: none of that id or entity is stored{hint}")
    best = [alert_id for alert_id, rank, _ in rows if rank == rows[0][1]]
    if rows[0][1] == 2 and len(set(best)) > 1:
        raise AlertNotFoundError(f"alert {named!r}: {len(set(best))} begin so: {', '.join(sorted(set(best)))}")
    found: str = best[0]
    if kind is not None and alert_line(connection, found).kind != kind:
        raise AlertNotFoundError(f"alert {named!r}: it is of no {kind}")
    return found


def read_records(connection: psycopg.Connection, alert_id: str, sequences: Sequence[int] | None = None) -> list[Alert]:
    """The records of an alert as ``alerts.v1`` had them, in order: all, or those of these sequences."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT * FROM alert_record WHERE alert_id = %s AND (%s::int[] IS NULL OR sequence = ANY(%s)) "
            "ORDER BY sequence",
            [alert_id, sequences, sequences],
        ).fetchall()
    named: dict[int, list[str]] = {}
    for account_id, sequence in connection.execute(
        'SELECT account_id, sequence FROM alert_account WHERE alert_id = %s ORDER BY account_id COLLATE "C"', [alert_id]
    ):
        named.setdefault(sequence, []).append(account_id)
    return [_record(row, named.get(row["sequence"], [])) for row in rows]


def records_after(connection: psycopg.Connection, log_offset: int, most: int = 500) -> list[tuple[int, Alert]]:
    """Records that stand behind an offset of ``alerts.v1``, in its order, each with its own offset."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT * FROM alert_record WHERE log_offset > %s ORDER BY log_offset LIMIT %s", [log_offset, most]
        ).fetchall()
    ids = sorted({row["alert_id"] for row in rows})
    named: dict[tuple[str, int], list[str]] = {}
    for alert_id, account_id, sequence in connection.execute(
        "SELECT alert_id, account_id, sequence FROM alert_account WHERE alert_id = ANY(%s) "
        'ORDER BY account_id COLLATE "C"',
        [ids],
    ):
        named.setdefault((alert_id, sequence), []).append(account_id)
    return [(row["log_offset"], _record(row, named.get((row["alert_id"], row["sequence"]), []))) for row in rows]


def last_offset(connection: psycopg.Connection) -> int:
    """The offset of the last record stored, -1 if there is none."""
    (found,) = connection.execute("SELECT coalesce(max(log_offset), -1) FROM alert_record").fetchone() or (-1,)
    return int(found)


def _record(row: dict[str, Any], accounts: list[str]) -> Alert:
    instants = {name: timestamp(epoch_ms(row[name])) for name in ("detected_at", "first_seen", "last_seen")}
    composed = {
        "reasons": msgspec.convert(row["reasons"], list[AlertReason], strict=False),
        "counter_evidence": msgspec.convert(row["counter_evidence"], list[AlertReason], strict=False),
        "links": msgspec.convert(row["links"], Links),
        "accounts": accounts,
    }
    plain = {name: row[name] for name in Alert.__struct_fields__ if name in row}
    return Alert(**(plain | instants | composed))
