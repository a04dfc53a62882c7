"""The outline of a campaign's template, without a word of it."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from streams import topics
from streams.database.mapping import group_window_row
from streams.database.write import Stored
from tests.grafana.macros import Range
from tests.grafana.stored import connection, put, settings, shown
from tests.streams.database.records import NOW_MS, alert, candidates, fetched, fetched_alerts, group

__all__ = ["connection", "put", "settings"]


def test_shells_of_the_same_members_are_parts_of_one_template(
    connection: psycopg.Connection, put: Callable[..., Stored]
) -> None:
    """Two shells of all members are one row with two parts, one of some members another; a payment is no shell."""
    look = group("a", "b", "c", "d")
    others = [
        group("a", "b", "c", "d", key="00000000000000bb"),
        group("b", "c", "d", key="00000000000000cc"),
        group("b", "c", "d", link="payment", key="00000000000000dd"),
    ]
    put(fetched(topics.CANDIDATES, [candidates(look, *others)]))
    campaign_id = group_window_row(look).founds_campaign
    put(fetched_alerts(alert(kind="campaign", entity_id=campaign_id, accounts=list("abcd"), account_count=4)))
    seen = Range(NOW_MS // 1_000 - 86_400, NOW_MS // 1_000 + 86_400)
    rows = shown(connection, "campaign", "Shell skeleton", {"campaign": campaign_id}, seen)
    assert [(row["members"], row["parts"], row["uses"], row["shells"]) for row in rows] == [
        (4, 2, 20, "00000000 00000000"),
        (3, 1, 15, "00000000"),
    ]
