"""Boosted trees as flat arrays."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.trees import TreeModel, Trees

FEATURES = ["one", "two", "three"]


def random_trees(seed: int, count: int = 5, depth: int = 3) -> Trees:
    """Make trees of random shape, splits and values."""
    rng = random.Random(seed)
    feature, threshold, value = list[int](), list[float](), list[float]()
    left, right = list[int](), list[int]()

    def grow(below: int) -> int:
        node = len(left)
        split = below > 0 and rng.random() < 0.8
        feature.append(rng.randrange(len(FEATURES)) if split else 0)
        threshold.append(round(rng.uniform(-1.0, 1.0), 1) if split else 0.0)
        value.append(rng.uniform(-2.0, 2.0))
        left.append(-1)
        right.append(-1)
        if split:
            left[node], right[node] = grow(below - 1), grow(below - 1)
        return node

    roots = [grow(depth) for _ in range(count)]
    return Trees(FEATURES, rng.uniform(-1.0, 1.0), roots, feature, threshold, left, right, value)


def leaves_of(trees: Trees, row: list[float]) -> list[int]:
    """Walk each tree the plain way and give the leaf it ends in."""
    leaves = []
    for root in trees.roots:
        node = root
        while trees.left[node] >= 0:
            goes_left = row[trees.feature[node]] <= trees.threshold[node]
            node = trees.left[node] if goes_left else trees.right[node]
        leaves.append(node)
    return leaves


@settings(deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(-12, 12), min_size=3, max_size=3))
def test_a_row_ends_in_the_leaves_of_a_plain_walk(seed: int, tenths: list[int]) -> None:
    """The log odds are the base and each leaf's distance from its root; rows on a threshold are among those tried."""
    trees = random_trees(seed)
    row = [number / 10 for number in tenths]
    expected = trees.base + sum(
        trees.value[leaf] - trees.value[root] for leaf, root in zip(leaves_of(trees, row), trees.roots, strict=True)
    )
    assert TreeModel(trees).read(np.array(row)).log_odds == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_what_features_added_makes_the_log_odds(seed: int, row: list[float]) -> None:
    """Base and contributions add up, and a feature that no tree splits on adds nothing."""
    trees = random_trees(seed)
    reading = TreeModel(trees).read(np.array(row))
    assert trees.base + reading.added.sum() == pytest.approx(reading.log_odds, abs=1e-9)
    used = {feature for feature, left in zip(trees.feature, trees.left, strict=True) if left >= 0}
    assert all(reading.added[column] == 0.0 for column in range(3) if column not in used)


def test_a_step_is_charged_to_the_feature_that_was_asked() -> None:
    """One split on the second feature gives it the way from the root's mean to the leaf; a tie goes left."""
    trees = Trees(FEATURES, 0.25, [0], [1, 0, 0], [0.5, 0.0, 0.0], [1, -1, -1], [2, -1, -1], [0.0, -1.0, 3.0])
    model = TreeModel(trees)
    assert model.read(np.array([9.0, 0.5, 9.0])).added.tolist() == [0.0, -1.0, 0.0]
    assert model.read(np.array([9.0, 0.6, 9.0])).log_odds == 3.25


@settings(deadline=None)
@given(st.integers(0, 10_000), st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.floats(0, 50))
def test_signals_share_the_evidence_out(seed: int, row: list[float], nats: float) -> None:
    """One signal a feature in proportion to what it added, and the rarity, which makes the sum the evidence."""
    model, usual = TreeModel(random_trees(seed)), [0.1, 0.2, 0.3]
    added = model.read(np.array(row)).added
    signals = model.signals(np.array(row), added, usual, nats)
    assert [(signal.name, signal.value, signal.usual) for signal in signals] == [
        *zip(FEATURES, row, usual, strict=True),
        ("rarity", nats, 0.0),
    ]
    assert sum(signal.nats for signal in signals) == pytest.approx(nats, abs=1e-9)
    told = [signal.nats for signal in signals[:-1]]
    assert sum(map(abs, told)) == pytest.approx(nats if added.any() else 0.0, abs=1e-9)
    assert told == pytest.approx(added * (nats / np.abs(added).sum() if added.any() else 0.0), abs=1e-9)


@pytest.mark.parametrize("row", [[0.0, 1.0], [0.0, 1.0, float("nan")], [0.0, float("inf"), 1.0], [0.0] * 4])
def test_a_row_that_is_none_is_refused(row: list[float]) -> None:
    """Another number of features, NaN or infinity raise an error that shows the row."""
    with pytest.raises(ValueError, match="expected 3 finite numbers"):
        TreeModel(random_trees(1)).read(np.array(row))


@pytest.mark.parametrize(
    "trees",
    [
        pytest.param(Trees(FEATURES, 0.0, [], [0], [0.0], [-1], [-1], [0.0]), id="no tree"),
        pytest.param(Trees(FEATURES, 0.0, [0], [0], [0.0], [-1], [-1], [0.0, 1.0]), id="uneven arrays"),
        pytest.param(Trees(FEATURES, 0.0, [0], [], [], [], [], []), id="no node"),
        pytest.param(Trees(FEATURES, 0.0, [0], [3], [0.0], [-1], [-1], [0.0]), id="unknown feature"),
        pytest.param(Trees(FEATURES, 0.0, [0], [-1], [0.0], [-1], [-1], [0.0]), id="negative feature"),
        pytest.param(Trees(FEATURES, 0.0, [1], [0], [0.0], [-1], [-1], [0.0]), id="root outside"),
        pytest.param(Trees(FEATURES, 0.0, [0], [0, 0], [0.0] * 2, [1, -1], [2, -1], [0.0] * 2), id="child outside"),
        pytest.param(Trees(FEATURES, 0.0, [0], [0], [0.0], [0], [0], [0.0]), id="a node below itself"),
        pytest.param(Trees(FEATURES, 0.0, [0], [0, 0], [0.0] * 2, [1, -1], [-1, -1], [0.0] * 2), id="half a split"),
    ],
)
def test_arrays_that_are_no_ensemble_are_refused(trees: Trees) -> None:
    """A damaged file is refused before a walk could leave the arrays or go round for ever."""
    with pytest.raises(ValueError, match="fit the model again"):
        TreeModel(trees)
