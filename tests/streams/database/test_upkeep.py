"""Migrations, days, retention and erasure."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import sql

from models.alert import timestamp
from models.record import DeadLetter, Reason
from streams import topics
from streams.database.connect import connect
from streams.database.erase import erase
from streams.database.errors import MigrationError, StoreError
from streams.database.migrate import applied, migrate, migrations, pending
from streams.database.partitions import DAYS_AHEAD, PARENTS, provide_days_ahead
from streams.database.retention import tidy
from streams.database.write import Stored
from streams.settings import Settings, load_settings
from tests.streams.database.conftest import HASH_KEY
from tests.streams.database.records import DAY_MS, NOW_MS, account, alert, candidates, fetched, fetched_alerts, group
from tests.streams.database.test_write import rows

Put = Callable[..., Stored]
TODAY = datetime.fromtimestamp(NOW_MS / 1_000, UTC)


def test_migrating_twice_does_nothing_more(database_url: str) -> None:
    """All migrations are applied once, whoever starts at the same time, and none is pending afterwards."""
    settings = load_settings(database_url=database_url)
    done: list[int] = []

    def run() -> None:
        with connect(settings, "test") as opened:
            done.append(len(migrate(opened)))

    starters = [threading.Thread(target=run) for _ in range(3)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    with connect(settings, "test") as opened:
        assert pending(opened) == []
        assert [m.number for m in applied(opened)] == [m.number for m in migrations()]
    assert sorted(done) == [0, 0, len(migrations())]


def test_migrations_are_numbered_without_gaps() -> None:
    """Each file has the number of its place, so that what is pending is what follows the last applied."""
    assert [migration.number for migration in migrations()] == list(range(1, len(migrations()) + 1))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("INSERT INTO migration VALUES (99, 'of_the_future', 'x')", "migration 99 .of_the_future.: .*unknown to this"),
        ("UPDATE migration SET checksum = 'other' WHERE number = 1", "migration 1 .*must not be changed"),
    ],
)
def test_another_builds_schema_is_refused(database_url: str, change: str, told: str) -> None:
    """A database that a later build migrated, or a file that was changed after it was applied, is an error."""
    with connect(load_settings(database_url=database_url), "test") as connection:
        migrate(connection)
        connection.execute(change.encode())
        with pytest.raises(MigrationError, match=told):
            migrate(connection)


def test_without_a_database_url_the_error_names_the_setting() -> None:
    """Whoever forgot the setting is told its name and form."""
    with pytest.raises(StoreError, match=r"STILLWATCH_DATABASE_URL=postgresql://"):
        connect(load_settings(), "test")


@pytest.mark.parametrize("url", ["postgres//ada:hunter2@db/store", "postgresql://ada:hunter2@db/store?sslmod=x"])
def test_a_wrong_url_is_told_without_its_password(url: str) -> None:
    """What is no URL of PostgreSQL gives an error that names the setting and quotes nothing of it."""
    with pytest.raises(StoreError, match="database_url: not of the form") as told:
        connect(load_settings(database_url=url), "test")
    assert "hunter2" not in f"{told.value} {told.value.__cause__}"


def test_days_are_made_ahead_and_once(connection: psycopg.Connection) -> None:
    """Every partitioned table has today and the days after; making them again changes nothing."""
    for _ in range(2):
        provide_days_ahead(connection, TODAY.date())
    days = [TODAY.date() + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
    found = rows(connection, "SELECT parent, day FROM partition_day ORDER BY parent, day")
    assert found == [(parent, day) for parent in sorted(PARENTS) for day in days]


def fill(put: Put) -> None:
    """Store a closed account alert, an open one, candidates, feedback and a dead letter, all at one time."""
    put(
        fetched_alerts(
            alert(),
            alert(sequence=1, state="closed", accounts=[]),
            alert(alert_id="b" * 32, kind="campaign", entity_id="c", accounts=["acct-7", "x"]),
        )
    )
    put(fetched(topics.CANDIDATES, [candidates(account(), account("x"), group("acct-7", "x"))]))
    verdict: dict[str, Any] = {"verdict_id": "v", "alert_id": "b" * 32, "verdict": "expected", "scope": "accounts"}
    verdict |= {"account_ids": ["acct-7", "x"], "given_at": NOW_MS, "until": NOW_MS + DAY_MS, "note": "acct-7, acct-70"}
    ban = {"enforcement_id": "e", "account_ids": ["acct-7", "x"], "action": "banned", "imposed_at": NOW_MS}
    put(fetched(topics.VERDICTS, [msgspec.json.encode(verdict)]))
    put(fetched(topics.ENFORCEMENT, [msgspec.json.encode(ban)]))
    letter = DeadLetter("requests.v1", 3, 77, "$", Reason.EMPTY, "", NOW_MS)
    put(fetched(topics.DEAD_LETTERS, [msgspec.json.encode(letter)]))


def grow_old(connection: psycopg.Connection, days: int) -> None:
    """Make the store believe that all was written so many days before now."""
    for table in ("alert", "anchor_group", "group_member", "verdict", "enforcement", "refused_record"):
        moved = sql.SQL("UPDATE {} SET stored_at = %s").format(sql.Identifier(table))
        connection.execute(moved, [TODAY - timedelta(days=days)])
    connection.execute("UPDATE partition_day SET last_written_at = %s", [TODAY - timedelta(days=days)])


def test_retention_drops_old_days_and_rows(connection: psycopg.Connection, put: Put) -> None:
    """After the retention only open alerts are left, with what names their accounts."""
    fill(put)
    connection.execute("INSERT INTO alert_action (alert_id, action, actor) VALUES (repeat('a', 32), 'ack', 'ada')")
    grow_old(connection, 0)
    gone = tidy(connection, 90, TODAY + timedelta(days=200))
    assert gone.keys() == {*PARENTS, "alert", "alert_action", "group_member", "anchor_group", "verdict", "enforcement"}
    assert rows(connection, "SELECT alert_id FROM alert") == ["b" * 32]
    assert rows(connection, "SELECT account_id FROM alert_account ORDER BY 1") == ["acct-7", "x"]
    for table in (*PARENTS, "alert_action", "group_member", "verdict_account", "enforcement_account"):
        counted = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        assert connection.execute(counted).fetchone() == (0,)


@pytest.mark.parametrize("written_days_ago", [0, 89])
def test_what_was_written_lately_stays(connection: psycopg.Connection, put: Put, written_days_ago: int) -> None:
    """Old events of a replay or a simulation are kept for the retention after they were written."""
    fill(put)
    later = TODAY + timedelta(days=400)
    grow_old(connection, written_days_ago - 400)
    assert tidy(connection, 90, later) == {}
    assert rows(connection, "SELECT count(*) FROM alert_record") == [3]


def columns_with_text(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Every column of the store's tables that can hold an account's id."""
    return rows(
        connection,
        """
        SELECT c.table_name, c.column_name FROM information_schema.columns c
        JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE c.table_schema = 'stillwatch' AND c.data_type IN ('text', 'jsonb') AND t.table_type = 'BASE TABLE'
        """,
    )


