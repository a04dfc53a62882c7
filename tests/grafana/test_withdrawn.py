"""What panels make of a verdict that was taken back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
import psycopg
import pytest

from models.alert import timestamp
from streams import topics
from streams.database.write import Stored
from tests.grafana.macros import Range
from tests.grafana.stored import connection, put, settings, shown
from tests.streams.database.records import DAY_MS, alert, fetched, fetched_alerts

__all__ = ["connection", "put", "settings"]

TRUE, FALSE, TAKEN_BACK = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def opened_ms(put: Callable[..., Stored]) -> int:
    """Store three recent alerts: one judged true, one false, and one false until that was withdrawn."""
    opened_ms = int(time.time() * 1_000) - DAY_MS
    seen = {name: timestamp(opened_ms) for name in ("detected_at", "first_seen", "last_seen")}
    put(
        fetched_alerts(*(alert(alert_id=name, entity_id=f"of {name[0]}", **seen) for name in (TRUE, FALSE, TAKEN_BACK)))
    )
    common = {"scope": "template", "given_by": "ada", "note": "n"}
    silent = {"verdict": "false_positive", "until": opened_ms + 9 * DAY_MS}
    given: list[dict[str, Any]] = [
        {"verdict_id": "v1", "alert_id": TRUE, "verdict": "true_positive"},
        {"verdict_id": "v2", "alert_id": FALSE, **silent},
        {"verdict_id": "v3", "alert_id": TAKEN_BACK, **silent},
        {"verdict_id": "v4", "alert_id": TAKEN_BACK, "verdict": "withdrawn", "withdraws": "v3"},
    ]
    put(
        fetched(
            topics.VERDICTS,
            [
                msgspec.json.encode(common | verdict | {"given_at": opened_ms + 1_000 * n})
                for n, verdict in enumerate(given)
            ],
        )
    )
    return opened_ms


@pytest.mark.parametrize(
    ("dashboard", "panel", "expected"),
    [
        ("detector", "Precision of pages", [0.5]),
        ("detector", "Judged", [pytest.approx(2 / 3)]),
        ("detector", "False pages a week", [1]),
        ("detector", "Judged false or expected", ["of b"]),
        ("on-call", "False pages of 7 days", [1]),
        ("on-call", "Opened in this time, without a verdict", ["of c"]),
    ],
)
def test_a_withdrawn_verdict_judges_nothing(
    connection: psycopg.Connection, opened_ms: int, dashboard: str, panel: str, expected: list[Any]
) -> None:
    """Neither the withdrawal nor what it withdraws counts as a judgement, and the alert waits for one again."""
    seen = Range((opened_ms - DAY_MS) // 1_000, (opened_ms + 6 * DAY_MS) // 1_000)
    found = shown(connection, dashboard, panel, {}, seen)
    values = [row["entity"] if "entity" in row else next(iter(row.values())) for row in found]
    assert [float(value) if not isinstance(value, str) else value for value in values] == expected
