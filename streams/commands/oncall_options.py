"""What the on-call commands share: the store, how answers are shown, who acts, and exit statuses."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click
import msgspec

from streams.commands.options import database_or_exit, settings_or_exit

if TYPE_CHECKING:
    from psycopg import Connection
    from rich.console import RenderableType

#: Exit statuses of every on-call command: found or done, nothing found or failed; click's own 2 is wrong usage.
FOUND, NOTHING = 0, 1

EXIT_STATUSES = "Exit status: 0 found or done, 1 nothing found or failed, 2 wrong usage."

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
by_option = click.option("--by", "actor", help="Who does it.  [default: the user]")


@contextmanager
def alert_store(purpose: str) -> Iterator[Connection]:
    """A connection to the alert store, or a click error that names the fault and its mend.

    What is asked for and is not there, or cannot be, is no fault of the database and is told by itself.
    """
    from streams.database.alert_queries import AlertNotFoundError  # noqa: PLC0415 - `--help` needs no database
    from streams.oncall.cases import RulingError  # noqa: PLC0415

    with database_or_exit(settings_or_exit(), purpose) as connection:
        try:
            yield connection
        except (AlertNotFoundError, RulingError) as error:
            raise click.ClickException(str(error)) from error


def show(value: Any, as_json: bool, render: Callable[[], RenderableType]) -> None:
    """Print JSON for a program, or what ``render`` gives for a person."""
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2 if sys.stdout.isatty() else 0))
        return
    from streams.terminal import print_untrusted  # noqa: PLC0415 - programs need not wait for it

    print_untrusted(render())


def nothing(as_json: bool, said: str, empty: Any = ()) -> NoReturn:
    """Say that there is nothing, as JSON or on standard error, and leave with status 1."""
    if as_json:
        click.echo(msgspec.json.encode(empty))
    else:
        click.echo(said, err=True)
    raise SystemExit(NOTHING)


def who(actor: str | None) -> str:
    """Whoever acts: as given, else the user of this machine; a usage error where nobody is named."""
    named = getpass.getuser() if actor is None else actor.strip()
    if not named:
        raise click.UsageError("--by: names nobody")
    return named
