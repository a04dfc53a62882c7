"""Stores a batch: rows and positions in one transaction, so that each record counts once whatever fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import psycopg

from streams.database.alert_records import write_alerts
from streams.database.collect import Collected, Fetched
from streams.database.erased import load_erased
from streams.database.mapping import group_row
from streams.database.partitions import Day, day_of, provide_days
from streams.database.positions import advance, lock_positions
from streams.database.rows import RefusedRow
from streams.database.tables import (
    ACCOUNT_WINDOW,
    ANCHOR_GROUP,
    DEAD_LETTER,
    ENFORCEMENT,
    GROUP_MEMBER,
    GROUP_WINDOW,
    REFUSED_RECORD,
    VERDICT,
    Table,
    insert,
)


class Stored(msgspec.Struct, frozen=True):
    """What a batch did: records taken by topic (without prefix), alert records there before, and what was refused."""

    records: Counter[str]
    repeats: int
    refused: list[RefusedRow]


def store(connection: psycopg.Connection, batch: Sequence[Fetched], hash_key: str) -> Stored:
    """Write a batch and move its positions, or do nothing; what the database has already is passed over.

    Raises ``PositionMovedError`` where the database expects earlier records than the batch begins with, and psycopg's
    errors. After any of them the same batch may be tried again.
    """
    with connection.transaction():
        stood = lock_positions(connection, batch)
        collected = Collected(load_erased(connection, hash_key))
        taken = Counter[str]()
        for fetched in batch:
            taken[fetched.name] += collected.take(fetched, stood[fetched.topic, fetched.partition])
        provide_days(connection, _days(collected))
        repeats = write_alerts(connection, collected)
        _write_candidates(connection, collected)
        _write_listing(connection, VERDICT, collected.verdicts)
        _write_listing(connection, ENFORCEMENT, collected.enforcement)
        insert(connection, DEAD_LETTER, collected.dead_letters.values())
        insert(connection, REFUSED_RECORD, collected.refused)
        advance(connection, batch)
    return Stored(taken, repeats, collected.refused)


def _days(collected: Collected) -> set[Day]:
    days = {("alert_record", reported.row.detected_at) for reported in collected.reported.values()}
    days |= {("account_window", row.window_start) for row in collected.account_windows.values()}
    days |= {("group_window", row.effective_at) for row in collected.group_windows.values()}
    days |= {("dead_letter", row.appended_at) for row in collected.dead_letters.values()}
    return {(parent, day_of(instant)) for parent, instant in days}


def _write_candidates(connection: psycopg.Connection, collected: Collected) -> None:
    insert(connection, ACCOUNT_WINDOW, collected.account_windows.values())
    insert(connection, GROUP_WINDOW, collected.group_windows.values())
    insert(connection, ANCHOR_GROUP, [group_row(first, last) for first, last in collected.groups.values()])
    insert(connection, GROUP_MEMBER, collected.members.values())


def _write_listing(
    connection: psycopg.Connection, table: Table, found: Mapping[str, tuple[msgspec.Struct, Collection[str]]]
) -> None:
    """Write records that list accounts; of one that is there already the accounts count no more than it does."""
    fresh: list[Any] = insert(connection, table, [row for row, _ in found.values()])
    listed = [(name, account_id) for (name,) in fresh for account_id in found[name][1]]
    if listed:
        names, account_ids = zip(*listed, strict=True)
        connection.execute(
            f"INSERT INTO {table.name}_account SELECT * FROM unnest(%s::text[], %s::text[])",  # noqa: S608 - our own name
            [list(names), list(account_ids)],
        )
