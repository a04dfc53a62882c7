"""Brings a database's schema up to date: numbered SQL files, applied once each and in order, forward only."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files

import msgspec
import psycopg
from psycopg.rows import class_row

from streams.database.connect import SCHEMA
from streams.database.errors import MigrationError

#: Any number of our own: whoever migrates the same database waits for it.
_LOCK = 0x57111_0001

_OWN_TABLE = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE IF NOT EXISTS {SCHEMA}.migration (
    number     integer     PRIMARY KEY,
    name       text        NOT NULL,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
"""


class Migration(msgspec.Struct, frozen=True):
    """One file: its number (from 1, without gaps), name and SHA-256."""

    number: int
    name: str
    checksum: str
    statements: str = ""


def migrations() -> list[Migration]:
    """The migrations of this build, in order."""
    found = []
    folder = files("streams.database") / "migrations"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            text = file.read_text(encoding="utf-8")
            number, _, name = file.name.removesuffix(".sql").partition("_")
            found.append(Migration(int(number), name, sha256(text.encode()).hexdigest(), text))
    return found


def applied(connection: psycopg.Connection) -> list[Migration]:
    """The migrations that the database has, in order; none where it is not the store's."""
    if connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.migration"]).fetchone() == (None,):
        return []
    cursor = connection.cursor(row_factory=class_row(Migration))
    return cursor.execute(f"SELECT number, name, checksum FROM {SCHEMA}.migration ORDER BY number").fetchall()  # noqa: S608 - a constant


def pending(connection: psycopg.Connection) -> list[Migration]:
    """What ``migrate`` would apply; raises ``MigrationError`` where the database has what this build does not know."""
    own = migrations()
    known = {migration.number: migration for migration in own}
    done = applied(connection)
    for migration in done:
        mine = known.get(migration.number)
        if mine is None:
            raise MigrationError(
                f"migration {migration.number} ({migration.name}): applied to the database, unknown to this build, "
                f"which ends at {own[-1].number}; use the build that applied it, or a later one"
            )
        if mine.checksum != migration.checksum:
            raise MigrationError(
                f"migration {migration.number} ({migration.name}): the database has it with checksum "
                f"{migration.checksum[:12]}, this build has {mine.checksum[:12]}; an applied file must not be changed"
            )
    return own[len(done) :]


def migrate(connection: psycopg.Connection) -> list[Migration]:
    """Apply what is pending, all of it or nothing; returns what was applied.

    The connection's role needs the right to create a schema in its database, the first time. Two at once wait for each
    other. Raises ``MigrationError``, and psycopg's errors.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute(_OWN_TABLE)
        todo = pending(connection)
        for migration in todo:
            connection.execute(migration.statements.encode())
            connection.execute(
                f"INSERT INTO {SCHEMA}.migration (number, name, checksum) VALUES (%s, %s, %s)",  # noqa: S608 - a constant
                [migration.number, migration.name, migration.checksum],
            )
    return todo
