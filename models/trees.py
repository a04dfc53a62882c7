"""Boosted trees as flat arrays: evaluated in one kernel, with what each feature added."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from numba import njit

from models.candidate import Signal

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


class Trees(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An additive ensemble as its file holds it: nodes of all trees one after another, ``roots`` names each first.

    A node with ``left`` -1 is a leaf. ``value`` is the mean of the leaves below a node, weighted by training rows, so
    that a path's steps add up to its leaf (Saabas 2014). ``features`` names the columns in order.
    """

    features: list[str]
    base: float
    roots: list[int]
    feature: list[int]
    threshold: list[float]
    left: list[int]
    right: list[int]
    value: list[float]


class Reading(NamedTuple):
    """What an ensemble says of one row: its log odds, and what each feature added to ``base``."""

    log_odds: float
    added: Floats


class TreeModel:
    """Evaluates an ensemble (Friedman, Greedy Function Approximation, Annals of Statistics 2001).

    Cost: about a microsecond for a hundred trees of depth three. Values at a threshold go left. Raises ``ValueError``
    for arrays that are no ensemble.
    """

    def __init__(self, trees: Trees) -> None:
        sizes = {len(trees.feature), len(trees.threshold), len(trees.left), len(trees.right), len(trees.value)}
        if len(sizes) != 1 or not _is_ensemble(trees):
            raise ValueError(
                f"trees: {len(trees.roots)} roots, node arrays of {sorted(sizes)} entries, {len(trees.features)} "
                "features: no ensemble; fit the model again with `groups`"
            )
        self.features = tuple(trees.features)
        self.base = trees.base
        self._roots = np.array(trees.roots, dtype=np.int32)
        self._feature = np.array(trees.feature, dtype=np.int32)
        self._threshold = np.array(trees.threshold, dtype=np.float64)
        self._left = np.array(trees.left, dtype=np.int32)
        self._right = np.array(trees.right, dtype=np.int32)
        self._value = np.array(trees.value, dtype=np.float64)

    def read(self, row: Floats) -> Reading:
        """Read one row of finite features, shape (features,); raises ``ValueError`` for another shape or NaN."""
        if row.shape != (len(self.features),) or not np.isfinite(row).all():
            raise ValueError(f"row: shape {row.shape} of {row.tolist()}; expected {len(self.features)} finite numbers")
        added = np.zeros(len(self.features))
        _walk(self._roots, self._feature, self._threshold, self._left, self._right, self._value, row, added)
        return Reading(self.base + float(added.sum()), added)

    def signals(self, row: Floats, added: Floats, usual: list[float], evidence_nats: float) -> list[Signal]:
        """Share the evidence out among the features in proportion to what each ``added``; ``rarity`` is the rest."""
        moved = float(np.abs(added).sum())
        scale = evidence_nats / moved if moved else 0.0
        rest = evidence_nats - scale * float(added.sum())
        values = zip(self.features, row.tolist(), usual, added.tolist(), strict=True)
        signals = [Signal(name, value, typical, scale * part) for name, value, typical, part in values]
        return [*signals, Signal("rarity", evidence_nats, 0.0, rest)]


def _is_ensemble(trees: Trees) -> bool:
    """Whether every index stays inside, and every child comes after its node, so that each walk ends."""
    count, columns = len(trees.left), len(trees.features)
    children = zip(trees.left, trees.right, strict=True)
    return (
        bool(trees.roots)
        and all(0 <= root < count for root in trees.roots)
        and all(0 <= feature < columns for feature in trees.feature)
        and all(
            (left, right) == (-1, -1) or (node < left < count and node < right < count)
            for node, (left, right) in enumerate(children)
        )
    )


@njit(cache=True)
def _walk(
    roots: Ints, feature: Ints, threshold: Floats, left: Ints, right: Ints, value: Floats, row: Floats, added: Floats
) -> None:
    for root in roots:
        node = root
        while left[node] >= 0:
            column = feature[node]
            child = left[node] if row[column] <= threshold[node] else right[node]
            added[column] += value[child] - value[node]
            node = child
