"""Entropy and sample coverage of a distribution over cells, estimated from few and fading counts."""

from __future__ import annotations

from math import exp, log, log1p
from typing import Self

import numpy as np
import numpy.typing as npt
from numba import njit
from river import stats

from models.stats.natural import natural

_COUNT_LIMIT = 2**16

#: Ordered pairs of observations that ``simpson_spread`` assumes beside those seen, one of them a match.
_PRIOR_PAIRS = 20.0


@njit(cache=True)
def good_turing_coverage(counts: npt.NDArray[np.uint16], total: int) -> float:
    """Share of the probability that lies in cells already seen, for ``total >= 2`` counts; 0 < coverage <= 1.

    When every count is one the estimate would be 0 and Chao and Shen's undefined; one singleton less is taken then,
    as is customary.
    """
    singletons = 0
    for cell in range(counts.size):
        if counts[cell] == 1:
            singletons += 1
    if singletons == total:
        singletons -= 1
    return 1.0 - singletons / total


@njit(cache=True)
def chao_shen_entropy(counts: npt.NDArray[np.uint16], total: int) -> float:
    """Entropy in nats of ``total >= 2`` counts, 0 to ``log(cells)``.

    The number of cells is known, so what the estimator guesses above its logarithm is cut off. Cost: two logarithms
    and one exponential for each cell in use.
    """
    coverage = good_turing_coverage(counts, total)
    entropy = 0.0
    for cell in range(counts.size):
        if counts[cell] > 0:
            share = coverage * counts[cell] / total
            if share < 1.0:
                entropy -= share * log(share) / (1.0 - exp(total * log1p(-share)))
    return min(entropy, log(counts.size))


@njit(cache=True)
def halve(counts: npt.NDArray[np.uint16]) -> int:
    """Halve every count, rounding down, and return the new total."""
    total = 0
    for cell in range(counts.size):
        counts[cell] = counts[cell] >> 1
        total += counts[cell]
    return total


@njit(cache=True)
def simpson_spread(counts: npt.NDArray[np.uint16], total: int) -> float:
    """Logarithm of the number of equally common cells that would match as rarely, 0 to ``log(cells)``.

    One match in ``_PRIOR_PAIRS`` pairs is assumed beside those seen, so that few observations say little.
    Cost: O(cells).
    """
    # In whole numbers, which are exact as the floats were and add up several at a time.
    squares = observed = np.uint64(0)
    for cell in range(counts.size):
        squares += np.uint64(counts[cell]) * np.uint64(counts[cell])
        observed += np.uint64(counts[cell])
    pairs = np.float64(squares - observed)
    possible = np.float64(total) * (np.float64(total) - 1.0)
    return min(max(0.0, log((possible + _PRIOR_PAIRS) / (pairs + 1.0))), log(counts.size))


class GoodTuringCoverage(stats.base.Univariate):
    """Good-Turing estimate of sample coverage over cells: 1 - (cells seen once) / (observations).

    It tells how much of what an account will ask next falls into cells it has asked in already. ``None`` below two
    observations. Memory: two bytes a cell; cost of ``update``: O(1), of ``get``: O(cells).

    Parameters
    ----------
    cells
        Number of cells; an observation is a cell number from 0 to ``cells - 1``.
    halving_events
        All counts are halved whenever their sum reaches this (2 to 65,535), so that old traffic fades.

    Examples
    --------
    >>> coverage = GoodTuringCoverage(cells=10)
    >>> for cell in [1, 1, 1, 2, 2, 3, 4, 5]:
    ...     coverage.update(cell)
    >>> coverage.get()
    0.625

    References
    ----------
    Good, I. J. (1953). The population frequencies of species and the estimation of population parameters.
    Biometrika 40(3-4), 237-264.

    """

    def __init__(self, cells: int = 256, halving_events: int = 1024) -> None:
        if not 2 <= halving_events < _COUNT_LIMIT:
            raise ValueError(
                f"halving_events: {halving_events} is outside 2 to {_COUNT_LIMIT - 1}; counts have 16 bits"
            )
        self.cells = cells
        self.halving_events = halving_events
        self.counts = np.zeros(cells, dtype=np.uint16)
        self.total = 0
        self.halvings = 0

    def update(self, x: float) -> None:
        """Count one observation of cell ``x``; raises ``ValueError`` for what is no cell."""
        self.counts[natural(x, self.cells, "cell")] += 1
        self.total += 1
        self._fade()

    def get(self) -> float | None:
        """Coverage, above 0 and at most 1."""
        return good_turing_coverage(self.counts, self.total) if self.total >= 2 else None

    def __iadd__(self, other: GoodTuringCoverage) -> Self:
        """Add the counts of another instance; raises ``ValueError`` for another number of cells."""
        if other.cells != self.cells:
            raise ValueError(f"cells: {other.cells} cannot be merged into {self.cells}; use equal numbers")
        counts = self.counts.astype(np.int64) + other.counts
        self.total += other.total
        while self.total >= self.halving_events:
            counts >>= 1
            self.total = int(counts.sum())
            self.halvings += 1
        self.counts = counts.astype(np.uint16)
        return self

    def _fade(self) -> None:
        if self.total >= self.halving_events:
            self.total = halve(self.counts)
            self.halvings += 1


