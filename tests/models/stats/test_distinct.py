from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.stats import HyperLogLog

HASHES = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=80)


@pytest.mark.parametrize("registers", [64, 128, 1_024])
@pytest.mark.parametrize("distinct", [1, 10, 100, 1_000, 20_000])
def test_error_stays_within_the_papers_bound(registers: int, distinct: int) -> None:
    """Over 20 samples the root mean square error is at most one and a half times 1.04 / sqrt(registers)."""
    rng = np.random.default_rng(distinct)
    errors = []
    for _ in range(20 if distinct < 5_000 else 4):
        sketch = HyperLogLog(registers)
        for hashed in rng.integers(0, 2**64, distinct, dtype=np.uint64).tolist():
            sketch.update(hashed)
        errors.append(sketch.get() / distinct - 1.0)  # type: ignore[operator]  # it has seen hashes
    assert np.sqrt(np.mean(np.square(errors))) <= 1.5 * 1.04 / np.sqrt(registers)


@settings(deadline=None)
@given(HASHES)
def test_repeats_change_nothing(values: list[int]) -> None:
    """A hash seen again leaves the registers as they are, in whatever order."""
    once, twice = HyperLogLog(16), HyperLogLog(16)
    for value in values:
        once.update(value)
    for value in [*reversed(values), *values]:
        twice.update(value)
    assert once.ranks.tobytes() == twice.ranks.tobytes()


@settings(deadline=None)
@given(HASHES, HASHES)
def test_merging_equals_one_sketch_of_both(left: list[int], right: list[int]) -> None:
    """Merged registers are those of one sketch that saw both streams."""
    first, second, both = (HyperLogLog(64) for _ in range(3))
    for value in left:
        first.update(value)
        both.update(value)
    for value in right:
        second.update(value)
        both.update(value)
    first += second
    assert first.ranks.tobytes() == both.ranks.tobytes()


def test_the_rarest_hash_fits_a_register() -> None:
    """A hash whose counted bits are all zero gets the greatest rank and a finite estimate."""
    sketch = HyperLogLog(16)
    sketch.update(0)
    assert sketch.ranks[0] == 61
    assert sketch.get() == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("registers", [0, 8, 100, 2**17])
def test_other_sizes_are_refused(registers: int) -> None:
    """Only powers of two from 16 to 65,536 are taken."""
    with pytest.raises(ValueError, match="registers"):
        HyperLogLog(registers)


def test_sketches_of_different_size_do_not_merge() -> None:
    """Merging unequal sizes is refused and says so."""
    with pytest.raises(ValueError, match="cannot be merged"):
        HyperLogLog(16).__iadd__(HyperLogLog(32))
