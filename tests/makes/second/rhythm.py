"""When requests come: people in sessions, products with their users' day, nightly jobs, batches, tireless machines.

Innocent and harvesting accounts draw from the same laws. Inter-arrival laws follow what production traces show: rates
of clients are log-normal over two decades, arrivals within a window Gamma with a coefficient of variation of 0.7 to 9
(ServeGen's clients: median 1.2, upper quartile 2.3).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]
DAY_S = 86_400.0

#: Hours of local time at which people like to work, as (centre, spread) mixtures.
_HABITS = (
    ((10.0, 1.6), (15.0, 2.0)),
    ((9.0, 1.2), (21.0, 1.8)),
    ((20.5, 2.2),),
    ((23.5, 2.0), (14.0, 3.0)),
    ((7.5, 1.0), (12.5, 1.0), (18.5, 2.0)),
    ((13.0, 5.0),),
)


class Rhythm:
    """Draws times in milliseconds from the start of the week; every method gives exactly ``count`` sorted times."""

    def __init__(self, rng: np.random.Generator, days: float) -> None:
        self._rng = rng
        self.days = days

    def people(self, count: int, offset_h: float, *, weekend: float | None = None, session: float = 5.0) -> Times:
        """One person: sessions at habitual hours, a minute or so between requests, lazy or busy weekends."""
        rng = self._rng
        habit = _HABITS[rng.integers(len(_HABITS))]
        out: list[float] = []
        weekend = rng.uniform(0.1, 1.2) if weekend is None else weekend
        weights = self._day_weights(weekend) * rng.gamma(1.2, 1.0, int(np.ceil(self.days)))
        weights /= weights.sum()
        gap = float(rng.lognormal(np.log(70), 0.7))
        while len(out) < count:
            centre, spread = habit[rng.integers(len(habit))]
            day = rng.choice(len(weights), p=weights)
            start = (day * 24 + rng.normal(centre, spread) - offset_h) * 3600
            size = min(count - len(out), 1 + int(rng.geometric(1 / session)))
            out.extend(start + np.cumsum(rng.lognormal(np.log(gap), 1.0, size)))
        return self._settle(np.array(out[:count]))

    def product(self, count: int, offset_h: float, *, weekend: float = 0.8) -> Times:
        """Many users behind one client: a day's curve, in bursts."""
        return self._paced(count, offset_h, self._rng.uniform(0.2, 0.9), weekend, self._burstiness())

    def office(self, count: int, offset_h: float) -> Times:
        """A team's tools: mostly working hours of working days."""
        return self._paced(
            count, offset_h, self._rng.uniform(0.8, 1.0), self._rng.uniform(0.05, 0.3), self._burstiness()
        )

    def steady(self, count: int) -> Times:
        """A machine that does not sleep."""
        return self._paced(count, 0.0, self._rng.uniform(0.0, 0.25), 1.0, self._burstiness())

    def nightly(self, count: int, hour: float, *, nights: int | None = None) -> Times:
        """A job at the same hour: all requests of a night within minutes."""
        rng = self._rng
        total = max(1, int(self.days))
        chosen = np.arange(total) if nights is None else rng.choice(total, min(total, nights), replace=False)
        night = rng.choice(chosen, count)
        pace = float(rng.lognormal(np.log(4), 0.9))
        out = np.empty(count)
        for index in np.unique(night):
            where = np.flatnonzero(night == index)
            start = (index * 24 + hour) * 3600 + rng.normal(0, 240)
            out[where] = start + np.cumsum(rng.gamma(0.6, pace / 0.6, len(where)))
        return self._settle(out)

    def batch(self, count: int, runs: int) -> Times:
        """A few runs at any hour of the week, as fast as the rate limit lets them."""
        rng = self._rng
        out = np.empty(0)
        sizes = rng.multinomial(count, rng.dirichlet(np.full(max(1, runs), 2.0)))
        for size in sizes:
            pace = float(rng.lognormal(np.log(9), 1.1))
            start = rng.uniform(0, self.days * DAY_S)
            out = np.append(out, start + np.cumsum(rng.gamma(0.8, pace / 0.8, size)))
        return self._settle(out)

    def ramp(self, count: int, offset_h: float) -> Times:
        """A machine that starts slowly and grows all week."""
        rng = self._rng
        power = rng.uniform(1.6, 3.0)
        times = self.days * DAY_S * rng.random(count) ** (1 / power)
        lull = (np.sin((times / 3600 + offset_h) / 24 * 2 * np.pi) < -0.6) & (rng.random(count) < 0.5)
        times[lull] += rng.uniform(0, 6 * 3600, int(lull.sum()))
        return self._settle(times)

    def within(self, times: Times, first_s: float, last_s: float) -> Times:
        """The same times squeezed into a part of the week, days kept whole where the part is long enough."""
        span = max(3600.0, last_s - first_s)
        whole = np.floor(span / DAY_S) * DAY_S
        return np.sort(int(first_s * 1000) + times % int((whole or span) * 1000))

    def _burstiness(self) -> float:
        return float(np.clip(self._rng.lognormal(np.log(1.4), 0.7), 0.7, 9.0))

    def _day_weights(self, weekend: float) -> NDArray[np.float64]:
        return np.array([weekend if day % 7 >= 5 else 1.0 for day in range(int(np.ceil(self.days)))])

    def _paced(self, count: int, offset_h: float, depth: float, weekend: float, variation: float) -> Times:
        """Gamma arrivals in operational time, bent onto a day's curve of the given depth (0 flat, 1 silent nights)."""
        rng = self._rng
        shape = 1 / variation**2
        steps = np.cumsum(rng.gamma(shape, 1 / shape, count + 1))
        position = (
            (steps[:-1] + rng.random() * steps[-1] * 0.2) / (steps[-1] * 1.2) if count < 6 else steps[:-1] / steps[-1]
        )
        hours = np.arange(int(np.ceil(self.days * 24)) + 1, dtype=np.float64)
        local = (hours + offset_h) % 24
        rate = 1 - depth * (0.5 + 0.5 * np.cos((local - rng.normal(14.0, 1.5)) / 24 * 2 * np.pi + np.pi)) ** 0.7
        day = ((hours + offset_h) // 24).astype(int) % 7
        rate = np.maximum(rate, 0.01) * np.where(day >= 5, weekend, 1.0)
        mass = np.concatenate([[0.0], np.cumsum(rate[:-1])])
        return self._settle(np.interp(position, mass / mass[-1], hours) * 3600)

    def _settle(self, seconds: NDArray[np.float64]) -> Times:
        """Milliseconds inside the week, sorted; what falls outside comes round on the other side."""
        span_ms = int(self.days * DAY_S * 1000)
        return np.sort((seconds * 1000).astype(np.int64) % span_ms)
