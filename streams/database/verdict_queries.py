"""What the commands ask the store about verdicts: what was said, what is silent, what a silence would have hidden."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import psycopg
from psycopg.rows import class_row


class VerdictLine(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict as it was given."""

    verdict_id: str
    alert_id: str
    verdict: str
    scope: str
    account_count: int
    until_at: datetime
    note: str
    given_by: str
    given_at: datetime
    withdraws: str | None


class SuppressionLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a verdict silences: owner, reason, expiry; ``lifted_by`` is the verdict that ended it before."""

    verdict_id: str
    alert_id: str
    verdict: str
    scope: str
    account_count: int
    owner: str
    reason: str
    given_at: datetime
    expires_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None


class HiddenAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmed true positive that a silence would have hidden, and why."""

    alert_id: str
    kind: str
    entity_id: str
    opened_at: datetime
    shared_anchors: int
    shared_accounts: int
    account_count: int


class EnforcementLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something done to accounts that an alert names, and to how many of them."""

    enforcement_id: str
    action: str
    reason: str
    imposed_at: datetime
    account_count: int


def read_verdicts(connection: psycopg.Connection, alert_id: str) -> list[VerdictLine]:
    """The verdicts on an alert and on those merged into it, in the order in which they count."""
    with connection.cursor(row_factory=class_row(VerdictLine)) as cursor:
        return cursor.execute(
            "SELECT verdict_id, alert_id, verdict, scope, account_count, until_at, note, given_by, given_at, withdraws "
            "FROM verdict v WHERE alert_id = %(id)s "
            "OR alert_id IN (SELECT alert_id FROM alert WHERE merged_into = %(id)s) "
            "ORDER BY given_at, log_offset",
            {"id": alert_id},
        ).fetchall()


def read_enforcement(connection: psycopg.Connection, alert_id: str) -> list[EnforcementLine]:
    """What was done to accounts that an alert names."""
    with connection.cursor(row_factory=class_row(EnforcementLine)) as cursor:
        return cursor.execute(
            "SELECT e.enforcement_id, e.action, e.reason, e.imposed_at, count(*) AS account_count "
            "FROM alert_account n JOIN enforcement_account x USING (account_id) "
            "JOIN enforcement e USING (enforcement_id) "
            "WHERE n.alert_id = %s GROUP BY e.enforcement_id ORDER BY e.imposed_at, e.enforcement_id",
            [alert_id],
        ).fetchall()


def list_suppressions(
    connection: psycopg.Connection, *, every: bool = False, now: datetime | None = None
) -> list[SuppressionLine]:
    """Suppressions in force (at ``now``, the clock's by default), or every one, those that end soonest first."""
    with connection.cursor(row_factory=class_row(SuppressionLine)) as cursor:
        return cursor.execute(
            "SELECT verdict_id, alert_id, verdict, scope, account_count, owner, reason, given_at, expires_at, "
            "lifted_by, lifted_at FROM suppression "
            "WHERE %(every)s OR (lifted_by IS NULL AND expires_at > coalesce(%(now)s::timestamptz, now())) "
            "ORDER BY expires_at, verdict_id",
            {"every": every, "now": now},
        ).fetchall()


def would_have_hidden(
    connection: psycopg.Connection, alert_id: str, scope: str, account_ids: Sequence[str]
) -> list[HiddenAlert]:
    """Confirmed true positives that a silence on an alert would have hidden, had it held from the start.

    As the rulings do: a template hides what shares one of the alert's anchors, and a group of which half of the
    accounts are the alert's; accounts hide their own alerts, and such groups. It is reckoned from what the store holds
    (whole alerts, not single groups), so it errs towards naming too many.
    """
    with connection.cursor(row_factory=class_row(HiddenAlert)) as cursor:
        return cursor.execute(
            """
            WITH silent_anchor AS (
                SELECT link, anchor_key FROM campaign_link
                WHERE alert_id = %(alert_id)s AND %(scope)s IN ('template', 'campaign')
            ), silent_account AS (
                SELECT account_id FROM alert_account
                WHERE alert_id = %(alert_id)s AND cardinality(%(listed)s::text[]) = 0
                UNION
                SELECT unnest(%(listed)s::text[])
            ), confirmed AS (
                SELECT a.alert_id, a.kind, a.entity_id, a.opened_at, a.account_count
                FROM alert a
                WHERE a.alert_id <> %(alert_id)s AND (
                    SELECT v.verdict FROM standing_verdict v
                    WHERE (v.alert_id = a.alert_id
                           OR v.alert_id IN (SELECT m.alert_id FROM alert m WHERE m.merged_into = a.alert_id))
                    ORDER BY v.given_at DESC, v.log_offset DESC LIMIT 1
                ) = 'true_positive'
            ), compared AS (
                SELECT c.*,
                       (SELECT count(*) FROM campaign_link l JOIN silent_anchor s USING (link, anchor_key)
                        WHERE l.alert_id = c.alert_id AND c.kind = 'campaign') AS shared_anchors,
                       (SELECT count(*) FROM alert_account n JOIN silent_account s USING (account_id)
                        WHERE n.alert_id = c.alert_id) AS shared_accounts
                FROM confirmed c
            )
            SELECT alert_id, kind, entity_id, opened_at, shared_anchors, shared_accounts, account_count
            FROM compared
            WHERE shared_anchors > 0
               OR (kind = 'campaign' AND shared_accounts >= 2 AND shared_accounts >= 0.5 * account_count)
               OR (kind = 'account' AND shared_accounts > 0
                   AND (%(scope)s <> 'template' OR (SELECT kind FROM alert WHERE alert_id = %(alert_id)s) = 'account'))
            ORDER BY opened_at, alert_id
            """,
            {"alert_id": alert_id, "scope": scope, "listed": list(account_ids)},
        ).fetchall()
