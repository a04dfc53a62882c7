"""When the sessions of an account begin."""

from __future__ import annotations

import math
from random import Random

from tests.makes.sixth.dials import Dials
from tests.makes.sixth.draws import DAY, WEEK


def moments(rng: Random, how: str, count: int, span: tuple[float, float], zone: int, beat: list[float]) -> list[float]:
    """Sorted session starts within a span; the group's beat sets hours and bursts."""
    begin, end = span
    if how == "machine":
        return [begin + (at + rng.random()) * (end - begin) / count for at in range(count)]
    made: list[float] = []
    for _ in range(count):
        for _ in range(12):
            when = rng.uniform(begin, end)
            day = (when + zone * 3600) // DAY
            if how == "human":
                when = day * DAY - zone * 3600 + rng.gauss(14, 3.6) * 3600
                when = begin - 1 if day % 7 >= 5 and rng.random() < 0.5 else when
            elif how == "nightly":
                when = when // DAY * DAY + (beat[0] * 24 + rng.random() * (0.5 + 3 * beat[1])) * 3600
            else:
                when = rng.choice(beat) * WEEK + rng.expovariate(1 / 1500)
            if begin <= when < end:
                break
        made.append(when if begin <= when < end else rng.uniform(begin, end))
    return sorted(made)


def make_spans(rng: Random, dials: Dials) -> tuple[list[tuple[float, float]], int]:
    """When each account lives, and the number of seats, which replaced accounts take over from one another."""
    renewed = rng.randint(2, 4) if dials.life == "replace" else 1
    seats = math.ceil(dials.accounts / renewed)
    window = sorted((rng.uniform(0, 0.6), rng.uniform(0.4, 1.0)))
    window = [0.0, 1.0] if dials.life != "window" or window[1] - window[0] < 0.1 else window
    spans, cuts = [], [0.0, *sorted(rng.uniform(0.15, 0.9) for _ in range(renewed - 1)), 1.0]
    for number in range(dials.accounts):
        turn, slack = number // seats, rng.uniform(0, 0.03)
        first = 0.0 if turn == 0 and dials.life != "window" else cuts[turn] * (1 - window[0]) + window[0] + slack
        last = window[1] if turn + 1 == renewed else cuts[turn + 1] + slack
        spans.append((first * WEEK, min(WEEK, max(last, first + 0.02) * WEEK)))
    return spans, seats
