"""The ``doctor`` command."""

from __future__ import annotations

import click
import msgspec
from rich.console import Console
from rich.table import Table

from streams.doctor import Finding, examine


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> None:
    """Check settings, notifiers, broker, topics and keys; name each fault and its mend. Exit status 1 for a fault."""
    findings = list(examine())
    if as_json:
        click.echo(msgspec.json.encode(findings))
    else:
        _show(findings)
    raise SystemExit(0 if all(finding.passed for finding in findings) else 1)


def _show(findings: list[Finding]) -> None:
    table = Table("", "check", "found", "mend", show_lines=False)
    for finding in findings:
        mark = "[green]ok[/]" if finding.passed else "[bold red]fault[/]"
        table.add_row(mark, finding.check, finding.found, finding.mend)
    Console().print(table)
