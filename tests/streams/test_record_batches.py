"""Record batches as columns against aiokafka's own record iterator."""

from __future__ import annotations

import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from models.record import ByteColumn
from streams.record_batches import Columns, FetchedRecords

Record = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]

#: Beyond any limit.
_MANY = 1 << 40
_NOT_COMPRESSED, _CODECS = 0, (0, 1, 2, 3, 4)
_TRANSACTIONAL_BIT, _APPEND_TIME_BIT = 0x10, 0x08
_ATTRIBUTES_AT, _CHECKED_FROM, _CHECKSUM_AT, _LAST_TIME_AT = 21, 21, 17, 35

_STRINGS = st.none() | st.binary(max_size=300)
_HEADERS = st.lists(st.tuples(st.text(max_size=4), _STRINGS), max_size=2)
_RECORDS = st.lists(st.tuples(_STRINGS, _STRINGS, _HEADERS), min_size=1, max_size=40)


def batch(
    records: list[Record], base_offset: int, codec: int = _NOT_COMPRESSED, *, transactional: bool = False
) -> bytes:
    """One record batch as a broker sends it."""
    builder = DefaultRecordBatchBuilder(2, codec, int(transactional), 7 if transactional else -1, 0, 0, 1 << 20)
    for number, (key, value, headers) in enumerate(records):
        builder.append(number, 1_000 + 3 * number, key, value, headers)
    encoded = bytearray(builder.build())
    encoded[:8] = base_offset.to_bytes(8, "big")
    return bytes(encoded)


def iterated(raw: bytes, position: int) -> list[tuple[object, ...]]:
    """Records as aiokafka's iterator gives them."""
    tp = TopicPartition("requests", 0)
    records = PartitionRecords(tp, MemoryRecords(raw), [], position, None, None, True, READ_COMMITTED)
    return [(record.offset, record.timestamp, record.key, record.value, list(record.headers)) for record in records]


def rows(columns: Columns) -> list[tuple[object, ...]]:
    """The same of columns."""
    return [
        (offset, time_ms, key, value, columns.headers_of(index))
        for index, (offset, time_ms, key, value) in enumerate(
            zip(columns.offsets.tolist(), columns.times_ms.tolist(), columns.keys, columns.values, strict=True)
        )
    ]


def taken(fetched: FetchedRecords, position: int, max_records: int = _MANY, max_bytes: int = _MANY) -> list[Columns]:
    """All that a fetch holds, as the fetch loop takes it."""
    runs = []
    while not fetched.used_up:
        columns = fetched.take(position, max_records, max_bytes)
        assert columns is not None
        position = columns.next_offset
        runs.append(columns)
    return runs


@given(
    st.lists(st.tuples(_RECORDS, st.sampled_from(_CODECS)), min_size=1, max_size=5),
    st.integers(0, 60),
    st.integers(1, 50),
    st.integers(1, 2_000),
    st.binary(max_size=80),
)
def test_columns_hold_what_the_iterator_gives(
    batches: list[tuple[list[Record], int]], skipped: int, max_records: int, max_bytes: int, rest: bytes
) -> None:
    """Whatever the codec, the position, the limits and what follows cut off, every record comes once, as it was."""
    raw, offset = b"", 40
    for records, codec in batches:
        raw += batch(records, offset, codec)
        offset += len(records)
    cut_off = batch([(b"key", bytes(100), [])], offset)[: len(rest)]
    # A broker sends no batch that ends before the position.
    position = 40 + skipped % len(batches[0][0])
    runs = taken(FetchedRecords(raw + cut_off), position, max_records, max_bytes)
    assert [row for run in runs for row in rows(run)] == iterated(raw, position)
    assert runs[-1].next_offset == max(offset, position)
    assert all(len(run) <= max_records for run in runs)


def test_append_times_of_the_broker_count() -> None:
    """Where the broker stamps batches with its own time, that is the time of every record."""
    raw = bytearray(batch([(b"k", b"v", []), (b"k", b"w", [])], 0))
    raw[_ATTRIBUTES_AT + 1] |= _APPEND_TIME_BIT
    raw[_LAST_TIME_AT : _LAST_TIME_AT + 8] = (5_000).to_bytes(8, "big")
    (run,) = taken(FetchedRecords(_sealed(raw)), 0)
    assert run.times_ms.tolist() == [5_000, 5_000]
    assert rows(run) == iterated(_sealed(raw), 0)


def test_a_transaction_is_left_to_the_iterator() -> None:
    """Batches up to the first that needs judgement are taken; the iterator goes on exactly there."""
    plain, bound = batch([(b"a", b"1", [])], 0), batch([(b"b", b"2", [])], 1, transactional=True)
    fetched = FetchedRecords(plain + bound + batch([(b"c", b"3", [])], 2))
    first = fetched.take(0, _MANY, _MANY)
    assert first is not None
    assert first.offsets.tolist() == [0]
    assert not fetched.used_up
    assert fetched.take(1, _MANY, _MANY) is None
    assert fetched.take(1, _MANY, _MANY) is None
    records = PartitionRecords(TopicPartition("requests", 0), fetched, [], 1, None, None, True, READ_COMMITTED)
    assert [record.value for record in records] == [b"2", b"3"]


def test_a_damaged_batch_is_refused_as_aiokafka_refuses_it() -> None:
    """A checksum that does not hold is the iterator's to report."""
    raw = bytearray(batch([(b"a", b"value", [])], 0))
    raw[-2] ^= 1
    fetched = FetchedRecords(bytes(raw))
    assert fetched.take(0, _MANY, _MANY) is None
    with pytest.raises(CorruptRecordException):
        list(PartitionRecords(TopicPartition("requests", 0), fetched, [], 0, None, None, True, READ_COMMITTED))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_batch_of_another_number_of_records_is_left(count: int) -> None:
    """Records that are not as many as the header says are not guessed at, though the checksum holds."""
    raw = bytearray(batch([(b"a", b"1", []), (b"b", b"2", [])], 0))
    raw[57:61] = count.to_bytes(4, "big")
    assert FetchedRecords(_sealed(raw)).take(0, _MANY, _MANY) is None


@given(st.binary(min_size=1, max_size=60), st.integers(1, 4))
def test_no_bytes_within_a_batch_lead_out_of_it(payload: bytes, count: int) -> None:
    """Records of any bytes under a right checksum are read within the batch or left, never beyond it."""
    raw = bytearray(batch([(b"a", b"1", [])], 0)[:61]) + payload
    raw[8:12] = (len(raw) - 12).to_bytes(4, "big")
    raw[57:61] = count.to_bytes(4, "big")
    columns = FetchedRecords(_sealed(raw)).take(0, _MANY, _MANY)
    for column in (columns.keys, columns.values) if columns is not None else ():
        assert isinstance(column, ByteColumn)
        assert all(
            61 <= start <= end <= len(raw) for start, end in zip(column.starts, column.ends, strict=True) if start >= 0
        )


def _sealed(raw: bytearray) -> bytes:
    raw[_CHECKSUM_AT : _CHECKSUM_AT + 4] = calc_crc32c(bytes(raw[_CHECKED_FROM:])).to_bytes(4, "big")
    return bytes(raw)
