"""What an engineer on call reads of one alert: the page, and what each command answers, as text."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from rich.console import Console, Group, RenderableType
from rich.text import Text

from models.alert import Alert
from streams.database.campaign_queries import campaign_links, campaign_members
from streams.notify import wording
from streams.notify.notice import Notice
from streams.oncall.judgement import judgement
from streams.oncall.sheet import read_sheet
from streams.oncall.tables import judgement_screen, links_table, members_table, sheet_screen, signals_table

#: Members whose live state is asked for, those of most uses.
_ASKED_MEMBERS = 2


def page(opening: Alert) -> str:
    """The page's text, as Slack and PagerDuty show it."""
    lines = [wording.headline(Notice(action="page", alert=opening, severity=opening.severity))]
    lines += [wording.measures(opening), "Why", *wording.reasons(opening, 3)]
    if opening.counter_evidence:
        lines += ["Against", *wording.counter_evidence(opening, 2)]
    lines += ["Do", *opening.suggested_actions, f"alert {opening.alert_id}, runbook {opening.links.runbook}"]
    return "\n".join(lines) + "\n"


def answers(
    connection: psycopg.Connection, alert_id: str, now: datetime, standing: Callable[[str], Any]
) -> Iterator[tuple[str, str]]:
    """Each command's name and what it answers at an instant; ``standing`` is a worker's ``/accounts/{id}``."""
    sheet = read_sheet(connection, alert_id)
    judged = judgement(sheet.last_record)
    yield "show", _printed(f"$ stillwatch alerts show {alert_id[:12]}", sheet_screen(sheet, judged, now))
    yield "explain", _printed(f"$ stillwatch alerts explain {alert_id[:12]}", judgement_screen(judged))
    asked = [sheet.standing.entity_id]
    if sheet.standing.kind == "campaign":
        members = campaign_members(connection, alert_id)
        yield "members", _printed(f"$ stillwatch campaign members {alert_id[:12]}", members_table(members))
        links = campaign_links(connection, alert_id)
        if links:
            first = Text(f"\nEvidence of {links[0].link} {links[0].anchor_key} by signal", style="bold")
            why = Group(links_table(links), first, signals_table(links[0]))
            yield "why", _printed(f"$ stillwatch campaign why {alert_id[:12]}", why)
        asked = [member.account_id for member in members[:_ASKED_MEMBERS]]
    for number, account_id in enumerate(asked, 1):
        body = msgspec.json.format(msgspec.json.encode(standing(account_id)), indent=2).decode()
        yield f"account-{number}", f"$ curl -s http://127.0.0.1:6066/accounts/{account_id} | jq\n{body}\n"


def instant(time_ms: int) -> datetime:
    """Epoch milliseconds as a moment in UTC."""
    return datetime.fromtimestamp(time_ms / 1_000, UTC)


def _printed(command: str, shown: RenderableType) -> str:
    file = io.StringIO()
    console = Console(file=file, width=132, markup=False, highlight=False, emoji=False)
    console.print(Text(command), shown)
    return file.getvalue()
