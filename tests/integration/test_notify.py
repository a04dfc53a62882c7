"""``stillwatch notify`` on a real broker: outages, crashes, floods, and a second process that stands by."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from kafka import TopicPartition

from models.alert import Alert
from streams import topics
from streams.broker import KafkaBroker
from streams.notify.lane import group_id
from tests.integration.deployment import Deployment
from tests.integration.notifying import Notify, until, write
from tests.streams.notify.alertmanager_server import RESOLVE_TIMEOUT_S, running
from tests.streams.notify.alerts import alert
from tests.streams.notify.receivers import (
    GRAFANA_TOKEN,
    ROUTING_KEY,
    GrafanaReceiver,
    PagerDutyReceiver,
    Receiver,
    SlackReceiver,
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


class Site:
    """A deployment whose notifiers lead to local receivers."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.webhook, self.pagerduty, self.slack = Receiver(), PagerDutyReceiver(), SlackReceiver()
        self.started: list[Notify] = []

    def notify(self, **settings: str) -> Notify:
        """Start a process."""
        reached = {
            "STILLWATCH_NOTIFY_WEBHOOK_URL": self.webhook.url,
            "STILLWATCH_NOTIFY_PAGERDUTY_URL": self.pagerduty.url,
            "STILLWATCH_NOTIFY_PAGERDUTY_ROUTING_KEY": ROUTING_KEY,
            "STILLWATCH_NOTIFY_SLACK_URL": self.slack.webhook,
        }
        started = Notify(self.deployment, len(self.started), **(reached | settings))
        self.started.append(started)
        return started

    def incidents(self) -> Counter[str]:
        """How often each incident was triggered."""
        return Counter(body["dedup_key"] for body in self.pagerduty.bodies() if body["event_action"] == "trigger")


@pytest.fixture
async def site(deploy: Callable[..., Deployment]) -> AsyncIterator[Site]:
    """Make a site whose receivers are up."""
    made = Site(deploy())
    async with made.webhook, made.pagerduty, made.slack:
        yield made
        for started in made.started:
            if started.process.poll() is None:
                started.kill()


ALL = ("webhook", "pagerduty", "slack")
NO_CAP = {"STILLWATCH_NOTIFY_PAGES_PER_MINUTE": "1000"}


def opened(many: int, prefix: str) -> list[Alert]:
    """Openings of as many accounts."""
    return [alert(f"{prefix}-{n}") for n in range(many)]


async def test_a_sink_that_is_down_holds_up_nobody_and_loses_nothing(site: Site) -> None:
    """Under load one receiver goes down and comes back: the others go on, and then it has all, each once."""
    notify = site.notify(**NO_CAP)
    await notify.wait_working(*ALL)
    await write(site.deployment, opened(20, "early"))
    await until(lambda: len(site.incidents()) == 20, 30, notify)
    await site.pagerduty.stop()
    for wave in range(8):
        records = opened(10, f"wave{wave}")
        await write(site.deployment, [r for a in records for r in (a, alert(a.entity_id, sequence=1, state="update"))])
        await until(partial(_has_entities, site.webhook, 20 + 10 * (wave + 1)), 15, notify)
    assert len(site.incidents()) == 20
    assert await notify.metric("up", notifier="pagerduty") == 0
    await until(partial(_pends, notify, 80), 10, notify)
    await write(site.deployment, [alert("early-0", sequence=1, state="closed")])
    await site.pagerduty.start()
    await until(lambda: len(site.incidents()) == 100, 40, notify)
    await until(_caught_up(notify), 20, notify)
    assert set(site.incidents().values()) == {1}
    resolved = [b["dedup_key"] for b in site.pagerduty.bodies() if b["event_action"] == "resolve"]
    assert resolved == [alert("early-0").alert_id]
    assert notify.stop() == 0


def _entities(receiver: Receiver) -> int:
    return len({body["unmapped"]["entity_id"] for body in receiver.bodies()})


async def _pends(notify: Notify, many: int) -> bool:
    return await notify.metric("pending_alerts", notifier="pagerduty") >= many


def _has_entities(receiver: Receiver, many: int) -> bool:
    return _entities(receiver) >= many


