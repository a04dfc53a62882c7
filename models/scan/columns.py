"""Scan: records straight from bytes to columns, without an object an event; what is unusual is left to ``decode_one``.

Of what the scan takes, ``decode_one`` and ``read_fields`` make the same; of what it leaves, they say what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from models.account_row import Record
from models.features import FEATURES, Flag
from models.fields import ADDRESS, CONVERSATION, END_USER, EVENT_ID, ORGANIZATION, PAYMENT
from models.record import ByteColumn, Records
from models.scan.bytes8 import Bytes
from models.scan.event import FIELD_COUNT, Numbers, Spans, scan_event
from models.scan.table import number_of
from models.scan.xxh3 import MAX_BYTES, xxh3_kernel
from models.text import Encoded, settle_complex

# A NUL byte ends every scan, and the kernels look less than this far ahead.
_PAD = bytes(64)

_ONE, _ABSENT = np.uint64(1), np.uint64(0)
_LINE_FEED, _DELETE = ord("\n"), 0x7F
_MULTI_TURN, _REFUSED = np.uint16(Flag.MULTI_TURN), np.uint16(Flag.REFUSED)
_USES_TOOLS, _HAS_END_USER = np.uint16(Flag.USES_TOOLS), np.uint16(Flag.HAS_END_USER)

_I_ACCOUNT, _I_TIME, _I_EVENT, _I_USER, _I_PAYMENT, _I_PREFIX, _I_ADDRESS = (
    number_of(name)
    for name in (
        *("account_id", "event_time", "event_id", "end_user_hash", "payment_hash", "ip_prefix_hash", "ip_hash"),
    )
)
_I_CONVERSATION, _I_ROOT, _I_ORGANIZATION, _I_INPUT, _I_OUTPUT, _I_PROMPT = (
    number_of(name)
    for name in ("conversation_id", "root_hash", "organization_id", "input_tokens", "output_tokens", "prompt_text")
)
_I_TURNS, _I_REFUSED, _I_OFFERED, _I_CALLED = (
    number_of(name) for name in ("turn_count", "refused", "tool_count", "tool_call_count")
)


class Joined(NamedTuple):
    """Byte strings in one buffer (uint8) that ends with room to look ahead, and where each begins and ends (uint64)."""

    buffer: Bytes
    starts: Spans
    ends: Spans


class Scanned(NamedTuple):
    """What a scan took: ``taken`` (bool, per record); ``rows`` and ``texts`` as in ``models.fields.Fields``.

    Rows of records that were left are blank, their texts empty.
    """

    taken: npt.NDArray[np.bool_]
    rows: npt.NDArray[np.void]
    texts: Encoded


class Scanner:
    """Reads events as their producers write them; it learns the order of their fields, which changes only the cost.

    Cost: about 2 microseconds an event of 900 bytes, half of it the text (``tests/benchmarks/decode_cost.py``).

    Args:
        seeds: ``models.fields.field_seeds`` of the key.
        max_prompt_bytes: as for the ``Featuriser``.

    """

    def __init__(self, seeds: Sequence[int], max_prompt_bytes: int) -> None:
        self._seeds = np.array(seeds, dtype=np.uint64)
        self._max_prompt_bytes = max_prompt_bytes
        self._order = np.zeros(FIELD_COUNT, dtype=np.int8)

    def scan(self, records: Records) -> Scanned:
        """Scan a run of records; ticks and records without a value are left. Looks at no time and at no size."""
        values, keys = _joined(records.values, records.keys)
        rows = np.zeros(len(records), dtype=FEATURES)
        taken = np.array([tick is None for tick in records.ticks_ms], dtype=np.bool_)
        wide = np.zeros(len(records), dtype=np.bool_)
        begins, ends = values.starts.astype(np.int64), values.starts.astype(np.int64)
        _scan(values, keys, self._order, self._seeds, self._max_prompt_bytes, rows, taken, wide, begins, ends)
        texts = Encoded(values.buffer.data, begins, ends)
        if wide.any():
            texts = settle_complex(texts, np.flatnonzero(wide), self._max_prompt_bytes)
        return Scanned(taken, rows, texts)


def _joined(values: Sequence[bytes | None], keys: Sequence[bytes | None]) -> tuple[Joined, Joined]:
    """Values and keys, absent ones empty, in memory of their own: once copied if they lie in one buffer."""
    if isinstance(values, ByteColumn) and isinstance(keys, ByteColumn) and values.buffer is keys.buffer:
        return _copied(values, keys)
    return joined([value or b"" for value in values]), joined([key or b"" for key in keys])


def _copied(values: ByteColumn, keys: ByteColumn) -> tuple[Joined, Joined]:
    places = np.concatenate([values.starts, keys.starts])
    first = int(places[places >= 0].min(initial=len(values.buffer)))
    last = max(int(values.ends.max(initial=0)), int(keys.ends.max(initial=0)), first)
    buffer = np.zeros(last - first + len(_PAD), dtype=np.uint8)
    buffer[: last - first] = np.frombuffer(values.buffer, dtype=np.uint8, count=last - first, offset=first)
    # What is absent is as the NULs at the end.
    ends = np.where(values.starts < 0, last, values.ends) - first
    buffer[ends] = 0
    value_places = Joined(buffer, _placed(values.starts, first, last), ends.astype(np.uint64))
    key_ends = np.where(keys.starts < 0, last, keys.ends) - first
    return value_places, Joined(buffer, _placed(keys.starts, first, last), key_ends.astype(np.uint64))


def _placed(starts: npt.NDArray[np.int64], first: int, last: int) -> npt.NDArray[np.uint64]:
    placed: npt.NDArray[np.uint64] = (np.where(starts < 0, last, starts) - first).astype(np.uint64)
    return placed


def joined(parts: Sequence[bytes]) -> Joined:
    """Join byte strings, a NUL after each, in memory of their own."""
    ends = np.cumsum(np.fromiter(map(len, parts), dtype=np.int64, count=len(parts))) + np.arange(len(parts))
    starts = np.zeros(len(parts), dtype=np.uint64)
    starts[1:] = ends[:-1] + 1
    buffer = np.frombuffer(bytearray(b"\0").join([*parts, _PAD]), dtype=np.uint8)
    return Joined(buffer, starts, ends.astype(np.uint64))


@njit(cache=True)
def _scan(
    values: Joined,
    keys: Joined,
    order: npt.NDArray[np.int8],
    seeds: npt.NDArray[np.uint64],
    max_prompt_bytes: int,
    rows: npt.NDArray[np.void],
    taken: npt.NDArray[np.bool_],
    wide: npt.NDArray[np.bool_],
    text_starts: npt.NDArray[np.int64],
    text_ends: npt.NDArray[np.int64],
) -> None:
    starts = np.zeros(FIELD_COUNT, dtype=np.uint64)
    stops = np.zeros(FIELD_COUNT, dtype=np.uint64)
    numbers = np.zeros(FIELD_COUNT, dtype=np.int64)
    for index in range(len(rows)):
        at, end = values.starts[index], values.ends[index]
        present, ascii_only = np.uint64(0), True
        if taken[index]:
            present, ascii_only = scan_event(values.buffer, at, end, order, starts, stops, numbers)
        taken[index] = (
            present != 0
            and _is_key(values.buffer, starts[_I_ACCOUNT], stops[_I_ACCOUNT], keys, index)
            and _fill(rows[index], values.buffer, present, starts, stops, numbers, seeds)
        )
        stop = at
        if taken[index] and present >> np.uint64(_I_PROMPT) & _ONE:
            at, stop = starts[_I_PROMPT], stops[_I_PROMPT]
            if ascii_only:
                stop = min(stop, at + np.uint64(max_prompt_bytes))
            wide[index] = not ascii_only
        # Within the event, which was read, or in place of the NUL after an empty one.
        values.buffer[stop] = _LINE_FEED
        text_starts[index], text_ends[index] = np.int64(at), np.int64(stop)


@njit(cache=True)
def _is_key(buffer: Bytes, start: np.uint64, stop: np.uint64, keys: Joined, index: int) -> bool:
    """Whether an account id is the record's key, and free of the one control character that a plain string can hold."""
    key = keys.starts[index]
    same = bool(stop - start == keys.ends[index] - key)
    while same and start < stop:
        same = bool(buffer[start] == keys.buffer[key] and buffer[start] != _DELETE)
        start += _ONE
        key += _ONE
    return same


