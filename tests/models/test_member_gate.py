"""Whom a campaign names, and whom it does not although they share something with it."""

import pytest

from models.candidate import LinkLabel, Member
from models.member_gate import Crowd, is_devoted, nameable, nameable_where_joined


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


@pytest.mark.parametrize(
    ("uses", "event_count", "anchors", "expected"),
    [(3, 60, 2, False), (3, 60, 3, True), (6, 8, 1, False), (6, 8, 2, True), (1, 2, 9, False)],
)
def test_the_gate_of_a_group_that_only_most_of_a_campaign_shares(
    uses: int, event_count: int, anchors: int, expected: bool
) -> None:
    """It takes three anchors, or two with a shell that fills a tenth of an account's requests."""
    assert nameable_where_joined("shell", member(uses, event_count), 2, anchors, core=True) == expected


@pytest.mark.parametrize(
    ("named", "others", "campaign", "expected"),
    [
        (20, 10, 50, True),  # most of those there are named, and they are a good part of the campaign
        (20, 21, 50, False),  # most of those there are strangers
        (16, 2, 50, False),  # the campaign's other members do not use it
        (3, 0, 4, False),  # too few to tell
    ],
)
def test_what_is_core_to_a_campaign(named: int, others: int, campaign: int, expected: bool) -> None:
    """An anchor is the campaign's own if its members use it and hardly anybody else does."""
    assert Crowd(named, others, campaign).is_core == expected


@pytest.mark.parametrize(
    ("named", "others", "campaign", "expected"),
    [(8, 4, 12, True), (8, 5, 12, False), (8, 1, 11, False), (0, 3, 40, False)],
)
def test_what_is_settled(named: int, others: int, campaign: int, expected: bool) -> None:
    """Two thirds of those at an anchor are named, by a campaign of a dozen or more."""
    assert Crowd(named, others, campaign).is_settled == expected


@pytest.mark.parametrize(
    ("named", "others", "campaign", "expected"),
    [(6, 6, 12, True), (6, 7, 12, False), (6, 1, 11, False), (0, 3, 40, False)],
)
def test_what_is_mostly_named(named: int, others: int, campaign: int, expected: bool) -> None:
    """Half of those at an anchor are named, by a campaign of a dozen or more."""
    assert Crowd(named, others, campaign).is_mostly_named == expected


@pytest.mark.parametrize(
    ("link", "named", "others", "expected"),
    [("payment", 2, 2, True), ("payment", 2, 3, False), ("payment", 1, 0, False), ("address", 9, 1, False)],
)
def test_what_pays_for_a_campaign(link: LinkLabel, named: int, others: int, expected: bool) -> None:
    """A payment of which half of the accounts and no fewer than two are named, however large the campaign."""
    assert Crowd(named, others, 500).pays(link) == expected


@pytest.mark.parametrize(
    ("link", "uses", "event_count", "expected"),
    [("shell", 8, 16, True), ("shell", 8, 17, False), ("shell", 7, 7, False), ("payment", 60, 60, False)],
)
def test_who_is_devoted(link: LinkLabel, uses: int, event_count: int, expected: bool) -> None:
    """A quarter of an account's requests fills the template, a dozen others assumed beside them, in eight uses."""
    assert is_devoted(link, member(uses, event_count)) == expected


@pytest.mark.parametrize(("campaign", "widest", "expected"), [(30, 30, 12.0), (30, 10, 6.0)])
def test_what_a_good_part_of_a_campaign_is(campaign: int, widest: int, expected: float) -> None:
    """Two fifths of it, or three fifths of what its widest anchor has, if that is less."""
    assert Crowd(1, 1, campaign).good_part(widest) == pytest.approx(expected)
