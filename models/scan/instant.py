"""Times of RFC 3339 for kernels: the plain ones, in UTC, from 1970 on and with at most six decimals."""

from __future__ import annotations

import numpy as np
from numba import njit

from models.scan.bytes8 import Bytes
from models.scan.values import GIVEN_UP

_ONE = np.uint64(1)
_ZERO, _NINE = ord("0"), ord("9")
_DAYS_OF_MONTHS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
_DAYS_BEFORE_MONTH = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], dtype=np.int64)
_FIRST_YEAR = 1970
_DAY_MS = 86_400_000
_MOST_DECIMALS = 6


@njit(cache=True)
def _digits(buffer: Bytes, at: np.uint64, count: int) -> np.int64:
    """Value of so many decimal digits, hugely negative if they are none."""
    value = np.int64(0)
    for index in range(count):
        byte = np.int64(buffer[at + np.uint64(index)])
        value = value * 10 + byte - _ZERO if _ZERO <= byte <= _NINE else np.int64(-(10**9))
    return value


@njit(cache=True)
def _days_since_1970(year: np.int64, month: np.int64, day: np.int64) -> np.int64:
    """Days by the Gregorian calendar; -1 for a date that there is not."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if year < _FIRST_YEAR or month < 1 or month > 12 or day < 1:
        return np.int64(-1)
    if day > _DAYS_OF_MONTHS[month - 1] + (1 if leap and month == 2 else 0):
        return np.int64(-1)
    before = year - 1
    leaps = before // 4 - before // 100 + before // 400 - 477
    passed = _DAYS_BEFORE_MONTH[month - 1] + (1 if leap and month > 2 else 0) + day - 1
    return np.int64(365 * (year - _FIRST_YEAR) + leaps + passed)


@njit(cache=True)
def after_instant(buffer: Bytes, at: np.uint64) -> tuple[np.uint64, np.int64]:
    """Read ``2026-01-31T23:59:59.123Z`` from behind the opening quote: position after the closing one, epoch ms."""
    days = _days_since_1970(
        _digits(buffer, at, 4), _digits(buffer, at + np.uint64(5), 2), _digits(buffer, at + np.uint64(8), 2)
    )
    hour = _digits(buffer, at + np.uint64(11), 2)
    minute = _digits(buffer, at + np.uint64(14), 2)
    second = _digits(buffer, at + np.uint64(17), 2)
    dashes = buffer[at + np.uint64(4)] == ord("-") and buffer[at + np.uint64(7)] == ord("-")
    colons = buffer[at + np.uint64(13)] == ord(":") and buffer[at + np.uint64(16)] == ord(":")
    inside = 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60
    if not (dashes and colons and inside and days >= 0 and buffer[at + np.uint64(10)] == ord("T")):
        return GIVEN_UP, np.int64(0)
    at += np.uint64(19)
    milliseconds = ((hour * 60 + minute) * 60 + second) * 1000
    if buffer[at] == ord("."):
        at += _ONE
        first, worth = at, 100
        while _ZERO <= buffer[at] <= _NINE:
            milliseconds += np.int64(buffer[at] - _ZERO) * worth
            worth //= 10
            at += _ONE
        if at == first or at - first > np.uint64(_MOST_DECIMALS):
            return GIVEN_UP, np.int64(0)
    at = _after_utc(buffer, at)
    if at == GIVEN_UP or buffer[at] != ord('"'):
        return GIVEN_UP, np.int64(0)
    return at + _ONE, days * _DAY_MS + milliseconds


@njit(cache=True)
def _after_utc(buffer: Bytes, at: np.uint64) -> np.uint64:
    if buffer[at] == ord("Z"):
        return at + _ONE
    signed = buffer[at] == ord("+") and buffer[at + np.uint64(3)] == ord(":")
    zero = _digits(buffer, at + _ONE, 2) == 0 and _digits(buffer, at + np.uint64(4), 2) == 0
    return at + np.uint64(6) if signed and zero else GIVEN_UP
