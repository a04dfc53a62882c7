"""When an account is active: events a day, fading, and hours without a pause."""

from __future__ import annotations

from math import cos, exp, pi, sin, sqrt
from typing import Self

import numpy as np
from numba import njit
from river import stats

from models.stats.natural import TIME_LIMIT_MS, natural

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
HOURS_KEPT = 64

_ONE = np.uint64(1)

#: Directions of the hours on a day's circle, in whole thousandths, so that sums know no order.
CIRCLE = 1_000
_HOURS = 24
COSINES = tuple(round(CIRCLE * cos(2 * pi * hour / _HOURS)) for hour in range(_HOURS))
SINES = tuple(round(CIRCLE * sin(2 * pi * hour / _HOURS)) for hour in range(_HOURS))


@njit(cache=True)
def fade(events: float, elapsed_ms: int) -> float:
    """Fading count of events after ``elapsed_ms`` without one; time running backwards fades nothing."""
    return events * exp(-elapsed_ms / DAY_MS) if elapsed_ms > 0 else events


@njit(cache=True)
def mark_hour(bits: np.uint64, last_hour: int, hour: int) -> np.uint64:
    """Set ``hour`` in a bitmap whose bit 0 stands for ``last_hour``, moved on when ``hour`` is later."""
    if hour > last_hour:
        shift = hour - last_hour
        return (bits << np.uint64(shift) if shift < HOURS_KEPT else bits & ~bits) | _ONE
    age = last_hour - hour
    return bits | (_ONE << np.uint64(age)) if age < HOURS_KEPT else bits


@njit(cache=True)
def active_share(bits: np.uint64, hours: int) -> float:
    """Share of the ``hours`` latest hours (1 to 64) that had an event."""
    active = 0
    for age in range(hours):
        if bits >> np.uint64(age) & _ONE:
            active += 1
    return active / hours


@njit(cache=True)
def hour_of_day(now_ms: int) -> int:
    """Hour of the day in UTC, 0 to 23, of epoch milliseconds."""
    return (now_ms // HOUR_MS) % _HOURS


@njit(cache=True)
def hour_concentration(cosines: int, sines: int, count: int) -> float:
    """Length of the mean direction of ``count >= 1`` hours: 0 is round the clock, 1 always the same hour."""
    return min(1.0, sqrt(cosines * cosines + sines * sines) / (CIRCLE * count))


class FadingRate(stats.base.Univariate):
    """Events a day: a count of events that fades by a factor e each day.

    A steady account settles at its events a day; a new one starts at its count so far, so that a burst of one hour
    is not taken for a day of it. ``None`` before the first event. Events may arrive a little out of order: one
    older than the latest counts in full.

    Examples
    --------
    >>> rate = FadingRate()
    >>> for hour in range(24 * 7):
    ...     rate.update(hour * 3_600_000)
    >>> print(f"{rate.get():.3f}")
    24.481

    References
    ----------
    Cormode, G., Shkapenyuk, V., Srivastava, D. and Xu, B. (2009). Forward decay: a practical time decay model for
    streaming systems. ICDE 2009, 138-149.

    """

    def __init__(self) -> None:
        self.events = 0.0
        self.last_ms = -1

    def update(self, x: float) -> None:
        """Count an event at ``x`` epoch milliseconds; raises ``ValueError`` for what is no time."""
        now_ms = natural(x, TIME_LIMIT_MS, "time (ms)")
        self.events = fade(self.events, now_ms - self.last_ms) + 1.0
        self.last_ms = max(self.last_ms, now_ms)

    def get(self) -> float | None:
        """Events a day as of the latest event, at least 1."""
        return self.events if self.last_ms >= 0 else None


class ActiveHours(stats.base.Univariate):
    """Share of the account's last hours (at most 64, and no more than its age) in which it sent anything.

    A person sleeps; a harvest, like a batch job, does not pause. ``None`` before the first event, else above 0 and
    at most 1. ``hours`` tells how many hours the share is over. Memory: one 64-bit word.

    Examples
    --------
    Eight hours a day, then four days without a pause:

    >>> office, machine = ActiveHours(), ActiveHours()
    >>> for hour in range(96):
    ...     machine.update(hour * 3_600_000)
    ...     if hour % 24 in range(9, 17):
    ...         office.update(hour * 3_600_000)
    >>> office.get(), machine.get()
    (0.375, 1.0)

    References
    ----------
    NSA, CISA and FBI advisory AA26-251A (2026) lists use around the clock without idle time among its indicators.

    """

    def __init__(self) -> None:
        self.bits = np.uint64(0)
        self.first_hour = -1
        self.last_hour = -1

    @property
    def hours(self) -> int:
        """Hours from the first event to the last, both included, at most 64; 0 before the first event."""
        return min(HOURS_KEPT, self.last_hour - self.first_hour + 1) if self.last_hour >= 0 else 0

    def update(self, x: float) -> None:
        """Mark the hour of an event at ``x`` epoch milliseconds; raises ``ValueError`` for what is no time."""
        hour = natural(x, TIME_LIMIT_MS, "time (ms)") // HOUR_MS
        self.bits = np.uint64(mark_hour(self.bits, self.last_hour, hour))
        self.first_hour = hour if self.first_hour < 0 else min(self.first_hour, hour)
        self.last_hour = max(self.last_hour, hour)

    def get(self) -> float | None:
        """Share of active hours."""
        return active_share(self.bits, self.hours) if self.last_hour >= 0 else None

    def __iadd__(self, other: ActiveHours) -> Self:
        """Unite the hours of two instances."""
        if other.last_hour < 0:
            return self
        later, earlier = (self, other) if self.last_hour >= other.last_hour else (other, self)
        age = later.last_hour - earlier.last_hour
        older = int(earlier.bits) << age & (2**HOURS_KEPT - 1) if earlier.last_hour >= 0 else 0
        firsts = [each.first_hour for each in (self, other) if each.first_hour >= 0]
        bits, last_hour = np.uint64(int(later.bits) | older), later.last_hour
        self.bits, self.first_hour, self.last_hour = bits, min(firsts), last_hour
        return self


class HourConcentration(stats.base.Univariate):
    """How far an account keeps to one time of day: length of the mean direction of its hours on the day's circle.

    ``None`` before the first event, else 0 (round the clock) to 1 (always the same hour). Memory: three whole numbers.

    Examples
    --------
    >>> office, machine = HourConcentration(), HourConcentration()
    >>> for hour in range(96):
    ...     machine.update(hour * 3_600_000)
    ...     if hour % 24 in range(9, 17):
    ...         office.update(hour * 3_600_000)
    >>> print(f"{office.get():.2f} {machine.get():.2f}")
    0.83 0.00

    References
    ----------
    Mardia, K. V. and Jupp, P. E. (2000). Directional Statistics. Wiley, section 2.3: the mean resultant length.

    """

    def __init__(self) -> None:
        self.cosines = self.sines = self.count = 0

    def update(self, x: float) -> None:
        """Count an event at ``x`` epoch milliseconds; raises ``ValueError`` for what is no time."""
        hour = hour_of_day(natural(x, TIME_LIMIT_MS, "time (ms)"))
        self.cosines += COSINES[hour]
        self.sines += SINES[hour]
        self.count += 1

    def get(self) -> float | None:
        """Mean resultant length."""
        return float(hour_concentration(self.cosines, self.sines, self.count)) if self.count else None

    def __iadd__(self, other: HourConcentration) -> Self:
        """Add the hours of another instance."""
        self.cosines += other.cosines
        self.sines += other.sines
        self.count += other.count
        return self
