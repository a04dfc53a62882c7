"""The ``export`` commands: account ids for the enforcement team, and evidence bundles."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import msgspec

from streams.commands.oncall_options import EXIT_STATUSES, alert_store, by_option, nothing, who

_OUT = click.Path(dir_okay=False, path_type=Path)


@click.group(name="export", epilog=EXIT_STATUSES)
def export_command() -> None:
    """Write what others need to act on an alert. Each export is a row of the alert's audit trail."""


@export_command.command(name="accounts", epilog=EXIT_STATUSES)
@click.argument("campaign")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--part", type=click.IntRange(min=1), help="Of that part alone, after `campaign split`.")
@click.option("--case", "whole_case", is_flag=True, help="Of all alerts that `campaign merge` made one case.")
@click.option("--out", type=_OUT, help="File to write, readable by you alone.  [default: standard output]")
@by_option
def accounts_command(
    campaign: str, form: str, part: int | None, whole_case: bool, out: Path | None, actor: str | None
) -> None:
    """Write the account ids that CAMPAIGN (or an account's alert) names, for the enforcement team.

    Send what is done to them to enforcement.v1, so that their shells, payments and addresses are watched for.
    """
    from streams.database.actions import Action, act  # noqa: PLC0415 - `--help` needs no database
    from streams.database.alert_queries import find_alert  # noqa: PLC0415
    from streams.database.campaign_queries import alerts_of_case, campaign_members, case_of  # noqa: PLC0415
    from streams.oncall.evidence import accounts_csv  # noqa: PLC0415

    if whole_case and part is not None:
        raise click.UsageError("give --part or --case")
    named = who(actor)
    with alert_store("export") as store:
        alerts = [find_alert(store, campaign)]
        if whole_case:
            case_id = case_of(store, alerts[0])
            alerts = [case_id, *alerts_of_case(store, case_id)]
        members = {each.account_id: each for alert in alerts for each in campaign_members(store, alert, part)}
        chosen = list(members.values())
        if not chosen:
            nothing(form == "json", "no such members")
        text = accounts_csv(chosen) if form == "csv" else msgspec.json.encode(chosen).decode() + "\n"
        _write(out, text.encode())
        details: dict[str, Any] = {"what": "accounts", "format": form, "accounts_written": len(chosen)}
        act(store, alerts, Action(action="export", actor=named, details=details | ({"of_part": part} if part else {})))


@export_command.command(name="evidence", epilog=EXIT_STATUSES)
@click.argument("alert")
@click.option("--out", type=_OUT, help="Zip file to write, readable by you alone.  [default: ALERT_ID.zip]")
@by_option
def evidence_command(alert: str, out: Path | None, actor: str | None) -> None:
    """Write all that is known of ALERT into one zip file: records, reasons, links, members, verdicts, audit trail.

    No prompt text, addresses or payment data; account ids are in it. `manifest.json` has the SHA-256 of each file.
    """
    from streams.database.actions import Action, act  # noqa: PLC0415
    from streams.database.alert_queries import find_alert  # noqa: PLC0415
    from streams.oncall.evidence import evidence_bundle  # noqa: PLC0415

    named = who(actor)
    with alert_store("export") as store:
        alert_id = find_alert(store, alert)
        bundle = evidence_bundle(store, alert_id, named)
        path = out or Path(f"{alert_id}.zip")
        _write(path, bundle)
        act(store, [alert_id], Action(action="export", actor=named, details={"what": "evidence"}))
    click.echo(str(path), err=True)


def _write(path: Path | None, content: bytes) -> None:
    if path is None:
        click.get_binary_stream("stdout").write(content)
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error
