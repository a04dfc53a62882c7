"""What enters and what is refused: records as a topic held them, and dead letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import overload

import msgspec
import numpy as np
import numpy.typing as npt


class ByteColumn(Sequence[bytes | None]):
    """Byte strings that lie in one buffer, made one by one only where somebody asks; ``None`` where one is absent.

    ``starts``, ``ends`` (int64): each one's place in ``buffer``; a negative start for an absent one.
    """

    __slots__ = ("buffer", "ends", "starts")

    def __init__(self, buffer: bytes, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> None:
        self.buffer = buffer
        self.starts = starts
        self.ends = ends

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, index: int) -> bytes | None: ...
    @overload
    def __getitem__(self, index: slice) -> ByteColumn: ...
    def __getitem__(self, index: int | slice) -> bytes | ByteColumn | None:
        if isinstance(index, slice):
            return ByteColumn(self.buffer, self.starts[index], self.ends[index])
        start = int(self.starts[index])
        return None if start < 0 else self.buffer[start : int(self.ends[index])]

    def __iter__(self) -> Iterator[bytes | None]:
        buffer = self.buffer
        for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True):
            yield None if start < 0 else buffer[start:end]


def sizes_of(column: Sequence[bytes | None]) -> npt.NDArray[np.int64]:
    """Bytes of each string of a column, 0 of an absent one."""
    if isinstance(column, ByteColumn):
        return np.where(column.starts < 0, 0, column.ends - column.starts)
    return np.fromiter((0 if value is None else len(value) for value in column), np.int64, len(column))


class Records(msgspec.Struct, frozen=True, gc=False):
    """One run of records of one partition, in offset order; the five columns have the same length.

    ``ticks_ms[i]`` is ``None`` for an ordinary record and the tick's watermark (epoch milliseconds) for a tick;
    ``append_times_ms`` are broker append times in epoch milliseconds.
    """

    topic: str
    partition: int
    offsets: list[int]
    append_times_ms: list[int]
    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    ticks_ms: list[int | None]

    def __len__(self) -> int:
        return len(self.offsets)

    def cut(self, first: int, last: int) -> Records:
        """The records from index ``first`` to before ``last``."""
        chunk = slice(first, last)
        return Records(
            self.topic,
            self.partition,
            self.offsets[chunk],
            self.append_times_ms[chunk],
            self.keys[chunk],
            self.values[chunk],
            self.ticks_ms[chunk],
        )


class Reason(StrEnum):
    """Why a record was refused (the ``reason`` of a dead letter)."""

    EMPTY = "empty"
    OVERSIZED = "oversized"
    INVALID_UTF8 = "invalid_utf8"
    INVALID_JSON = "invalid_json"
    TOO_DEEP = "too_deep"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_SCHEMA_VERSION = "unknown_schema_version"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    NOT_FINITE = "not_finite"
    INVALID_TIME = "invalid_time"
    TOO_FAR_IN_FUTURE = "too_far_in_future"
    TOO_OLD = "too_old"
    MISSING_KEY = "missing_key"
    KEY_MISMATCH = "key_mismatch"
    DUPLICATE = "duplicate"


class DeadLetter(msgspec.Struct, frozen=True):
    """A refused record's coordinates, never its payload (topic ``dead-letters.v1``).

    ``field`` is the path of the offending field (``$.input_tokens``), ``$`` for the whole value, ``key`` for the
    record's key. ``detail`` names what was expected, not the value that was found where that could be prompt text.
    """

    topic: str
    partition: int
    offset: int
    field: str
    reason: Reason
    detail: str
    append_time_ms: int
    schema_version: int = 1
