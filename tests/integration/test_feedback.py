"""Verdicts and enforcement on a real broker: given by the command, taken at their place in the log, replayed alike."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner

from models.alert import decode
from models.alert import timestamp as rfc3339
from models.event import epoch_ms
from streams import topics
from streams.commands import main
from streams.feedback_file import read_files
from streams.record import record_requests
from streams.replay import replay
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.integration.deployment import Deployment, wait_until
from tests.integration.events import encoded
from tests.integration.test_parity import verified_alerts

EVENTS = 16_000


async def send(deployment: Deployment, topic: str, values: list[bytes]) -> None:
    """Write records to a topic of the deployment."""
    async with AIOKafkaProducer(**deployment.settings.kafka_client()) as producer:
        for value in values:
            await producer.send_and_wait(deployment.settings.topic(topic), value)


def forwarded(deployment: Deployment) -> Counter[bytes]:
    """Count the messages of feedback among the candidates, by kind."""
    return Counter(record.key for record in deployment.read(topics.CANDIDATES) if record.key)


@pytest.mark.integration
@pytest.mark.timeout(400)
def test_feedback_given_live_is_replayed_alike(deploy: Callable[..., Deployment], tmp_path: Path) -> None:
    """A verdict closes its alert on the running service, through a crash, and a replay with its file says the same."""
    deployment = deploy(STILLWATCH_DETECTION__PARTITIONS="2")
    events = encoded(simulate(preset("parity"), seed=100).events(), EVENTS)
    half = EVENTS * 5 // 8
    worker = deployment.start_worker()
    deployment.wait_ready(worker)
    deployment.produce(events[:half])
    deployment.wait_applied([worker])
    told = [decode(value) for value in verified_alerts(deployment)]
    over = {alert.alert_id for alert in told if alert.state == "closed"}
    opened = [alert for alert in told if alert.state == "open" and alert.alert_id not in over]
    assert opened
    # Past everything that was decided so far, so that live and replay agree on the bucket.
    given_ms = max(epoch_ms(_time(value)) for _, value in events[:half]) + 60_000
    path = tmp_path / "verdicts.jsonl"
    words = ["verdict", "--until", rfc3339(given_ms + 90 * 86_400_000), "--given-at", rfc3339(given_ms), "--by", "ada"]
    words += ["--note", "our own load test"]
    judged = [opened[-1].alert_id, "false-positive"]
    for where in ([], ["--file", str(path)], []):
        result = CliRunner().invoke(main, [*words[:1], *judged, *words[1:], *where])
        assert result.exit_code == 0, result.output
    ban = {"enforcement_id": "e", "account_ids": opened[0].accounts[:1], "action": "banned", "imposed_at": given_ms}
    bans = tmp_path / "enforcement.jsonl"
    bans.write_bytes(orjson.dumps(ban) + b"\n")
    asyncio.run(send(deployment, topics.ENFORCEMENT, [orjson.dumps(ban)]))
    asyncio.run(send(deployment, topics.VERDICTS, [b"no verdict"]))
    expected = {b"verdict": 2, b"enforcement": 1}
    wait_until(lambda: forwarded(deployment) == expected, 60, lambda: worker.log.read_text()[-3_000:])
    worker.kill()
    second = deployment.start_worker()
    deployment.wait_ready(second)
    deployment.produce(events[half:])
    deployment.produce_tick(preset("parity").end_ms + 25 * 3_600_000)
    deployment.wait_applied([second], within_s=200)
    assert second.stop() == 0

    live = verified_alerts(deployment)
    closed = [alert for alert in map(decode, live) if alert.closed_by_verdict]
    recording = tmp_path / "recording.jsonl.zst"
    assert record_requests(deployment.settings, recording) >= EVENTS
    feedback = read_files([path], [bans])
    replay([recording], tmp_path / "replayed", deployment.settings, recorded=True, feedback=feedback)
    assert (tmp_path / "replayed" / "alerts.jsonl").read_bytes().splitlines() == live
    assert [alert.alert_id for alert in closed] == [opened[-1].alert_id]
    letters = {orjson.loads(record.value)["topic"] for record in deployment.read(topics.DEAD_LETTERS)}
    assert letters == {deployment.settings.topic(topics.VERDICTS)}


def _time(value: bytes) -> datetime:
    event = orjson.loads(value)
    return datetime.fromisoformat(event["event_time"])
