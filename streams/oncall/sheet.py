"""All that is known of one alert: gathered for programs, and laid out on one screen for people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import psycopg

from models.alert import Alert
from streams.database.actions import ActionLine, read_actions
from streams.database.alert_queries import AlertLine, AlertNotFoundError, alert_line, read_records, related_alerts
from streams.database.campaign_queries import CampaignLink, campaign_links
from streams.database.verdict_queries import EnforcementLine, VerdictLine, read_enforcement, read_verdicts


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an alert, whoever did it; ``what`` is one of record, verdict, action, enforcement."""

    at: datetime
    what: str
    by: str
    said: str


class AlertSheet(msgspec.Struct, frozen=True, kw_only=True):
    """One alert: how it stands, its last record, what links its accounts, related alerts, and all that happened."""

    standing: AlertLine
    last_record: Alert
    links: list[CampaignLink]
    related: list[AlertLine]
    verdicts: list[VerdictLine]
    enforcement: list[EnforcementLine]
    actions: list[ActionLine]
    history: list[HistoryLine]


def read_sheet(connection: psycopg.Connection, alert_id: str) -> AlertSheet:
    """Gather a sheet; raises ``AlertNotFoundError``, also where retention has taken the records."""
    line = alert_line(connection, alert_id)
    records = read_records(connection, alert_id)
    if not records:
        raise AlertNotFoundError(f"alert {alert_id}: its records are older than the store keeps them")
    verdicts, actions = read_verdicts(connection, alert_id), read_actions(connection, alert_id)
    enforcement = read_enforcement(connection, alert_id)
    return AlertSheet(
        standing=line,
        last_record=records[-1],
        links=campaign_links(connection, alert_id) if line.kind == "campaign" else [],
        related=related_alerts(connection, line),
        verdicts=verdicts,
        enforcement=enforcement,
        actions=actions,
        history=_history(records, verdicts, enforcement, actions),
    )


def _history(
    records: list[Alert], verdicts: list[VerdictLine], enforcement: list[EnforcementLine], actions: list[ActionLine]
) -> list[HistoryLine]:
    lines = [_of_record(record) for record in records]
    lines += [_of_verdict(verdict) for verdict in verdicts]
    lines += [
        HistoryLine(at=each.imposed_at, what="enforcement", by="", said=f"{each.account_count} accounts {each.action}")
        for each in enforcement
    ]
    lines += [HistoryLine(at=each.acted_at, what="action", by=each.actor, said=_of_action(each)) for each in actions]
    return sorted(lines, key=lambda line: line.at)


def _of_record(record: Alert) -> HistoryLine:
    said = f"{record.state}: {record.severity}, {record.evidence_nats:.1f} nats, {record.account_count:,} accounts"
    why = {
        "merged into": record.merged_into,
        "absorbed by": record.absorbed_by,
        "by verdict": record.closed_by_verdict,
    }
    said += "".join(f", {reason} {other[:12]}" for reason, other in why.items() if other and record.state == "closed")
    return HistoryLine(at=datetime.fromisoformat(record.detected_at), what="record", by="", said=said)


def _of_verdict(verdict: VerdictLine) -> HistoryLine:
    said = verdict.verdict.replace("_", " ")
    if verdict.withdraws is not None:
        said += f" verdict {verdict.withdraws[:12]}"
    else:
        said += f" ({verdict.scope}) until {verdict.until_at:%Y-%m-%d}"
    said += f": {verdict.note}" if verdict.note else ""
    return HistoryLine(at=verdict.given_at, what="verdict", by=verdict.given_by, said=said)


def _of_action(action: ActionLine) -> str:
    words: dict[str, Any] = {"assign": f"assigned to {action.assignee}", "ack": "acknowledged"}
    said = str(words.get(action.action, action.action.replace("_", " ")))
    return f"{said}: {action.body}" if action.body else said
