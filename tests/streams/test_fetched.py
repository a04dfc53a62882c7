from __future__ import annotations

import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult, PartitionRecords
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import TopicPartition
from faust.types import TP

from streams.fetched import TICK_HEADER, FetchedBatch, unpack
from streams.record_batches import FetchedRecords

SOURCE = TP("requests", 0)
FIRST = 40

Record = tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]


def fetched(batches: list[list[Record]], position: int = FIRST) -> FetchResult:
    """What a fetch of these record batches gives to a consumer that stands at ``position``."""
    raw = b""
    offset = FIRST
    for batch in batches:
        builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
        for number, (key, value, headers) in enumerate(batch):
            builder.append(number, 1_000 + offset + number, key, value, headers)
        encoded = bytearray(builder.build())
        # The producer counts from 0; the broker writes the base offset.
        encoded[:8] = offset.to_bytes(8, "big")
        raw += encoded
        offset += len(batch)
    state = SubscriptionState()
    tp = TopicPartition(*SOURCE)
    state.assign_from_user([tp])
    state.seek(tp, position)
    records = PartitionRecords(tp, FetchedRecords(raw), [], position, None, None, True, READ_COMMITTED)
    return FetchResult(tp, assignment=state.subscription.assignment, partition_records=records, backoff=0)


def runs_of(result: FetchResult, max_records: int, max_bytes: int = 1 << 20) -> list[FetchedBatch]:
    """All runs of a result, as the fetch loop takes them."""
    runs = []
    while result.has_more():
        batch = unpack(SOURCE, result, max_records, max_bytes)
        if batch is not None:
            runs.append(batch)
    return runs


def plain(count: int, size: int = 3) -> list[Record]:
    """Records with distinct keys and values."""
    return [(f"k{number}".encode(), f"{number:0{size}}".encode(), []) for number in range(count)]


@pytest.mark.asyncio
@pytest.mark.parametrize("max_records", [1, 7, 64, 100, 150, 151, 1_000])
async def test_any_limit_gives_every_record_once(max_records: int) -> None:
    """However a fetch is cut, its runs hold every record in order, and each begins where the last ended."""
    batches = [plain(60), plain(1), plain(90)]
    runs = runs_of(fetched(batches), max_records)
    assert [offset for run in runs for offset in run.records.offsets] == list(range(FIRST, FIRST + 151))
    assert [value for run in runs for value in run.records.values] == [
        record[1] for batch in batches for record in batch
    ]
    assert [key for run in runs for key in run.records.keys] == [record[0] for batch in batches for record in batch]
    assert [time for run in runs for time in run.records.append_times_ms] == list(range(1_040, 1_191))
    assert all(len(run.records) <= max_records for run in runs)
    assert [run.from_offset for run in runs] == [FIRST, *(run.next_offset for run in runs[:-1])]
    assert runs[-1].next_offset == FIRST + 151


@pytest.mark.asyncio
async def test_a_run_ends_soon_after_its_limit_of_bytes() -> None:
    """Large values end a run before its limit of records, and none is lost."""
    runs = runs_of(fetched([plain(200, size=1_000)]), 1_000, 70_000)
    assert len(runs) > 1
    assert sum(len(run.records) for run in runs) == 200


@pytest.mark.asyncio
async def test_ticks_and_empty_values_are_told_apart() -> None:
    """A record without key and with the tick's header is a tick; the same header beside a key is none."""
    header = [(TICK_HEADER, b"1767225600000")]
    (run,) = runs_of(fetched([[(None, b"", header), (b"k", b"v", header), (None, None, [])]]), 10)
    assert run.records.ticks_ms == [1_767_225_600_000, None, None]
    assert list(run.records.values) == [b"", b"v", None]
    assert list(run.records.keys) == [None, b"k", None]


@pytest.mark.asyncio
async def test_records_before_the_position_are_passed_over() -> None:
    """A fetch brings whole batches; what lies before the position was read already."""
    (run,) = runs_of(fetched([plain(10)], position=FIRST + 4), 100)
    assert run.records.offsets == list(range(FIRST + 4, FIRST + 10))
    assert (run.from_offset, run.next_offset) == (FIRST + 4, FIRST + 10)


@pytest.mark.asyncio
async def test_a_stale_result_gives_nothing() -> None:
    """When the position moved after the fetch, nothing of it is used."""
    result = fetched([plain(3)])
    result._assignment.state_value(TopicPartition(*SOURCE)).seek(FIRST + 1)
    assert unpack(SOURCE, result, 10, 1 << 20) is None
    assert not result.has_more()
