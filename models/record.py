"""What enters and what is refused: records as a topic held them, and dead letters."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Records(msgspec.Struct, frozen=True, gc=False):
    """One run of records of one partition, in offset order; the five lists have the same length.

    ``ticks_ms[i]`` is ``None`` for an ordinary record and the tick's watermark (epoch milliseconds) for a tick;
    ``append_times_ms`` are broker append times in epoch milliseconds.
    """

    topic: str
    partition: int
    offsets: list[int]
    append_times_ms: list[int]
    keys: list[bytes | None]
    values: list[bytes | None]
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
