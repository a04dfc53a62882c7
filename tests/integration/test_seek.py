from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast
from unittest.mock import AsyncMock

import faust
import pytest
from faust.types import TP

from streams import topics
from streams.cuts import Cuts
from streams.feed import Feed
from streams.fetched import FetchedBatch
from streams.metrics import Metrics
from streams.transport import BatchConsumer, BatchSchema, BatchTransport
from tests.integration.deployment import Deployment


class SeekingApp(faust.App):
    """An app that only makes consumers, and has what these ask it for."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.cuts, self.feeds, self.metrics = Cuts(), list[Feed](), Metrics()

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)


async def runs(consumer: BatchConsumer, within_s: float) -> list[tuple[TP, int, int]]:
    """Partition, begin and end of what the consumer fetches next."""
    return [
        (tp, batch.from_offset, batch.next_offset)
        async for tp, message in consumer.getmany(within_s)
        for batch in [cast("FetchedBatch", message.value)]
    ]


class SlowConsumer(BatchConsumer):
    """Its coordinator takes a while to tell what is committed of the last partition."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek, then wait as for a slow answer."""
        committed = await super().seek_to_committed()
        await asyncio.sleep(2.0)
        return committed


@asynccontextmanager
async def reading(deployment: Deployment, kind: type[BatchConsumer]) -> AsyncIterator[BatchConsumer]:
    """Own the requests topic with a consumer of this kind."""
    topic = deployment.settings.topic(topics.REQUESTS)
    app = SeekingApp(
        deployment.settings.group_id,
        broker=f"kafka://{deployment.settings.kafka_bootstrap_servers}",
        consumer_auto_offset_reset="earliest",
        topic_disable_leader=True,
    )
    app.finalize()
    app.topics.add(app.topic(topic, schema=BatchSchema()))
    ignored = AsyncMock()
    consumer = kind(app.transport, ignored, ignored, ignored)
    await consumer.start()
    try:
        await consumer.subscribe([topic])
        async with asyncio.timeout(60.0):
            while not consumer.assignment():  # noqa: ASYNC110 - Faust has no event for it
                await asyncio.sleep(0.1)
        consumer.resume_partitions(set(consumer.assignment()))
        consumer.resume_flow()
        yield consumer
    finally:
        await consumer.stop()


async def runs_before_and_after_a_seek(deployment: Deployment) -> list[list[tuple[TP, int, int]]]:
    """Fetch everything, look for more, seek to what is committed and fetch again; nothing is ever committed.

    Faust's watch over the partitions looks at them all the while.
    """
    async with reading(deployment, BatchConsumer) as consumer:
        fetched = [await runs(consumer, 10.0), await runs(consumer, 1.0)]
        seeking = asyncio.create_task(consumer.perform_seek())
        while not seeking.done():
            await consumer.verify_all_partitions_active()
        await seeking
        consumer.resume_flow()
        return [*fetched, await runs(consumer, 10.0)]


async def runs_during_and_after_a_seek(deployment: Deployment) -> list[list[tuple[TP, int, int]]]:
    """Fetch on while a consumer that has read everything and committed one record seeks back to it, and afterwards."""
    async with reading(deployment, SlowConsumer) as consumer:
        ((tp, _, _),) = await runs(consumer, 10.0)
        app = cast("SeekingApp", consumer.app)
        app.cuts.allow(tp, 1)
        assert await consumer.force_commit()
        fetching = asyncio.create_task(runs(consumer, 5.0))
        await consumer.perform_seek()
        during = fetching.result() if fetching.done() else []
        consumer.resume_flow()
        return [during, [*await fetching, *await runs(consumer, 5.0)]]


@pytest.mark.integration
def test_a_seek_goes_back_to_the_beginning_of_what_was_never_committed(deploy: Callable[..., Deployment]) -> None:
    """Faust leaves such a partition behind a run that it dropped in a rebalance, and nobody would read that again."""
    deployment = deploy()
    deployment.produce([(b"account", b"%d" % number) for number in range(3)])
    first, further, again = asyncio.run(runs_before_and_after_a_seek(deployment))
    assert [(begin, end) for _, begin, end in first] == [(0, 3)]
    assert further == []
    assert again == first


@pytest.mark.integration
def test_nothing_is_fetched_between_a_seek_and_what_resumes_the_flow(deploy: Callable[..., Deployment]) -> None:
    """Faust empties the agents' queues in between: a run that was in one would be read by nobody."""
    deployment = deploy()
    deployment.produce([(b"account", b"%d" % number) for number in range(3)])
    during, after = asyncio.run(runs_during_and_after_a_seek(deployment))
    assert during == []
    assert [(begin, end) for _, begin, end in after] == [(1, 3)]
