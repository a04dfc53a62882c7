"""Alerts and a closing summary in the terminal, readable at a glance. Shows what the alert holds: no prompt text."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence

import msgspec
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.panel import Panel
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from models.alert import Alert, AlertReason

#: How each severity looks.
SEVERITY_STYLES: dict[str, str] = {
    "info": "cyan",
    "low": "blue",
    "medium": "yellow",
    "high": "bright_red",
    "critical": "bold white on red",
}
# C0 and C1 controls but the line end, and marks that reverse the direction of what follows.
_COMMANDING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_VERBS = {"open": "OPEN", "update": "UPDATE", "closed": "CLOSED"}
_SHOWN_REASONS = 3
_SHOWN_COUNTER_EVIDENCE = 2
_SHOWN_ACTIONS = 3
_SHOWN_ACCOUNTS = 4


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a demo or a replay did; ``harvesting`` holds the truly harvesting accounts where labels exist.

    ``elapsed_s`` is wall time in seconds, ``accounts`` the distinct accounts seen.
    """

    events: int
    dead_letters: int
    accounts: int
    elapsed_s: float
    alerts: Sequence[Alert]
    harvesting: frozenset[str] | None = None


class _Printable:
    """Shows a thing without what would command the terminal: ids and notes hold what strangers wrote."""

    def __init__(self, shown: RenderableType) -> None:
        self._shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._shown, options):
            if segment.control:
                yield segment
            else:
                yield Segment(_COMMANDING.sub("\ufffd", segment.text), segment.style)


def print_untrusted(shown: RenderableType) -> None:
    """Print to standard output; neither markup nor control characters in what is shown have an effect."""
    width = None if sys.stdout.isatty() else 132
    Console(width=width, markup=False, highlight=False, emoji=False).print(_Printable(shown))


def render_alert(alert: Alert) -> RenderableType:
    """Show one record as a panel: how grave, who, why, what speaks against it, what to do."""
    style = SEVERITY_STYLES[alert.severity]
    parts: list[RenderableType] = [_who(alert)]
    parts += _section("Why", alert.reasons[:_SHOWN_REASONS])
    parts += _section("Against", alert.counter_evidence[:_SHOWN_COUNTER_EVIDENCE])
    if alert.suggested_actions:
        parts.append(Text("Do", style="bold"))
        parts += [Text(f"  {n}. {action}") for n, action in enumerate(alert.suggested_actions[:_SHOWN_ACTIONS], 1)]
    return Panel(
        Group(*parts),
        title=Text(f" {_VERBS[alert.state]} · {alert.severity.upper()} · {alert.kind} ", style=style),
        title_align="left",
        subtitle=Text(f" {alert.detected_at} · {' '.join(alert.techniques)} · {alert.alert_id[:12]} "),
        subtitle_align="right",
        border_style=style.rsplit(" ", 1)[-1],
    )


def render_line(alert: Alert) -> RenderableType:
    """Show one record in one line, for the many updates that follow an opening."""
    line = Text()
    line.append(f"{alert.detected_at[5:19].replace('T', ' ')} ", style="dim")
    line.append(f"{alert.severity.upper():8} ", style=SEVERITY_STYLES[alert.severity])
    line.append(f"{_VERBS[alert.state]:6} ", style="bold")
    line.append(f"{alert.kind} {_short(alert.entity_id)}: {_count(alert.account_count, 'account')}")
    if alert.accounts and alert.state != "open":
        line.append(f" (+{len(alert.accounts):,})")
    line.append(f", {_count(alert.event_count, 'request')}, {alert.evidence_nats:.1f} nats")
    # A bare Text would be wrapped: console.print drops its no_wrap.
    row = Table.grid()
    row.add_column(no_wrap=True, overflow="ellipsis")
    row.add_row(line)
    return row


def render_summary(summary: RunSummary) -> RenderableType:
    """Show the end of a run: what passed through, what was found, and how right it was where labels exist."""
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="bold")
    table.add_column()
    rate = summary.events / summary.elapsed_s if summary.elapsed_s > 0 else 0.0
    table.add_row(f"{summary.events:,}", f"events of {_count(summary.accounts, 'account')} ({rate:,.0f} a second)")
    table.add_row(f"{summary.dead_letters:,}", "dead letters")
    opened = [alert for alert in summary.alerts if alert.state == "open"]
    for kind in ("campaign", "account"):
        count = sum(alert.kind == kind for alert in opened)
        table.add_row(f"{count:,}", f"{kind} alert{'' if count == 1 else 's'} opened")
    named = named_accounts(summary.alerts)
    if summary.harvesting is None:
        table.add_row(f"{len(named):,}", "accounts named")
    else:
        found, innocent = len(named & summary.harvesting), len(named - summary.harvesting)
        table.add_row(f"{found:,}", f"of {_count(len(summary.harvesting), 'harvesting account')} named", style="green")
        table.add_row(
            f"{innocent:,}",
            f"innocent account{'' if innocent == 1 else 's'} named",
            style="red" if innocent else "green",
        )
    return Panel(table, title=" Summary ", title_align="left", border_style="green", expand=False)


def named_accounts(alerts: Iterable[Alert]) -> frozenset[str]:
    """Every account that one of these records names."""
    return frozenset(account_id for alert in alerts for account_id in alert.accounts)


def _who(alert: Alert) -> Text:
    who = Text(f"{alert.kind.capitalize()} {alert.entity_id}\n", style="bold")
    who.append(
        f"{_count(alert.account_count, 'account')}, {_count(alert.event_count, 'request')}, "
        f"{_count(alert.output_tokens, 'output token')}; {alert.evidence_nats:.1f} nats, score {alert.score:.2f}\n",
        style="not bold",
    )
    who.append(f"{alert.first_seen} to {alert.last_seen}", style="dim not bold")
    if alert.kind == "campaign" and alert.accounts:
        shown = ", ".join(_short(account_id) for account_id in alert.accounts[:_SHOWN_ACCOUNTS])
        more = len(alert.accounts) - _SHOWN_ACCOUNTS
        who.append(f"\nNames {shown}{f' and {more:,} more' if more > 0 else ''}", style="not bold")
    return who


def _section(title: str, reasons: Sequence[AlertReason]) -> list[RenderableType]:
    if not reasons:
        return []
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    for reason in reasons:
        table.add_row(f"{reason.weight:+.1f}", Text(reason.sentence))
    return [Text(title, style="bold"), Padding.indent(table, 2)]


def _short(entity_id: str) -> str:
    return entity_id if len(entity_id) <= 24 else f"{entity_id[:12]}…"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
