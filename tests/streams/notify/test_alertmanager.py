"""What a real Alertmanager does with our posts under the shipped routing, and whether that is valid."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.alert import Alert
from streams.notify.notice import Notice, Summary
from streams.notify.notifier import RefusedError
from streams.notify.trial import trial_notice
from tests.streams.notify.alertmanager_server import RESOLVE_TIMEOUT_S, SHIPPED, Server, running
from tests.streams.notify.alerts import alert
from tests.streams.notify.delivered import Delivered, clock_ms


@pytest.fixture
async def server(require_program: Callable[[str], str], tmp_path: Path) -> AsyncIterator[Server]:
    """Start a real Alertmanager of its own for the test."""
    async with running(require_program("prometheus-alertmanager"), tmp_path) as found:
        yield found


def closed(record: Alert, **changes: Any) -> Alert:
    """The last record of an alert."""
    fields: dict[str, Any] = {"sequence": record.sequence + 1, "state": "closed", "severity": record.severity}
    return alert(record.entity_id, kind=record.kind, **(fields | changes))


async def test_an_alert_opens_once_and_stays_open_past_the_timeout(server: Server) -> None:
    """Re-posted alerts outlive resolve_timeout with one notification; without posts it resolves."""
    delivered = Delivered(server.notifier())
    await delivered.tell(alert())
    await delivered.keep_telling(2.5 * RESOLVE_TIMEOUT_S)
    assert len(await server.open(entity_id="acct-7")) == 1
    assert len(server.notifications("firing")) == 1
    assert server.notifications("resolved") == []
    # The posts are what kept it open.
    await server.wait_notified("resolved", entity_id="acct-7")


async def test_a_closed_alert_resolves(server: Server) -> None:
    """A closing record ends the alert at once, and it is not posted again."""
    delivered = Delivered(server.notifier())
    await delivered.tell(alert())
    await server.wait_notified("firing")
    await delivered.tell(closed(alert()))
    await server.wait_notified("resolved")
    await delivered.keep_telling(1.5)
    assert await server.open() == []


async def test_an_absorbed_account_resolves_while_its_campaign_stays(server: Server) -> None:
    """When a campaign's alert names the account, the account's own alert ends."""
    delivered = Delivered(server.notifier())
    await delivered.tell(alert("acct-7"))
    campaign = alert("c1", kind="campaign", accounts=["acct-7", "acct-8"])
    await server.wait_notified("firing", entity_id="acct-7")
    await delivered.tell(campaign, closed(alert("acct-7"), absorbed_by=campaign.alert_id))
    await server.wait_notified("resolved", entity_id="acct-7")
    await server.wait_notified("firing", entity_id="c1")
    assert [entry["labels"]["entity_id"] for entry in await server.open()] == ["c1"]


async def test_a_rise_in_severity_moves_the_alert(server: Server) -> None:
    """The old label set ends, the new one opens, and the close ends the new one: never two open."""
    delivered = Delivered(server.notifier())
    await delivered.tell(alert())
    await server.wait_notified("firing", severity="warning")
    await delivered.tell(alert(sequence=1, state="update", severity="critical"))
    await server.wait_notified("firing", severity="critical")
    assert [entry["labels"]["stillwatch_severity"] for entry in await server.open()] == ["critical"]
    await delivered.tell(closed(alert(sequence=1, severity="critical")))
    await server.wait_notified("resolved", severity="critical")
    assert await server.open() == []


async def test_the_graver_of_two_label_sets_inhibits_the_other(server: Server) -> None:
    """After a crash between the two posts of a rise only the graver one is told: the shipped inhibit rule."""
    notifier = server.notifier()
    await notifier.send(Notice(action="page", alert=alert(severity="critical"), severity="critical"))
    await server.wait_notified("firing", severity="critical")
    await notifier.send(Notice(action="page", alert=alert(), severity="medium"))
    await asyncio.sleep(1.0)
    assert server.notifications("firing", severity="warning") == []
    (mild,) = await server.open(severity="warning")
    assert mild["status"]["state"] == "suppressed"


async def test_a_silence_is_respected_when_the_entity_comes_back(server: Server) -> None:
    """A silence of an entity holds for its next alert: the alert's id is no label."""
    matcher = {"name": "entity_id", "value": "acct-7", "isRegex": False, "isEqual": True}
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
    silence = {"matchers": [matcher], "startsAt": now, "endsAt": later, "createdBy": "test", "comment": "known"}
    await server.ask("POST", "/api/v2/silences", silence)
    delivered = Delivered(server.notifier())
    await delivered.tell(alert(opened_ms=1), closed(alert(opened_ms=1), opened_ms=1), alert(opened_ms=2), alert("loud"))
    await server.wait_notified("firing", entity_id="loud")
    await delivered.keep_telling(1.0)
    assert server.notifications("firing", entity_id="acct-7") == []
    (silenced,) = await server.open(entity_id="acct-7")
    assert silenced["status"]["state"] == "suppressed"


