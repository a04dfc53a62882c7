"""Campaigns: groups whose members are largely the same accounts, joined under one entity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from math import inf
from typing import NamedTuple

import msgspec
import numpy as np

from models.candidate import GroupCandidate, LinkLabel, Member, Signal
from models.detection import DetectionSettings
from models.group_statistics import use_share_millionths

#: A group joins a campaign if it shares this part of the smaller of both sets, and no fewer accounts than this part
#: of ``group_min_accounts``.
JOINING_OVERLAP = 0.5

#: Least share of its requests with which an account is named for a prompt shell: 9 uses in 700 reach it.
MEMBER_MIN_SHARE_MILLIONTHS = 10_000

#: Uses from which an account is named for a payment or an address, which each of its requests carries.
MEMBER_MIN_USES_WITHOUT_SHELL = 6

#: Nats above the candidate bar from which a group of a campaign that is open already names its members: one innocent
#: group in a hundred and fifty ever comes so far.
JOINED_NATS = 2.0

MAX_CAMPAIGN_MEMBERS = 50_000
MAX_WAITING_MEMBERS = 4_096


class Group(msgspec.Struct, array_like=True):
    """A group as its last candidate described it; ``waiting`` are members that no campaign has weighed yet.

    ``threshold_nats`` is the evidence from which it names its members: what its share of the budget asks for, or
    ``JOINED_NATS`` above the candidate bar once it belongs to a campaign that was paged already.
    """

    key: str
    link: LinkLabel
    last_seen_ms: int
    evidence_nats: float
    signals: list[Signal]
    waiting: dict[str, Member]
    campaign_id: str | None = None
    threshold_nats: float = inf


class NamedMember(msgspec.Struct, array_like=True, gc=False):
    """What a named member did at the anchors of its campaign (the most at any one), and all its requests."""

    uses: int = 0
    event_count: int = 0
    output_tokens: int = 0

    def raise_to(self, seen: Member) -> tuple[int, int, int]:
        """Raise each count to what was seen, if that is more; return by how much each rose."""
        before = self.uses, self.event_count, self.output_tokens
        self.uses = max(self.uses, seen.uses)
        self.event_count = max(self.event_count, seen.event_count)
        self.output_tokens = max(self.output_tokens, seen.output_tokens)
        return self.uses - before[0], self.event_count - before[1], self.output_tokens - before[2]


class Campaign(msgspec.Struct):
    """An open campaign: its groups by name and its named members by account id."""

    groups: set[str]
    members: dict[str, NamedMember]


class Naming(NamedTuple):
    """What a hand-over changed: accounts newly named, accounts named or changed, and by how much the sums grew."""

    new: list[str]
    changed: list[str]
    uses: int
    event_count: int
    output_tokens: int


class CampaignBook:
    """Keeps which groups make up which campaign, and whom a campaign names.

    A group that reached the threshold names its qualifying members; one below it only shows as a further link, so that
    a crowded address or a common phrase cannot draw in the innocent accounts around a campaign.
    Cost: O(members of the candidate) a call, O(waiting members) until the group has joined a campaign.
    """

    def __init__(self, settings: DetectionSettings) -> None:
        self._min_accounts = settings.group_min_accounts
        self._min_uses = settings.member_min_uses
        self._bar_nats = settings.candidate_bar_nats
        self.groups: dict[str, Group] = {}
        self.campaigns: dict[str, Campaign] = {}
        self._campaigns_of: dict[str, list[str]] = {}

    def restore(self, groups: Iterable[Group], members: Iterable[tuple[str, str, NamedMember]]) -> None:
        """Start from dumped groups and (campaign, account, member) triples."""
        self.groups = {_name(group.link, group.key): group for group in groups}
        self.campaigns, self._campaigns_of = {}, {}
        for name, group in self.groups.items():
            if group.campaign_id is not None:
                self.campaigns.setdefault(group.campaign_id, Campaign(set(), {})).groups.add(name)
        for campaign_id, account_id, member in members:
            self.campaigns.setdefault(campaign_id, Campaign(set(), {})).members[account_id] = member
            self._campaigns_of.setdefault(account_id, []).append(campaign_id)

    def observe(self, candidate: GroupCandidate) -> tuple[str, Group]:
        """Take a candidate into its group and into the open campaign it belongs to, if any; return name and group."""
        name = _name(candidate.link, candidate.key)
        group = self.groups.get(name)
        if group is None:
            group = self.groups[name] = Group(candidate.key, candidate.link, 0, 0.0, [], {})
        group.last_seen_ms = candidate.effective_ms
        group.evidence_nats, group.signals = candidate.evidence_nats, candidate.signals
        for member in candidate.members:
            if member.account_id in group.waiting or len(group.waiting) < MAX_WAITING_MEMBERS:
                group.waiting[member.account_id] = member
        if group.campaign_id is None:
            self._join(name, group)
        return name, group

    def _join(self, name: str, group: Group) -> None:
        shared: Counter[str] = Counter()
        for account_id in group.waiting:
            shared.update(self._campaigns_of.get(account_id, ()))
        best: tuple[int, str] | None = None
        for campaign_id, count in shared.items():
            campaign = self.campaigns[campaign_id]
            smaller = min(len(campaign.members), len(group.waiting))
            if count >= JOINING_OVERLAP * smaller and count >= JOINING_OVERLAP * self._min_accounts:
                best = min(best or (0, ""), (-count, campaign_id))
        if best is not None:
            group.campaign_id = best[1]
            group.threshold_nats = self._bar_nats + JOINED_NATS
            self.campaigns[best[1]].groups.add(name)

    def passes(self, group: Group) -> bool:
        """Whether the group's own evidence reaches its threshold."""
        return group.evidence_nats >= group.threshold_nats

    def found(self, name: str, group: Group) -> str | None:
        """Found a campaign on a group that passes and has enough accounts to name; return its id."""
        nameable = sum(self._nameable(group.link, member) for member in group.waiting.values())
        if not self.passes(group) or nameable < self._min_accounts:
            return None
        founded = f"{name}|{group.last_seen_ms}".encode()
        campaign_id = group.campaign_id = blake2b(founded, digest_size=16).hexdigest()
        self.campaigns[campaign_id] = Campaign({name}, {})
        return campaign_id

    def name_members(self, campaign_id: str, group: Group) -> Naming:
        """Hand the waiting members of a group that passes to its campaign; those that do not qualify are let go."""
        members = self.campaigns[campaign_id].members
        new, changed = [], []
        grown = np.zeros(3, dtype=np.int64)
        for account_id, seen in group.waiting.items():
            known = members.get(account_id)
            if known is None:
                if len(members) >= MAX_CAMPAIGN_MEMBERS or not self._nameable(group.link, seen):
                    continue
                known = members[account_id] = NamedMember()
                self._campaigns_of.setdefault(account_id, []).append(campaign_id)
                new.append(account_id)
            grown += known.raise_to(seen)
            changed.append(account_id)
        group.waiting = {}
        return Naming(new, changed, *grown.tolist())

    def _nameable(self, link: LinkLabel, member: Member) -> bool:
        if link != "shell":
            return member.uses >= MEMBER_MIN_USES_WITHOUT_SHELL
        share = use_share_millionths(member.uses, member.event_count)
        return member.uses >= self._min_uses and share >= MEMBER_MIN_SHARE_MILLIONTHS

    def groups_of(self, campaign_id: str) -> list[Group]:
        """List a campaign's groups, the strongest evidence first."""
        groups = [self.groups[name] for name in self.campaigns[campaign_id].groups]
        return sorted(groups, key=lambda group: (-group.evidence_nats, group.link, group.key))

    def close(self, campaign_id: str) -> Campaign:
        """Forget a campaign with its groups and members; return what it was."""
        campaign = self.campaigns.pop(campaign_id)
        for name in campaign.groups:
            del self.groups[name]
        for account_id in campaign.members:
            remaining = [other for other in self._campaigns_of[account_id] if other != campaign_id]
            if remaining:
                self._campaigns_of[account_id] = remaining
            else:
                del self._campaigns_of[account_id]
        return campaign


def _name(link: LinkLabel, key: str) -> str:
    return f"{link}:{key}"
