"""Who is at an anchor of a campaign, and whom of them the anchor's group names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.candidate import Member
from models.member_gate import CORNER_SHARE, Crowd, Ties, nameable, nameable_where_joined, nameable_where_paying
from models.membership import Campaign, Group


def nameable_at(group: Group, min_uses: int) -> list[str]:
    """List the waiting members that a group would name if it were paged for itself."""
    return [seen.account_id for seen in group.waiting.values() if nameable(group.link, seen, min_uses)]


def crowd_at(group: Group, campaign: Campaign, min_uses: int) -> Crowd:
    """Count who is at a group's anchor. Cost: O(members that wait)."""
    return Crowd(len(group.named), len(nameable_at(group, min_uses)), len(campaign.members))


def names_some(group: Group, crowd: Crowd) -> bool:
    """Whether a group of a campaign names those of its members that qualify: it passes, is core to it, or pays.

    A mixed crowd passes only where it would have been paged for itself.
    """
    passes = group.passes and (group.passes_alone or not crowd.is_mixed)
    return passes or crowd.is_core or crowd.pays(group.link)


def gate_at(
    group: Group, crowd: Crowd, sizes: Sequence[int], ties_of: Callable[[str], Ties], min_uses: int
) -> Callable[[Member], bool]:
    """Give what decides whether a group names one of its members.

    ``sizes`` says how many are named at each anchor of its campaign, means of payment left out: few pay by one,
    whatever the campaign's size. ``ties_of`` gives an account's ties to the campaign.
    """
    own = group.passes_alone
    usual = CORNER_SHARE * _usual(sizes) if own and crowd.is_mostly_named else 0.0
    good_part = crowd.good_part(max(sizes, default=0))

    def gate(member: Member) -> bool:
        if not nameable(group.link, member, min_uses):
            return False
        if own and not crowd.is_mostly_named:
            return True
        if crowd.pays(group.link) and nameable_where_paying(member, group.last_seen_ms):
            return True
        ties = ties_of(member.account_id)
        if crowd.is_settled and ties.widest < good_part:
            return False
        if own:
            return ties.widest >= usual
        return nameable_where_joined(group.link, member, min_uses, ties.anchors, core=not group.passes)

    return gate


def _usual(sizes: Sequence[int]) -> float:
    """How many are named, on average, at the anchors at which a member is seen."""
    return sum(size * size for size in sizes) / max(1, sum(sizes))
