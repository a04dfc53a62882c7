from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.stats import AnchorUses

PAIRS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4)), max_size=60)


@settings(deadline=None)
@given(PAIRS)
def test_uses_are_exact_while_all_anchors_fit(pairs: list[tuple[int, int]]) -> None:
    """With a slot for each anchor, uses count every change of content and nothing else."""
    kept = AnchorUses(slots=6)
    uses: dict[int, int] = {}
    last: dict[int, int] = {}
    for anchor, content in pairs:
        kept.update(anchor, content)
        uses[anchor] = uses.get(anchor, 0) + (last.get(anchor) != content)
        last[anchor] = content
    assert {anchor: kept.uses_of(anchor) for anchor in uses} == uses
    assert kept.get() == (max(uses.values()) if uses else None)


@settings(deadline=None)
@given(PAIRS)
def test_a_newcomer_never_has_uses_it_did_not_make(pairs: list[tuple[int, int]]) -> None:
    """With too few slots, uses are at most the true ones: no false second use."""
    kept = AnchorUses(slots=2)
    true: dict[int, int] = {}
    for anchor, content in pairs:
        kept.update(anchor, content)
        true[anchor] = true.get(anchor, 0) + 1
        assert kept.uses_of(anchor) <= true[anchor]


def test_an_anchor_in_a_tenth_of_the_traffic_is_kept() -> None:
    """Among five newcomers an event, an anchor in every tenth event is found again and stays."""
    rng = np.random.default_rng(3)
    kept = AnchorUses(slots=30)
    made = 0
    for _ in range(2_000):
        for newcomer in rng.integers(1, 2**63, 5).tolist():
            kept.update(newcomer, int(rng.integers(1, 2**63)))
        if rng.random() < 0.1:
            kept.update(77, int(rng.integers(1, 2**63)))
            made += 1
    assert kept.uses_of(77) > 0.75 * made


def test_repeating_one_content_is_one_use() -> None:
    """A retry loop is no second use."""
    kept = AnchorUses(slots=3)
    for _ in range(20):
        kept.update(5, 9)
    assert kept.get() == 1.0


def test_uses_saturate() -> None:
    """Uses stop at 65,535 instead of wrapping round."""
    kept = AnchorUses(slots=1)
    kept.update(1, 1)
    kept.uses[0] = 65_535
    kept.update(1, 2)
    assert kept.get() == 65_535.0
