"""What groups of largely the same accounts come to together."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.pooled import POOLED_GROUPS, evidence_of, largely_same, pooled_score
from models.surprise import Surprise

REFERENCE = Surprise(scores=[1.0, 4.0], nats=[0.5, 7.0], slope=1.0)
NATS = st.lists(st.floats(0.0, 50.0), min_size=1, max_size=12)


@given(NATS, st.floats(0.0, 10.0))
def test_more_evidence_or_another_group_is_never_less(nats: list[float], more: float) -> None:
    """Neither a rise of one group's evidence nor a further group lowers what all come to."""
    before = evidence_of(nats, REFERENCE)
    assert evidence_of([nats[0] + more, *nats[1:]], REFERENCE) >= before >= 0.0
    assert evidence_of([*nats, more], REFERENCE) >= before


@given(NATS)
def test_only_the_strongest_count(nats: list[float]) -> None:
    """The score is the mean of the five strongest groups, where a missing one is nothing."""
    strongest = sorted(nats, reverse=True)[:POOLED_GROUPS]
    assert pooled_score(nats) == pytest.approx(sum(strongest) / POOLED_GROUPS)


def test_both_ways_share_the_budget() -> None:
    """Five groups are worth what the reference says of them, less ln 5/4; one alone what it says, less ln 5."""
    assert evidence_of([4.0] * 5, REFERENCE) == pytest.approx(7.0 - log(5 / 4))
    assert evidence_of([9.0], REFERENCE) == pytest.approx(9.0 - log(5))


@pytest.mark.parametrize(
    ("shared", "first", "second", "same"),
    [(5, 10, 10, True), (4, 10, 10, False), (2, 3, 90, True), (1, 1, 1, False), (0, 8, 8, False)],
)
def test_half_of_the_smaller_set_is_largely_the_same(shared: int, first: int, second: int, same: bool) -> None:
    """Half of the smaller set is enough, and no fewer than half of the least group."""
    assert largely_same(shared, first, second, min_accounts=4) is same
