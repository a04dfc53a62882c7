from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from aiokafka.errors import ProducerClosed
from faust.types import TP

from models.stage import Row
from streams import topics
from streams.changelog import ChangelogWriter
from tests.integration.deployment import Deployment

#: A flush of some 3 MB takes about 40 ms: one of these moments lies in each part of its transaction.
MOMENTS_MS = (0, 1, 3, 6, 10, 15, 20, 30, 40, 60)


def rows(flush: str) -> list[Row]:
    """A flush large enough to be met in the middle."""
    return [(b"%d" % number, flush.encode() * 500) for number in range(3_000)]


async def fenced_in_the_middle(writer: ChangelogWriter, tp: TP, after_ms: int) -> BaseException | None:
    """Fence the partition while a flush of its earlier ownership is under way; what that flush ended with."""
    await writer.fence([tp])
    flushing = asyncio.create_task(writer.write(tp, rows("old")))
    await asyncio.sleep(after_ms / 1_000)
    await writer.fence([tp])
    ended, _ = await asyncio.wait([flushing], timeout=20.0)
    assert ended, f"fenced after {after_ms} ms: the flush still waits for its transaction to end"
    await writer.write(tp, rows("new"))
    return flushing.exception()


@pytest.mark.integration
def test_a_flush_that_a_rebalance_meets_ends_whatever_it_is_about(deploy: Callable[..., Deployment]) -> None:
    """Or it would hold the lock of all flushes for ever: nothing would be durable and nothing committed any more."""
    deployment = deploy()
    tp = TP(deployment.settings.topic(topics.ACCOUNTS_CHANGELOG), 0)

    async def outcomes() -> list[BaseException | None]:
        writer = ChangelogWriter(deployment.settings.kafka_client(), f"{deployment.settings.group_id}-")
        try:
            return [await fenced_in_the_middle(writer, tp, after_ms) for after_ms in MOMENTS_MS]
        finally:
            await writer.close()

    ended_with = asyncio.run(outcomes())
    assert any(isinstance(error, ProducerClosed) for error in ended_with)
    assert all(error is None or isinstance(error, ProducerClosed) for error in ended_with)
    last = [record.value for record in deployment.read(topics.ACCOUNTS_CHANGELOG)][-3_000:]
    assert last == [value for _, value in rows("new")]
