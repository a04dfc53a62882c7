"""Tables and screens of the on-call commands, for people; programs get the same things as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from streams.database.alert_queries import AlertLine
from streams.database.campaign_queries import CampaignLink, CampaignMember
from streams.database.verdict_queries import HiddenAlert, SuppressionLine
from streams.oncall.judgement import Judgement, WeighedReason
from streams.oncall.sheet import AlertSheet, HistoryLine
from streams.terminal import SEVERITY_STYLES

#: As much of an id as tables show; it is enough to name an alert by.
ID_SHOWN = 12

_SHOWN_REASONS, _SHOWN_COUNTER, _SHOWN_LINKS, _SHOWN_HISTORY = 6, 4, 5, 12


def alerts_table(lines: Sequence[AlertLine], now: datetime) -> RenderableType:
    """One line an alert: which, how grave, how long, how many, how sure, and who has it."""
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for heading in ("id", "state", "severity", "kind"):
        table.add_column(heading, no_wrap=True)
    for heading in ("open for", "accounts", "requests", "nats"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("who has it")
    for line in lines:
        table.add_row(
            line.alert_id[:ID_SHOWN],
            line.state,
            Text(line.severity.upper(), style=SEVERITY_STYLES[line.severity]),
            line.kind,
            span(line.opened_at, line.closed_at or now),
            f"{line.account_count:,}",
            f"{line.event_count:,}",
            f"{line.evidence_nats:.1f}",
            _holder(line),
        )
    return table


def _holder(line: AlertLine) -> Text:
    said = []
    if line.assignee:
        said.append(line.assignee)
    if line.acked_by:
        said.append(f"acked by {line.acked_by}{', graver since' if line.graver_since_ack else ''}")
    if line.verdict:
        said.append(line.verdict.replace("_", " "))
    if line.case_id:
        said.append(f"case {line.case_id[:ID_SHOWN]}")
    return Text("; ".join(said) or "nobody", style="red" if line.graver_since_ack else "" if said else "dim")


def sheet_screen(sheet: AlertSheet, judged: Judgement, now: datetime) -> RenderableType:
    """One alert on one screen: who, why, how sure, what speaks against it, what to do, links, what happened."""
    line, record = sheet.standing, sheet.last_record
    style = SEVERITY_STYLES[line.severity]
    parts: list[RenderableType] = [_who(sheet, now)]
    parts += [_heading("Why"), _weights(judged.reasons[:_SHOWN_REASONS])]
    if judged.counter_evidence:
        parts += [_heading("Against"), _weights(judged.counter_evidence[:_SHOWN_COUNTER])]
    parts += [_heading("How sure"), Text(f"  {_sureness(judged)}")]
    if record.suggested_actions:
        parts += [_heading("Do"), *(Text(f"  {n}. {said}") for n, said in enumerate(record.suggested_actions, 1))]
    if sheet.links:
        parts += [_heading("Linked by"), Padding.indent(links_table(sheet.links[:_SHOWN_LINKS]), 2)]
    if sheet.related:
        parts += [_heading("Related"), *(Text(f"  {_relation(line, other)}") for other in sheet.related[:_SHOWN_LINKS])]
    parts += [_heading("Look"), Text(f"  dashboard {record.links.dashboard}\n  runbook   {record.links.runbook}")]
    parts += [_heading("What happened"), Padding.indent(_history(sheet.history), 2)]
    return Panel(
        Group(*parts),
        title=Text(f" {line.state.upper()} · {line.severity.upper()} · {line.kind} ", style=style),
        title_align="left",
        subtitle=Text(f" {line.alert_id} · {' '.join(record.techniques)} "),
        subtitle_align="right",
        border_style=style.rsplit(" ", 1)[-1],
    )


def judgement_screen(judged: Judgement) -> RenderableType:
    """Every reason with value, usual value and weight, and what would change the judgement."""
    table = Table("signal", box=None, padding=(0, 1), header_style="dim")
    for heading in ("value", "usual", "nats"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("what it says, and what it weighs elsewhere")
    for reason in [*judged.reasons, *judged.counter_evidence]:
        said = Text(reason.sentence)
        if reason.decisive:
            said.append(" Decisive.", style="bold")
        if reason.changed_by:
            said.append(f"\n{reason.changed_by}", style="dim")
        style = "green" if reason.weight_nats < 0 else ""
        table.add_row(
            Text(reason.signal, style=style),
            f"{reason.value:g}",
            f"{reason.usual:g}",
            f"{reason.weight_nats:+.2f}",
            said,
        )
    total = Text(_sureness(judged), style="bold")
    return Group(table, Text(), total, *(Text(f"· {said}") for said in judged.changed_by))


def links_table(links: Sequence[CampaignLink]) -> RenderableType:
    """Which anchors link a campaign's accounts, and how many share each."""
    table = Table("anchor", box=None, padding=(0, 1), header_style="dim")
    for heading in ("of its accounts", "of all", "uses", "nats"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("strongest signals")
    for link in links:
        name = f"{link.link} {link.anchor_key[:ID_SHOWN]}{' (founding)' if link.founding else ''}"
        strongest = sorted(link.signals.items(), key=lambda item: -abs(item[1]["nats"]))[:3]
        table.add_row(
            name,
            f"{link.shared_accounts:,}",
            f"{link.group_account_count:,}",
            f"{link.uses:,}",
            f"{link.evidence_nats:.1f}",
            ", ".join(f"{signal} {weighed['nats']:+.1f}" for signal, weighed in strongest),
        )
    return table


def signals_table(link: CampaignLink) -> RenderableType:
    """The evidence of one anchor by signal."""
    table = Table("signal", box=None, padding=(0, 1), header_style="dim")
    table.add_column("nats", justify="right")
    for name, weighed in sorted(link.signals.items(), key=lambda item: -abs(item[1]["nats"])):
        if weighed["nats"]:
            table.add_row(name, f"{weighed['nats']:+.2f}")
    return table


def members_table(members: Sequence[CampaignMember]) -> RenderableType:
    """Accounts of a campaign, with what they did at its anchors."""
    table = Table("account", box=None, padding=(0, 1), header_style="dim")
    for heading in ("part", "anchors", "uses", "requests", "output tokens", "own nats"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("named")
    table.add_column("done")
    for member in members:
        table.add_row(
            member.account_id,
            str(member.part),
            str(member.anchors),
            _count(member.uses),
            _count(member.event_count),
            _count(member.output_tokens),
            "–" if member.evidence_nats is None else f"{member.evidence_nats:.1f}",
            f"{member.named_at:%m-%d %H:%M}",
            member.enforced or "",
        )
    return table


def suppressions_table(lines: Sequence[SuppressionLine], now: datetime) -> RenderableType:
    """What is silent, whose it is, why, and for how long still."""
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for heading in ("verdict", "alert", "scope", "owner", "for", "left"):
        table.add_column(heading, no_wrap=True)
    table.add_column("reason")
    for line in lines:
        over = line.lifted_by is not None or line.expires_at <= now
        left = "lifted" if line.lifted_by else "ended" if over else span(now, line.expires_at)
        accounts = f" ({line.account_count:,})" if line.account_count else ""
        table.add_row(
            line.verdict_id[:ID_SHOWN],
            line.alert_id[:ID_SHOWN],
            f"{line.scope}{accounts}",
            line.owner,
            span(line.given_at, now),
            left,
            line.reason,
            style="dim" if over else "",
        )
    return table


def hidden_table(hidden: Sequence[HiddenAlert]) -> RenderableType:
    """Confirmed true positives that a silence would have hidden."""
    table = Table("alert", "kind", "opened", "shares", box=None, padding=(0, 1), header_style="dim")
    for alert in hidden:
        shares = [f"{alert.shared_anchors:,} anchors"] if alert.shared_anchors else []
        if alert.shared_accounts:
            shares.append(f"{alert.shared_accounts:,} of {alert.account_count:,} accounts")
        table.add_row(alert.alert_id[:ID_SHOWN], alert.kind, f"{alert.opened_at:%Y-%m-%d %H:%M}", ", ".join(shares))
    return table


def span(start: datetime, end: datetime) -> str:
    """A time between two instants in its two largest units.

    >>> span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 3, 5, 20, tzinfo=UTC))
    '2 d 5 h'
    """
    minutes = max(0, int((end - start).total_seconds()) // 60)
    days, hours = divmod(minutes // 60, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _who(sheet: AlertSheet, now: datetime) -> Text:
    line = sheet.standing
    who = Text(f"{line.kind.capitalize()} {line.entity_id}\n", style="bold")
    accounts = f"{line.account_count:,} account{'' if line.account_count == 1 else 's'}"
    who.append(f"{accounts}, {line.event_count:,} requests, {line.output_tokens:,} output tokens\n", style="not bold")
    who.append(f"seen {_instant(line.first_seen)} to {_instant(line.last_seen)}; opened {_instant(line.opened_at)}, ")
    who.append(
        f"{'open' if line.closed_at is None else 'was open'} for {span(line.opened_at, line.closed_at or now)}\n"
    )
    who.append(f"Held by: {_holder(line).plain}")
    shown = sheet.last_record.accounts[:4] if line.kind == "campaign" else []
    if shown:
        who.append(f"\nNamed last: {', '.join(shown)} (`stillwatch campaign members {line.alert_id[:ID_SHOWN]}`)")
    who.stylize("not bold", len(f"{line.kind.capitalize()} {line.entity_id}\n"))
    return who


def _sureness(judged: Judgement) -> str:
    said = f"{judged.evidence_nats:.1f} nats"
    if judged.threshold_nats is not None:
        said += f"; its page took {judged.threshold_nats:.1f}"
    return (
        f"{said}; score {judged.score:.2f} (one half at the threshold; budget {judged.false_pages_per_week:g} a week)"
    )


def _weights(reasons: Sequence[WeighedReason]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    for reason in reasons:
        table.add_row(f"{reason.weight_nats:+.1f}", Text(reason.sentence, style="bold" if reason.decisive else ""))
    return Padding.indent(table, 2)


def _history(lines: Sequence[HistoryLine]) -> RenderableType:
    """The first lines and the last; a long campaign has hundreds of updates between."""
    shown = list(lines)
    table = Table.grid(padding=(0, 2, 0, 0))
    half = _SHOWN_HISTORY // 2
    for index, line in enumerate(shown):
        if len(shown) > _SHOWN_HISTORY and half <= index < len(shown) - half:
            if index == half:
                table.add_row("…", f"{len(shown) - 2 * half} more (--json has all)", style="dim")
            continue
        said = Text(line.said)
        said.append(f"  {line.by}", style="dim")
        table.add_row(_instant(line.at), said)
    return table


def _relation(line: AlertLine, other: AlertLine) -> str:
    kinds = [
        ("was merged into", other.alert_id == line.merged_into),
        ("was absorbed by", other.alert_id == line.absorbed_by),
        ("comes back after", other.alert_id == line.previous_alert_id),
        ("took in", other.merged_into == line.alert_id or other.absorbed_by == line.alert_id),
        ("came back as", other.previous_alert_id == line.alert_id),
    ]
    relation = next((said for said, holds in kinds if holds), "is of one case with")
    return f"{relation} {other.alert_id[:ID_SHOWN]} ({other.kind}, {other.state}, {other.account_count:,} accounts)"


def _heading(title: str) -> Text:
    return Text(title, style="bold")


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"
