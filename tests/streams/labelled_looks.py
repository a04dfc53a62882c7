"""Looks at groups that three features tell apart, with noise: something to fit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import pytest
from threadpoolctl import threadpool_limits

from models.group_statistics import GROUP_FEATURES
from models.trace import Link
from streams import group_fit
from streams.group_looks import Looks

Floats = npt.NDArray[np.float64]


@contextmanager
def few_trees(count: int) -> Iterator[None]:
    """Fit so many trees in place of six hundred, and without threads, which only wait for one another here."""
    with threadpool_limits(1, "openmp"), pytest.MonkeyPatch.context() as patch:
        patch.setitem(group_fit._TREES, "max_iter", count)
        yield


def labelled(count: int, seed: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Make rows of normal features, of which three tell harvests from the rest, with noise."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, len(GROUP_FEATURES)))
    return rows, rows[:, 0] + rows[:, 3] * rows[:, 7] + rng.normal(size=count) > 1.5


def looks_of(seed: int, link: Link, groups: int = 300, per_group: int = 4) -> Looks:
    """Make looks at groups of one kind of anchor without common accounts, a fifth harvests and some mixed."""
    rows, harvests = labelled(groups * per_group, seed)
    anchors = np.repeat(np.arange(groups, dtype=np.uint64), per_group)
    shares = np.where(harvests, 0.95, 0.0)
    shares[::17], shares[8::17] = 0.4, 0.9
    links = np.full(len(rows), int(link), dtype=np.uint8)
    members = {anchor: frozenset(f"{link.name}-{anchor}-{number}" for number in range(4)) for anchor in range(groups)}
    nobody = dict.fromkeys(members, frozenset[str]())
    return Looks(rows, anchors, links, shares, np.full(len(rows), "any"), members, nobody)
