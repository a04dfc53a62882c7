"""Ticks of idle partitions."""

from __future__ import annotations

from typing import Any

import pytest

from models.detection import DetectionSettings
from streams.fetched import tick_of
from streams.tick import Ticker

MINUTE_MS = 60_000


class Stage:
    """An account stage as far as a ticker looks at one."""

    def __init__(self, partition: int, next_offset: int, watermark_ms: int) -> None:
        self.partition, self.next_offset, self.watermark_ms = partition, next_offset, watermark_ms


class Pooled:
    """A campaign stage as far as a ticker looks at one."""

    def __init__(self, newest_watermark_ms: int) -> None:
        self.newest_watermark_ms = newest_watermark_ms


class Written:
    """An outbox that keeps what it is given."""

    def __init__(self) -> None:
        self.ticks: list[tuple[int, int | None]] = []

    async def send(self, _topic: str, value: bytes, *, partition: int, headers: list[tuple[str, bytes]]) -> None:
        """Keep the partition and the time that a reader would see."""
        assert value == b""
        self.ticks.append((partition, tick_of(None, headers)))


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        """The time, epoch ms."""
        return self.now_ms


@pytest.fixture
def outbox() -> Written:
    """Where ticks go."""
    return Written()


def ticker(outbox: Any, clock: Clock, *, clock_ticks: bool = True) -> Ticker:
    """A ticker with default detection settings."""
    return Ticker("requests", DetectionSettings(), outbox, clock_ticks=clock_ticks, clock_ms=clock)


async def test_an_idle_partition_gets_the_newest_watermark(outbox: Written) -> None:
    """A caught-up partition that stood still between two looks is moved to the newest watermark of all."""
    stages: Any = [Stage(0, 5, 10 * MINUTE_MS), Stage(1, 9, 2 * MINUTE_MS)]
    looks = ticker(outbox, Clock(0))
    ends = {0: 8, 1: 9}
    await looks.tick(stages, [], lambda tp: ends[tp.partition])
    assert outbox.ticks == []
    await looks.tick(stages, [], lambda tp: ends[tp.partition])
    assert outbox.ticks == [(1, 10 * MINUTE_MS)]


async def test_the_watermarks_of_other_workers_count(outbox: Written) -> None:
    """What traces told of partitions owned elsewhere moves an idle partition too."""
    stages: Any = [Stage(0, 5, 2 * MINUTE_MS)]
    pooled: Any = [Pooled(7 * MINUTE_MS)]
    looks = ticker(outbox, Clock(0))
    for _ in range(2):
        await looks.tick(stages, pooled, lambda _: 5)
    assert outbox.ticks == [(0, 7 * MINUTE_MS)]


async def test_a_partition_with_records_to_read_gets_none(outbox: Written) -> None:
    """A partition that lags is not idle, however far behind its watermark is."""
    stages: Any = [Stage(0, 5, 0), Stage(1, 5, 10 * MINUTE_MS)]
    looks = ticker(outbox, Clock(0))
    for _ in range(3):
        await looks.tick(stages, [], lambda _: 6)
    assert outbox.ticks == []


@pytest.mark.parametrize(("clock_ticks", "expected"), [(True, [(0, 98 * MINUTE_MS)]), (False, [])])
async def test_the_clock_leads_when_all_stand_still(
    outbox: Written, clock_ticks: bool, expected: list[tuple[int, int]]
) -> None:
    """After a bucket's width without any progress the clock, less the lateness, is the time; unless switched off."""
    clock = Clock(99 * MINUTE_MS)
    stages: Any = [Stage(0, 5, 10 * MINUTE_MS)]
    looks = ticker(outbox, clock, clock_ticks=clock_ticks)
    for _ in range(2):
        await looks.tick(stages, [], lambda _: 5)
    assert outbox.ticks == []
    clock.now_ms += MINUTE_MS
    await looks.tick(stages, [], lambda _: 5)
    assert outbox.ticks == expected


@pytest.mark.parametrize(
    ("key", "headers", "expected"),
    [
        (None, [("tick", b"1700000000000")], 1_700_000_000_000),
        (b"account", [("tick", b"1700000000000")], None),
        (None, [("tick", b"soon")], None),
        (None, [("tick", b"-1")], None),
        (None, [("tick", b"9" * 16)], None),
        (None, [("other", b"1")], None),
    ],
)
def test_only_a_tick_is_a_tick(key: bytes | None, headers: list[tuple[str, bytes]], expected: int | None) -> None:
    """A record is a tick only without a key and with a plausible number in the header."""
    assert tick_of(key, headers) == expected
