"""Nothing is lost and nothing is counted twice, by a reader of the changelog that shares no code with the worker."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable

import orjson
import pytest

from streams import topics
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.integration.deployment import Deployment
from tests.integration.events import encoded

#: Where an account row keeps its count of applied events, by its documented layout (models/account_row.py).
EVENTS_AT = slice(8, 16)


def counts_in_changelog(deployment: Deployment) -> Counter[str]:
    """Events by account id: the last row of each key, its count read as eight little-endian bytes."""
    last = {record.key: record.value for record in deployment.read(topics.ACCOUNTS_CHANGELOG)}
    return Counter(
        {
            key.decode(): int.from_bytes(value[EVENTS_AT], "little")
            for key, value in last.items()
            if value is not None and not key.startswith(b"\0")
        }
    )


def counts_in_topic(deployment: Deployment) -> Counter[str]:
    """Events by key in the requests topic, less those whose coordinates are dead letters."""
    refused = {
        (letter["partition"], letter["offset"])
        for letter in map(_json, (record.value for record in deployment.read(topics.DEAD_LETTERS)))
    }
    return Counter(
        record.key.decode()
        for record in deployment.read(topics.REQUESTS)
        if record.key is not None and (record.partition, record.offset) not in refused
    )


@pytest.mark.integration
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "kill -9"])
@pytest.mark.timeout(240)
def test_counts_survive_a_stop_in_mid_stream(deploy: Callable[..., Deployment], how: signal.Signals) -> None:
    """After a worker is stopped in mid-stream and another goes on, the changelog's counts equal the topic's."""
    deployment = deploy(STILLWATCH_BATCH_RECORDS="200")
    events = encoded(simulate(preset("demo"), seed=11).events(), limit=12_000)
    bad = [(b"acct_bad", b"{"), (None, b"{}"), *events[5_950:6_000]]
    deployment.produce([*events[:6_000], *bad])
    worker = deployment.start_worker()
    deployment.wait_ready(worker)
    while worker.metric("stillwatch_events_total") < 500:
        time.sleep(0.02)
    worker.process.send_signal(how)
    worker.process.wait(60)
    assert sum(counts_in_changelog(deployment).values()) < 6_000 + len(bad)
    deployment.produce(events[6_000:])
    again = deployment.start_worker()
    deployment.wait_ready(again)
    deployment.wait_applied([again])
    assert again.stop() == 0
    assert counts_in_changelog(deployment) == counts_in_topic(deployment)
    assert sum(counts_in_topic(deployment).values()) == 12_000


def _json(value: bytes) -> dict[str, int]:
    return orjson.loads(value)  # type: ignore[no-any-return]  # a dead letter is an object
