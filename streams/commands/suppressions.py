"""The ``suppressions`` commands: what verdicts silence, whose it is, why and until when; and how to end it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from models.event import epoch_ms
from streams.commands.instants import Instant
from streams.commands.oncall_options import EXIT_STATUSES, alert_store, by_option, json_option, nothing, show, who
from streams.commands.options import settings_or_exit, unreachable
from streams.oncall.verdicts import append_verdicts, make_verdict, send_verdicts

if TYPE_CHECKING:
    from streams.database.verdict_queries import SuppressionLine


@click.group(name="suppressions", epilog=EXIT_STATUSES)
def suppressions_command() -> None:
    """List what verdicts silence, and end it before its time.

    A silence comes from a verdict (`stillwatch verdict`), has an owner, a reason and an end, and never ends later than
    that.
    """


@suppressions_command.command(name="list", epilog=EXIT_STATUSES)
@click.option("--all", "every", is_flag=True, help="Those that ended or were lifted too.")
@click.option("--at", type=Instant(), help="In force then; for simulated events.  [default: now]")
@json_option
def list_command(every: bool, at: datetime | None, as_json: bool) -> None:
    """List suppressions in force, those that end soonest first."""
    from streams.database.verdict_queries import list_suppressions  # noqa: PLC0415 - `--help` needs no database
    from streams.oncall.tables import suppressions_table  # noqa: PLC0415

    with alert_store("suppressions") as store:
        lines = list_suppressions(store, every=every, now=at)
    if not lines:
        nothing(as_json, "nothing is silenced")
    show(lines, as_json, lambda: suppressions_table(lines, at or datetime.now(UTC)))


@suppressions_command.command(name="remove", epilog=EXIT_STATUSES)
@click.argument("verdicts", nargs=-1, required=True)
@click.option("--note", required=True, help="Why; it stays with the verdict.")
@by_option
@click.option("--given-at", type=Instant(), help="For replayed or simulated events: when, in their time.  "
              "[default: now]")  # fmt: skip
@click.option("--file", "path", type=click.Path(dir_okay=False, path_type=Path),
              help="Append to this file, for `replay --verdicts`, instead of the topic.")  # fmt: skip
@json_option
def remove_command(
    verdicts: tuple[str, ...],
    note: str,
    actor: str | None,
    given_at: datetime | None,
    path: Path | None,
    as_json: bool,
) -> None:
    """End the silence of VERDICTS, named by their ids or the beginnings of these.

    A verdict `withdrawn` goes to the workers and takes effect as any verdict does. What was closed stays closed; what
    comes back pages again as a new alert. The silence of a verdict that this one had replaced is not restored.
    """
    settings = settings_or_exit()
    given_by, given_ms = who(actor), time.time_ns() // 1_000_000 if given_at is None else epoch_ms(given_at)
    with alert_store("suppressions") as store:
        from streams.database.verdict_queries import list_suppressions  # noqa: PLC0415

        held = list_suppressions(store, every=True)
    chosen = [_find(held, named) for named in dict.fromkeys(verdicts)]
    for line in chosen:
        if given_ms <= epoch_ms(line.given_at):
            raise click.UsageError(
                f"verdict {line.verdict_id}: was given at {line.given_at:%Y-%m-%dT%H:%M:%SZ}, after this; "
                "give a later --given-at"
            )
    withdrawn = [
        make_verdict(
            alert_id=line.alert_id,
            verdict="withdrawn",
            note=note,
            given_by=given_by,
            given_at=given_ms,
            withdraws=line.verdict_id,
        )
        for line in chosen
    ]
    if path is not None:
        append_verdicts(path, withdrawn)
    else:
        from kafka.errors import KafkaError  # noqa: PLC0415 - --file needs no client

        try:
            send_verdicts(settings, withdrawn)
        except KafkaError as error:
            raise unreachable(settings, error) from error
    if as_json:
        click.echo(msgspec.json.encode([{"verdict_id": v.verdict_id, "withdraws": v.withdraws} for v in withdrawn]))
    else:
        for verdict in withdrawn:
            click.echo(verdict.verdict_id)


def _find(held: list[SuppressionLine], named: str) -> SuppressionLine:
    found = [line for line in held if line.verdict_id == named]
    found = found or [line for line in held if line.verdict_id.startswith(named)]
    if len(found) != 1:
        said = "no suppression of that id is stored" if not found else f"{len(found)} begin so; give more of it"
        raise click.ClickException(f"verdict {named!r}: {said}")
    if found[0].lifted_by is not None:
        raise click.ClickException(f"verdict {found[0].verdict_id}: verdict {found[0].lifted_by} has ended it already")
    return found[0]
