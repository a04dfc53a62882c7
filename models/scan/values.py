"""Pieces of JSON for kernels: each reads one value that is plainly right and tells where it ends, or gives up.

Giving up is no verdict: what is unusual (an exponent, an escape in a name, a leap second) is left to msgspec. A kernel
returns the position after what it read, 0 when it gives up. It never passes a NUL byte, so one must end the buffer.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from models.scan.bytes8 import Bytes, is_plain_kernel, word_kernel

GIVEN_UP = np.uint64(0)
_ONE, _TWO, _THREE, _SIX, _EIGHT = (np.uint64(number) for number in (1, 2, 3, 6, 8))
_THREE_MASK, _THREE_BYTES = np.uint64(0xC0C0F0), np.uint64(0x8080E0)

_QUOTE, _BACKSLASH, _COMMA, _BRACKET = ord('"'), ord("\\"), ord(","), ord("]")
_ZERO, _NINE, _MINUS, _POINT = ord("0"), ord("9"), ord("-"), ord(".")
_SPACE, _TAB, _LINE_FEED, _RETURN = ord(" "), ord("\t"), ord("\n"), ord("\r")
_SURROGATES = 0xD800, 0xDC00, 0xE000

#: Digits that surely fit 64 bits, or the 53 of a float.
_MOST_DIGITS, _MOST_FLOAT_DIGITS = 18, 15

# The byte that a backslash and another stand for; 0 where they stand for none.
_ESCAPED = np.zeros(256, dtype=np.uint8)
for _written, _meant in zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True):
    _ESCAPED[ord(_written)] = ord(_meant)


@njit(cache=True)
def after_space(buffer: Bytes, at: np.uint64) -> np.uint64:
    """Skip white space."""
    while buffer[at] == _SPACE or buffer[at] == _LINE_FEED or buffer[at] == _RETURN or buffer[at] == _TAB:
        at += _ONE
    return at


@njit(cache=True)
def after_plain(buffer: Bytes, at: np.uint64) -> np.uint64:
    """From behind a string's opening quote to its closing one, if all between is printable ASCII without escapes."""
    while is_plain_kernel(word_kernel(buffer, at)):
        at += _EIGHT
    while True:
        byte = buffer[at]
        if byte == _QUOTE:
            return at
        if byte < _SPACE or byte == _BACKSLASH or byte > 0x7F:
            return GIVEN_UP
        at += _ONE


@njit(cache=True)
def after_word(buffer: Bytes, at: np.uint64, word: Bytes) -> np.uint64:
    """Read one of ``true``, ``false`` and ``null``."""
    for index in range(len(word)):
        if buffer[at + np.uint64(index)] != word[index]:
            return GIVEN_UP
    return at + np.uint64(len(word))


@njit(cache=True)
def after_integer(buffer: Bytes, at: np.uint64) -> tuple[np.uint64, np.int64]:
    """Read a whole number of at most 18 digits, and its value."""
    negative = buffer[at] == _MINUS
    if negative:
        at += _ONE
    first = at
    value = np.int64(0)
    while _ZERO <= buffer[at] <= _NINE:
        value = value * 10 + np.int64(buffer[at] - _ZERO)
        at += _ONE
        if at - first > np.uint64(_MOST_DIGITS):
            return GIVEN_UP, value
    if at == first or (buffer[first] == _ZERO and at - first > _ONE):
        return GIVEN_UP, value
    if negative and value == 0:
        return GIVEN_UP, value
    # A point or an exponent would follow here.
    return at, -value if negative else value


@njit(cache=True)
def after_decimal(buffer: Bytes, at: np.uint64) -> tuple[np.uint64, np.int64, bool]:
    """Read a number without sign and exponent: its whole part, and whether more than zeros follow."""
    at, whole = after_integer(buffer, at)
    if at == GIVEN_UP or whole < 0:
        return GIVEN_UP, whole, False
    more = False
    if buffer[at] == _POINT:
        at += _ONE
        first = at
        while _ZERO <= buffer[at] <= _NINE:
            more |= buffer[at] != _ZERO
            at += _ONE
        if at == first or at - first > np.uint64(_MOST_FLOAT_DIGITS):
            return GIVEN_UP, whole, more
    return at, whole, more


@njit(cache=True)
def after_strings(buffer: Bytes, at: np.uint64, longest: int, most: int) -> np.uint64:
    """Read an array of plain strings, from its opening bracket."""
    at = after_space(buffer, at + _ONE)
    if buffer[at] == _BRACKET:
        return at + _ONE
    for _ in range(most):
        if buffer[at] != _QUOTE:
            return GIVEN_UP
        end = after_plain(buffer, at + _ONE)
        if end == GIVEN_UP or end - at - _ONE > np.uint64(longest):
            return GIVEN_UP
        at = after_space(buffer, end + _ONE)
        if buffer[at] == _BRACKET:
            return at + _ONE
        if buffer[at] != _COMMA:
            return GIVEN_UP
        at = after_space(buffer, at + _ONE)
    return GIVEN_UP


@njit(cache=True)
def _is_continuation(byte: np.uint8) -> bool:
    return bool(byte & np.uint8(0xC0) == np.uint8(0x80))