def _has_taken(receiver: Receiver, many: int) -> bool:
    return len(receiver.taken) >= many


def _caught_up(notify: Notify) -> Callable[[], Any]:
    async def caught_up() -> bool:
        return await notify.metric("lag_records") == 0 and await notify.metric("pending_alerts") == 0

    return caught_up


async def test_crashes_repeat_nothing_but_the_notice_on_its_way(site: Site) -> None:
    """Killed in the middle again and again, it loses no alert and repeats one notice a crash, under the same key."""
    everything = opened(90, "acct")
    notify = site.notify(**NO_CAP)
    await notify.wait_working(*ALL)
    kills = 3
    for n in range(kills):
        await write(site.deployment, everything[30 * n : 30 * n + 30])
        await until(partial(_has_taken, site.pagerduty, len(site.pagerduty.taken) + 4), 30, notify)
        notify.kill()
        notify = site.notify(**NO_CAP)
        await notify.wait_working(*ALL)
    await until(lambda: len(site.incidents()) == 90, 40, notify)
    await until(_caught_up(notify), 20, notify)
    doubled = sum(site.incidents().values()) - 90
    assert doubled <= kills
    assert Counter(_ids(site.webhook)).keys() == {f"{a.alert_id}-0" for a in everything}
    for uid in set(_ids(site.webhook)):
        assert len({orjson.dumps(body) for _, headers, body in site.webhook.taken if headers["ce-id"] == uid}) == 1
    assert len(site.slack.taken) - 90 <= kills


def _ids(receiver: Receiver) -> list[str]:
    return [headers["ce-id"] for _, headers, _ in receiver.taken]


@pytest.mark.slow
async def test_ten_thousand_alerts_in_a_minute_page_within_the_cap(site: Site) -> None:
    """On call gets ten pages and one summary a minute at most; every alert is paged or counted; programs get all."""
    notify = site.notify()
    await notify.wait_working(*ALL)
    await write(site.deployment, opened(10_000, "flood"))
    await until(lambda: _summaries(site.pagerduty), 110, notify)
    # Each receiver's minute begins with its own first page.
    await until(lambda: len(site.slack.taken) > 10, 110, notify)
    await until(_caught_up(notify), 100, notify)
    pages = [body for body in site.pagerduty.bodies() if body["payload"].get("class") != "flood"]
    (summary,) = _summaries(site.pagerduty)
    assert len(pages) == 10
    assert sum(summary["payload"]["custom_details"]["counts"].values()) == 10_000 - 10
    assert len(site.slack.taken) == 11
    assert _entities(site.webhook) == len(site.webhook.taken) == 10_000
    assert await notify.metric("suppressed_total", notifier="pagerduty", cause="cap") == 9_990
    for receiver in (site.pagerduty, site.slack):
        arrivals = [arrival_s for arrival_s, _, _ in receiver.taken]
        assert max(sum(start <= arrival_s < start + 60 for arrival_s in arrivals) for start in arrivals) <= 11


def _summaries(receiver: Receiver) -> list[Any]:
    return [body for body in receiver.bodies() if body.get("payload", {}).get("class") == "flood"]


async def test_a_first_start_tells_what_is_open(site: Site) -> None:
    """A notifier that is new hears of open alerts, of their latest state, and not of those that are over."""
    await write(site.deployment, [alert("open"), alert("open", sequence=1, state="update", severity="high")])
    await write(site.deployment, [alert("over"), alert("over", sequence=1, state="closed")])
    notify = site.notify(**NO_CAP)
    await until(lambda: site.incidents() == {alert("open").alert_id: 1}, 40, notify)
    await until(_caught_up(notify), 20, notify)
    assert notify.stop() == 0
    again = site.notify(**NO_CAP)
    await again.wait_working(*ALL)
    await write(site.deployment, [alert("next")])
    await until(lambda: len(site.incidents()) == 2, 30, again)
    assert set(site.incidents().values()) == {1}


