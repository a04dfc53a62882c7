from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.stats import ChaoShenEntropy, GoodTuringCoverage

CELLS = st.lists(st.integers(0, 15), min_size=2, max_size=60)


def reference(observed: list[int], cells: int) -> float:
    """Chao and Shen's equations 4 and 7 written out with vectors."""
    counts = np.bincount(observed, minlength=cells)
    counts = counts[counts > 0]
    total = counts.sum()
    singletons = min(int((counts == 1).sum()), int(total) - 1)
    shares = (1 - singletons / total) * counts / total
    terms = np.where(shares < 1, -shares * np.log(shares) / (1 - (1 - np.minimum(shares, 1 - 1e-15)) ** total), 0.0)
    return float(min(terms.sum(), log(cells)))


@settings(deadline=None)
@given(CELLS)
def test_entropy_is_chao_and_shens(observed: list[int]) -> None:
    """The kernel agrees with the published formula, cut at the logarithm of the number of cells."""
    entropy = ChaoShenEntropy(cells=16)
    for cell in observed:
        entropy.update(cell)
    assert entropy.get() == pytest.approx(reference(observed, 16), abs=1e-9)


def test_entropy_of_few_draws_is_less_biased_than_the_plug_in() -> None:
    """Over many samples of 40 draws from 128 cells the mean error is under a third of the plug-in's."""
    rng = np.random.default_rng(1)
    truth = log(128)
    estimates, plug_ins = [], []
    for _ in range(200):
        entropy = ChaoShenEntropy(cells=512)
        sample = rng.integers(0, 128, 40)
        for cell in sample:
            entropy.update(cell)
        shares = np.bincount(sample)[np.bincount(sample) > 0] / 40
        estimates.append(entropy.get())
        plug_ins.append(-(shares * np.log(shares)).sum())
    assert abs(np.mean(np.array(estimates, dtype=float)) - truth) < abs(np.mean(plug_ins) - truth) / 3


def test_one_cell_has_no_entropy() -> None:
    """An account that keeps to one cell has entropy 0 and full coverage."""
    entropy, coverage = ChaoShenEntropy(), GoodTuringCoverage()
    for _ in range(50):
        entropy.update(7)
        coverage.update(7)
    assert (entropy.get(), coverage.get()) == (0.0, 1.0)


@pytest.mark.parametrize("statistic", [ChaoShenEntropy, GoodTuringCoverage])
def test_one_observation_defines_nothing(statistic: type[GoodTuringCoverage]) -> None:
    """Below two observations there is no estimate, which is None and not 0."""
    one = statistic()
    one.update(3)
    assert one.get() is None


def test_old_traffic_fades() -> None:
    """After a few halvings an account that went from one cell to all looks wide, whatever it did before."""
    entropy = ChaoShenEntropy(cells=64, halving_events=128)
    for _ in range(1_000):
        entropy.update(0)
    assert entropy.get() == pytest.approx(0.0)
    for i in range(1_000):
        entropy.update(i % 64)
    assert (entropy.get() or 0.0) > 0.95 * log(64)


@settings(deadline=None)
@given(CELLS, CELLS)
def test_merging_adds_the_counts(left: list[int], right: list[int]) -> None:
    """Merged instances equal one that saw both streams."""
    first, second, both = (ChaoShenEntropy(cells=16) for _ in range(3))
    for cell in left:
        first.update(cell)
        both.update(cell)
    for cell in right:
        second.update(cell)
        both.update(cell)
    first += second
    assert first.get() == both.get()


@pytest.mark.parametrize("halving_events", [0, 1, 65_536])
def test_counts_that_cannot_hold_are_refused(halving_events: int) -> None:
    """A halving size that 16-bit counts cannot reach, or that leaves nothing, is refused by name."""
    with pytest.raises(ValueError, match="halving_events"):
        ChaoShenEntropy(halving_events=halving_events)
