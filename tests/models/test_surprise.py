"""Evidence from a fixed reference of innocent groups."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.surprise import Surprise

SURPRISE = Surprise(scores=[-1.0, 0.5, 2.0], nats=[0.0, 1.0, 4.0], slope=1.5)
SCORES = st.floats(-1e6, 1e6)


@given(SCORES, SCORES)
def test_a_higher_score_is_no_less_evidence(one: float, other: float) -> None:
    """Evidence never falls as the score rises, and is never below zero."""
    low, high = sorted((one, other))
    assert 0.0 <= SURPRISE.of(low) <= SURPRISE.of(high)


def test_knots_are_met_and_joined_by_lines() -> None:
    """At a knot the evidence is the knot's, halfway between two the mean of theirs, below the first none."""
    assert [SURPRISE.of(score) for score in SURPRISE.scores] == SURPRISE.nats
    middles = [(low + high) / 2 for low, high in pairwise(SURPRISE.scores)]
    assert [SURPRISE.of(score) for score in middles] == pytest.approx([0.5, 2.5])
    assert SURPRISE.of(-1.0001) == 0.0


@given(st.floats(2.0, 1e6), st.floats(0.0, 1e3))
def test_the_tail_goes_on_with_the_slope(score: float, further: float) -> None:
    """Beyond the last knot every unit of score adds ``slope`` nats: an exponential tail."""
    gained = SURPRISE.of(score + further) - SURPRISE.of(score)
    assert gained == pytest.approx(SURPRISE.slope * further, rel=1e-6, abs=1e-6)
