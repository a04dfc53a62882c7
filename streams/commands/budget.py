"""The ``budget`` command: what other budgets of false pages would have paged."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from streams.commands.oncall_options import EXIT_STATUSES, json_option, show
from streams.commands.options import settings_or_exit, unreachable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from streams.oncall.budget_preview import BudgetPreview

_DEFAULT_BUDGETS = (0.3, 1.0, 3.0, 10.0)
_DAY_MS = 86_400_000


@click.group(name="budget", epilog=EXIT_STATUSES)
def budget_command() -> None:
    """See what the budget of false pages buys."""


@budget_command.command(name="preview", epilog=EXIT_STATUSES)
@click.option("--pages-per-week", "budgets", type=click.FloatRange(min=0, min_open=True), multiple=True,
              help="A budget to try; give it again for more.  [default: 0.3, 1, 3, 10]")  # fmt: skip
@click.option("--days", type=click.FloatRange(min=0, min_open=True), default=7.0, show_default=True,
              help="How far back to read, by when Kafka took the candidates.")  # fmt: skip
@json_option
def preview_command(budgets: tuple[float, ...], days: float, as_json: bool) -> None:
    """Say what the last week would have paged under other budgets than STILLWATCH_DETECTION__FALSE_PAGES_PER_WEEK.

    Reads the candidates that the topic still holds (8 days unless its retention was changed) and decides them again;
    nothing is written. What was open when they begin counts as a page once more, under every budget alike.
    """
    settings = settings_or_exit()
    from kafka.errors import KafkaError  # noqa: PLC0415 - `--help` need not wait for the models

    from streams.oncall.budget_preview import NothingLoggedError, preview  # noqa: PLC0415
    from streams.read_topic import read_through  # noqa: PLC0415
    from streams.topics import CANDIDATES  # noqa: PLC0415

    since_ms = int(time.time() * 1_000 - days * _DAY_MS)
    try:
        found = preview(read_through(settings, CANDIDATES, since_ms=since_ms), settings, budgets or _DEFAULT_BUDGETS)
    except KafkaError as error:
        raise unreachable(settings, error) from error
    except NothingLoggedError as error:
        raise click.ClickException(str(error)) from error
    show(found, as_json, lambda: _table(found))


def _table(found: BudgetPreview) -> RenderableType:
    from rich.table import Table  # noqa: PLC0415

    title = f"{found.from_time[:16]} to {found.to_time[:16]}, {found.days:.1f} days of events"
    table = Table("false pages a week", title=title, title_justify="left", box=None, padding=(0, 1), header_style="dim")
    for heading in ("pages", "a week", "of accounts", "of campaigns", "accounts named", "most in a page"):
        table.add_column(heading, justify="right")
    for line in found.lines:
        table.add_row(
            f"{line.false_pages_per_week:g}{' (set)' if line.is_set else ''}",
            f"{line.pages:,}",
            f"{line.pages_per_week:,.1f}",
            f"{line.account_pages:,}",
            f"{line.campaign_pages:,}",
            f"{line.accounts_named:,}",
            f"{line.most_accounts_in_a_page:,}",
            style="bold" if line.is_set else "",
        )
    return table