@njit(cache=True)
def _length(number: int, present: np.uint64, starts: Spans, stops: Spans) -> np.uint64:
    """Bytes of a string, 0 if it is absent."""
    return stops[number] - starts[number] if present >> np.uint64(number) & _ONE else _ABSENT


@njit(cache=True)
def _identity(
    buffer: Bytes, number: int, other: int, present: np.uint64, starts: Spans, stops: Spans, seed: np.uint64
) -> tuple[np.uint64, bool]:
    """``models.hashing.identity`` of a field, or of another if it is absent or empty, and whether that was possible."""
    if _length(number, present, starts, stops) == _ABSENT:
        number = other
    length = _length(number, present, starts, stops)
    if length == _ABSENT or length > np.uint64(MAX_BYTES):
        return _ABSENT, length == _ABSENT
    return max(xxh3_kernel(buffer, starts[number], length, seed), _ONE), True


@njit(cache=True)
def _positive(number: int, present: np.uint64, numbers: Numbers) -> bool:
    return bool(present >> np.uint64(number) & _ONE) and numbers[number] > 0


@njit(cache=True)
def _fill(
    row: Record,
    buffer: Bytes,
    present: np.uint64,
    starts: Spans,
    stops: Spans,
    numbers: Numbers,
    seeds: npt.NDArray[np.uint64],
) -> bool:
    """Fill a row of ``FEATURES``; ``False`` if a string is too long to be hashed here."""
    row.event_id, known = _identity(buffer, _I_EVENT, _I_EVENT, present, starts, stops, seeds[EVENT_ID])
    row.end_user, user = _identity(buffer, _I_USER, _I_USER, present, starts, stops, seeds[END_USER])
    row.payment, payment = _identity(buffer, _I_PAYMENT, _I_PAYMENT, present, starts, stops, seeds[PAYMENT])
    row.address, address = _identity(buffer, _I_PREFIX, _I_ADDRESS, present, starts, stops, seeds[ADDRESS])
    row.conversation, conversation = _identity(
        buffer, _I_CONVERSATION, _I_ROOT, present, starts, stops, seeds[CONVERSATION]
    )
    row.organization, organization = _identity(
        buffer, _I_ORGANIZATION, _I_ORGANIZATION, present, starts, stops, seeds[ORGANIZATION]
    )
    row.event_time_ms = numbers[_I_TIME]
    row.input_tokens = numbers[_I_INPUT]
    row.output_tokens = numbers[_I_OUTPUT]
    row.cell = -1
    flags = np.uint16(0)
    if present >> np.uint64(_I_TURNS) & _ONE and numbers[_I_TURNS] > 1:
        flags |= _MULTI_TURN
    if _positive(_I_REFUSED, present, numbers):
        flags |= _REFUSED
    if _positive(_I_OFFERED, present, numbers) or _positive(_I_CALLED, present, numbers):
        flags |= _USES_TOOLS
    if row.end_user != 0:
        flags |= _HAS_END_USER
    row.flags = flags
    return known and user and payment and address and conversation and organization
