"""Campaigns: groups whose members are largely the same accounts, joined under one entity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np

from models.candidate import GroupCandidate, LinkLabel, Member
from models.crowd import crowd_at, gate_at, nameable_at, names_some
from models.detection import DetectionSettings
from models.member_gate import Ties
from models.membership import Campaign, Group, NamedMember, Naming, anchor_name, is_payment
from models.payers import Payers
from models.pooled import JOINING_OVERLAP, LIKELY_OVERLAP, are_alike, evidence_of, is_piece, largely_same
from models.presence import Presence
from models.surprise import Surprise

#: Nats above the candidate bar from which a group names its members although its share of the budget asks for more:
#: one that joined an open campaign, or whose anchor is watched. One innocent group in ninety ever comes so far.
JOINED_NATS = 1.5

MAX_CAMPAIGN_MEMBERS = 50_000
MAX_WAITING_MEMBERS = 4_096

#: Of the members that a joined group could not name, so many wait to be seen at another anchor of the campaign.
MAX_UNNAMED_MEMBERS = 1_024


class CampaignBook:
    """Keeps which groups make up which campaign, and whom a campaign names (``models.crowd``).

    A group names its qualifying members if it reached its threshold, if most of its campaign shares its anchor or if it
    pays for the campaign. Any other only shows as a further link, so that a crowded address or a common phrase cannot
    draw in the innocent accounts around a campaign.
    Cost: O(members of the candidate and members that wait) a call; of a merge, O(members of the younger campaign).
    """

    def __init__(self, settings: DetectionSettings, pooled: Surprise | None = None) -> None:
        self._pooled = pooled
        self._min_accounts = settings.group_min_accounts
        self._min_uses = settings.member_min_uses
        self._candidate_nats = settings.candidate_bar_nats
        self._joined_nats = settings.candidate_bar_nats + JOINED_NATS
        self.groups: dict[str, Group] = {}
        self.campaigns: dict[str, Campaign] = {}
        self._campaigns_of: dict[str, list[str]] = {}
        self._seen_at = Presence()
        self._payers = Payers()

    def restore(self, groups: Iterable[Group], members: Iterable[tuple[str, str, NamedMember]]) -> None:
        """Start from dumped groups and (campaign, account, member) triples."""
        self.groups = {anchor_name(group.link, group.key): group for group in groups}
        self.campaigns, self._campaigns_of = {}, {}
        self._seen_at, self._payers = Presence(), Payers()
        for name, group in self.groups.items():
            self._see(name, group.accounts)
            if group.campaign_id is not None:
                self.campaigns.setdefault(group.campaign_id, Campaign(set(), {})).take(name, group)
        for campaign_id, account_id, member in members:
            self.campaigns.setdefault(campaign_id, Campaign(set(), {}))
            self._enter(campaign_id, account_id, member)

    def names(self, account_id: str) -> list[str]:
        """List the open campaigns that name an account."""
        return sorted(self._campaigns_of.get(account_id, ()))

    def observe(self, candidate: GroupCandidate) -> tuple[str, Group]:
        """Take a candidate into its group; return the group's name and the group."""
        name = anchor_name(candidate.link, candidate.key)
        group = self.groups.get(name)
        if group is None:
            group = self.groups[name] = Group(candidate.key, candidate.link, 0, 0.0, [], {})
        group.last_seen_ms = candidate.effective_ms
        if not self.is_weak(candidate):
            group.evidence_nats, group.signals = candidate.evidence_nats, candidate.signals
            group.peak_nats = max(group.peak_nats, candidate.evidence_nats)
        for member in candidate.members:
            if member.account_id in group.waiting or len(group.waiting) < MAX_WAITING_MEMBERS:
                group.waiting[member.account_id] = member
                self._see(name, (member.account_id,))
        if group.campaign_id is not None:
            self.campaigns[group.campaign_id].take(name, group)
        return name, group

    def is_weak(self, candidate: GroupCandidate) -> bool:
        """Whether a large group that was stronger before only tells who is new to it: its evidence stays as it was."""
        return candidate.link != "payment" and candidate.evidence_nats < self._candidate_nats

    def forget(self, name: str) -> None:
        """Forget a group that waits."""
        self._lose(name, self.groups.pop(name).accounts)

    def _see(self, name: str, account_ids: Iterable[str]) -> None:
        for account_id in account_ids:
            if self._seen_at.add(name, account_id) and is_payment(name):
                for campaign_id in self._campaigns_of.get(account_id, ()):
                    self._payers.enter(name, campaign_id)

    def _lose(self, name: str, account_ids: Iterable[str]) -> None:
        for account_id in account_ids:
            self._seen_at.remove(name, account_id)
            for campaign_id in self._campaigns_of.get(account_id, ()) if is_payment(name) else ():
                self._payers.leave(name, campaign_id)

    def alike(self, name: str) -> list[str]:
        """List the groups that wait and are of the same accounts as one that does, itself among them.

        They are of largely the same accounts, or both small and some account is devoted to both. The strongest evidence
        comes first. Cost: O(members times the groups at which they wait).
        """
        group = self.groups[name]
        found = [
            other
            for other, shared in self._seen_at.shared(group.waiting).items()
            if self.groups[other].campaign_id is None and self._are_alike(group, self.groups[other], shared)
        ]
        return sorted(found or [name], key=lambda other: (-self.groups[other].evidence_nats, other))

    def _are_alike(self, first: Group, second: Group, shared: int) -> bool:
        def tied() -> bool:
            return not first.devoted.isdisjoint(second.devoted)

        return are_alike(shared, len(first.waiting), len(second.waiting), self._min_accounts, tied)

    def nameable(self, group: Group) -> list[str]:
        """List the waiting members that the group would name if it were paged for itself."""
        return nameable_at(group, self._min_uses)

    def evidence_nats(self, groups: Sequence[Group]) -> float:
        """What groups of largely the same accounts come to together."""
        if self._pooled is None:
            return max(group.evidence_nats for group in groups)
        return evidence_of([group.peak_nats for group in groups], self._pooled)

    def joinable(self, group: Group) -> list[str]:
        """List the open campaigns of largely the same accounts as the group's, those that share most first.

        A group that passes is also compared by the accounts it would name: a phrase that many know may still be used
        in earnest by a campaign's accounts alone, and another page for them would be one too many. For one whose
        evidence would let it name accounts once it joined, a third in common is enough: another wording of a
        campaign's template. Otherwise, if it is small, these are the campaigns that name an account which is devoted
        to its template.
        """
        found = self._largely_same(group.waiting)
        if not found and group.passes:
            found = self._largely_same(self.nameable(group))
        if not found and group.evidence_nats >= self._joined_nats:
            found = self._largely_same(group.waiting, LIKELY_OVERLAP)
        return found or (self._naming_most(group.devoted) if is_piece(len(group.waiting)) else [])

    def _naming_most(self, account_ids: Iterable[str]) -> list[str]:
        named = Counter(name for account_id in account_ids for name in self._campaigns_of.get(account_id, ()))
        return sorted(named, key=lambda campaign_id: (-named[campaign_id], campaign_id))

    def _largely_same(self, account_ids: Iterable[str], overlap: float = JOINING_OVERLAP) -> list[str]:
        shared: Counter[str] = Counter()
        size = 0
        for account_id in account_ids:
            size += 1
            shared.update(self._campaigns_of.get(account_id, ()))
        found = [
            (-count, campaign_id)
            for campaign_id, count in shared.items()
            if largely_same(count, len(self.campaigns[campaign_id].members), size, self._min_accounts, overlap)
        ]
        return [campaign_id for _, campaign_id in sorted(found)]

    def join(self, name: str, group: Group, campaign_id: str, threshold_nats: float) -> None:
        """Put a group into an open campaign; from then on it names its members from that evidence."""
        group.campaign_id, group.threshold_nats = campaign_id, threshold_nats
        self.campaigns[campaign_id].take(name, group)

    def bridged(self, group: Group, campaign_ids: list[str]) -> list[str]:
        """List, of the campaigns that a group could join, those which it shows to be one.

        The group must pass, share enough with each by the accounts that it would name, and half of these must be
        named already: a crowd around two campaigns (an address that many share) does not show that they are one.
        """
        if not group.passes:
            return []
        seen = self.nameable(group)
        shown = [campaign_id for campaign_id in self._largely_same(seen) if campaign_id in campaign_ids]
        named = sum(any(account_id in self.campaigns[name].members for name in shown) for account_id in seen)
        return shown if named >= JOINING_OVERLAP * len(seen) else []

    def found(self, name: str, group: Group, *, together: bool = False) -> str | None:
        """Found a campaign on a group that passes and has enough accounts to name; return its id.

        ``together`` stands for a group that passes with others of the same accounts: it speaks for them, and its
        evidence is its threshold from then on.
        """
        if not (together or group.passes) or len(self.nameable(group)) < self._min_accounts:
            return None
        if together:
            group.own_nats = group.threshold_nats = min(group.own_nats, group.evidence_nats)
        founded = f"{name}|{group.last_seen_ms}".encode()
        campaign_id = blake2b(founded, digest_size=16).hexdigest()
        self.campaigns[campaign_id] = Campaign(set(), {})
        self.join(name, group, campaign_id, group.threshold_nats)
        return campaign_id

    def name_members(self, campaign_id: str, group: Group, spared: Iterable[str] = ()) -> Naming:
        """Hand what a group's members did to its campaign, and name those that qualify; ``spared`` are never named.

        Those that do not qualify wait at the group, so that it counts as one of their anchors once they are seen at
        another.
        """
        campaign, spared, name = self.campaigns[campaign_id], set(spared), anchor_name(group.link, group.key)
        members = campaign.members
        known = [account_id for account_id in group.waiting if account_id in members]
        group.named.update(dict.fromkeys(known))
        seen = {account_id: group.waiting.pop(account_id) for account_id in known}
        new = list[str]()
        unnamed: dict[str, Member] = {}
        crowd = crowd_at(group, campaign, self._min_uses)
        if names_some(group, crowd):
            held = (self.groups[name] for name in campaign.weighed)
            sizes = [len(each.named) for each in held if each.link != "payment"]
            gate = gate_at(group, crowd, sizes, lambda who: self._ties(campaign_id, who), self._min_uses)
            for account_id, member in group.waiting.items():
                full = len(members) >= MAX_CAMPAIGN_MEMBERS
                if full or account_id in spared or not gate(member):
                    if len(unnamed) < MAX_UNNAMED_MEMBERS:
                        unnamed[account_id] = member
                    elif account_id not in group.named:
                        self._lose(name, (account_id,))
                    continue
                self._enter(campaign_id, account_id, NamedMember())
                seen[account_id] = member
                new.append(account_id)
            group.waiting = unnamed
            group.named.update(dict.fromkeys(new))
        grown = np.zeros(3, dtype=np.int64)
        for account_id, member in seen.items():
            grown += members[account_id].raise_to(member)
        return Naming(new, list(seen), *grown.tolist())

    def _ties(self, campaign_id: str, account_id: str) -> Ties:
        seen = (self.groups[name] for name in self._seen_at.at(account_id))
        shared = [len(group.named) for group in seen if group.campaign_id == campaign_id]
        return Ties(len(shared), max(shared, default=0))

    def names_some(self, group: Group) -> bool:
        """Whether a group of a campaign names those of its members that qualify."""
        return names_some(group, crowd_at(group, self.campaigns[group.campaign_id or ""], self._min_uses))

    def _enter(self, campaign_id: str, account_id: str, member: NamedMember) -> None:
        campaign = self.campaigns[campaign_id]
        campaign.members[account_id] = member
        named_by = self._campaigns_of.setdefault(account_id, [])
        for other in named_by:
            campaign.shared[other] += 1
            self.campaigns[other].shared[campaign_id] += 1
        named_by.append(campaign_id)
        for name in filter(is_payment, self._seen_at.at(account_id)):
            self._payers.enter(name, campaign_id)

    def same_as(self, campaign_id: str) -> str | None:
        """Name the campaign, if any, of largely the same named members or payers; of several that which shares most."""
        campaign = self.campaigns[campaign_id]
        found = [
            (-count, other)
            for other, count in campaign.shared.items()
            if largely_same(count, len(campaign.members), len(self.campaigns[other].members), self._min_accounts)
        ]
        return min(found)[1] if found else self._payers.same_as(campaign_id)

    def merge(self, older_id: str, younger_id: str) -> tuple[Campaign, Naming]:
        """Move a campaign's groups and members into another; return what it was, and what the other gained."""
        younger = self.close(younger_id, keep_groups=True)
        older = self.campaigns[older_id]
        for name in younger.groups:
            self.groups[name].campaign_id = older_id
        older.groups |= younger.groups
        older.weighed |= younger.weighed
        older.links += younger.links
        new, changed = list[str](), list[str]()
        grown = np.zeros(3, dtype=np.int64)
        for account_id, seen in younger.members.items():
            known = older.members.get(account_id)
            if known is None:
                if len(older.members) >= MAX_CAMPAIGN_MEMBERS:
                    continue
                known = NamedMember()
                self._enter(older_id, account_id, known)
                new.append(account_id)
            grown += known.raise_to(seen)
            changed.append(account_id)
        return younger, Naming(new, changed, *grown.tolist())

    def groups_of(self, campaign_id: str) -> list[Group]:
        """List a campaign's groups, the strongest evidence first."""
        return sorted((self.groups[name] for name in self.campaigns[campaign_id].groups), key=_by_evidence)

    def weighed(self, campaign_id: str) -> tuple[Group, float, list[LinkLabel]]:
        """Give a campaign's strongest group, what all come to together, and the links of all, the strongest's first.

        Cost: O(groups with evidence of their own).
        """
        campaign = self.campaigns[campaign_id]
        groups = [self.groups[name] for name in campaign.weighed or campaign.groups]
        strongest = min(groups, key=_by_evidence)
        further = campaign.links - Counter((strongest.link,))
        return strongest, self.evidence_nats(groups), [strongest.link, *sorted(further.elements())]

    def close(self, campaign_id: str, *, keep_groups: bool = False) -> Campaign:
        """Forget a campaign with its groups and members; return what it was."""
        campaign = self.campaigns.pop(campaign_id)
        self._payers.close(campaign_id)
        for account_id in campaign.members:
            remaining = [other for other in self._campaigns_of[account_id] if other != campaign_id]
            if remaining:
                self._campaigns_of[account_id] = remaining
            else:
                del self._campaigns_of[account_id]
        for name in () if keep_groups else campaign.groups:
            self.forget(name)
        for other in campaign.shared:
            del self.campaigns[other].shared[campaign_id]
        return campaign


def _by_evidence(group: Group) -> tuple[float, str, str]:
    """Order groups, the strongest evidence first."""
    return -group.evidence_nats, group.link, group.key
