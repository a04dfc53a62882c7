"""What several commands share: reading settings and feedback, and telling faults the way click does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models.verdict import Feedback
from streams.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from psycopg import Connection


def settings_or_exit(**overrides: Any) -> Settings:
    """The settings, or a click error that names each fault and its mend."""
    try:
        return load_settings(**overrides)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def feedback_or_exit(verdicts: Iterable[Path], enforcement: Iterable[Path]) -> list[Feedback]:
    """The records of files of verdicts and enforcement, or a click error that names the line."""
    from streams.feedback_file import read_files  # noqa: PLC0415 - other commands need not wait for it

    try:
        return read_files(verdicts, enforcement)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def unreachable(settings: Settings, error: Exception) -> click.ClickException:
    """A click error for a broker that did not answer as it should."""
    return click.ClickException(
        f"kafka_bootstrap_servers={settings.kafka_bootstrap_servers}: {error}; is the broker up, are the security "
        "settings right?"
    )


@contextmanager
def database_or_exit(settings: Settings, purpose: str, *, migrated: bool = True) -> Iterator[Connection]:
    """A connection to the alert store, or a click error that names what is wrong with it, also while it is used.

    With ``migrated`` its schema must be up to date.
    """
    import psycopg  # noqa: PLC0415 - commands that need no database need not wait for it

    from streams.database.connect import connect, server_of  # noqa: PLC0415
    from streams.database.errors import StoreError  # noqa: PLC0415
    from streams.database.migrate import pending  # noqa: PLC0415

    try:
        with connect(settings, purpose) as connection:
            todo = pending(connection) if migrated else []
            if not todo:
                yield connection
                return
    except (StoreError, psycopg.Error) as error:
        raise click.ClickException(f"database {server_of(settings)}: {str(error).strip()}") from error
    raise click.ClickException(
        f"database {server_of(settings)}: its schema lacks migration {todo[0].number}; run `stillwatch store migrate`"
    )
