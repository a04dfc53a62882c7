"""Alert records for tests of the notifiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.alert import Alert, AlertReason, Kind, Links, SeverityLabel, State, runbook, timestamp
from models.alert import alert_id as id_of

#: 2026-03-01T12:00:00Z.
NOON_MS = 1_772_366_400_000


def alert(
    entity_id: str = "acct-7",
    *,
    sequence: int = 0,
    state: State = "open",
    severity: SeverityLabel = "medium",
    kind: Kind = "account",
    opened_ms: int = NOON_MS,
    accounts: Sequence[str] | None = None,
    **changes: Any,
) -> Alert:
    """One record; its alert_id follows from kind, entity and opening time, as it does in the service."""
    named = [entity_id] if accounts is None else list(accounts)
    fields: dict[str, Any] = {
        "alert_id": id_of(kind, entity_id, opened_ms),
        "sequence": sequence,
        "kind": kind,
        "state": state,
        "severity": severity,
        "entity_id": entity_id,
        "detected_at": timestamp(opened_ms + sequence * 60_000),
        "first_seen": timestamp(opened_ms - 3_600_000),
        "last_seen": timestamp(opened_ms + sequence * 60_000),
        "score": 0.52,
        "evidence_nats": 15.1,
        "false_alarm_budget": 1.0,
        "accounts": named,
        "account_count": len(named),
        "event_count": 340,
        "output_tokens": 210_000,
        "reasons": [
            AlertReason("volume", 576.0, 20.0, 9.3, "It sends 576 requests a day; 20 is usual."),
            AlertReason("template_fill", 0.85, 0.1, 2.5, "About 551 of 652 requests fill one prompt shell."),
        ],
        "counter_evidence": [AlertReason("tool_use", 0.3, 0.05, -1.2, "30 % of its requests use tools.")],
        "techniques": ["AML.T0024.002", "AML.T0008.005"] if kind == "campaign" else ["AML.T0024.002"],
        "suggested_actions": [] if state == "closed" else ["Ask the account's owner.", "Lower its rate limit."],
        "links": Links(f"/d/stillwatch-{kind}?var-{kind}={entity_id}", runbook(f"Stillwatch{kind.capitalize()}")),
        "model_version": "0.1.0",
        "config_hash": "25d0ddcd6d58d9d8",
    }
    return Alert(**(fields | changes))
