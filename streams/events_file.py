"""Files of events: JSON lines, plain or compressed (.gz, .zst), read as records of partitions."""

from __future__ import annotations

import base64
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import msgspec
import zstandard
from aiokafka.partitioner import murmur2

from models.record import Records

#: Events between two looks at idle partitions. Fixed, because effective times of late events depend on it.
TICK_EVERY_EVENTS = 500

_UNKNOWN_APPEND_TIME_MS = -1

_COMPRESSED_CHUNK_BYTES = 16 << 10


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
        """The record's key; raises ``ValueError`` for bad base64."""
        return _bytes_of("key_base64", self.key, self.key_base64)

    def value_bytes(self) -> bytes | None:
        """The record's value; raises ``ValueError`` for bad base64."""
        return _bytes_of("value_base64", self.value, self.value_base64)


def _text_or_base64(value: bytes | None) -> tuple[str | None, str | None]:
    if value is None:
        return None, None
    try:
        return value.decode(), None
    except UnicodeDecodeError:
        return None, base64.b64encode(value).decode()


def _bytes_of(field: str, text: str | None, encoded: str | None) -> bytes | None:
    if encoded is None:
        return None if text is None else text.encode()
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from error


class _Envelope(msgspec.Struct):
    account_id: str


_ENVELOPE = msgspec.json.Decoder(_Envelope)


@lru_cache(maxsize=1 << 18)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition that Java's and aiokafka's default partitioner choose for a key (murmur2)."""
    hashed: int = murmur2(key)
    return (hashed & 0x7FFFFFFF) % partitions


def open_lines(path: Path, advanced: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    """The non-empty lines of a file; ``advanced`` hears how many bytes of the file were read since it last heard.

    Raises ``OSError`` that names the file if it cannot be read, is cut off or not compressed as its name says.
    """
    with path.open("rb") as raw:
        seen = 0
        try:
            for line in _uncompressed(path, raw):
                position = raw.tell()
                if position != seen:
                    advanced(position - seen)
                    seen = position
                if line := line.strip():
                    yield line
        except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
            raise OSError(f"{path}: damaged or no {path.suffix} file ({error}); write or copy it again") from error


def _uncompressed(path: Path, raw: IO[bytes]) -> IO[bytes]:
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.GzipFile(fileobj=raw))
    if path.suffix == ".zst":
        return io.BufferedReader(_ZstdFrames(raw))
    return raw


class _ZstdFrames(io.RawIOBase):
    """All frames of a file; unlike zstandard's own reader it refuses a file that ends within a frame."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._chunks = _zstd_chunks(raw)
        self._rest = b""

    def readable(self) -> bool:
        """Asked by ``BufferedReader``."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as the present chunk goes; 0 at the end."""
        self._rest = self._rest or next(self._chunks, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _zstd_chunks(raw: IO[bytes]) -> Iterator[bytes]:
    frame = None
    while compressed := raw.read(_COMPRESSED_CHUNK_BYTES):
        while compressed:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            if chunk := frame.decompress(compressed):
                yield chunk
            compressed = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("it ends within a frame")


class _Filling:
    """A run of one partition to which records are still added."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.offsets: list[int] = []
        self._append_times_ms: list[int] = []
        self._keys: list[bytes | None] = []
        self._values: list[bytes | None] = []
        self._ticks_ms: list[int | None] = []

    def append(
        self, offset: int, append_time_ms: int, key: bytes | None, value: bytes | None, tick_ms: int | None
    ) -> None:
        self.offsets.append(offset)
        self._append_times_ms.append(append_time_ms)
        self._keys.append(key)
        self._values.append(value)
        self._ticks_ms.append(tick_ms)

    def records(self) -> Records:
        return Records(
            "requests", self.partition, self.offsets, self._append_times_ms, self._keys, self._values, self._ticks_ms
        )


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
        runs = [_Filling(number) for number in range(partitions)]
        count = 0
        for line in lines:
            _append(runs, next_offsets, line, partitions)
            count += 1
            if count == TICK_EVERY_EVENTS:
                break
        for run in runs:
            if run.offsets:
                yield run.records(), next_offsets[run.partition]
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


def _append(runs: list[_Filling], next_offsets: list[int], line: bytes, partitions: int) -> None:
    try:
        key: bytes | None = _ENVELOPE.decode(line).account_id.encode()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        key = None
    run = runs[partition_of(key, partitions) if key is not None else 0]
    run.append(next_offsets[run.partition], _UNKNOWN_APPEND_TIME_MS, key, line, None)
    next_offsets[run.partition] += 1


def recorded_runs(lines: Iterator[bytes], partitions: int, max_records: int = 1_000) -> Iterator[tuple[Records, int]]:
    """Cut a recording (``stillwatch topics --record``) into runs of records with the coordinates they had.

    Raises ``ValueError`` that names the record and the field of what cannot have been recorded like this.
    """
    runs: dict[int, _Filling] = {}
    next_offsets = [0] * partitions
    decoder = msgspec.json.Decoder(RecordedRecord)
    for number, line in enumerate(lines, 1):
        try:
            record = decoder.decode(line)
            _check_coordinates(record, next_offsets)
            key, value = record.key_bytes(), record.value_bytes()
        except (msgspec.MsgspecError, ValueError) as error:
            raise ValueError(f"record {number} of the recording: {error}") from error
        next_offsets[record.partition] = record.offset + 1
        run = runs.setdefault(record.partition, _Filling(record.partition))
        run.append(record.offset, record.append_time_ms, key, value, record.tick_ms)
        if len(run.offsets) >= max_records:
            yield runs.pop(record.partition).records(), record.offset + 1
    for run in runs.values():
        yield run.records(), run.offsets[-1] + 1


def _check_coordinates(record: RecordedRecord, next_offsets: list[int]) -> None:
    if not 0 <= record.partition < len(next_offsets):
        raise ValueError(
            f"partition={record.partition}: the settings say {len(next_offsets)} partitions; set "
            "STILLWATCH_DETECTION__PARTITIONS to the recorded topic's number"
        )
    if record.offset < next_offsets[record.partition]:
        raise ValueError(
            f"offset={record.offset}: partition {record.partition} was read to {next_offsets[record.partition] - 1} "
            "already; give each recording once, the oldest first"
        )
