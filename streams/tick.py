"""Ticks: records that move the event time of a request partition that has nothing to read."""

from __future__ import annotations

import time
from collections.abc import Callable

from faust.types import TP

from models.account_stage import AccountStage
from models.campaign_stage import CampaignStage
from models.detection import DetectionSettings
from streams.fetched import TICK_HEADER
from streams.outbox import Outbox


class Ticker:
    """Writes a tick into each idle, caught-up request partition owned here whenever the others are a bucket ahead.

    When every partition stands still for a bucket's width, the clock takes the lead (unless ``clock_ticks`` is off),
    so that buckets close and quiet alerts end although no request arrives. A tick is part of the log: replaying the
    log repeats it, whatever the clock says then.
    """

    def __init__(
        self,
        topic: str,
        settings: DetectionSettings,
        outbox: Outbox,
        *,
        clock_ticks: bool,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._topic = topic
        self._settings = settings
        self._outbox = outbox
        self._clock_ticks = clock_ticks
        self._clock_ms = clock_ms
        self._seen: dict[int, int] = {}
        self._newest_ms = 0
        self._moved_at_ms = clock_ms()

    async def tick(
        self,
        accounts: list[AccountStage],
        campaigns: list[CampaignStage],
        end_offset: Callable[[TP], int | None],
    ) -> int:
        """Look at the partitions owned here once; returns how many ticks were written."""
        newest_ms = max(
            [stage.watermark_ms for stage in accounts] + [stage.newest_watermark_ms for stage in campaigns], default=0
        )
        if newest_ms > self._newest_ms:
            self._newest_ms, self._moved_at_ms = newest_ms, self._clock_ms()
        written = 0
        for stage in accounts:
            idle = self._idle(stage, end_offset(TP(self._topic, stage.partition)))
            time_ms = self._time_for(stage)
            if idle and time_ms is not None:
                await self._write(stage.partition, time_ms)
                written += 1
        return written

    def _idle(self, stage: AccountStage, end_offset: int | None) -> bool:
        """Caught up, and nothing applied since the last look."""
        before = self._seen.get(stage.partition)
        self._seen[stage.partition] = stage.next_offset
        return end_offset is not None and stage.next_offset >= end_offset and before == stage.next_offset

    def _time_for(self, stage: AccountStage) -> int | None:
        """The time of the tick this partition is due, if any."""
        bucket_ms = self._settings.bucket_ms
        now_ms = self._clock_ms()
        time_ms = self._newest_ms
        if self._clock_ticks and now_ms - self._moved_at_ms >= bucket_ms:
            time_ms = max(time_ms, now_ms - self._settings.lateness_ms)
        return time_ms if time_ms // bucket_ms > stage.watermark_ms // bucket_ms else None

    async def _write(self, partition: int, time_ms: int) -> None:
        header = [(TICK_HEADER, str(time_ms).encode())]
        await self._outbox.send(self._topic, b"", partition=partition, headers=header)
