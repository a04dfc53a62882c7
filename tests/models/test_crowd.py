"""Who is at an anchor of a campaign, and whom its group names."""

from __future__ import annotations

import pytest

from models.candidate import LinkLabel, Member
from models.crowd import crowd_at, gate_at, nameable_at, names_some
from models.member_gate import Ties
from models.membership import Campaign, Group, NamedMember

DAY_MS = 24 * 3_600_000


def member(name: str, uses: int = 6, event_count: int = 8) -> Member:
    """One account at an anchor."""
    return Member(name, uses, event_count, 100 * uses, 1_000, 2_000)


def group(link: LinkLabel, named: int, waiting: list[Member], nats: float = 5.0, threshold_nats: float = 4.5) -> Group:
    """Make a group of a campaign that names the first ``named`` accounts."""
    held = Group("01", link, DAY_MS + 1_000, nats, [], {seen.account_id: seen for seen in waiting}, "campaign")
    held.threshold_nats, held.own_nats = threshold_nats, 13.8
    held.named = {f"h{number:03}": None for number in range(named)}
    return held


def campaign(size: int) -> Campaign:
    """Make a campaign that names so many accounts."""
    return Campaign({"shell:01"}, {f"h{number:03}": NamedMember() for number in range(size)})


def test_who_merely_came_by_is_not_of_the_crowd() -> None:
    """An account that used the anchor once in a hundred requests or less is not one that a page would name."""
    held = group("shell", 4, [member("x"), member("y", uses=2, event_count=400)])
    assert nameable_at(held, 2) == ["x"]
    assert crowd_at(held, campaign(20), 2)[:] == (4, 1, 20)


@pytest.mark.parametrize(
    ("link", "named", "nats", "expected"),
    [("shell", 1, 5.0, True), ("shell", 1, 4.0, False), ("shell", 8, 4.0, True), ("payment", 2, 0.0, True)],
)
def test_a_group_names_if_it_passes_is_core_or_pays(link: LinkLabel, named: int, nats: float, expected: bool) -> None:
    """Any other group of a campaign is only a further link."""
    held = group(link, named, [member("x")], nats)
    assert names_some(held, crowd_at(held, campaign(20), 2)) == expected


@pytest.mark.parametrize(("named", "others", "expected"), [(200, 150, True), (199, 150, False), (200, 201, False)])
def test_two_hundred_named_are_core_however_large_the_campaign(named: int, others: int, expected: bool) -> None:
    """Of thousands of accounts no template is filled by most; yet most at the anchor have to be named."""
    held = group("shell", named, [member(f"x{number}") for number in range(others)], 4.0)
    assert names_some(held, crowd_at(held, campaign(9_000), 2)) == expected


@pytest.mark.parametrize(("at", "expected"), [(200, True), (199, False)])
def test_a_newcomer_at_an_anchor_of_two_hundred_is_no_stranger(at: int, expected: bool) -> None:
    """A settled anchor asks for one of a good part of the campaign, and two hundred named are that in any."""
    newcomer = member("x", uses=4, event_count=4)
    settled = group("shell", 300, [newcomer])
    crowd = crowd_at(settled, campaign(9_000), 2)
    assert gate_at(settled, crowd, [300, 2_000], lambda _: Ties(2, at), 2)(newcomer) == expected


@pytest.mark.parametrize(("widest", "expected"), [(40, False), (15, True)])
def test_a_newcomer_at_a_settled_anchor_is_measured_by_the_widest(widest: int, expected: bool) -> None:
    """An anchor of ten named is a corner beside one of forty, and the campaign's own beside one of fifteen."""
    newcomer = member("x", uses=4, event_count=4)
    settled = group("shell", 10, [newcomer])
    crowd = crowd_at(settled, campaign(60), 2)
    assert gate_at(settled, crowd, [10, widest], lambda _: Ties(1, 10), 2)(newcomer) == expected
