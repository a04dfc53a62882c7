"""The week's budget of false pages."""

from __future__ import annotations

from math import inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.budget import WEEK_MS, PageBudget, threshold_nats


@given(st.integers(1, 50), st.floats(0.01, 1.0), st.lists(st.integers(0, WEEK_MS // 40), max_size=120))
def test_the_shares_of_a_week_never_exceed_the_whole(planned: int, whole: float, waits: list[int]) -> None:
    """However many groups form and whenever, their shares of a week sum to no more than the whole."""
    granted: dict[int, float] = {}
    budget, now_ms = PageBudget(planned, whole), 0
    for wait_ms in waits:
        now_ms += wait_ms
        share = budget.grant(now_ms)
        assert share > 0
        granted[now_ms // WEEK_MS] = granted.get(now_ms // WEEK_MS, 0.0) + share
    assert all(total <= whole * (1 + 1e-9) for total in granted.values())


def test_planned_groups_get_equal_shares_and_later_ones_less() -> None:
    """The planned groups share nine tenths evenly; the next gets a part of the rest."""
    budget = PageBudget(planned=10)
    shares = [budget.grant(0) for _ in range(11)]
    assert shares[:10] == pytest.approx([0.09] * 10)
    assert shares[10] == pytest.approx(0.1 / 11)


def test_a_new_week_is_planned_from_the_last() -> None:
    """Two hundred groups in one week plan 250 for the next; after a week without any the setting holds again."""
    budget = PageBudget(planned=10)
    for _ in range(200):
        budget.grant(WEEK_MS)
    assert budget.grant(2 * WEEK_MS) == pytest.approx(0.9 / 250)
    assert budget.grant(4 * WEEK_MS) == pytest.approx(0.09)


def test_a_larger_budget_asks_for_less_evidence() -> None:
    """The threshold is the logarithm of one over the granted pages, never below 0, and infinite without a grant."""
    assert threshold_nats(0.001, 1.0) == pytest.approx(log(1_000))
    assert threshold_nats(0.001, 10.0) == pytest.approx(log(100))
    assert (threshold_nats(0.5, 10.0), threshold_nats(0.0, 1.0)) == (0.0, inf)
