"""Deletes what is older than the retention, by the clock of the event and by that of the store alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from streams.database.partitions import drop_days, provide_days_ahead

#: An enforcement has its accounts' anchors watched for this long (``models.verdict``), so it is kept as long.
_ENFORCEMENT_DAYS = 180

# Events may be far older than the day on which they are stored (a replay, a simulation): rows go when both times are
# before the horizon, so nothing goes at once, and nothing stays longer than the retention after it was written.
_DELETIONS = {
    "alert_action": """
        DELETE FROM alert_action t USING alert a WHERE a.alert_id = t.alert_id
        AND a.state = 'closed' AND a.last_detected_at < %(before)s AND a.stored_at < %(before)s""",
    "alert": "DELETE FROM alert WHERE state = 'closed' AND last_detected_at < %(before)s AND stored_at < %(before)s",
    "group_member": "DELETE FROM group_member WHERE effective_at < %(before)s AND stored_at < %(before)s",
    "anchor_group": "DELETE FROM anchor_group WHERE effective_at < %(before)s AND stored_at < %(before)s",
    "verdict": "DELETE FROM verdict WHERE until_at < %(before)s AND stored_at < %(before)s",
    "enforcement": "DELETE FROM enforcement WHERE imposed_at < %(longer)s AND stored_at < %(longer)s",
    "dead_letter_redrive": "DELETE FROM dead_letter_redrive WHERE redriven_at < %(before)s",
    "refused_record": "DELETE FROM refused_record WHERE stored_at < %(before)s",
}


def tidy(connection: psycopg.Connection, retention_days: int, now: datetime | None = None) -> dict[str, int]:
    """Make the days ahead, drop old ones and delete old rows; returns how many rows or days went, by table.

    Open alerts stay, however old. Safe to run at any time and twice at once; cost: an index scan a table.
    """
    now = now or datetime.now(UTC)
    provide_days_ahead(connection, now.date())
    before = now - timedelta(days=retention_days)
    longer = min(before, now - timedelta(days=_ENFORCEMENT_DAYS))
    gone: dict[str, int] = {}
    for parent, _ in drop_days(connection, before):
        gone[parent] = gone.get(parent, 0) + 1
    with connection.transaction():
        connection.execute("SET LOCAL stillwatch.cleaning = 'on'")
        for table, statement in _DELETIONS.items():
            deleted = connection.execute(statement.encode(), {"before": before, "longer": longer}).rowcount
            if deleted:
                gone[table] = deleted
    return gone
