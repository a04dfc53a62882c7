"""An alert store made as a migration left it: that costs a fraction of making another database of a hundred files."""

from __future__ import annotations

import psycopg
from psycopg import sql

_TABLES = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
_SEQUENCES = "SELECT schemaname, sequencename FROM pg_sequences"
_CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

#: Schema and name.
Name = tuple[str, str]


def tables_of(url: str) -> dict[Name, int]:
    """Return the tables of a database and how many rows each has."""
    with psycopg.connect(url) as connection:
        names: list[Name] = connection.execute(_TABLES).fetchall()
        counts = [sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*name)) for name in names]
        return {name: connection.execute(count).fetchall()[0][0] for name, count in zip(names, counts, strict=True)}


def reset(url: str, migrated: dict[Name, int]) -> None:
    """Cut off whoever is connected, drop tables that are not of the migration, empty those that it left empty.

    A test that changes what the migration wrote or made needs a database of its own.
    """
    with psycopg.connect(url) as connection:
        connection.execute(_CUT_OFF)
        # Some tables are an audit trail, whose triggers let nobody delete.
        connection.execute("SET session_replication_role = replica")
        for name in connection.execute(_TABLES).fetchall():
            if name not in migrated:
                connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(*name)))
        for name in (name for name, rows in migrated.items() if not rows):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(*name)))
        for name in connection.execute(_SEQUENCES).fetchall():
            connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(*name)))