async def test_a_second_process_stands_by(site: Site) -> None:
    """With two processes each alert is told once; when the first is killed the second goes on."""
    first = site.notify(**NO_CAP)
    await first.wait_working(*ALL)
    second = site.notify(**NO_CAP)
    await until(_ready(second), 90, second)
    await write(site.deployment, opened(20, "a"))
    await until(lambda: len(site.incidents()) == 20, 40, first)
    first.kill()
    await write(site.deployment, opened(20, "b"))
    await until(lambda: len(site.incidents()) == 40, 60, second)
    assert sum(site.incidents().values()) <= 41
    assert second.stop() == 0


def _ready(notify: Notify) -> Callable[[], Any]:
    async def ready() -> bool:
        try:
            return await notify.metric("owner") >= 0 and "notifier_started" in notify.log.read_text()
        except OSError:
            return False

    return ready


async def test_it_outlives_a_pause_and_a_broker_that_crashes(
    deploy_on: Callable[..., Deployment],
) -> None:
    """After a pause longer than its session, and after the broker was killed, it goes on and repeats nothing."""
    with KafkaBroker() as broker:
        site = Site(deploy_on(broker))
        async with site.webhook, site.pagerduty, site.slack:
            notify = site.notify(**NO_CAP)
            await notify.wait_working(*ALL)
            await write(site.deployment, opened(5, "a"))
            await until(lambda: len(site.incidents()) == 5, 40, notify)
            notify.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(10)
            notify.process.send_signal(signal.SIGCONT)
            await write(site.deployment, opened(5, "b"))
            await until(lambda: len(site.incidents()) == 10, 60, notify)
            await asyncio.to_thread(broker.kill)
            await asyncio.sleep(5)
            await asyncio.to_thread(broker.start)
            await write(site.deployment, opened(5, "c"))
            await until(lambda: len(site.incidents()) == len(site.slack.taken) == 15, 90, notify)
            assert set(site.incidents().values()) == {1}
            assert notify.stop() == 0


async def test_shadow_mode_ends_with_what_is_still_open(site: Site) -> None:
    """In shadow mode programs hear all and people nothing; switched off, people hear of what is open now."""
    shadow = site.notify(**NO_CAP, STILLWATCH_NOTIFY_SHADOW="true")
    await shadow.wait_working(*ALL)
    await write(site.deployment, [alert("a"), alert("b")])
    await until(lambda: len(site.webhook.taken) == 2, 30, shadow)
    await write(site.deployment, [alert("b", sequence=1, state="closed")])
    await until(lambda: len(site.webhook.taken) == 3, 30, shadow)
    await until(_caught_up(shadow), 20, shadow)
    assert await shadow.metric("shadowed_total", notifier="pagerduty") == 3
    assert (site.pagerduty.taken, site.slack.taken) == ([], [])
    assert shadow.stop() == 0
    live = site.notify(**NO_CAP, STILLWATCH_NOTIFY_SHADOW="false")
    await until(lambda: site.incidents() == {alert("a").alert_id: 1}, 40, live)
    await until(lambda: len(site.slack.taken) == 1, 20, live)
    assert live.stop() == 0


async def test_no_secret_is_logged_or_served(site: Site) -> None:
    """Neither the log, through outages and refusals, nor the metrics show a key or a secret address."""
    notify = site.notify(**NO_CAP, STILLWATCH_LOG_LEVEL="debug")
    await notify.wait_working(*ALL)
    site.pagerduty.answer_next(400, 503)
    site.slack.answer_next(400, 403)
    await write(site.deployment, opened(3, "acct"))
    await until(lambda: len(site.webhook.taken) == 3, 30, notify)
    await site.slack.stop()
    await write(site.deployment, opened(2, "more"))
    await until(lambda: '"receiver_unavailable"' in notify.log.read_text(), 30, notify)
    await asyncio.sleep(2)
    notify.stop()
    shown = notify.log.read_text()
    assert ROUTING_KEY not in shown
    assert "secret-of-the-test" not in shown


