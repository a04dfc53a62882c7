"""A step of the live pipeline: applies batches to its stages, sends on what they give, and makes both durable."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import structlog
from faust.types import TP

from models.account_stage import AccountStage
from models.event import unknown_fields
from models.record import Records
from models.stage import Stage
from streams.changelog import ChangelogWriter, FencedError
from streams.cuts import Cuts
from streams.fetched import FetchedBatch
from streams.metrics import Metrics
from streams.send import Sender
from streams.store import StageTable

log = structlog.get_logger(__name__)

#: Larger events are not looked at for unknown fields.
_SAMPLED_BYTES = 64 << 10


def _unknown_in_first(records: Records) -> int:
    """A sample is enough to notice that producers send more than is read."""
    value = records.values[0] if len(records) else None
    return len(unknown_fields(value)) if value and len(value) <= _SAMPLED_BYTES else 0


class Step:
    """One source topic and the table whose stages read it.

    A stage is applied and flushed under one lock, so a cut never falls between what a stage did and what it sent.
    """

    def __init__(
        self,
        name: str,
        topic: str,
        table: StageTable,
        *,
        sender: Sender,
        changelog: ChangelogWriter,
        cuts: Cuts,
        metrics: Metrics,
    ) -> None:
        self.name = name
        self.topic = topic
        self.table = table
        self._sender = sender
        self._changelog = changelog
        self._cuts = cuts
        self._metrics = metrics
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def stages(self) -> list[Stage]:
        """The stages owned here, none while recovering."""
        return self.table.store.stages()

    def standing(self, owned: set[TP], committed: Mapping[TP, int | None]) -> dict[TP, int]:  # noqa: ARG002 - as feeds
        """Where the stage of each partition owned here wants to read on."""
        stands = {TP(self.topic, stage.partition): stage.next_offset for stage in self.stages}
        return {tp: stands[tp] for tp in stands.keys() & owned}

    async def run(self, batch: FetchedBatch, consumer: Any) -> None:
        """Apply one batch to its stage and queue what it gives; a batch of a partition lost meanwhile is dropped."""
        records = batch.records
        async with self._locks[records.partition]:
            stage = self.table.store.stage(records.partition)
            if stage is None:
                return
            if batch.from_offset > stage.next_offset and await self._reread(stage, batch, consumer):
                return
            started = time.perf_counter()
            events_before = stage.event_count
            present_before = stage.present.copy() if isinstance(stage, AccountStage) else None
            outbound = stage.apply(records, batch.next_offset)
            await self._sender.send(outbound)
            self._metrics.batch_seconds.labels(self.name).observe(time.perf_counter() - started)
            self._metrics.records.labels(self.name).inc(len(records))
            if isinstance(stage, AccountStage):
                self._metrics.events.inc(stage.event_count - events_before)
                for field, count in (stage.present - (present_before or Counter())).items():
                    self._metrics.event_fields.labels(field).inc(count)
                self._metrics.unknown_fields.inc(_unknown_in_first(records))

    async def _reread(self, stage: Stage, batch: FetchedBatch, consumer: Any) -> bool:
        """Go back to where the stage stands after a fetch that skipped offsets; ``False`` if they were deleted."""
        tp = TP(self.topic, stage.partition)
        earliest: int = (await consumer.earliest_offsets(tp))[tp]
        if earliest > stage.next_offset:
            log.error(
                "records_deleted_before_they_were_read",
                topic=tp.topic,
                partition=tp.partition,
                first=stage.next_offset,
                last=earliest - 1,
                mend="raise the topic's retention or add workers",
            )
            if batch.from_offset <= earliest:
                return False
        self._metrics.holes.labels(self.name).inc()
        await consumer.seek(tp, max(stage.next_offset, earliest))
        return True

    async def flush(self) -> None:
        """Make every stage of this step durable up to one cut each, then allow that cut to be committed."""
        await asyncio.gather(*(self._flush(stage) for stage in self.stages))

    async def _flush(self, stage: Stage) -> None:
        started = time.perf_counter()
        changelog = TP(self.table.changelog_topic.get_topic_name(), stage.partition)
        async with self._locks[stage.partition]:
            rows = stage.dump_dirty()
            stage.mark_clean()
            cut = stage.committable_offset
        if not rows:
            # All of it is durable already; its last owner may have left between flush and commit.
            if self._is_current(stage):
                self._cuts.allow(TP(self.topic, stage.partition), cut)
            return
        try:
            await self._sender.settle()
            if not self._is_current(stage):
                # A rebalance came meanwhile, and the partition may be fenced for its next stage already.
                return
            await self._changelog.write(changelog, rows)
        except FencedError as fenced:
            log.warning("partition_lost", step=self.name, partition=stage.partition, reason=str(fenced))
            if self._is_current(stage):
                self.table.store.discard(stage.partition)
            return
        except Exception:
            # A rebalance took the producer away in the middle; this stage was thrown away with it.
            if self._is_current(stage):
                # Its rows count as clean but are not durable: no later flush may allow a cut for them.
                self.table.store.discard(stage.partition)
                raise
            return
        if self._is_current(stage):
            self._cuts.allow(TP(self.topic, stage.partition), cut)
        self._metrics.flush_seconds.labels(self.name).observe(time.perf_counter() - started)
        self._metrics.flushed_rows.labels(self.name).inc(len(rows))

    def _is_current(self, stage: Stage) -> bool:
        return self.table.store.stage(stage.partition) is stage
