"""Live equals replay: the same records give the same alerts, byte for byte, whatever happens to the workers."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from models.alert import Alert
from models.alert import decode as decode_alert
from streams import topics
from streams.record import record_requests
from streams.replay import replay
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.integration.deployment import Deployment
from tests.integration.events import encoded

EVENTS = 20_000

#: More runs, each with other seeds and moments: STILLWATCH_PARITY_RUNS=5.
RUNS = int(os.environ.get("STILLWATCH_PARITY_RUNS", "1"))


def verified_alerts(deployment: Deployment) -> list[bytes]:
    """Alert values in order, identical repeats of (alert_id, sequence) dropped; repeats that differ fail."""
    seen: dict[tuple[str, int], bytes] = {}
    for record in deployment.read(topics.ALERTS):
        alert: Alert = decode_alert(record.value)
        coordinates = (alert.alert_id, alert.sequence)
        assert seen.setdefault(coordinates, record.value) == record.value
    return list(seen.values())


@pytest.mark.integration
@pytest.mark.timeout(400)
@pytest.mark.parametrize("run", range(RUNS))
def test_live_equals_replay(deploy: Callable[..., Deployment], tmp_path: Path, run: int) -> None:
    """Two workers with random batch sizes, one killed, one joining late, give the alerts of a recorded replay."""
    rng = random.Random(run)
    # A large budget makes many alerts of it: what is compared should be more than a few records.
    deployment = deploy(STILLWATCH_DETECTION__PARTITIONS="4", STILLWATCH_DETECTION__FALSE_PAGES_PER_WEEK="30")
    events = encoded(simulate(preset("parity"), seed=100 + run).events(), EVENTS)
    first = deployment.start_worker(STILLWATCH_BATCH_RECORDS=str(rng.randint(50, 900)))
    second = deployment.start_worker(STILLWATCH_BATCH_RECORDS=str(rng.randint(50, 900)))
    deployment.wait_ready(first)
    deployment.wait_ready(second)
    thirds = [events[: EVENTS // 3], events[EVENTS // 3 : 2 * EVENTS // 3], events[2 * EVENTS // 3 :]]
    deployment.produce(thirds[0])
    time.sleep(rng.uniform(0.2, 1.5))
    first.kill()
    deployment.produce(thirds[1])
    third = deployment.start_worker(STILLWATCH_BATCH_RECORDS=str(rng.randint(50, 900)))
    deployment.produce(thirds[2])
    # A day and an hour later in event time nothing has happened, so what is open closes.
    last_ms = preset("parity").end_ms
    deployment.produce_tick(last_ms + 25 * 3_600_000)
    deployment.wait_ready(third)
    deployment.wait_applied([second, third], within_s=200)
    assert [second.stop(), third.stop()] == [0, 0]

    live = verified_alerts(deployment)
    recording = tmp_path / "recording.jsonl.zst"
    assert record_requests(deployment.settings, recording) >= EVENTS
    replay([recording], tmp_path / "replayed", deployment.settings, recorded=True)
    replayed = (tmp_path / "replayed" / "alerts.jsonl").read_bytes().splitlines()
    assert live == replayed
    states = {msgspec.json.decode(value)["state"] for value in live}
    assert len(live) >= 20
    assert states == {"open", "update", "closed"}
