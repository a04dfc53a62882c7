"""An account's habits in two bytes: what a trace tells a group of all that its account does, not of one request alone.

A campaign's accounts ask for everything, at all hours, and get answers of all lengths, whatever template they share;
customers of one vendor, a team and its harness or strangers with one famous prompt each keep to some business of their
own. One account's habits say little; their mean over a group's accounts ranks groups of other makes of traffic too.
"""

from __future__ import annotations

from functools import lru_cache
from math import log

from numba import njit

from models.account_row import Record
from models.features import CELL_COUNT
from models.stats.entropy import simpson_spread
from models.stats.rhythm import hour_concentration
from models.stats.spread import log_spread

#: Names of the four habits, the lowest bits first.
HABITS = ("account_topics", "account_outputs", "account_inputs", "account_hours")

#: Each habit is told in sixteen steps: the mean over a group's accounts is finer than one account's is known.
LEVELS = 15
_BITS = 4

#: Bits of a sum of levels.
_SUM_BITS = 32

#: What the highest level stands for: every cell alike, lengths that differ by a factor of e**3, always the same hour.
MOST_TOPICS, MOST_SPREAD = log(CELL_COUNT), 3.0
TOPS = (MOST_TOPICS, MOST_SPREAD, MOST_SPREAD, 1.0)


@njit(cache=True)
def level(value: float, top: float) -> int:
    """Give the step of a habit, 0 to ``LEVELS``."""
    return min(LEVELS, int(value / top * LEVELS + 0.5))


@njit(cache=True)
def pack_habits(topics: float, outputs: float, inputs: float, hours: float) -> int:
    """Put four habits into two bytes."""
    return (
        level(topics, MOST_TOPICS)
        | level(outputs, MOST_SPREAD) << _BITS
        | level(inputs, MOST_SPREAD) << 2 * _BITS
        | level(hours, 1.0) << 3 * _BITS
    )


@njit(cache=True)
def habits_of(row: Record) -> int:
    """Habits of an account's row with at least one event. Cost: about 0.2 microseconds."""
    events = row.events
    return pack_habits(
        simpson_spread(row.cell_counts, row.cell_total),
        log_spread(row.log_outputs, row.log_outputs_squared, events),
        log_spread(row.log_inputs, row.log_inputs_squared, events),
        hour_concentration(row.hour_cosines, row.hour_sines, events),
    )


def levels(habits: int) -> tuple[int, ...]:
    """Unpack the four levels, in the order of ``HABITS``.

    >>> levels(pack_habits(5.545, 0.0, 1.5, 1.0))
    (15, 0, 8, 15)
    """
    return tuple(habits >> _BITS * place & LEVELS for place in range(len(HABITS)))


@lru_cache(maxsize=1 << _BITS * len(HABITS))
def spread_levels(habits: int) -> int:
    """Give the four levels with room above each, so that sums of such numbers hold the sums of the levels.

    >>> packed = pack_habits(5.545, 0.0, 1.5, 1.0)
    >>> summed_levels(spread_levels(packed) + spread_levels(packed))
    (30, 0, 16, 30)
    """
    return sum(level << _SUM_BITS * place for place, level in enumerate(levels(habits)))


def summed_levels(spread: int) -> tuple[int, ...]:
    """Read sums of levels off a sum of less than 2**28 of what ``spread_levels`` gives."""
    return tuple(spread >> _SUM_BITS * place & (1 << _SUM_BITS) - 1 for place in range(len(HABITS)))
