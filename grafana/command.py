"""The ``grafana`` command: apply, check and diff."""

from __future__ import annotations

from collections.abc import Iterable

import click
import msgspec
from grafana_client import GrafanaApi
from rich.console import Console
from rich.text import Text

from grafana.provision import Outcome, ProvisionError, Standing, apply, compare, connect, health
from grafana.resources import Resource
from grafana.wanted import wanted
from streams.commands.options import settings_or_exit

_STYLES: dict[Standing, str] = {
    "unchanged": "dim",
    "healthy": "green",
    "created": "green",
    "updated": "yellow",
    "missing": "red",
    "differs": "yellow",
    "failed": "bold red",
}
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON list of outcomes.")


@click.group(name="grafana")
def grafana_command() -> None:
    """Provision Grafana: folder, data sources, dashboards, alert rules, contact points.

    STILLWATCH_GRAFANA_URL and STILLWATCH_GRAFANA_TOKEN say where and as whom (a service account with the role Admin).
    Exit status 0: all is as it should be; 1: something differs or failed.
    """


@grafana_command.command(name="apply")
@click.option("--secrets", is_flag=True, help="Write passwords and addresses again: Grafana does not give them back.")
@_AS_JSON
def apply_command(secrets: bool, as_json: bool) -> None:
    """Create what is missing and update what differs. What is as it should be is left alone."""
    api, resources = _connected()
    _finish(apply(api, resources, secrets=secrets), as_json=as_json, details=False)


@grafana_command.command(name="diff")
@_AS_JSON
def diff_command(as_json: bool) -> None:
    """Show what `apply` would change, place by place. Changes nothing."""
    api, resources = _connected()
    _finish(compare(api, resources), as_json=as_json, details=True)


@grafana_command.command(name="check")
@_AS_JSON
def check_command(as_json: bool) -> None:
    """Check that everything is there and as it should be, and that Grafana reaches its data sources."""
    api, resources = _connected()
    outcomes = [*compare(api, resources), *health(api, resources)]
    _finish(outcomes, as_json=as_json, details=False)


def _connected() -> tuple[GrafanaApi, list[Resource]]:
    settings = settings_or_exit()
    try:
        return connect(settings), wanted(settings)
    except ProvisionError as fault:
        raise click.ClickException(str(fault)) from fault


def _finish(outcomes: Iterable[Outcome], *, as_json: bool, details: bool) -> None:
    told = []
    console = Console(highlight=False)
    for outcome in outcomes:
        told.append(outcome)
        if not as_json:
            _show(console, outcome, details=details)
    if as_json:
        click.echo(msgspec.json.encode(told))
    raise SystemExit(0 if all(outcome.sound for outcome in told) else 1)


def _show(console: Console, outcome: Outcome, *, details: bool) -> None:
    line = Text()
    line.append(f"{outcome.standing:10}", style=_STYLES[outcome.standing])
    line.append(f"{outcome.kind:14} {outcome.title}")
    if outcome.fault:
        line.append(f": {outcome.fault}", style="red")
    console.print(line, soft_wrap=True)
    for one in outcome.differences if details else []:
        console.print(Text(f"    {one.path}", style="bold"), soft_wrap=True)
        console.print(Text(f"      - {one.found}", style="red"), soft_wrap=True)
        console.print(Text(f"      + {one.wanted}", style="green"), soft_wrap=True)
