from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.integration.counts import counts_in_changelog, counts_in_topic
from tests.integration.deployment import Deployment, wait_until
from tests.integration.events import encoded

MANY = 2_000


@pytest.mark.integration
def test_runs_that_were_fetched_and_dropped_at_the_end_of_a_log_are_read_again(
    deploy: Callable[..., Deployment],
) -> None:
    """Nothing but the watch over standing partitions reads them; afterwards every event is counted once."""
    deployment = deploy()
    deployment.produce(encoded(simulate(preset("demo"), seed=21).events(), limit=MANY))
    worker = deployment.start_worker("tests.integration.dropping_worker")
    deployment.wait_ready(worker)
    wait_until(lambda: worker.metric("stillwatch_events_total") > 0, 30, worker.log.read_text)
    time.sleep(2)
    before = worker.metric("stillwatch_events_total")
    time.sleep(2)
    assert worker.metric("stillwatch_events_total") == before < MANY
    assert worker.metric("stillwatch_holes_total") == 0
    deployment.wait_applied([worker], within_s=60)
    assert worker.metric("stillwatch_holes_total", step="accounts") == deployment.settings.decides.partitions - 1
    assert "records_reached_no_stage" in worker.log.read_text()
    assert worker.stop() == 0
    assert counts_in_changelog(deployment) == counts_in_topic(deployment)
    assert sum(counts_in_topic(deployment).values()) == MANY
