from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from unittest.mock import AsyncMock

import faust
import pytest
from faust.types import TP

from streams.cuts import Cuts
from streams.metrics import Metrics
from streams.transport import BatchConsumer, BatchTransport

SOURCE = TP("requests", 0)
FIRST = 40


class RebalancingConsumer(BatchConsumer):
    """Owns one partition; the brokers refuse its first commit, as they do while a group rebalances."""

    offered: list[Mapping[TP, int]]

    def assignment(self) -> set[TP]:
        """The partition."""
        return {SOURCE}

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        self.offered.append(offsets)
        return len(self.offered) > 1


@pytest.mark.asyncio
async def test_a_refused_commit_is_not_taken_for_a_commit_and_offered_again() -> None:
    """What the brokers refused in a rebalance is committed the next time, though nothing new came; then no more."""
    app: Any = faust.App("commits", broker="kafka://127.0.0.1:9")
    app.cuts, app.metrics = Cuts(), Metrics()
    ignored = AsyncMock()
    consumer = RebalancingConsumer(BatchTransport(app.conf.broker, app), ignored, ignored, ignored)
    consumer.offered = []
    app.cuts.allow(SOURCE, FIRST)
    outcomes = [await consumer.force_commit()]
    assert app.cuts.past(consumer.committed())
    outcomes += [await consumer.force_commit(), await consumer.force_commit()]
    assert outcomes == [False, True, False]
    assert consumer.offered == [{SOURCE: FIRST}] * 2
    assert not app.cuts.past(consumer.committed())
