"""``ack``, ``assign`` and ``comment``: what people do with alerts, with an audit trail."""

from __future__ import annotations

from collections.abc import Sequence

import click
import msgspec

from streams.commands.oncall_options import EXIT_STATUSES, alert_store, by_option, json_option, who

_alerts = click.argument("alerts", nargs=-1, required=True)


@click.command(name="ack", epilog=EXIT_STATUSES)
@_alerts
@click.option("--undo", is_flag=True, help="Take it back.")
@click.option("--note", default="", help="What you know so far.")
@by_option
@json_option
def ack_command(alerts: tuple[str, ...], undo: bool, note: str, actor: str | None, as_json: bool) -> None:
    """Acknowledge ALERTS: somebody looks at them. Lists tell when one got graver since; one that closes is done with.

    It silences nothing: `stillwatch verdict` does.
    """
    _act(alerts, "unack" if undo else "ack", actor, as_json, note=note)


@click.command(name="assign", epilog=EXIT_STATUSES)
@_alerts
@click.option("--to", "assignee", help="Who has them from now on.  [default: whoever does it]")
@click.option("--nobody", is_flag=True, help="Take them away from whoever has them.")
@click.option("--note", default="", help="Why.")
@by_option
@json_option
def assign_command(
    alerts: tuple[str, ...], assignee: str | None, nobody: bool, note: str, actor: str | None, as_json: bool
) -> None:
    """Give ALERTS to somebody."""
    if nobody and assignee is not None:
        raise click.UsageError("give --to or --nobody")
    if assignee is not None and not assignee.strip():
        raise click.UsageError("--to: names nobody")
    if nobody:
        _act(alerts, "unassign", actor, as_json, note=note)
    else:
        _act(alerts, "assign", actor, as_json, note=note, assignee=assignee or who(actor))


@click.command(name="comment", epilog=EXIT_STATUSES)
@click.argument("alert")
@click.argument("text")
@by_option
@json_option
def comment_command(alert: str, text: str, actor: str | None, as_json: bool) -> None:
    """Write TEXT into the trail of ALERT, for whoever looks next. Do not quote prompts."""
    if not text.strip():
        raise click.UsageError("TEXT: says nothing")
    _act([alert], "comment", actor, as_json, note=text)


def _act(
    alerts: Sequence[str], action: str, actor: str | None, as_json: bool, *, note: str, assignee: str | None = None
) -> None:
    from streams.database.actions import MAX_BODY, Action, act  # noqa: PLC0415 - `--help` needs no database
    from streams.database.alert_queries import find_alert  # noqa: PLC0415

    if len(note) > MAX_BODY:
        raise click.UsageError(f"{len(note):,} characters, at most {MAX_BODY:,} are kept")
    named = who(actor)
    with alert_store(action) as store:
        ids = list(dict.fromkeys(find_alert(store, alert) for alert in alerts))
        act(store, ids, Action(action=action, actor=named, assignee=assignee, body=note))
    done = [{"alert_id": alert_id, "action": action, "actor": named, "assignee": assignee} for alert_id in ids]
    if as_json:
        click.echo(msgspec.json.encode(done))
    else:
        for alert_id in ids:
            click.echo(f"{alert_id}: {action}{f' {assignee}' if assignee else ''}")
