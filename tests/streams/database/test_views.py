"""The views and the audit trail: what links a campaign, what is silenced, who has an alert."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import psycopg
import pytest

from models.alert import timestamp
from models.campaign import CampaignBook
from models.candidate import Signal
from models.detection import DetectionSettings
from models.membership import anchor_name
from streams import topics
from streams.database.mapping import group_window_row
from streams.database.write import Stored
from tests.streams.database.records import DAY_MS, NOW_MS, alert, candidates, fetched, fetched_alerts, group
from tests.streams.database.test_write import rows

Put = Callable[..., Stored]


def test_a_looks_founding_id_is_the_decisions() -> None:
    """The id that a look would found is the one that the decision gives a campaign founded on it."""
    look = group("a", "b", "c", "d", evidence_nats=30.0)
    book = CampaignBook(DetectionSettings())
    name, standing = book.observe(look)
    standing.threshold_nats = standing.own_nats = 1.0
    assert name == anchor_name(look.link, look.key)
    assert book.found(name, standing) == group_window_row(look).founds_campaign


def test_a_campaigns_links_are_its_anchors(connection: psycopg.Connection, put: Put) -> None:
    """The founding anchor and one with largely the same accounts are links, one that shares a single account is not."""
    look = group("a", "b", "c", "d")
    payment = group("b", "c", "d", link="payment", key="00000000000000bb", signals=[Signal("accounts", 3, 1, 2)])
    crowd = group("d", *(f"x{n}" for n in range(9)), link="address", key="00000000000000cc")
    put(fetched(topics.CANDIDATES, [candidates(look, payment, crowd)]))
    campaign_id = group_window_row(look).founds_campaign
    put(fetched_alerts(alert(kind="campaign", entity_id=campaign_id, accounts=list("abcd"), account_count=4)))
    query = "SELECT link, anchor_key, founding, shared_accounts, uses FROM campaign_link ORDER BY link DESC"
    assert rows(connection, query) == [
        ("shell", "00000000000000aa", True, 4, 20),
        ("payment", "00000000000000bb", False, 3, 15),
    ]


def judge(
    verdict_id: str, alert_id: str, *, verdict: str = "expected", scope: str = "template", hours: int = 1, **more: Any
) -> bytes:
    """Encode a verdict given some hours after the alert."""
    given_ms = NOW_MS + hours * 3_600_000
    until = {} if verdict == "true_positive" else {"until": given_ms + DAY_MS}
    fields = {"verdict_id": verdict_id, "alert_id": alert_id, "verdict": verdict, "scope": scope, "given_by": "ada"}
    return msgspec.json.encode(fields | {"note": "ours", "given_at": given_ms} | until | more)


@pytest.mark.parametrize(
    ("kind", "first", "then", "lifted"),
    [
        ("campaign", {}, {"verdict": "true_positive"}, True),
        ("campaign", {}, {"verdict": "false_positive"}, True),
        ("campaign", {}, {"scope": "accounts"}, False),
        ("campaign", {"scope": "accounts"}, {"verdict": "true_positive"}, False),
        ("campaign", {"scope": "campaign"}, {"verdict": "true_positive", "hours": 0}, False),
        ("account", {}, {"verdict": "true_positive"}, False),
        ("account", {"scope": "accounts"}, {"verdict": "false_positive"}, True),
        ("account", {"scope": "accounts", "account_ids": ["x"]}, {"verdict": "false_positive"}, False),
    ],
)
def test_a_suppression_stands_until_the_decision_would_lift_it(
    connection: psycopg.Connection, put: Put, kind: str, first: dict[str, Any], then: dict[str, Any], lifted: bool
) -> None:
    """A later verdict on the alert, or on one merged into it, lifts what rests on its anchors, nothing else."""
    merged = alert(alert_id="b" * 32, kind=kind, state="closed", merged_into="a" * 32 if kind == "campaign" else None)
    put(fetched_alerts(alert(kind=kind), merged))
    judged = "b" * 32 if kind == "campaign" else "a" * 32
    put(fetched(topics.VERDICTS, [judge("v", judged, **first), judge("w", "a" * 32, **({"hours": 2} | then))]))
    found = rows(connection, "SELECT owner, reason, lifted_by FROM suppression WHERE verdict_id = 'v'")
    assert found == [("ada", "ours", "w" if lifted else None)]


def test_the_alert_follows_its_trail(connection: psycopg.Connection, put: Put) -> None:
    """Acknowledging and assigning by the trail alone changes the alert's row, and later records leave that as it is."""
    put(fetched_alerts(alert()))
    for action, assignee in (("ack", None), ("assign", "bob"), ("comment", None)):
        connection.execute(
            "INSERT INTO alert_action (alert_id, action, actor, assignee) VALUES (%s, %s, 'ada', %s)",
            ["a" * 32, action, assignee],
        )
    put(fetched_alerts(alert(sequence=1, state="update", accounts=[]), from_offset=1))
    standing = "SELECT acked_by, acked_sequence, assignee, assigned_by, last_sequence FROM alert"
    assert rows(connection, standing) == [("ada", 0, "bob", "ada", 1)]
    for action in ("unack", "unassign"):
        connection.execute(
            "INSERT INTO alert_action (alert_id, action, actor) VALUES (%s, %s, 'ada')", ["a" * 32, action]
        )
    assert rows(connection, "SELECT acked_by, assignee FROM alert") == [(None, None)]
    assert rows(connection, "SELECT count(*) FROM alert_action") == [5]


@pytest.mark.parametrize(
    "change", ["UPDATE alert_action SET body = ''", "DELETE FROM alert_action", "TRUNCATE alert_action"]
)
def test_the_trail_is_only_added_to(connection: psycopg.Connection, change: str) -> None:
    """Neither a change nor a deletion of what somebody did is accepted."""
    connection.execute("INSERT INTO alert_action (alert_id, action, actor) VALUES ('a', 'comment', 'ada')")
    with pytest.raises(psycopg.errors.RaiseException, match="alert_action: rows are only added"):
        connection.execute(change.encode())


def test_the_current_view_has_the_last_reasons(connection: psycopg.Connection, put: Put) -> None:
    """The view joins the alert with the reasons of its last record."""
    later = alert(sequence=1, state="update", reasons=[], detected_at=timestamp(NOW_MS + DAY_MS), accounts=[])
    put(fetched_alerts(alert()))
    assert rows(connection, "SELECT reasons -> 0 ->> 'signal' FROM alert_current") == ["volume"]
    put(fetched_alerts(later, from_offset=1))
    assert rows(connection, "SELECT reasons FROM alert_current") == [[]]
