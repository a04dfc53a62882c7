"""Distinct values among many, counted in a few bytes."""

from __future__ import annotations

from math import log
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from numba import njit
from numba.cpython.unsafe import numbers
from river import stats

from models.stats.natural import HASH_LIMIT, natural

_ONE = np.uint64(1)
_WORD_BITS = 64
# Numba's type asks for an argument that no caller gives.
_leading_zeros: Any = numbers.leading_zeros

# Bias corrections for 16, 32 and 64 registers, and the two terms of the formula for 128 and more (Flajolet 2007).
_ALPHA_16, _ALPHA_32, _ALPHA_64, _ALPHA_LIMIT, _ALPHA_SLOPE = 0.673, 0.697, 0.709, 0.7213, 1.079
_LINEAR_COUNTING_UP_TO = 2.5


@njit(cache=True)
def hyperloglog_add(registers: npt.NDArray[np.uint8], hashed: np.uint64) -> None:
    """Record one uniform 64-bit hash; the number of registers is a power of two from 16 to 65,536."""
    index_bits = 0
    while (1 << index_bits) < registers.size:
        index_bits += 1
    at = np.int64(hashed >> np.uint64(_WORD_BITS - index_bits))
    # A one behind the last bit of the rest stops the count where there is none in it.
    rest = hashed << np.uint64(index_bits) | _ONE << np.uint64(index_bits - 1)
    registers[at] = max(registers[at], _leading_zeros(rest) + _ONE)


@njit(cache=True)
def hyperloglog_estimate(registers: npt.NDArray[np.uint8]) -> float:
    """Estimated number of distinct hashes recorded; cost: one pass over the registers."""
    size = registers.size
    harmonic = 0.0
    empty = 0
    for register in range(size):
        harmonic += 1.0 / np.float64(_ONE << np.uint64(registers[register]))
        if registers[register] == 0:
            empty += 1
    if size == 16:
        alpha = _ALPHA_16
    elif size == 32:
        alpha = _ALPHA_32
    elif size == 64:
        alpha = _ALPHA_64
    else:
        alpha = _ALPHA_LIMIT / (1.0 + _ALPHA_SLOPE / size)
    estimate = alpha * size * size / harmonic
    if estimate <= _LINEAR_COUNTING_UP_TO * size and empty > 0:
        return size * log(size / empty)
    return estimate


class HyperLogLog(stats.base.Univariate):
    """Number of distinct 64-bit hashes, in one byte a register (HyperLogLog with linear counting when small).

    The relative standard error is 1.04 / sqrt(registers): 9 % at 128. ``None`` before the first hash. Merging takes
    the larger of each pair of registers and equals one instance fed with both streams. The registers live in an
    account's packed row, where a sketch library's own object (Apache DataSketches keeps one on its heap, with a
    serialised form of varying size) would not fit.

    Parameters
    ----------
    registers
        A power of two from 16 to 65,536.

    Examples
    --------
    >>> from models.hashing import mix
    >>> distinct = HyperLogLog(128)
    >>> for i in range(3_000):
    ...     distinct.update(mix(1 + i % 1_000))
    >>> print(f"{distinct.get():.1f}")
    1006.2

    References
    ----------
    Flajolet, P., Fusy, E., Gandouet, O. and Meunier, F. (2007). HyperLogLog: the analysis of a near-optimal
    cardinality estimation algorithm. AofA 2007, DMTCS Proceedings, 137-156.

    """

    def __init__(self, registers: int = 128) -> None:
        if registers not in {1 << bits for bits in range(4, 17)}:
            raise ValueError(f"registers: {registers} is no power of two from 16 to 65536")
        self.registers = registers
        self.ranks = np.zeros(registers, dtype=np.uint8)

    def update(self, x: float) -> None:
        """Record the hash ``x``; raises ``ValueError`` for what is no hash."""
        hyperloglog_add(self.ranks, np.uint64(natural(x, HASH_LIMIT, "hash")))

    def get(self) -> float | None:
        """Estimated number of distinct hashes, at least 1."""
        return hyperloglog_estimate(self.ranks) if self.ranks.any() else None

    def __iadd__(self, other: HyperLogLog) -> Self:
        """Take the larger of each pair of registers; raises ``ValueError`` for another number of registers."""
        if other.registers != self.registers:
            raise ValueError(f"registers: {other.registers} cannot be merged into {self.registers}; use equal sizes")
        np.maximum(self.ranks, other.ranks, out=self.ranks)
        return self
