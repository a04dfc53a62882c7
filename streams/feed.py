"""Feeds: what people say of alerts and do to accounts, forwarded into the one log that the decision reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from faust.types import TP

from models.feedback import dead_letter, read_feedback
from models.record import Records
from models.refusal import Refusal
from models.stage import Outbound
from models.verdict import FeedbackKind, Verdict
from streams.cuts import Cuts
from streams.fetched import FetchedBatch
from streams.metrics import Metrics
from streams.outbox import Outbox
from streams.send import Sender


class Feed:
    """One topic of feedback. Each good record goes on as it is, with its kind as key; a bad one is a dead letter.

    A feed keeps no state: what was forwarded but not committed is forwarded again after a crash, and the decision drops
    repeats by their id. Its place in the log of candidates is what settles when a record takes effect.
    """

    def __init__(
        self,
        kind: FeedbackKind,
        topic: str,
        candidates: str,
        *,
        outbox: Outbox,
        sender: Sender,
        cuts: Cuts,
        metrics: Metrics,
    ) -> None:
        self.name = f"{kind}_feed"
        self.topic = topic
        self._kind = kind
        self._candidates = candidates
        self._outbox = outbox
        self._sender = sender
        self._cuts = cuts
        self._metrics = metrics
        self._unflushed: dict[TP, int] = {}
        self.positions: dict[TP, int] = {}

    def standing(self, owned: set[TP], committed: Mapping[TP, int | None]) -> dict[TP, int]:
        """Where each partition owned here is to be read on: behind the last run, or at what is committed before one."""
        return {tp: self.positions.get(tp, committed.get(tp) or 0) for tp in owned if tp.topic == self.topic}

    async def run(self, batch: FetchedBatch, consumer: Any) -> None:
        """Forward one batch; after a fetch that skipped offsets, go back to where the last one ended."""
        tp = TP(self.topic, batch.records.partition)
        expected = self.positions.get(tp)
        if expected is not None and batch.from_offset > expected:
            earliest: int = (await consumer.earliest_offsets(tp))[tp]
            if earliest < batch.from_offset:
                self._metrics.holes.labels(self.name).inc()
                await consumer.seek(tp, max(expected, earliest))
                return
        await self._forward(batch.records)
        self.positions[tp] = self._unflushed[tp] = batch.next_offset
        self._metrics.records.labels(self.name).inc(len(batch.records))

    async def _forward(self, records: Records) -> None:
        refused = Outbound()
        for index, value in enumerate(records.values):
            read = read_feedback(self._kind, value)
            if isinstance(read, Refusal):
                refused.dead_letters.append(dead_letter(records, index, read))
            elif value is not None:
                await self._outbox.send(self._candidates, value, key=self._kind.encode(), partition=0)
                if isinstance(read, Verdict):
                    self._metrics.verdicts.labels(read.verdict).inc()
                else:
                    self._metrics.enforcements.labels(read.action).inc()
        await self._sender.send(refused)

    async def flush(self, owned: Callable[[], set[TP]]) -> None:
        """Once everything sent is acknowledged, allow what was read to be committed, of partitions still owned."""
        unflushed, self._unflushed = self._unflushed, {}
        if not unflushed:
            return
        await self._outbox.settle()
        for tp in unflushed.keys() & owned():
            self._cuts.allow(tp, unflushed[tp])

    def forget(self, revoked: set[TP]) -> None:
        """Partitions that went away: whoever has them reads on from the last commit."""
        for tp in revoked:
            self.positions.pop(tp, None)
            self._unflushed.pop(tp, None)
