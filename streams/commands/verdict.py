"""The ``verdict`` command: say what alerts turned out to be."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
import msgspec

from models.event import epoch_ms
from models.verdict import Verdict
from streams.commands.instants import Instant
from streams.commands.oncall_options import EXIT_STATUSES, alert_store, json_option, who
from streams.commands.options import settings_or_exit, unreachable
from streams.oncall.verdicts import append_verdicts, make_verdict, send_verdicts

if TYPE_CHECKING:
    from psycopg import Connection

    from streams.database.verdict_queries import HiddenAlert

_WHOLE_ID_LENGTH = 32


@click.command(name="verdict", epilog=EXIT_STATUSES)
@click.argument("alerts", nargs=-1)
@click.argument("finding", metavar="VERDICT", type=click.Choice(["false-positive", "true-positive", "expected"]))
@click.option("--from-file", "ids", type=click.File(), help="Alerts to judge, one id a line; - for standard input.")
@click.option("--until", type=Instant(+1), help="When it ends, at most 366 days ahead: a date, a time, or a span like "
              "90d; needed unless true-positive.")  # fmt: skip
@click.option("--scope", type=click.Choice(["template", "accounts", "campaign"]), default="template",
              show_default=True, help="What falls silent: the shared anchors and their team, the accounts, "
              "or both.")  # fmt: skip
@click.option("--account", "accounts", multiple=True, help="With --scope accounts: which; all named ones without.")
@click.option("--note", default="", help="Why, for whoever looks next; needed unless true-positive.")
@click.option("--by", "--owner", "given_by", help="Who says so, and owns the silence.  [default: the user]")
@click.option("--given-at", type=Instant(), help="For replayed or simulated events: when, in their time.  "
              "[default: now]")  # fmt: skip
@click.option("--file", "path", type=click.Path(dir_okay=False, path_type=Path),
              help="Append to this file, for `replay --verdicts`, instead of the topic.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask, also where a known true positive would have been hidden.")
@json_option
def verdict_command(
    alerts: tuple[str, ...],
    finding: str,
    ids: TextIO | None,
    until: datetime | None,
    scope: str,
    accounts: tuple[str, ...],
    note: str,
    given_by: str | None,
    given_at: datetime | None,
    path: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Say that ALERTS are each a false-positive, a true-positive or expected.

    A false-positive or expected alert is closed and what the scope names falls silent until the date, nothing else
    (`stillwatch suppressions` lists it and takes it back). A true-positive has its prompt shells, payments and
    addresses watched for. Before a silence is sent it is compared with the alerts that are known to be true positives
    (STILLWATCH_DATABASE_URL), and you are asked if it would have hidden one. The same words at the same time are the
    same verdict: giving it twice does nothing more.
    """
    named = list(dict.fromkeys([*alerts, *([] if ids is None else (line.strip() for line in ids if line.strip()))]))
    if not named:
        raise click.UsageError("names no alert: give ALERTS or --from-file")
    silences = finding != "true-positive"
    if silences and not note.strip():
        raise click.UsageError(f"--note: a verdict {finding} silences; say why, for whoever looks at it next")
    said = {
        "verdict": finding.replace("-", "_"),
        "scope": scope,
        "account_ids": list(accounts),
        "until": None if until is None else epoch_ms(until),
        "note": note,
        "given_by": who(given_by),
        "given_at": time.time_ns() // 1_000_000 if given_at is None else epoch_ms(given_at),
    }
    _verdicts(named[:1], said)
    settings = settings_or_exit()
    hidden: dict[str, list[HiddenAlert]] = {}
    if settings.database_url is not None:
        with alert_store("verdict") as store:
            named = [_resolve(store, each) for each in named]
            hidden = _hidden(store, named, scope, accounts) if silences else {}
        _ask(hidden, yes=yes)
    elif silences and path is None:
        click.echo("not compared with known true positives: STILLWATCH_DATABASE_URL is not set", err=True)
    verdicts = _verdicts(named, said)
    if path is None:
        _send(verdicts)
    else:
        append_verdicts(path, verdicts)
    _tell(verdicts, hidden, as_json)


def _verdicts(named: Iterable[str], said: dict[str, Any]) -> list[Verdict]:
    try:
        return [make_verdict(alert_id=alert_id, **said) for alert_id in named]
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from error


def _resolve(store: Connection, named: str) -> str:
    from streams.database.alert_queries import AlertNotFoundError, find_alert  # noqa: PLC0415 - needs psycopg

    try:
        return find_alert(store, named)
    except AlertNotFoundError:
        if len(named) != _WHOLE_ID_LENGTH:
            raise
        # The page may be ahead of the store; the workers know the alert.
        click.echo(f"alert {named}: not in the store yet; taken as it is", err=True)
        return named


def _hidden(
    store: Connection, named: Sequence[str], scope: str, accounts: Sequence[str]
) -> dict[str, list[HiddenAlert]]:
    from streams.database.verdict_queries import would_have_hidden  # noqa: PLC0415 - needs psycopg

    found = {alert_id: would_have_hidden(store, alert_id, scope, accounts) for alert_id in named}
    return {alert_id: alerts for alert_id, alerts in found.items() if alerts}


def _ask(hidden: dict[str, list[HiddenAlert]], *, yes: bool) -> None:
    if not hidden:
        return
    from rich.console import Console  # noqa: PLC0415

    from streams.oncall.tables import hidden_table  # noqa: PLC0415

    console = Console(stderr=True, markup=False)
    for alert_id, alerts in hidden.items():
        console.print(f"Silencing {alert_id[:12]} so would have hidden known true positives:")
        console.print(hidden_table(alerts))
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.ClickException("would have hidden known true positives; narrow it, or give --yes")
    click.confirm("Send it nevertheless?", abort=True, err=True)


def _tell(verdicts: Sequence[Verdict], hidden: dict[str, list[HiddenAlert]], as_json: bool) -> None:
    if as_json:
        told = [
            {"verdict_id": each.verdict_id, "alert_id": each.alert_id, "hides": hidden.get(each.alert_id, [])}
            for each in verdicts
        ]
        click.echo(msgspec.json.encode(told))
        return
    for each in verdicts:
        click.echo(each.verdict_id)


def _send(verdicts: Sequence[Verdict]) -> None:
    settings = settings_or_exit()
    from kafka.errors import KafkaError  # noqa: PLC0415 - `--help` and --file need no client

    try:
        send_verdicts(settings, verdicts)
    except KafkaError as error:
        raise unreachable(settings, error) from error
