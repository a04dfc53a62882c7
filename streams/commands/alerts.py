"""The ``alerts`` commands: what is open, one alert on one screen, why, and what comes in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import msgspec

from streams.commands.instants import Instant
from streams.commands.oncall_options import EXIT_STATUSES, FOUND, alert_store, json_option, nothing, show
from streams.commands.options import settings_or_exit, unreachable

if TYPE_CHECKING:
    from models.alert import Alert
    from streams.settings import Settings

_POLLED_EVERY_S = 1.0


@click.group(name="alerts", epilog=EXIT_STATUSES)
def alerts_command() -> None:
    """List, show, explain and follow alerts.

    An alert is named by its id, by the first six or more characters of it, or by its account or campaign. All but
    `tail` ask the alert store (STILLWATCH_DATABASE_URL), which `stillwatch store` fills.
    """


@alerts_command.command(name="list", epilog=EXIT_STATUSES)
@click.option("--state", type=click.Choice(["open", "closed", "all"]), default="open", show_default=True)
@click.option("--severity", type=click.Choice(["info", "low", "medium", "high", "critical"]), default="info",
              help="At least so grave.")  # fmt: skip
@click.option("--kind", type=click.Choice(["account", "campaign"]))
@click.option("--since", type=Instant(-1), help="Last heard of since then: a date, a time, or a span like 24h or 7d.")
@click.option("--assignee", help="Assigned to them.")
@click.option("--account", "account_id", help="That name this account.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@json_option
def list_command(
    state: str,
    severity: str,
    kind: str | None,
    since: datetime | None,
    assignee: str | None,
    account_id: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List alerts, the last heard of first. Times are those of the events."""
    from streams.database.alert_queries import AlertFilter, list_alerts  # noqa: PLC0415 - `--help` needs no database

    wanted = AlertFilter(
        state=None if state == "all" else state,
        least_severity=severity,
        kind=kind,
        since=since,
        assignee=assignee,
        account_id=account_id,
        most=limit,
    )
    with alert_store("alerts") as store:
        lines = list_alerts(store, wanted)
    if not lines:
        nothing(as_json, "no such alert")
    from streams.oncall.tables import alerts_table  # noqa: PLC0415

    show(lines, as_json, lambda: alerts_table(lines, datetime.now(UTC)))


@alerts_command.command(name="show", epilog=EXIT_STATUSES)
@click.argument("alert")
@json_option
def show_command(alert: str, as_json: bool) -> None:
    """Show ALERT on one screen: who, why, how sure, what speaks against it, what to do, links, what happened."""
    from streams.database.alert_queries import find_alert  # noqa: PLC0415
    from streams.oncall.judgement import judgement  # noqa: PLC0415
    from streams.oncall.sheet import read_sheet  # noqa: PLC0415
    from streams.oncall.tables import sheet_screen  # noqa: PLC0415

    with alert_store("alerts") as store:
        sheet = read_sheet(store, find_alert(store, alert))
    show(sheet, as_json, lambda: sheet_screen(sheet, judgement(sheet.last_record), datetime.now(UTC)))


@alerts_command.command(name="explain", epilog=EXIT_STATUSES)
@click.argument("alert")
@click.option("--sequence", type=click.IntRange(min=0), help="Of that record.  [default: the last]")
@json_option
def explain_command(alert: str, sequence: int | None, as_json: bool) -> None:
    """Say why ALERT was judged so: every reason's value, usual value and weight, and what would change it."""
    from streams.database.alert_queries import alert_line, find_alert, read_records  # noqa: PLC0415
    from streams.oncall.judgement import judgement  # noqa: PLC0415
    from streams.oncall.tables import judgement_screen  # noqa: PLC0415

    with alert_store("alerts") as store:
        alert_id = find_alert(store, alert)
        wanted = alert_line(store, alert_id).last_sequence if sequence is None else sequence
        records = read_records(store, alert_id, [wanted])
    if not records:
        nothing(as_json, f"alert {alert_id}: no record {wanted} is stored", None)
    judged = judgement(records[0])
    show(judged, as_json, lambda: judgement_screen(judged))


@alerts_command.command(name="tail", epilog=EXIT_STATUSES)
@click.option("--from-start", is_flag=True, help="Begin with what is there already.")
@click.option("--once", is_flag=True, help="End where the records end, instead of waiting for more.")
@json_option
def tail_command(from_start: bool, once: bool, as_json: bool) -> None:
    """Follow alert records as they come, until Ctrl-C: openings in full, the others in a line. JSON lines with --json.

    From the alert store; without a STILLWATCH_DATABASE_URL straight from the topic alerts.v1.
    """
    settings = settings_or_exit()
    source = _from_topic(settings, from_start) if settings.database_url is None else _from_store(from_start)
    seen = False
    try:
        for record in source:
            if record is None:
                if once:
                    break
                continue
            seen = True
            _tell(record, as_json)
    except KeyboardInterrupt:
        raise SystemExit(FOUND) from None
    raise SystemExit(FOUND if seen or not once else 1)


def _tell(record: Alert, as_json: bool) -> None:
    from models.alert import encode  # noqa: PLC0415

    if as_json:
        click.echo(encode(record))
        return
    from streams.terminal import print_untrusted, render_alert, render_line  # noqa: PLC0415

    print_untrusted(render_alert(record) if record.state == "open" else render_line(record))


def _from_store(from_start: bool) -> Iterator[Alert | None]:
    """Records as the store gets them, ``None`` when there is none for the moment."""
    from streams.database.alert_queries import last_offset, records_after  # noqa: PLC0415

    with alert_store("alerts tail") as store:
        offset = -1 if from_start else last_offset(store)
        while True:
            found = records_after(store, offset)
            yield from (record for _, record in found)
            if found:
                offset = found[-1][0]
            else:
                yield None
                time.sleep(_POLLED_EVERY_S)


def _from_topic(settings: Settings, from_start: bool) -> Iterator[Alert | None]:
    """Records as Kafka has them, ``None`` when the end is reached for the moment."""
    from kafka.errors import KafkaError  # noqa: PLC0415

    from models.alert import decode  # noqa: PLC0415
    from streams.read_topic import follow  # noqa: PLC0415
    from streams.topics import ALERTS  # noqa: PLC0415

    try:
        for found in follow(settings, ALERTS, from_start=from_start):
            if found is None:
                yield None
                continue
            try:
                yield decode(found.value or b"")
            except msgspec.MsgspecError as error:
                raise click.ClickException(
                    f"{settings.topic(ALERTS)} offset {found.offset}: {error}; a later build wrote it: use that one"
                ) from error
    except KafkaError as error:
        raise unreachable(settings, error) from error