async def test_an_alert_that_cannot_be_read_is_passed_over(site: Site) -> None:
    """Bytes that are no alert are counted, and what follows is told."""
    notify = site.notify(**NO_CAP)
    await notify.wait_working(*ALL)
    async with AIOKafkaProducer(**site.deployment.settings.kafka_client()) as producer:
        await producer.send_and_wait(site.deployment.settings.topic(topics.ALERTS), b"no alert", partition=0)
    await write(site.deployment, [alert("next")])
    await until(lambda: len(site.incidents()) == 1, 30, notify)
    assert await notify.metric("undecodable_total", notifier="pagerduty") == 1


async def test_open_alerts_outlive_a_crash_in_alertmanager(
    site: Site, require_program: Callable[[str], str], tmp_path: Path
) -> None:
    """With all five notifiers at work: after a kill the open alert is posted again from the state topic, no other."""
    async with running(require_program("prometheus-alertmanager"), tmp_path) as server, GrafanaReceiver() as grafana:
        more = {
            "STILLWATCH_NOTIFY_ALERTMANAGER_URL": server.url,
            "STILLWATCH_NOTIFY_ALERTMANAGER_REPOST_S": "1",
            "STILLWATCH_NOTIFY_GRAFANA_URL": grafana.url,
            "STILLWATCH_NOTIFY_GRAFANA_TOKEN": GRAFANA_TOKEN,
        }
        notify = site.notify(**NO_CAP, **more)
        await notify.wait_working(*ALL, "alertmanager", "grafana")
        await write(site.deployment, [alert("open"), alert("over"), alert("over", sequence=1, state="closed")])
        await until(lambda: grafana.annotations, 30, notify)
        await server.wait_notified("firing", entity_id="open")
        await until(_caught_up(notify), 20, notify)
        notify.kill()
        await server.wait_notified("resolved", entity_id="open")
        again = site.notify(**NO_CAP, **more)
        await again.wait_working(*ALL, "alertmanager", "grafana")
        await asyncio.sleep(2 * RESOLVE_TIMEOUT_S)
        assert [entry["labels"]["entity_id"] for entry in await server.open()] == ["open"]
        assert len(grafana.annotations) == 1
        await write(site.deployment, [alert("open", sequence=1, state="closed")])
        await until(lambda: len(site.slack.taken) == 2, 30, again)
        await asyncio.sleep(2)
        assert await server.open() == []
        assert again.stop() == 0


async def test_a_place_that_retention_has_passed_is_told_from_the_state(site: Site) -> None:
    """After a stop longer than the alerts topic keeps records, what opened and what closed meanwhile is told."""
    notify = site.notify(**NO_CAP)
    await notify.wait_working(*ALL)
    await write(site.deployment, [alert("old")])
    await until(lambda: len(site.slack.taken) == 1, 30, notify)
    await until(_caught_up(notify), 20, notify)
    assert notify.stop() == 0
    await write(site.deployment, [alert("old", sequence=1, state="closed"), alert("new")])
    client = topics.admin(site.deployment.settings)
    client.delete_records({TopicPartition(site.deployment.settings.topic(topics.ALERTS), 0): -1})
    client.close()
    again = site.notify(**NO_CAP)
    await until(lambda: site.incidents() == {alert("old").alert_id: 1, alert("new").alert_id: 1}, 40, again)
    resolved = [b["dedup_key"] for b in site.pagerduty.bodies() if b["event_action"] == "resolve"]
    assert resolved == [alert("old").alert_id]


async def test_what_was_told_is_in_the_log(site: Site) -> None:
    """``notifications.v1`` says of each notifier and alert what was told and when, for whoever asks later."""
    notify = site.notify(**NO_CAP)
    await notify.wait_working(*ALL)
    await write(site.deployment, [alert("a", severity="high")])
    await until(lambda: site.slack.taken and site.pagerduty.taken and site.webhook.taken, 30, notify)
    assert notify.stop() == 0
    logged = {record.key: orjson.loads(record.value) for record in site.deployment.read(topics.NOTIFICATIONS)}
    assert set(logged) == {f"{name}/{alert('a').alert_id}".encode() for name in ALL}
    assert {entry["shown"] for entry in logged.values()} == {"high"}
    assert all(entry["paged_ms"] for entry in logged.values())
    assert group_id(site.deployment.settings, "slack").endswith("-notify-slack")
