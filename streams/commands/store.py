"""The ``store`` command: fill the alert store, and look after it."""

from __future__ import annotations

import getpass
import signal
from types import FrameType
from typing import NoReturn

import click
import msgspec

from streams.commands.options import database_or_exit, settings_or_exit
from streams.database.erase import erase
from streams.database.errors import StoreError
from streams.database.metrics import StoreMetrics
from streams.database.migrate import migrate
from streams.database.retention import tidy
from streams.logs import configure_logging


@click.group(name="store", invoke_without_command=True)
@click.option("--web-port", type=click.IntRange(0, 65_535), help="Port of /metrics, on web_host.")
@click.pass_context
def store_command(context: click.Context, web_port: int | None) -> None:
    """Copy alerts, candidates, verdicts, enforcement and dead letters into PostgreSQL until stopped.

    A process of its own: detection never waits for it. It migrates the schema, goes on from the positions that the
    database holds, and waits for a database or brokers that are away. A second one may run as a stand-by. Exit status 1
    if the database does not fit the topics.
    """
    if context.invoked_subcommand is not None:
        return
    settings = settings_or_exit(**({} if web_port is None else {"store_web_port": web_port}))
    from prometheus_client import start_http_server  # noqa: PLC0415 - `--help` and the other commands need neither
    from psycopg import Error  # noqa: PLC0415

    from streams.database.sink import Sink  # noqa: PLC0415

    configure_logging(settings)
    metrics = StoreMetrics()
    signal.signal(signal.SIGTERM, _leave)
    try:
        start_http_server(settings.store_web_port, settings.web_host, metrics.registry)
    except OSError as error:
        raise click.ClickException(
            f"store_web_port={settings.store_web_port} on web_host={settings.web_host}: {error.strerror}; set "
            "STILLWATCH_STORE_WEB_PORT to a free one"
        ) from error
    try:
        Sink(settings, metrics).run()
    except (StoreError, Error) as error:
        raise click.ClickException(str(error).strip()) from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None


@store_command.command(name="migrate")
def migrate_command() -> None:
    """Bring the database's schema up to date; `stillwatch store` does so when it starts."""
    with database_or_exit(settings_or_exit(), "migrate", migrated=False) as connection:
        applied = migrate(connection)
    for migration in applied:
        click.echo(f"applied {migration.number:04} {migration.name}")
    if not applied:
        click.echo("nothing to do")


@store_command.command(name="erase")
@click.argument("account_id")
@click.option("--by", "actor", help="Who asks for it, for the record that stays.  [default: the user]")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows that went as JSON.")
def erase_command(account_id: str, actor: str | None, yes: bool, as_json: bool) -> None:
    """Remove ACCOUNT_ID from every table; a keyed hash of it stays, so that what Kafka holds does not bring it back.

    Kafka's topics and the workers' state keep the account until their retention ends; one that goes on sending requests
    is stored anew.
    """
    settings = settings_or_exit()
    if not yes:
        click.confirm(f"Remove every row of {account_id}? This cannot be undone", abort=True)
    with database_or_exit(settings, "erase") as connection:
        key = settings.hash_key.get_secret_value()
        rows = erase(connection, account_id, hash_key=key, actor=actor or getpass.getuser())
    if as_json:
        click.echo(msgspec.json.encode(rows))
        return
    for table, count in rows.items():
        click.echo(f"{count:8,} {table}")
    click.echo(f"{sum(rows.values()):8,} rows removed or rewritten")


@store_command.command(name="tidy")
def tidy_command() -> None:
    """Delete what is older than store_retention_days; the running store does so every hour."""
    settings = settings_or_exit()
    with database_or_exit(settings, "tidy") as connection:
        gone = tidy(connection, settings.store_retention_days)
    for table, count in gone.items():
        click.echo(f"{count:8,} {table}")
    if not gone:
        click.echo("nothing to do")


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    # Wherever this lands: what was not committed is fetched again.
    raise SystemExit(0)