class ChaoShenEntropy(GoodTuringCoverage):
    """Coverage-adjusted entropy (nats) of the distribution over cells, after Chao and Shen.

    The plug-in entropy of few observations mostly tells how many there were. Here Good-Turing coverage takes the
    unseen cells' share from the seen ones, and a Horvitz-Thompson weight makes up for cells that a sample of this
    size misses. ``None`` below two observations; from 0 to ``log(cells)``. Memory: two bytes a cell;
    cost of ``update``: O(1), of ``get``: O(cells).

    Parameters
    ----------
    cells
        Number of cells; an observation is a cell number from 0 to ``cells - 1``.
    halving_events
        All counts are halved whenever their sum reaches this (2 to 65,535), so that old traffic fades.

    Examples
    --------
    Thirty draws from 64 equally likely cells (true entropy: log(64) = 4.1589), beside River's plug-in entropy:

    >>> from random import Random
    >>> from river import stats
    >>> random, entropy, plug_in = Random(7), ChaoShenEntropy(cells=64), stats.Entropy()
    >>> for _ in range(30):
    ...     cell = random.randrange(64)
    ...     entropy.update(cell)
    ...     plug_in.update(cell)
    >>> print(f"{entropy.get():.4f} {plug_in.get():.4f}")
    3.8410 3.0141

    References
    ----------
    Chao, A. and Shen, T.-J. (2003). Nonparametric estimation of Shannon's index of diversity when there are unseen
    species in sample. Environmental and Ecological Statistics 10, 429-443.

    """

    def get(self) -> float | None:
        """Entropy in nats."""
        return chao_shen_entropy(self.counts, self.total) if self.total >= 2 else None


class SimpsonSpread(GoodTuringCoverage):
    """Logarithm of Simpson's inverse matching probability of the cells: over how many topics an account spreads.

    Unlike entropy it is hardly moved by cells not seen yet, so it compares accounts of a few dozen requests. ``None``
    below two observations; from 0 to ``log(cells)``. Memory: two bytes a cell; cost of ``get``: O(cells).

    Parameters
    ----------
    cells
        Number of cells; an observation is a cell number from 0 to ``cells - 1``.
    halving_events
        All counts are halved whenever their sum reaches this (2 to 65,535), so that old traffic fades.

    Examples
    --------
    >>> bot, harvest = SimpsonSpread(), SimpsonSpread()
    >>> for request in range(40):
    ...     bot.update(request % 3)
    ...     harvest.update(request * 7 % 256)
    >>> print(f"{bot.get():.2f} {harvest.get():.2f}")
    1.16 5.55

    References
    ----------
    Simpson, E. H. (1949). Measurement of diversity. Nature 163, 688. Hill, M. O. (1973). Diversity and evenness: a
    unifying notation and its consequences. Ecology 54(2), 427-432: the number of order 2.

    """

    def get(self) -> float | None:
        """Logarithm of the effective number of cells."""
        return float(simpson_spread(self.counts, self.total)) if self.total >= 2 else None
