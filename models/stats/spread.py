"""How much the lengths of an account's prompts or answers differ from each other."""

from __future__ import annotations

from math import log1p, sqrt
from typing import Self

from numba import njit
from river import stats

from models.stats.natural import natural

#: Steps of the whole numbers in which logarithms are summed, so that sums know no order.
LOG_STEPS = 1_024

_LENGTH_LIMIT = 2**53


@njit(cache=True)
def log_steps(length: int) -> int:
    """``LOG_STEPS * ln(1 + length)`` as a whole number."""
    return int(LOG_STEPS * log1p(length) + 0.5)


@njit(cache=True)
def log_spread(total: int, squares: int, count: int) -> float:
    """Standard deviation of ``count >= 1`` logarithms from the sums of ``log_steps`` and of their squares."""
    # Exact in whole numbers, so that no cancellation makes it depend on the order of the sums.
    return sqrt(max(0, count * squares - total * total)) / count / LOG_STEPS


class LogSpread(stats.base.Univariate):
    """Standard deviation of ``ln(1 + length)``: by what factor lengths typically differ, as a logarithm.

    A job asks for answers of one length; whoever collects answers to everything gets all lengths. ``None`` before the
    first length. Memory: three whole numbers.

    Examples
    --------
    >>> labels, essays = LogSpread(), LogSpread()
    >>> for tokens in (4, 5, 4, 6, 5):
    ...     labels.update(tokens)
    >>> for tokens in (4, 900, 60, 2_000, 300):
    ...     essays.update(tokens)
    >>> print(f"{labels.get():.2f} {essays.get():.2f}")
    0.13 2.13

    References
    ----------
    Chan, T. F., Golub, G. H. and LeVeque, R. J. (1983). Algorithms for computing the sample variance. The American
    Statistician 37(3), 242-247: the textbook formula is safe where, as here, sums are exact.

    """

    def __init__(self) -> None:
        self.total = self.squares = self.count = 0

    def update(self, x: float) -> None:
        """Take a length in tokens; raises ``ValueError`` for what is none."""
        steps = int(log_steps(natural(x, _LENGTH_LIMIT, "length")))
        self.total += steps
        self.squares += steps * steps
        self.count += 1

    def get(self) -> float | None:
        """Standard deviation of the logarithms, at least 0."""
        return float(log_spread(self.total, self.squares, self.count)) if self.count else None

    def __iadd__(self, other: LogSpread) -> Self:
        """Add the lengths of another instance."""
        self.total += other.total
        self.squares += other.squares
        self.count += other.count
        return self
