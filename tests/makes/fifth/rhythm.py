"""When requests come: the week's limits, the shapes of days, and times drawn from them."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate

START = int(datetime(2026, 5, 4, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000
DAY = 24 * HOUR
WEEK = 7 * DAY

_NIGHT = [1] * 7
_SHAPES: dict[str, list[float]] = {
    "human": [*_NIGHT, 4, 7, 8, 8, 8, 9, 8, 8, 8, 8, 9, 10, 12, 13, 12, 8, 4],
    "office": [0.2] * 7 + [4, 10, 13, 13, 12, 8, 12, 13, 12, 10, 5, 2, 1, 1, 0.5, 0.3, 0.2],
    "always": [1.0] * 24,
}


@cache
def _sums(shape: str, zone: int) -> list[float]:
    row = [_SHAPES[shape][(hour + zone) % 24] for hour in range(168)]
    row = [weight * (0.15 if shape == "office" and hour >= 120 else 1) for hour, weight in enumerate(row)]
    return list(accumulate(row, initial=0.0))


def moments(rng: random.Random, first: int, last: int, zone: int, count: int, shape: str) -> list[int]:
    """Draw times of the week from ``first`` to ``last``; ``batch`` runs come in a few rows."""
    if shape == "batch":
        runs = [rng.uniform(first, last) for _ in range(rng.randint(1, 7))]
        gap = rng.choice((700, 2500, 9000))
        times = [int(rng.choice(runs) + rng.random() * gap * count / len(runs)) for _ in range(count)]
        return [first + (at - first) % (WEEK - first) for at in times]
    sums = _sums(shape, zone)
    low, high = first // HOUR, max(first // HOUR + 1, last // HOUR)
    sums = [total - sums[low] for total in sums[low + 1 : high + 1]]
    hours = rng.choices(range(low, low + len(sums)), cum_weights=sums, k=count)
    return [max(first, hour * HOUR + rng.randrange(HOUR)) for hour in hours]
