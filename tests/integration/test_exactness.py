"""Nothing is lost and nothing is counted twice, by a reader of the changelog that shares no code with the worker."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.integration.counts import counts_in_changelog, counts_in_topic
from tests.integration.deployment import Deployment
from tests.integration.events import encoded


@pytest.mark.integration
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "kill -9"])
@pytest.mark.timeout(240)
def test_counts_survive_a_stop_in_mid_stream(deploy: Callable[..., Deployment], how: signal.Signals) -> None:
    """After a worker is stopped in mid-stream and another goes on, the changelog's counts equal the topic's."""
    deployment = deploy(STILLWATCH_BATCH_RECORDS="200")
    events = encoded(simulate(preset("demo"), seed=11).events(), limit=7_000)
    bad = [(b"acct_bad", b"{"), (None, b"{}"), *events[3_450:3_500]]
    deployment.produce([*events[:3_500], *bad])
    worker = deployment.start_worker()
    deployment.wait_ready(worker)
    while worker.metric("stillwatch_events_total") < 500:
        time.sleep(0.02)
    worker.process.send_signal(how)
    worker.process.wait(60)
    assert sum(counts_in_changelog(deployment).values()) < 3_500 + len(bad)
    deployment.produce(events[3_500:])
    again = deployment.start_worker()
    deployment.wait_ready(again)
    deployment.wait_applied([again])
    assert again.stop() == 0
    assert counts_in_changelog(deployment) == counts_in_topic(deployment)
    assert sum(counts_in_topic(deployment).values()) == 7_000
