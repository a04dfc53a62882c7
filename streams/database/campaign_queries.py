"""What the commands ask the alert store about campaigns: their links, their members, and which alerts are one case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.rows import class_row


class CampaignLink(msgspec.Struct, frozen=True, kw_only=True):
    """An anchor that a campaign's accounts share; ``signals`` by name: value, usual and nats."""

    link: str
    anchor_key: str
    founding: bool
    shared_accounts: int
    uses: int
    output_tokens: int
    group_account_count: int
    evidence_nats: float
    signals: dict[str, Any]
    effective_at: datetime


class CampaignMember(msgspec.Struct, frozen=True, kw_only=True):
    """A named account: by which record and when, what it did at the shared anchors (the most at any), its own evidence.

    ``part`` is 1 unless an operator set the account apart. ``enforced`` is the last thing done to it.
    """

    account_id: str
    part: int
    sequence: int
    named_at: datetime
    anchors: int
    uses: int | None
    event_count: int | None
    output_tokens: int | None
    first_seen: datetime | None
    last_seen: datetime | None
    evidence_nats: float | None
    enforced: str | None


def campaign_links(connection: psycopg.Connection, alert_id: str) -> list[CampaignLink]:
    """Anchors that link a campaign, those it was founded on first, then by accounts that share them."""
    with connection.cursor(row_factory=class_row(CampaignLink)) as cursor:
        return cursor.execute(
            "SELECT link, anchor_key, founding, shared_accounts, uses, output_tokens, group_account_count, "
            "evidence_nats, signals, effective_at FROM campaign_link WHERE alert_id = %s "
            "ORDER BY founding DESC, shared_accounts DESC, evidence_nats DESC, link, anchor_key",
            [alert_id],
        ).fetchall()


def campaign_members(
    connection: psycopg.Connection, alert_id: str, part: int | None = None, most: int | None = None
) -> list[CampaignMember]:
    """The accounts that an alert names (one, if it is an account's), those of most uses first; all without ``most``."""
    with connection.cursor(row_factory=class_row(CampaignMember)) as cursor:
        return cursor.execute(
            """
            WITH shared AS MATERIALIZED (
                SELECT m.account_id, count(*) AS anchors, max(m.uses) AS uses, max(m.event_count) AS event_count,
                       max(m.output_tokens) AS output_tokens, min(m.first_seen) AS first_seen,
                       max(m.last_seen) AS last_seen
                FROM campaign_link l
                JOIN group_member m USING (link, anchor_key)
                WHERE l.alert_id = %(alert_id)s
                GROUP BY m.account_id
            )
            SELECT n.account_id, coalesce(p.part, 1) AS part, n.sequence, n.named_at,
                   coalesce(used.anchors, 0) AS anchors, used.uses, used.event_count, used.output_tokens,
                   used.first_seen, used.last_seen, w.evidence_nats, done.action AS enforced
            FROM alert_account n
            LEFT JOIN campaign_part p ON p.alert_id = n.alert_id AND p.account_id = n.account_id
            LEFT JOIN shared used ON used.account_id = n.account_id
            LEFT JOIN LATERAL (
                SELECT evidence_nats FROM account_window w
                WHERE w.account_id = n.account_id ORDER BY w.window_start DESC LIMIT 1
            ) w ON true
            LEFT JOIN LATERAL (
                SELECT e.action FROM enforcement_account x JOIN enforcement e USING (enforcement_id)
                WHERE x.account_id = n.account_id ORDER BY e.imposed_at DESC LIMIT 1
            ) done ON true
            WHERE n.alert_id = %(alert_id)s AND (%(part)s::int IS NULL OR coalesce(p.part, 1) = %(part)s)
            ORDER BY used.uses DESC NULLS LAST, n.account_id
            LIMIT %(most)s
            """,
            {"alert_id": alert_id, "part": part, "most": most},
        ).fetchall()


def case_of(connection: psycopg.Connection, alert_id: str) -> str:
    """The alert that leads the case which an operator put this one into; itself, if nobody did."""
    row = connection.execute("SELECT case_id FROM alert_case WHERE alert_id = %s", [alert_id]).fetchone()
    return alert_id if row is None else str(row[0])


def alerts_of_case(connection: psycopg.Connection, case_id: str) -> list[str]:
    """The other alerts of a case."""
    rows = connection.execute(
        "SELECT alert_id FROM alert_case WHERE case_id = %s AND alert_id <> %s ORDER BY alert_id", [case_id, case_id]
    ).fetchall()
    return [alert_id for (alert_id,) in rows]


def next_part(connection: psycopg.Connection, alert_id: str) -> int:
    """The number that the next part of a campaign gets; never one that was used."""
    row = connection.execute(
        "SELECT coalesce(max((details ->> 'part')::int), 1) + 1 FROM alert_action "
        "WHERE alert_id = %s AND action IN ('merge', 'split') AND details ? 'part'",
        [alert_id],
    ).fetchone()
    return 2 if row is None else int(row[0])