async def test_an_update_changes_annotations_alone(server: Server) -> None:
    """What grows is shown at once, without a second notification."""
    delivered = Delivered(server.notifier())
    await delivered.tell(alert("c1", kind="campaign", account_count=26))
    await server.wait_notified("firing")
    await delivered.tell(alert("c1", kind="campaign", sequence=1, state="update", account_count=90))
    (entry,) = await server.open()
    assert entry["annotations"]["account_count"] == "90"
    assert entry["annotations"]["runbook_url"] == "https://docs.example/runbooks.md#stillwatchcampaign"
    await asyncio.sleep(1.0)
    assert len(server.notifications("firing")) == 1


async def test_summaries_and_test_pages_are_alerts_of_their_own(server: Server) -> None:
    """A flood is one alert, brought up to date by each summary; a test page says that it is one."""
    notifier = server.notifier()
    for minute in range(2):
        await notifier.summarise(Summary(since_ms=minute, until_ms=clock_ms(), counts={"high": 10 + minute}))
    await notifier.send(trial_notice(clock_ms()))
    (flood,) = await server.open(alertname="StillwatchFlood")
    assert flood["annotations"]["summary"].startswith("11 more alerts")
    (test,) = await server.open(alertname="StillwatchTest")
    assert test["annotations"]["summary"].startswith("[TEST]")


@pytest.mark.parametrize("entity_id", ["<!channel>", "x" * 128, "日本語", 'a"b{}=,', " "])
async def test_any_entity_is_taken(server: Server, entity_id: str) -> None:
    """Alertmanager takes every id that an event may carry as a label's value."""
    delivered = Delivered(server.notifier())
    await delivered.tell(alert(entity_id))
    assert delivered.metric("sent_total", notifier="alertmanager", action="page") == 1
    assert len(await server.open(entity_id=entity_id)) == 1


async def test_a_check_compares_the_timeout(server: Server) -> None:
    """``doctor`` finds out when open alerts would resolve between two posts."""
    good, bad = server.notifier(repost_interval_s=1.0), server.notifier(repost_interval_s=60.0)
    assert "resolve_timeout 3s" in await good.check()
    with pytest.raises(RefusedError, match="notify_alertmanager_repost_s=60"):
        await bad.check()


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        (["alertname=StillwatchCampaign", "severity=critical"], "pager,channel"),
        (["alertname=StillwatchAccount", "severity=warning"], "channel"),
        (["alertname=StillwatchAccount", "severity=info"], "channel"),
        (["alertname=StillwatchFlood", "severity=critical"], "pager,channel"),
        (["alertname=StillwatchTest", "severity=info"], "pager"),
    ],
)
def test_the_shipped_routing(require_program: Callable[[str], str], labels: list[str], receivers: str) -> None:
    """Grave alerts wake somebody, the others are read; a test page goes where pages go."""
    command = [require_program("amtool"), "config", "routes", "test", f"--config.file={SHIPPED}", "service=stillwatch"]
    routed = subprocess.run([*command, *labels], capture_output=True, text=True, check=True)
    assert routed.stdout.strip() == receivers


def test_the_shipped_configuration_is_valid(require_program: Callable[[str], str]) -> None:
    """Amtool finds no fault, and the file holds no secret."""
    checked = subprocess.run(
        [require_program("amtool"), "check-config", str(SHIPPED)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert "routing_key:" not in SHIPPED.read_text()
    assert json.dumps(yaml.safe_load(SHIPPED.read_text())).count("_file") == 2
