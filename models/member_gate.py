"""Whom a campaign names: the constants and the rules, in one place."""

from __future__ import annotations

from models.candidate import LinkLabel, Member
from models.group_statistics import use_share_millionths

#: Least share of its requests with which an account is named for a prompt shell: 9 uses in 700 reach it.
MEMBER_MIN_SHARE_MILLIONTHS = 10_000

#: Uses from which an account is named for a payment or an address, which each of its requests carries.
MEMBER_MIN_USES_WITHOUT_SHELL = 6

#: Share of its requests from which one shell names an account although the shell's own group was not paged.
JOINED_MIN_SHARE_MILLIONTHS = 100_000

#: Otherwise such a group names only accounts that are seen at this many anchors of the campaign; 1 switches this off.
JOINED_MIN_ANCHORS = 2


def nameable(link: LinkLabel, member: Member, min_uses: int) -> bool:
    """Whether a member's use of an anchor is its own doing, not chance: what every campaign asks.

    A phrase of human chat comes up twice among thousands of requests; a payment or an address comes with each request,
    so it takes more of them before anything is said about the account.
    """
    if link != "shell":
        return member.uses >= MEMBER_MIN_USES_WITHOUT_SHELL
    return member.uses >= min_uses and _share(member) >= MEMBER_MIN_SHARE_MILLIONTHS


def nameable_where_joined(link: LinkLabel, member: Member, min_uses: int, anchors: int) -> bool:
    """Whether a group that belongs to a campaign, but would not have been paged for itself, names a member.

    Such a group is often a crowd around the campaign: an office's address, a phrase that many know. Who merely shares
    that one anchor stays unnamed; ``anchors`` counts those of the campaign at which the account was seen, this one
    among them.
    """
    if not nameable(link, member, min_uses):
        return False
    return anchors >= JOINED_MIN_ANCHORS or (link == "shell" and _share(member) >= JOINED_MIN_SHARE_MILLIONTHS)


def _share(member: Member) -> int:
    return use_share_millionths(member.uses, member.event_count)
