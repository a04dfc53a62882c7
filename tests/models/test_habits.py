"""What a trace tells of all that its account does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.anchor import Anchor
from models.group_statistics import GROUP_FEATURES, describe
from models.habits import HABITS, LEVELS, TOPS, level, levels, pack_habits
from models.trace import Link
from models.use import TracedUse

VALUES = st.tuples(*(st.floats(0.0, 2 * top) for top in TOPS))


@given(VALUES)
def test_each_habit_keeps_its_place(values: tuple[float, float, float, float]) -> None:
    """Two bytes hold the four levels, whatever the values, and what is beyond the top is the top."""
    packed = pack_habits(*values)
    assert 0 <= packed < 2**16
    assert levels(packed) == tuple(level(value, top) for value, top in zip(values, TOPS, strict=True))


@given(st.floats(0.0, 1.0))
def test_a_level_is_within_half_a_step(value: float) -> None:
    """What is told differs from what is known by no more than half a step."""
    assert abs(level(value, 1.0) / LEVELS - value) <= 0.5 / LEVELS + 1e-9


def test_a_group_has_the_mean_habits_of_its_qualifying_accounts() -> None:
    """The last trace of an account counts; who used the anchor but once does not."""
    anchor = Anchor(Link.SHELL, member_min_uses=2)
    for account_id, uses, topics in (("a", 2, 0.0), ("a", 3, 4.0), ("b", 2, 2.0), ("c", 1, 5.5)):
        anchor.observe(account_id, TracedUse(0, uses, 9, 50, uses, 0, habits=pack_habits(topics, 0.0, 3.0, 0.5)))
    described = dict(zip(GROUP_FEATURES, describe(anchor.statistics()), strict=True))
    topics, outputs, inputs, hours = (described[name] for name in HABITS)
    assert abs(topics - 3.0) < 0.2
    assert (outputs, inputs) == (0.0, 3.0)
    assert abs(hours - 0.5) < 0.04


def test_accounts_of_one_organisation_are_one_party() -> None:
    """Who names no organisation stands for itself."""
    anchor = Anchor(Link.SHELL, member_min_uses=2)
    for number, organization in enumerate((7, 7, 7, 8, 0, 0)):
        anchor.observe(f"a{number}", TracedUse(0, 2, 9, 50, number, 0, organization=organization))
    found = anchor.statistics()
    assert (found.parties, found.largest_party, found.qualifying) == (4, 3, 6)
