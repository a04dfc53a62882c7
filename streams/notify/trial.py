"""A page that somebody asks for, to see whether it arrives."""

from __future__ import annotations

from models.alert import Alert, AlertReason, Links, alert_id, runbook, timestamp
from streams.notify.notice import Notice
from streams.notify.notifier import Notifier


def trial_notice(now_ms: int) -> Notice:
    """A page marked as a test in every field that a person reads."""
    now = timestamp(now_ms)
    alert = Alert(
        alert_id=alert_id("account", "stillwatch-test", now_ms),
        sequence=0,
        kind="account",
        state="open",
        severity="info",
        entity_id="stillwatch-test",
        detected_at=now,
        first_seen=now,
        last_seen=now,
        score=0.0,
        evidence_nats=0.0,
        false_alarm_budget=0.0,
        accounts=[],
        account_count=0,
        event_count=0,
        output_tokens=0,
        reasons=[AlertReason("test", 0.0, 0.0, 0.0, "TEST: somebody ran `stillwatch notify --test`.")],
        counter_evidence=[],
        techniques=[],
        suggested_actions=["TEST: nothing to do but close this."],
        links=Links("/d/stillwatch-on-call", runbook("StillwatchTest")),
        model_version="test",
        config_hash="test",
    )
    return Notice(action="page", alert=alert, severity="info", test=True)


async def try_out(notifier: Notifier, now_ms: int) -> None:
    """Send the test page once; raises ``UnavailableError`` or ``RefusedError``."""
    try:
        await notifier.send(trial_notice(now_ms))
    finally:
        await notifier.close()