@njit(cache=True)
def _character_bytes(buffer: Bytes, at: np.uint64) -> np.uint64:
    """Bytes of the character beyond ASCII at ``at``; 0 if it is no UTF-8 (Unicode 15, table 3-7)."""
    lead, second = buffer[at], buffer[at + _ONE]
    if lead < 0xC2 or lead > 0xF4 or not _is_continuation(second):
        return GIVEN_UP
    if lead < 0xE0:
        return _TWO
    if not _is_continuation(buffer[at + _TWO]):
        return GIVEN_UP
    if lead < 0xF0:
        wrong = (lead == 0xE0 and second < 0xA0) or (lead == 0xED and second > 0x9F)
        return GIVEN_UP if wrong else np.uint64(3)
    wrong = (lead == 0xF0 and second < 0x90) or (lead == 0xF4 and second > 0x8F)
    return GIVEN_UP if wrong or not _is_continuation(buffer[at + np.uint64(3)]) else np.uint64(4)


@njit(cache=True)
def _four_digits(buffer: Bytes, at: np.uint64) -> np.int64:
    """Value of four hexadecimal digits, -1 if they are none."""
    value = np.int64(0)
    for index in range(4):
        byte = np.int64(buffer[at + np.uint64(index)])
        small = byte | 0x20
        if _ZERO <= byte <= _NINE:
            value = value << 4 | byte - _ZERO
        elif ord("a") <= small <= ord("f"):
            value = value << 4 | small - ord("a") + 10
        else:
            return np.int64(-1)
    return value


@njit(cache=True)
def _write_code(code: np.int64, buffer: Bytes, out: np.uint64) -> np.uint64:
    """Write a code point as UTF-8; returns the position after it."""
    if code < 0x80:
        buffer[out] = code
        return out + _ONE
    if code < 0x800:
        buffer[out] = 0xC0 | code >> 6
    else:
        if code < 0x10000:
            buffer[out] = 0xE0 | code >> 12
        else:
            buffer[out] = 0xF0 | code >> 18
            out += _ONE
            buffer[out] = 0x80 | code >> 12 & 0x3F
        out += _ONE
        buffer[out] = 0x80 | code >> 6 & 0x3F
    buffer[out + _ONE] = 0x80 | code & 0x3F
    return out + _TWO


@njit(cache=True)
def _after_escape(buffer: Bytes, at: np.uint64, out: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Read what begins with a backslash at ``at`` and write it."""
    letter = buffer[at + _ONE]
    if letter != ord("u"):
        meant = _ESCAPED[letter]
        buffer[out] = meant
        return (GIVEN_UP if meant == 0 else at + _TWO), out + _ONE
    code = _four_digits(buffer, at + _TWO)
    at += _SIX
    high, low, after = _SURROGATES
    if high <= code < low and buffer[at] == _BACKSLASH and buffer[at + _ONE] == ord("u"):
        other = _four_digits(buffer, at + _TWO)
        if low <= other < after:
            code = 0x10000 + ((code - high) << 10) + other - low
            at += _SIX
    if code < 0 or high <= code < after:
        return GIVEN_UP, out
    return at, _write_code(code, buffer, out)


@njit(cache=True)
def _after_run(buffer: Bytes, at: np.uint64) -> np.uint64:
    """The end of what needs no change: plain ASCII and valid UTF-8. ``GIVEN_UP`` where it is no UTF-8."""
    while True:
        while is_plain_kernel(word_kernel(buffer, at)):
            at += _EIGHT
        byte = buffer[at]
        while _SPACE <= byte < 0x80 and byte != _QUOTE and byte != _BACKSLASH:
            at += _ONE
            byte = buffer[at]
        if byte < 0x80:
            return at
        while buffer[at] > 0x7F:
            # Three bytes in one look, where the first of them leaves no more to ask.
            if word_kernel(buffer, at) & _THREE_MASK == _THREE_BYTES and buffer[at] != 0xE0 and buffer[at] != 0xED:
                at += _THREE
                continue
            size = _character_bytes(buffer, at)
            if size == GIVEN_UP:
                return GIVEN_UP
            at += size


@njit(cache=True)
def _is_ascii(buffer: Bytes, start: np.uint64, stop: np.uint64) -> bool:
    wide = np.uint8(0)
    for at in range(start, stop):
        wide |= buffer[np.uint64(at)]
    return bool(wide < 0x80)


@njit(cache=True)
def after_text(buffer: Bytes, at: np.uint64) -> tuple[np.uint64, np.uint64, bool]:
    """Read any string from behind its opening quote and write it, unescaped, over itself.

    Returns the position after the closing quote, that after the last byte written, and whether all of it is ASCII.
    """
    first = out = at
    while True:
        end = _after_run(buffer, at)
        if end == GIVEN_UP:
            return GIVEN_UP, out, True
        # Nothing moves before the first escape.
        if out < at:
            for step in range(end - at):
                buffer[out + np.uint64(step)] = buffer[at + np.uint64(step)]
        out += end - at
        at = end
        if buffer[at] == _QUOTE:
            return at + _ONE, out, _is_ascii(buffer, first, out)
        if buffer[at] != _BACKSLASH:
            return GIVEN_UP, out, True
        at, out = _after_escape(buffer, at, out)
        if at == GIVEN_UP:
            return GIVEN_UP, out, True
