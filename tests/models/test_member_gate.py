"""Whom a campaign names, and whom it does not although they share something with it."""

import pytest

from models.candidate import LinkLabel, Member
from models.member_gate import nameable, nameable_where_joined


def member(uses: int, event_count: int) -> Member:
    """Make a member."""
    return Member("a", uses, event_count, 0, 0, 0)


@pytest.mark.parametrize(
    ("link", "uses", "event_count", "expected"),
    [
        ("shell", 2, 40, True),
        ("shell", 2, 400, False),
        ("shell", 1, 2, False),
        ("payment", 5, 5, False),
        ("payment", 6, 6, True),
        ("address", 6, 6, True),
    ],
)
def test_the_gate_of_a_page(link: LinkLabel, uses: int, event_count: int, expected: bool) -> None:
    """Uses and share for a shell, more uses for what every request carries."""
    assert nameable(link, member(uses, event_count), 2) == expected


@pytest.mark.parametrize(
    ("link", "uses", "event_count", "anchors", "expected"),
    [
        ("shell", 6, 8, 1, True),
        ("shell", 3, 60, 1, False),
        ("shell", 3, 60, 2, True),
        ("payment", 60, 60, 1, False),
        ("payment", 60, 60, 2, True),
        ("shell", 1, 2, 2, False),
    ],
)
def test_the_gate_of_a_group_that_was_not_paged_for_itself(
    link: LinkLabel, uses: int, event_count: int, anchors: int, expected: bool
) -> None:
    """A shell that fills a tenth of an account's requests names it; anything less takes a second anchor."""
    assert nameable_where_joined(link, member(uses, event_count), 2, anchors) == expected
