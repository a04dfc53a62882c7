"""Whom a campaign names: the constants and the rules, in one place."""

from __future__ import annotations

from typing import NamedTuple

from models.candidate import LinkLabel, Member
from models.group_statistics import use_share_millionths

#: Least share of its requests with which an account is named for a prompt shell: 9 uses in 700 reach it.
MEMBER_MIN_SHARE_MILLIONTHS = 10_000

#: Uses from which an account is named for a payment or an address, which each of its requests carries.
MEMBER_MIN_USES_WITHOUT_SHELL = 6

#: Share of its requests from which a shell names an account with one anchor less.
JOINED_MIN_SHARE_MILLIONTHS = 100_000

#: Uses of a shell and share of the account's requests from which an account is devoted to a template.
DEVOTED_MIN_USES, DEVOTED_MIN_SHARE_MILLIONTHS = 8, 250_000

#: Otherwise a group that was not paged for itself names only accounts that are seen at this many anchors of the
#: campaign, and one that did not reach even the threshold of a joined group those seen at one more.
JOINED_MIN_ANCHORS = 2
CORE_MIN_ANCHORS = 3

#: A group is core to its campaign if the campaign names this part of those it could name, but no fewer than so many,
#: and if these are such a part of all that the campaign names: what most of a campaign shares is its own.
CORE_NAMED_SHARE, CORE_NAMED_LEAST = 0.5, 4
WIDE_SHARE = 0.4

#: An anchor at which a campaign names so many is wide, however large the campaign: of thousands of accounts in several
#: languages no template is filled by most.
WIDE_ACCOUNTS = 200

#: Who pays as so many do that the campaign names is named too, if these are half of all who pay so.
PAYING_NAMED_LEAST = 2

#: An account is named for how it pays a day after it first paid so: one that came today has shown nothing yet.
PAYING_MIN_MS = 24 * 3_600_000

#: A group is settled if the campaign names this part of those it could name, in a campaign of so many. Who is new to it
#: then has to be seen at an anchor that ``WIDE_SHARE`` of the campaign shares; where every account has a wording of its
#: own no anchor is so wide, and ``CORNER_SHARE`` of the widest will do.
SETTLED_NAMED_SHARE = 2.0 / 3.0
LARGE_CAMPAIGN = 12

#: In a crowd of so many a group that only joined a campaign names nobody while less than half of them are named.
LARGE_CROWD = 50

#: Where half are named and fewer than this part of what is usual at the campaign's anchors, the anchor is a corner: a
#: phrase that it shares with innocent templates. Who is seen at such alone is not named.
CORNER_SHARE = 0.6


class Ties(NamedTuple):
    """At how many anchors of a campaign an account was seen, and how many are named at the widest of them."""

    anchors: int
    widest: int


class Crowd(NamedTuple):
    """Who is at an anchor of a campaign: accounts that it names, others that it could name; and all that it names."""

    named: int
    others: int
    campaign: int

    @property
    def is_core(self) -> bool:
        """Whether the anchor is the campaign's own, whatever the evidence of its group."""
        wide = min(WIDE_SHARE * self.campaign, WIDE_ACCOUNTS)
        enough = self.named >= CORE_NAMED_LEAST and self.named >= wide
        return enough and self.named >= CORE_NAMED_SHARE * (self.named + self.others)

    def pays(self, link: LinkLabel) -> bool:
        """Whether this is a means of payment of the campaign: it names half of those who pay so, two or more."""
        enough = self.named >= PAYING_NAMED_LEAST and self.named >= CORE_NAMED_SHARE * (self.named + self.others)
        return enough and link == "payment"

    @property
    def is_mostly_named(self) -> bool:
        """Whether a campaign of some size names half of those at the anchor: who is new may be a stranger there."""
        return self.campaign >= LARGE_CAMPAIGN and self.named >= CORE_NAMED_SHARE * (self.named + self.others)

    @property
    def is_mixed(self) -> bool:
        """Whether it is a large crowd of which less than half is named: a phrase of many that a campaign uses too."""
        return self.named + self.others >= LARGE_CROWD and self.named < CORE_NAMED_SHARE * (self.named + self.others)

    @property
    def is_settled(self) -> bool:
        """Whether few are new at the anchor: of these it does not yet show that they are of the campaign."""
        mostly = self.named >= SETTLED_NAMED_SHARE * (self.named + self.others)
        return mostly and self.campaign >= LARGE_CAMPAIGN

    def good_part(self, widest: int) -> float:
        """How many named accounts make an anchor one of the campaign's own, if its widest anchor has so many."""
        return min(WIDE_SHARE * self.campaign, CORNER_SHARE * widest, WIDE_ACCOUNTS)


def nameable(link: LinkLabel, member: Member, min_uses: int) -> bool:
    """Whether a member's use of an anchor is its own doing, not chance: what every campaign asks.

    A phrase of human chat comes up twice among thousands of requests; a payment or an address comes with each request,
    so it takes more of them before anything is said about the account.
    """
    if link != "shell":
        return member.uses >= MEMBER_MIN_USES_WITHOUT_SHELL
    return member.uses >= min_uses and _share(member) >= MEMBER_MIN_SHARE_MILLIONTHS


def nameable_where_joined(link: LinkLabel, member: Member, min_uses: int, anchors: int, *, core: bool = False) -> bool:
    """Whether a group that belongs to a campaign, but would not have been paged for itself, names a member.

    Such a group is often a crowd around the campaign: an office's address, a phrase that many know. Who merely shares
    that one anchor stays unnamed; ``anchors`` counts those of the campaign at which the account was seen, this one
    among them. ``core`` stands for a group that names only because most of the campaign shares its anchor.
    """
    if not nameable(link, member, min_uses):
        return False
    needed = CORE_MIN_ANCHORS if core else JOINED_MIN_ANCHORS
    return anchors >= needed - (link == "shell" and _share(member) >= JOINED_MIN_SHARE_MILLIONTHS)


def nameable_where_paying(member: Member, now_ms: int) -> bool:
    """Whether an account was first seen to pay as a campaign's members do long enough before ``now_ms`` (epoch ms)."""
    return now_ms - member.first_seen_ms >= PAYING_MIN_MS


def is_devoted(link: LinkLabel, member: Member) -> bool:
    """Whether a good part of what an account does is to fill a template.

    An account that is devoted to two templates tells that they are of one hand: pieces of a campaign that splits its
    work by language or by topic have hardly more in common.
    """
    enough = link == "shell" and member.uses >= DEVOTED_MIN_USES
    return enough and _share(member) >= DEVOTED_MIN_SHARE_MILLIONTHS


def _share(member: Member) -> int:
    return use_share_millionths(member.uses, member.event_count)
