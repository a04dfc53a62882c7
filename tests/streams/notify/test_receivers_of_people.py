"""What people see in PagerDuty, Slack and Grafana."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from models.event import epoch_ms
from streams.notify.notice import Notice, Summary
from streams.notify.notifier import Notifier
from tests.streams.notify.alerts import NOON_MS, alert
from tests.streams.notify.receivers import GrafanaReceiver, PagerDutyReceiver, SlackReceiver

PAGE = Notice(action="page", alert=alert("c1", kind="campaign", accounts=["a", "b"]), severity="high")
RISE = Notice(action="page", alert=PAGE.alert, severity="critical", shown="high")
CLOSED = alert("c1", kind="campaign", state="closed", sequence=2, merged_into="e" * 32)
CLOSE = Notice(action="close", alert=CLOSED, severity="high", shown="high")


async def test_an_alert_is_one_incident(notifier_for: Callable[..., Notifier]) -> None:
    """PagerDuty gets the alert's id as key from the first trigger to the end: repeats and rises join one incident."""
    async with PagerDutyReceiver() as receiver:
        notifier = notifier_for("pagerduty", receiver)
        for notice in (PAGE, PAGE, RISE, CLOSE):
            await notifier.send(notice)
        bodies = receiver.bodies()
    assert {body["dedup_key"] for body in bodies} == {PAGE.alert.alert_id}
    assert [body["event_action"] for body in bodies] == ["trigger", "trigger", "trigger", "resolve"]
    assert [body["payload"]["severity"] for body in bodies[:3]] == ["error", "error", "critical"]
    assert bodies[0] == bodies[1]
    assert bodies[0]["links"][0]["href"] == "https://grafana.example/ops/d/stillwatch-campaign?var-campaign=c1"


async def test_a_repeated_summary_is_the_same_incident(notifier_for: Callable[..., Notifier]) -> None:
    """A crash between sending a summary and noting it does not page twice, though more was counted by then."""
    async with PagerDutyReceiver() as receiver:
        notifier = notifier_for("pagerduty", receiver)
        await notifier.summarise(Summary(since_ms=NOON_MS, until_ms=NOON_MS + 60_000, counts={"high": 3}))
        await notifier.summarise(Summary(since_ms=NOON_MS, until_ms=NOON_MS + 70_000, counts={"high": 4}))
        first, second = receiver.bodies()
    assert first["dedup_key"] == second["dedup_key"]


async def test_a_hostile_account_calls_nobody(notifier_for: Callable[..., Notifier]) -> None:
    """Slack's control sequences in an id are shown as text in every part of the message."""
    async with SlackReceiver() as receiver:
        notifier = notifier_for("slack", receiver)
        hostile = alert("<!channel>", kind="campaign")
        await notifier.send(Notice(action="page", alert=hostile, severity="high"))
        await notifier.summarise(
            Summary(since_ms=0, until_ms=1, counts={"high": 1}, gravest=(("account", "<!channel>"),))
        )
        bodies = receiver.bodies()
    formatted = [body["text"] for body in bodies]
    for body in bodies:
        for block in body["blocks"]:
            texts = [block["text"], *block.get("elements", [])] if "text" in block else block["elements"]
            formatted += [text["text"] for text in texts if text["type"] == "mrkdwn"]
    assert not [text for text in formatted if "<!channel>" in text]
    assert any("&lt;!channel&gt;" in text for text in formatted)


async def test_slack_shows_who_why_and_what_to_do(notifier_for: Callable[..., Notifier]) -> None:
    """A message says how grave, why, what speaks against it, what to do, and leads to the dashboard and the runbook."""
    async with SlackReceiver() as receiver:
        await notifier_for("slack", receiver).send(PAGE)
        (body,) = receiver.bodies()
    shown = str(body["blocks"])
    for part in ("High: campaign c1", "*Why*", "576 requests a day", "*Against*", "*Do*", "|Dashboard>", "|Runbook>"):
        assert part in shown


async def test_an_annotation_lasts_as_long_as_its_alert(notifier_for: Callable[..., Notifier]) -> None:
    """Grafana holds one annotation an alert, however often it is told, from first sight to the end."""
    async with GrafanaReceiver() as receiver:
        notifier = notifier_for("grafana", receiver)
        for notice in (PAGE, PAGE, RISE):
            await notifier.send(notice)
        (annotation,) = receiver.annotations.values()
        assert annotation["tags"] == ["stillwatch", "campaign", "critical", PAGE.alert.alert_id]
        assert annotation["time"] == _ms(PAGE.alert.first_seen)
        await notifier.send(CLOSE)
        (annotation,) = receiver.annotations.values()
        assert annotation["timeEnd"] == _ms(CLOSED.detected_at)


async def test_an_annotation_cannot_carry_a_script(notifier_for: Callable[..., Notifier]) -> None:
    """Ids are escaped, since Grafana shows the text as HTML."""
    async with GrafanaReceiver() as receiver:
        notifier = notifier_for("grafana", receiver)
        await notifier.send(Notice(action="page", alert=alert("<script>"), severity="high"))
        (annotation,) = receiver.annotations.values()
    assert "<script>" not in annotation["text"]


def _ms(instant: str) -> int:
    return epoch_ms(datetime.fromisoformat(instant))