def mentions(connection: psycopg.Connection, account_id: str) -> set[str]:
    """Tables and columns that hold an account's id, as a word of its own."""
    found = set()
    word = rf"(^|[^\w-]){account_id}(?![\w-])"
    for table, column in columns_with_text(connection):
        names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
        query = sql.SQL("SELECT count(*) FROM {table} WHERE {column}::text ~ %s").format(**names)
        if connection.execute(query, [word]).fetchone() != (0,):
            found.add(f"{table}.{column}")
    return found


def test_erasing_leaves_nothing_of_the_account(connection: psycopg.Connection, put: Put) -> None:
    """No column of any table holds the id, notes included; others stay, and a hash tells that it was erased."""
    fill(put)
    for alert_id in ("a" * 32, "b" * 32):
        connection.execute(
            "INSERT INTO alert_action (alert_id, action, actor, body, details) VALUES (%s, 'export', 'ada', %s, %s)",
            [alert_id, "acct-7 is not acct-70", '{"accounts": ["acct-7", "x"]}'],
        )
    assert len(mentions(connection, "acct-7")) >= 10
    gone = erase(connection, "acct-7", hash_key=HASH_KEY, actor="ada")
    assert mentions(connection, "acct-7") == set()
    assert mentions(connection, "x") >= {"alert_account.account_id", "account_window.account_id"}
    assert rows(connection, "SELECT body, details FROM alert_action") == [
        ("[erased] is not acct-70", {"accounts": ["[erased]", "x"]})
    ]
    assert rows(connection, "SELECT note FROM verdict") == ["[erased], acct-70"]
    assert rows(connection, "SELECT account_count FROM alert") == [1]
    ((hashed, told),) = rows(connection, "SELECT account_hash, rows_erased FROM erasure")
    assert told == gone
    assert len(hashed) == 16


def test_what_happened_before_the_erasure_does_not_come_back(connection: psycopg.Connection, put: Put) -> None:
    """Records of the time before are stored without the account; a repeat that names it is no conflict."""
    fill(put)
    erase(connection, "acct-7", hash_key=HASH_KEY, actor="ada")
    campaign = alert(alert_id="b" * 32, kind="campaign", entity_id="c", accounts=["acct-7", "x"])
    again = put(fetched_alerts(alert(), campaign, alert(alert_id="c" * 32), from_offset=3))
    assert (again.refused, again.repeats) == ([], 1)
    put(fetched(topics.CANDIDATES, [candidates(account(), group("acct-7", "y"))], from_offset=1))
    assert mentions(connection, "acct-7") == set()


def test_an_erased_account_that_goes_on_is_stored_anew(connection: psycopg.Connection, put: Put) -> None:
    """What happened and was appended after the erasure counts."""
    erase(connection, "acct-7", hash_key=HASH_KEY, actor="ada")
    later_ms = int(datetime.now(UTC).timestamp() * 1_000) + 60_000
    put(fetched_alerts(alert(detected_at=timestamp(later_ms)), appended_ms=later_ms))
    assert rows(connection, "SELECT account_id FROM alert_account") == ["acct-7"]


def test_a_batch_and_an_erasure_do_not_overlap(
    settings: Settings, connection: psycopg.Connection, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An erasure that comes while a batch is being written waits for it, and then finds its rows."""
    started, finished = threading.Event(), threading.Event()

    def erase_meanwhile() -> None:
        with connect(settings, "test") as other:
            started.set()
            erase(other, "acct-7", hash_key=HASH_KEY, actor="ada")
            finished.set()

    eraser = threading.Thread(target=erase_meanwhile)

    def advance(*_: Any) -> None:
        eraser.start()
        started.wait()
        assert not finished.wait(0.5)

    monkeypatch.setattr("streams.database.write.advance", advance)
    put(fetched_alerts(alert()))
    eraser.join()
    assert mentions(connection, "acct-7") == set()
