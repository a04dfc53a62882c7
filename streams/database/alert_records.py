"""Stores alert records: the records, how their alerts stand, and the accounts that they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import psycopg

from streams.database.collect import Collected, Reported, conflict_row
from streams.database.mapping import Source, alert_row
from streams.database.rows import AlertAccountRow, AlertRecordRow, AlertRow
from streams.database.tables import ALERT, ALERT_ACCOUNT, ALERT_RECORD, insert

Pair = tuple[str, int]


class _Known(NamedTuple):
    """A stored record: the hash of its content, where it stood, and the accounts that it named."""

    content_hash: str
    log_offset: int
    accounts: set[str]


def write_alerts(connection: psycopg.Connection, collected: Collected) -> int:
    """Write what is new and pass over what is stored; returns how many records were.

    A record that has another content than the stored one of its ``alert_id`` and ``sequence`` joins
    ``collected.refused`` instead.
    """
    reported = dict(collected.reported)
    known = _known(connection, reported)
    for pair, stored in known.items():
        again = reported.pop(pair)
        if again.row.content_hash != stored.content_hash or not _same_accounts(again, stored, collected):
            first = Source(again.source.topic, again.source.partition, stored.log_offset, 0)
            collected.refused.append(conflict_row(again, first))
    insert(connection, ALERT_RECORD, [new.row for new in reported.values()])
    insert(connection, ALERT, _standing(reported))
    insert(connection, ALERT_ACCOUNT, _named(reported))
    return len(known)


def _standing(reported: Mapping[Pair, Reported]) -> list[AlertRow]:
    bounds: dict[str, tuple[AlertRecordRow, AlertRecordRow]] = {}
    for new in reported.values():
        first, last = bounds.get(new.row.alert_id, (new.row, new.row))
        bounds[new.row.alert_id] = min(first, new.row, key=_sequence), max(last, new.row, key=_sequence)
    return [alert_row(first, last) for first, last in bounds.values()]


def _named(reported: Mapping[Pair, Reported]) -> list[AlertAccountRow]:
    rows: dict[tuple[str, str], AlertAccountRow] = {}
    for new in sorted(reported.values(), key=lambda new: new.row.sequence):
        for account_id in new.accounts:
            row = AlertAccountRow(new.row.alert_id, account_id, new.row.sequence, new.row.detected_at)
            rows.setdefault((row.alert_id, account_id), row)
    return list(rows.values())


def _sequence(row: AlertRecordRow) -> int:
    return row.sequence


def _same_accounts(again: Reported, stored: _Known, collected: Collected) -> bool:
    """Whether a repeat names the stored accounts; those that were erased since are gone from the table alone."""
    if stored.accounts == set(again.accounts):
        return True
    return stored.accounts <= set(again.accounts) and collected.any_erased


def _known(connection: psycopg.Connection, reported: Mapping[Pair, Reported]) -> dict[Pair, _Known]:
    """The stored records among these. Only those not beyond their alert's last one are looked for: next to none."""
    rows = connection.execute(
        "SELECT alert_id, last_sequence FROM alert WHERE alert_id = ANY(%s)",
        [list({alert_id for alert_id, _ in reported})],
    )
    last: dict[str, int] = dict(rows.fetchall())
    asked = [pair for pair in reported if pair[1] <= last.get(pair[0], -1)]
    if not asked:
        return {}
    found = connection.execute(
        """
        SELECT r.alert_id, r.sequence, '\\x' || encode(r.content_hash, 'hex'), r.log_offset,
               ARRAY(SELECT m.account_id FROM alert_account m
                     WHERE m.alert_id = r.alert_id AND m.sequence = r.sequence)
        FROM unnest(%s::text[], %s::integer[]) AS n (alert_id, sequence)
        JOIN alert a USING (alert_id)
        JOIN LATERAL (
            SELECT * FROM alert_record r
            WHERE r.alert_id = n.alert_id AND r.sequence = n.sequence
              AND r.detected_at BETWEEN a.opened_at AND a.last_detected_at
            LIMIT 1
        ) r ON true
        """,
        [[alert_id for alert_id, _ in asked], [sequence for _, sequence in asked]],
    )
    return {
        (alert_id, sequence): _Known(content_hash, log_offset, set(accounts))
        for alert_id, sequence, content_hash, log_offset, accounts in found
    }
