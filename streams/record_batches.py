"""Kafka's record batches (message format 2, KIP-98) as columns, without an object a record.

Only what needs no judgement is read here: batches of ordinary records whose checksum holds. At the first of any other
kind (of a transaction, a marker, an older format, damaged) aiokafka's own iterator takes over for the rest of a fetch.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from struct import Struct
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from aiokafka import codec
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c, decode_varint
from numba import njit

from models.record import ByteColumn

Int64s = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

# Base offset, length of what follows, leader epoch, magic, checksum, attributes, last offset's distance from the base,
# first and last timestamp, producer, its epoch, sequence, number of records.
_HEADER = Struct(">qiibIhiqqqhii")
_LENGTH_END, _CHECKED_FROM = 12, 21
_MAGIC = 2
_CODEC, _LOG_APPEND_TIME, _TRANSACTIONAL, _CONTROL = 0x07, 0x08, 0x10, 0x20
_DECODERS: dict[int, Callable[[Any], bytes]] = {
    1: codec.gzip_decode,
    2: codec.snappy_decode,
    3: codec.lz4_decode,
    4: codec.zstd_decode,
}

# Rows of the array that the kernel fills, one column a record.
_OFFSET, _TIME, _KEY, _KEY_END, _VALUE, _VALUE_END, _HEADERS = range(7)

_ZERO, _ONE, _ABSENT = np.int64(0), np.int64(1), np.int64(-1)


class Columns(msgspec.Struct, frozen=True, gc=False):
    """Ordinary records of one partition in offset order: ``offsets`` and broker or producer ``times_ms`` (int64).

    ``headers`` (int64): where in ``values.buffer`` a record's headers begin, their number first. ``next_offset``: the
    position after them, past offsets that hold no record.
    """

    offsets: Int64s
    times_ms: Int64s
    keys: ByteColumn
    values: ByteColumn
    headers: Int64s
    next_offset: int

    def __len__(self) -> int:
        return len(self.offsets)

    def cut(self, count: int) -> tuple[Columns, Columns]:
        """The first ``count`` records, fewer than all, and the others."""
        first, others = self._part(slice(count)), self._part(slice(count, None))
        return msgspec.structs.replace(first, next_offset=int(self.offsets[count - 1]) + 1), others

    def _part(self, part: slice) -> Columns:
        return Columns(
            self.offsets[part],
            self.times_ms[part],
            self.keys[part],
            self.values[part],
            self.headers[part],
            self.next_offset,
        )

    def headers_of(self, index: int) -> list[tuple[str, bytes | None]]:
        """Names and values of one record's headers."""
        buffer, at = self.values.buffer, int(self.headers[index])
        count, at = decode_varint(buffer, at)
        found = []
        for _ in range(count):
            name, at = _take(buffer, at)
            value, at = _take(buffer, at)
            found.append(((name or b"").decode(errors="replace"), value))
        return found


