"""Files of events: JSON lines, plain or compressed (.gz, .zst), read as records of partitions."""

from __future__ import annotations

import base64
import gzip
import io
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO

import msgspec
import zstandard
from aiokafka.partitioner import murmur2

from models.record import Records

#: Events between two looks at idle partitions. Fixed, because effective times of late events depend on it.
TICK_EVERY_EVENTS = 500

_UNKNOWN_APPEND_TIME_MS = -1


class RecordedRecord(msgspec.Struct, omit_defaults=True):
    """One record as a topic held it; bytes that are no UTF-8 stand in base64 in ``*_base64``."""

    partition: int
    offset: int
    append_time_ms: int
    key: str | None = None
    key_base64: str | None = None
    value: str | None = None
    value_base64: str | None = None
    tick_ms: int | None = None

    @classmethod
    def of(cls, records: Records, index: int) -> RecordedRecord:
        """The record at ``index`` of a run."""
        key, key_base64 = _text_or_base64(records.keys[index])
        value, value_base64 = _text_or_base64(records.values[index])
        return cls(
            records.partition,
            records.offsets[index],
            records.append_times_ms[index],
            key,
            key_base64,
            value,
            value_base64,
            records.ticks_ms[index],
        )

    def key_bytes(self) -> bytes | None:
        """The record's key."""
        return _bytes_of(self.key, self.key_base64)

    def value_bytes(self) -> bytes | None:
        """The record's value."""
        return _bytes_of(self.value, self.value_base64)


def _text_or_base64(value: bytes | None) -> tuple[str | None, str | None]:
    if value is None:
        return None, None
    try:
        return value.decode(), None
    except UnicodeDecodeError:
        return None, base64.b64encode(value).decode()


def _bytes_of(text: str | None, encoded: str | None) -> bytes | None:
    if encoded is not None:
        return base64.b64decode(encoded)
    return None if text is None else text.encode()


class _Envelope(msgspec.Struct):
    account_id: str


_ENVELOPE = msgspec.json.Decoder(_Envelope)


@lru_cache(maxsize=1 << 18)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition that Java's and aiokafka's default partitioner choose for a key (murmur2)."""
    hashed: int = murmur2(key)
    return (hashed & 0x7FFFFFFF) % partitions


def open_lines(path: Path, advanced: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    """The non-empty lines of a file; ``advanced`` hears how many bytes of the file were read since it last heard."""
    with path.open("rb") as raw:
        seen = 0
        for line in _uncompressed(path, raw):
            position = raw.tell()
            if position != seen:
                advanced(position - seen)
                seen = position
            if line := line.strip():
                yield line


def _uncompressed(path: Path, raw: IO[bytes]) -> IO[bytes]:
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.GzipFile(fileobj=raw))
    if path.suffix == ".zst":
        reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
        return io.BufferedReader(reader)
    return raw


def event_runs(
    lines: Iterator[bytes], partitions: int, watermark: Callable[[int], int], bucket_ms: int
) -> Iterator[tuple[Records, int]]:
    """Cut a file of events into runs of records, as a producer of the requests topic would have placed them.

    Every ``TICK_EVERY_EVENTS`` lines the partitions that lag the newest by a bucket get a tick, as the owner of an idle
    partition writes one live; ``watermark`` answers each partition's. A last, shorter run gets no ticks, so that
    a prefix of a file leads to a prefix of its alerts.
    """
    next_offsets = [0] * partitions
    while True:
        runs = [_empty_run(number) for number in range(partitions)]
        count = 0
        for line in lines:
            _append(runs, next_offsets, line, partitions)
            count += 1
            if count == TICK_EVERY_EVENTS:
                break
        for run in runs:
            if len(run):
                yield run, next_offsets[run.partition]
        if count < TICK_EVERY_EVENTS:
            return
        yield from _ticks(partitions, next_offsets, watermark, bucket_ms)


def _ticks(
    partitions: int, next_offsets: list[int], watermark: Callable[[int], int], bucket_ms: int
) -> Iterator[tuple[Records, int]]:
    newest_ms = max(watermark(number) for number in range(partitions))
    for number in range(partitions):
        if watermark(number) // bucket_ms < newest_ms // bucket_ms:
            offset = next_offsets[number]
            next_offsets[number] += 1
            tick = Records("requests", number, [offset], [_UNKNOWN_APPEND_TIME_MS], [None], [None], [newest_ms])
            yield tick, offset + 1


def _append(runs: list[Records], next_offsets: list[int], line: bytes, partitions: int) -> None:
    try:
        key: bytes | None = _ENVELOPE.decode(line).account_id.encode()
    except (msgspec.MsgspecError, UnicodeError):
        key = None
    run = runs[partition_of(key, partitions) if key is not None else 0]
    run.offsets.append(next_offsets[run.partition])
    run.append_times_ms.append(_UNKNOWN_APPEND_TIME_MS)
    run.keys.append(key)
    run.values.append(line)
    run.ticks_ms.append(None)
    next_offsets[run.partition] += 1


def recorded_runs(lines: Iterator[bytes], max_records: int = 1_000) -> Iterator[tuple[Records, int]]:
    """Cut a recording (``stillwatch topics --record``) into runs of records with the coordinates they had."""
    runs: dict[int, Records] = {}
    decoder = msgspec.json.Decoder(RecordedRecord)
    for line in lines:
        record = decoder.decode(line)
        run = runs.setdefault(record.partition, _empty_run(record.partition))
        run.offsets.append(record.offset)
        run.append_times_ms.append(record.append_time_ms)
        run.keys.append(record.key_bytes())
        run.values.append(record.value_bytes())
        run.ticks_ms.append(record.tick_ms)
        if len(run) >= max_records:
            yield run, record.offset + 1
            runs[record.partition] = _empty_run(record.partition)
    for run in runs.values():
        if len(run):
            yield run, run.offsets[-1] + 1


def _empty_run(partition: int) -> Records:
    return Records("requests", partition, [], [], [], [], [])
