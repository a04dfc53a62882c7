"""What people do with alerts: the audit trail, to which rows are only added."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.rows import class_row

#: Longest comment, in characters.
MAX_BODY = 4_096


class ActionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the trail."""

    action_id: int
    alert_id: str
    action: str
    actor: str
    acted_at: datetime
    assignee: str | None
    body: str
    details: dict[str, Any]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be done with an alert; ``ack``, ``assign`` and their opposites change how it stands."""

    action: str
    actor: str
    assignee: str | None = None
    body: str = ""
    details: dict[str, Any] = msgspec.field(default_factory=dict)


def act(connection: psycopg.Connection, alert_ids: Sequence[str], action: Action) -> None:
    """Do the same with each of these alerts, or with none if one cannot be."""
    with connection.transaction():
        for alert_id in alert_ids:
            connection.execute(
                "INSERT INTO alert_action (alert_id, action, actor, assignee, body, details) "
                "VALUES (%s, %s, %s, %s, %s, %s::jsonb)",
                [alert_id, action.action, action.actor, action.assignee, action.body, json.dumps(action.details)],
            )


def read_actions(connection: psycopg.Connection, alert_id: str) -> list[ActionLine]:
    """An alert's trail, in order."""
    with connection.cursor(row_factory=class_row(ActionLine)) as cursor:
        return cursor.execute(
            "SELECT action_id, alert_id, action, actor, acted_at, assignee, body, details FROM alert_action "
            "WHERE alert_id = %s ORDER BY action_id",
            [alert_id],
        ).fetchall()