class FetchedRecords:
    """What a broker sent of one partition; stands where aiokafka's fetcher keeps its ``MemoryRecords``.

    Args:
        raw: record batches one after another, the last perhaps cut off.

    """

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0
        self._left: Columns | None = None
        self._iterated = MemoryRecords(raw)
        self._given_up = False

    def has_next(self) -> bool:
        """Whether aiokafka's iterator has another batch."""
        more: bool = self._iterated.has_next()
        return more

    def next_batch(self) -> Any:
        """Give aiokafka's iterator its next batch."""
        return self._iterated.next_batch()

    def size_in_bytes(self) -> int:
        """Bytes that the broker sent."""
        return len(self._raw)

    def take(self, position: int, max_records: int, max_bytes: int) -> Columns | None:
        """The next records from offset ``position`` on, in whole batches as far as the limits allow.

        ``None`` once what is left has to be iterated. A batch larger than a limit is cut in about equal parts. Cost:
        about 0.2 microseconds a record of 1 KiB, mostly its checksum.
        """
        if self._given_up:
            return None
        columns, self._left = self._left, None
        if columns is None:
            columns = self._read(position, max_records, max_bytes)
        if columns is None:
            self._iterated = MemoryRecords(self._raw[self._at :])
            self._given_up = True
            return None
        size = int((columns.values.ends - columns.values.starts).sum())
        parts = min(len(columns), max(-(-len(columns) // max_records), -(-size // max_bytes)))
        if parts > 1:
            columns, self._left = columns.cut(-(-len(columns) // parts))
        return columns

    @property
    def used_up(self) -> bool:
        """Whether nothing is left, neither here nor to be iterated."""
        return self._left is None and _whole_batch(self._raw, self._at) is None

    def _read(self, position: int, max_records: int, max_bytes: int) -> Columns | None:
        """Whole batches until one more would pass a limit, but at least one."""
        batches: list[_Batch] = []
        records = size = 0
        at = self._at
        while (batch := _plain_batch(self._raw, at)) is not None:
            records += batch.records
            size += batch.end - batch.start
            if batches and (records > max_records or size > max_bytes):
                break
            batches.append(batch)
            at = batch.next_at
        columns = _columns(batches, position) if batches else None
        if columns is not None:
            self._at = at
        return columns


class _Batch(NamedTuple):
    """One batch: its records' bytes (``source`` from ``start`` to ``end``), and where the next batch begins."""

    source: bytes
    start: int
    end: int
    next_at: int
    base_offset: int
    next_offset: int
    first_time_ms: int
    append_time_ms: int
    records: int


def _take(buffer: bytes, at: int) -> tuple[bytes | None, int]:
    size, at = decode_varint(buffer, at)
    return (None, at) if size < 0 else (buffer[at : at + size], at + size)


def _whole_batch(raw: bytes, at: int) -> tuple[int, ...] | None:
    """Header of the batch at ``at``, ``None`` at the end and where the rest of it was not sent."""
    if len(raw) - at < _HEADER.size:
        return None
    header = _HEADER.unpack_from(raw, at)
    return header if at + _LENGTH_END + header[1] <= len(raw) else None


def _plain_batch(raw: bytes, at: int) -> _Batch | None:
    """The batch at ``at``, its records decompressed; ``None`` if it is for aiokafka's iterator, or there is none."""
    header = _whole_batch(raw, at)
    if header is None:
        return None
    base_offset, length, _, magic, checksum, attributes, last_delta, first_ms, last_ms, _, _, _, count = header
    start, end = at + _HEADER.size, at + _LENGTH_END + length
    if magic != _MAGIC or end < start or attributes & (_TRANSACTIONAL | _CONTROL) or not 0 <= count <= end - start:
        return None
    view = memoryview(raw)
    if calc_crc32c(view[at + _CHECKED_FROM : end]) != checksum:
        return None
    next_offset, append_ms = base_offset + last_delta + 1, last_ms if attributes & _LOG_APPEND_TIME else -1
    if compression := attributes & _CODEC:
        if compression not in _DECODERS:
            return None
        payload = _DECODERS[compression](view[start:end])
        return _Batch(payload, 0, len(payload), end, base_offset, next_offset, first_ms, append_ms, count)
    return _Batch(raw, start, end, end, base_offset, next_offset, first_ms, append_ms, count)


def _columns(batches: list[_Batch], position: int) -> Columns | None:
    """Records from ``position`` on; ``None`` if a batch does not hold what its header says."""
    source = batches[0].source
    starts = [batch.start for batch in batches]
    if any(batch.source is not source for batch in batches):
        parts = [memoryview(batch.source)[batch.start : batch.end] for batch in batches]
        starts = [0, *accumulate(map(len, parts[:-1]))]
        source = b"".join(parts)
    buffer = np.frombuffer(source, dtype=np.uint8)
    columns = np.empty((7, sum(batch.records for batch in batches)), dtype=np.int64)
    filled = 0
    for batch, start in zip(batches, starts, strict=True):
        place = columns[:, filled : filled + batch.records]
        bounds = np.int64(start), np.int64(start + batch.end - batch.start)
        times_ms = np.int64(batch.first_time_ms), np.int64(batch.append_time_ms)
        if not _split(buffer, *bounds, np.int64(batch.base_offset), *times_ms, place):
            return None
        filled += batch.records
    fresh = columns if not filled or columns[_OFFSET, 0] >= position else columns[:, columns[_OFFSET] >= position]
    return Columns(
        fresh[_OFFSET],
        fresh[_TIME],
        ByteColumn(source, fresh[_KEY], fresh[_KEY_END]),
        ByteColumn(source, fresh[_VALUE], fresh[_VALUE_END]),
        fresh[_HEADERS],
        max(position, batches[-1].next_offset),
    )


@njit(cache=True)
def _varint(buffer: Bytes, at: np.int64, end: np.int64) -> tuple[np.int64, np.int64]:
    """A zigzag number of at most ten bytes and where it ends; past ``end`` if it does not end before it."""
    number, shift = np.uint64(0), np.uint64(0)
    while at < end and shift < np.uint64(70):
        byte = np.uint64(buffer[at])
        at += _ONE
        number |= (byte & np.uint64(0x7F)) << shift
        if byte < np.uint64(0x80):
            return np.int64(number >> np.uint64(1)) ^ -np.int64(number & np.uint64(1)), at
        shift += np.uint64(7)
    return np.int64(0), end + _ONE


@njit(cache=True)
def _split(
    buffer: Bytes,
    at: np.int64,
    end: np.int64,
    base_offset: np.int64,
    first_ms: np.int64,
    append_ms: np.int64,
    columns: Int64s,
) -> bool:
    """Fill the columns of one batch's records; whether the records are as many as there are columns, and whole."""
    for record in range(columns.shape[1]):
        size, at = _varint(buffer, at, end)
        stop = at + size
        if size < _ONE or stop > end:
            return False
        delta_ms, at = _varint(buffer, at + _ONE, stop)
        delta, at = _varint(buffer, at, stop)
        columns[_OFFSET, record] = base_offset + delta
        columns[_TIME, record] = append_ms if append_ms >= _ZERO else first_ms + delta_ms
        for part in (_KEY, _VALUE):
            length, at = _varint(buffer, at, stop)
            if length > stop - at:
                return False
            columns[part, record] = at if length >= _ZERO else _ABSENT
            at += max(length, _ZERO)
            columns[part + 1, record] = at
        if at >= stop:
            return False
        columns[_HEADERS, record] = at
        at = stop
    return bool(at == end)
