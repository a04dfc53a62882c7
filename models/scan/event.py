"""One event from its bytes for kernels: every field checked, where the strings stand, the prompt's text unescaped."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from models.scan.bytes8 import Bytes, word_kernel
from models.scan.instant import after_instant
from models.scan.table import SLOTS, Kind, event_table, number_of
from models.scan.values import (
    GIVEN_UP,
    after_decimal,
    after_integer,
    after_plain,
    after_space,
    after_strings,
    after_text,
    after_word,
)

_ONE, _EIGHT = np.uint64(1), np.uint64(8)
_STRING, _TEXT, _INTEGER, _DECIMAL, _BOOL, _BOOL_OR_INTEGER, _INSTANT, _STRINGS = (
    int(kind) for kind in Kind if kind is not Kind.OTHER
)
_QUOTE, _COLON, _COMMA, _OPEN, _CLOSE = (ord(letter) for letter in '":,{}')
_TRUE, _FALSE, _NULL = (np.frombuffer(word, dtype=np.uint8) for word in (b"true", b"false", b"null"))
_BRACKET = ord("[")
_PROMPT = number_of("prompt_text")
# Constants of the compiled code, which costs a call less than arguments would.
_NAMES, _MASKS, _SIZES, _KINDS, _LEAST, _MOST, _SLOTS, _REQUIRED = event_table()

#: How many fields an event can have.
FIELD_COUNT = len(_KINDS)

Spans = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]


@njit(cache=True)
def _is_name(buffer: Bytes, at: np.uint64, number: np.uint64) -> bool:
    step = np.uint64(0)
    while step * _EIGHT < _SIZES[number]:
        if (word_kernel(buffer, at + step * _EIGHT) ^ _NAMES[number, step]) & _MASKS[number, step] != 0:
            return False
        step += _ONE
    return True


@njit(cache=True)
def _field_of(buffer: Bytes, at: np.uint64, expected: int) -> int:
    """Number of the field whose quoted name stands at ``at``; -1 for a name that is not known.

    Producers write every event the same way, so the field that came next last time is tried first.
    """
    if expected >= 0 and _is_name(buffer, at, np.uint64(expected)):
        return expected
    end = after_plain(buffer, at + _ONE)
    if buffer[at] != _QUOTE or end == GIVEN_UP:
        return -1
    hashed = np.uint32(end - at - _ONE)
    for index in range(at + _ONE, end):
        hashed = hashed * np.uint32(31) + np.uint32(buffer[np.uint64(index)])
    slot = int(hashed ^ hashed >> np.uint32(8)) % SLOTS
    while _SLOTS[slot] >= 0:
        number = int(_SLOTS[slot])
        if _is_name(buffer, at, np.uint64(number)):
            return number
        slot = (slot + 1) % SLOTS
    return -1


@njit(cache=True)
def _after_number(
    buffer: Bytes, at: np.uint64, kind: int, least: np.int64, most: np.int64
) -> tuple[np.uint64, np.int64]:
    more = False
    if kind == _DECIMAL:
        at, value, more = after_decimal(buffer, at)
    else:
        at, value = after_integer(buffer, at)
    inside = least <= value and (value < most or (value == most and not more))
    return (at if inside else GIVEN_UP), value


@njit(cache=True)
def _after_value(buffer: Bytes, at: np.uint64, number: int, starts: Spans, stops: Spans, numbers: Numbers) -> np.uint64:
    """Read the value of a field that is no prompt text; notes a string's place, or a number's value."""
    kind, least, most = int(_KINDS[number]), _LEAST[number], _MOST[number]
    first = buffer[at]
    if kind == _STRING:
        end = after_plain(buffer, at + _ONE)
        size = np.int64(end - at) - 1
        if first != _QUOTE or end == GIVEN_UP or size < least or size > most:
            return GIVEN_UP
        starts[number], stops[number] = at + _ONE, end
        return end + _ONE
    if kind == _BOOL or (kind == _BOOL_OR_INTEGER and first > ord("9")):
        numbers[number] = first == ord("t")
        return after_word(buffer, at, _TRUE if first == ord("t") else _FALSE)
    if kind == _INSTANT and first == _QUOTE:
        at, numbers[number] = after_instant(buffer, at + _ONE)
        return at
    if kind == _STRINGS:
        return after_strings(buffer, at, int(least), int(most)) if first == _BRACKET else GIVEN_UP
    if kind in (_INTEGER, _DECIMAL, _INSTANT, _BOOL_OR_INTEGER):
        at, numbers[number] = _after_number(buffer, at, kind, least, most)
        return at
    return GIVEN_UP


@njit(cache=True)
def scan_event(
    buffer: Bytes,
    at: np.uint64,
    end: np.uint64,
    order: npt.NDArray[np.int8],
    starts: Spans,
    stops: Spans,
    numbers: Numbers,
) -> tuple[np.uint64, bool]:
    """Read one event from ``at`` to ``end``: one bit for each field that has a value, 0 when it is left to msgspec.

    Fills ``starts``, ``stops`` and ``numbers`` of the fields whose bit is set. The prompt's text is unescaped where it
    stands; the second result tells whether it is all ASCII. ``order`` holds the fields in the order in which the last
    event had them, and is kept up to date.
    """
    present = np.uint64(0)
    ascii_only = True
    at = after_space(buffer, at)
    if buffer[at] != _OPEN:
        return np.uint64(0), True
    place = 0
    while True:
        at = after_space(buffer, at + _ONE)
        number = _field_of(buffer, at, order[place])
        if number < 0:
            return np.uint64(0), True
        order[place] = number
        place = min(place + 1, len(order) - 1)
        at = after_space(buffer, at + _SIZES[np.uint64(number)])
        if buffer[at] != _COLON:
            return np.uint64(0), True
        at = after_space(buffer, at + _ONE)
        bit = _ONE << np.uint64(number)
        if buffer[at] == ord("n") and not _REQUIRED & bit:
            at = after_word(buffer, at, _NULL)
            present &= ~bit
        elif number == _PROMPT and buffer[at] == _QUOTE:
            starts[number] = at + _ONE
            at, stops[number], ascii_only = after_text(buffer, at + _ONE)
            present |= bit
        else:
            at = _after_value(buffer, at, number, starts, stops, numbers)
            present |= bit
        if at == GIVEN_UP:
            return np.uint64(0), True
        at = after_space(buffer, at)
        if buffer[at] != _COMMA:
            break
    complete = buffer[at] == _CLOSE and after_space(buffer, at + _ONE) == end
    return (present if complete and present & _REQUIRED == _REQUIRED else np.uint64(0)), ascii_only
