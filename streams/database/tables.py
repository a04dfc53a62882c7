"""How rows enter each table, and what happens to one whose key is there already."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg import sql

from streams.database import rows as of


class Table(msgspec.Struct, frozen=True):
    """A table that rows of one type enter.

    A row whose ``key`` is there is ignored, unless ``newer`` holds between it (``excluded``) and the one that is there:
    then it replaces all but the ``kept`` columns, and ``raised`` ones where they are larger.
    """

    name: LiteralString
    row: type[msgspec.Struct]
    key: tuple[LiteralString, ...]
    newer: LiteralString | None = None
    kept: tuple[LiteralString, ...] = ()
    raised: tuple[LiteralString, ...] = ()


ALERT_RECORD = Table("alert_record", of.AlertRecordRow, ("alert_id", "sequence", "detected_at"))
ALERT = Table("alert", of.AlertRow, ("alert_id",), "excluded.last_sequence > alert.last_sequence", kept=("opened_at",))
ALERT_ACCOUNT = Table("alert_account", of.AlertAccountRow, ("alert_id", "account_id"))
ACCOUNT_WINDOW = Table(
    "account_window",
    of.AccountWindowRow,
    ("account_id", "window_start"),
    "excluded.position > account_window.position",
    raised=("peak_evidence_nats",),
)
GROUP_WINDOW = Table("group_window", of.GroupWindowRow, ("link", "anchor_key", "effective_at"))
ANCHOR_GROUP = Table(
    "anchor_group",
    of.GroupRow,
    ("link", "anchor_key"),
    "excluded.effective_at > anchor_group.effective_at",
    kept=("first_effective_at",),
)
GROUP_MEMBER = Table(
    "group_member",
    of.GroupMemberRow,
    ("link", "anchor_key", "account_id"),
    "excluded.effective_at > group_member.effective_at",
)
VERDICT = Table("verdict", of.VerdictRow, ("verdict_id",))
ENFORCEMENT = Table("enforcement", of.EnforcementRow, ("enforcement_id",))
DEAD_LETTER = Table("dead_letter", of.DeadLetterRow, ("topic", "partition", "log_offset", "appended_at"))
REFUSED_RECORD = Table("refused_record", of.RefusedRow, ("topic", "partition", "log_offset"))

_ENCODER = msgspec.json.Encoder()


def insert(connection: psycopg.Connection, table: Table, rows: Collection[msgspec.Struct]) -> list[tuple[Any, ...]]:
    """Add rows, each key once, in one statement; return the first key column of those that were added or replaced.

    The rows travel as one JSON text, which the server parses by the table's own types: floats arrive as exactly as they
    were, and no statement grows with the batch.
    """
    if not rows:
        return []
    return connection.execute(_statement(table), [_ENCODER.encode(list(rows)).decode()]).fetchall()


@cache
def _statement(table: Table) -> sql.Composed:
    columns = table.row.__struct_fields__
    return sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s::json) "
        "ON CONFLICT ({key}) DO {action} RETURNING {first}"
    ).format(
        table=sql.Identifier(table.name),
        columns=_listed(columns),
        key=_listed(table.key),
        action=_action(table, columns),
        first=sql.SQL("{}.{}").format(sql.Identifier(table.name), sql.Identifier(table.key[0])),
    )


def _action(table: Table, columns: tuple[str, ...]) -> sql.Composable:
    if table.newer is None:
        return sql.SQL("NOTHING")
    changes: list[sql.Composable] = [sql.SQL("stored_at = now()")]
    for name in columns:
        if name not in (*table.key, *table.kept):
            form = "{c} = greatest(excluded.{c}, {t}.{c})" if name in table.raised else "{c} = excluded.{c}"
            changes.append(sql.SQL(form).format(c=sql.Identifier(name), t=sql.Identifier(table.name)))
    return sql.SQL("UPDATE SET {} WHERE {}").format(sql.SQL(", ").join(changes), sql.SQL(table.newer))


def _listed(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
