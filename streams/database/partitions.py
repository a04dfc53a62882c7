"""Days of the partitioned tables: made ahead of the data and with it, dropped when they are old."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import psycopg
from psycopg import sql

#: Tables that are partitioned by day.
PARENTS = ("alert_record", "group_window", "account_window", "dead_letter")

#: Days that are there before their data: the first record of a day need not wait.
DAYS_AHEAD = 2

#: Any number of our own: whoever makes days of the same database waits for it.
_LOCK = 0x57111_0002

Day = tuple[str, date]


def day_of(instant: str) -> date:
    """The UTC day of an RFC 3339 instant in UTC."""
    return date.fromisoformat(instant[:10])


def provide_days(connection: psycopg.Connection, wanted: Iterable[Day]) -> None:
    """Make the days (table, date) that are missing and note that they are written to; call it within a transaction.

    Until that ends the days cannot be dropped.
    """
    asked = sorted(wanted)
    if not asked:
        return
    parents, days = zip(*asked, strict=True)
    found = connection.execute(
        """
        SELECT d.parent, d.day, d.last_written_at < now() - interval '1 hour' AS stale
        FROM partition_day d JOIN unnest(%s::text[], %s::date[]) AS w (parent, day) USING (parent, day)
        ORDER BY d.parent, d.day
        FOR SHARE OF d
        """,
        [list(parents), list(days)],
    ).fetchall()
    stale = [(parent, day) for parent, day, is_stale in found if is_stale]
    if stale:
        connection.execute(
            """
            UPDATE partition_day d SET last_written_at = now()
            FROM unnest(%s::text[], %s::date[]) AS w (parent, day) WHERE d.parent = w.parent AND d.day = w.day
            """,
            [[parent for parent, _ in stale], [day for _, day in stale]],
        )
    missing = set(zip(parents, days, strict=True)) - {(parent, day) for parent, day, _ in found}
    if missing:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        for parent, day in sorted(missing):
            _make(connection, parent, day)


def provide_days_ahead(connection: psycopg.Connection, today: date | None = None) -> None:
    """Make today's partitions and those of the next days."""
    first = today or datetime.now(UTC).date()
    with connection.transaction():
        days = [first + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
        provide_days(connection, [(parent, day) for parent in PARENTS for day in days])


def drop_days(connection: psycopg.Connection, before: datetime) -> list[Day]:
    """Drop days that ended, and were last written to, before an instant; returns them.

    Waits at most five seconds for readers of such a day and then leaves it for the next time.
    """
    dropped = []
    old = connection.execute(
        "SELECT parent, day FROM partition_day WHERE day < %s AND last_written_at < %s ORDER BY day, parent",
        [before.date(), before],
    ).fetchall()
    for parent, day in old:
        try:
            with connection.transaction():
                connection.execute("SET LOCAL lock_timeout = '5s'")
                gone = connection.execute(
                    "DELETE FROM partition_day WHERE parent = %s AND day = %s AND last_written_at < %s",
                    [parent, day, before],
                )
                if gone.rowcount:
                    connection.execute(sql.SQL("DROP TABLE {}").format(_name(parent, day)))
                    dropped.append((parent, day))
        except psycopg.errors.LockNotAvailable:
            continue
    return dropped


def _make(connection: psycopg.Connection, parent: str, day: date) -> None:
    """Attach a table made beside: making it as a partition at once would wait for every reader of the parent."""
    noted = connection.execute(
        "INSERT INTO partition_day (parent, day) VALUES (%s, %s) ON CONFLICT DO NOTHING", [parent, day]
    )
    if not noted.rowcount:
        return
    names = {"child": _name(parent, day), "parent": sql.Identifier(parent)}
    bounds = {
        "first": sql.Literal(f"{day} 00:00+00"),
        "end": sql.Literal(f"{day + timedelta(days=1)} 00:00+00"),
    }
    connection.execute(
        sql.SQL("CREATE TABLE {child} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)").format(**names)
    )
    connection.execute(
        sql.SQL("ALTER TABLE {parent} ATTACH PARTITION {child} FOR VALUES FROM ({first}) TO ({end})").format(
            **names, **bounds
        )
    )


def _name(parent: str, day: date) -> sql.Identifier:
    return sql.Identifier(f"{parent}_{day:%Y%m%d}")
