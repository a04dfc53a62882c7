"""What is kept of campaigns: their groups, and the members that they name."""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import NamedTuple

import msgspec

from models.candidate import LinkLabel, Member, Signal
from models.member_gate import is_devoted


class Group(msgspec.Struct, array_like=True):
    """A group as its last candidate described it; ``waiting`` are members that its campaign does not name.

    ``named`` are the accounts seen here that its campaign names, in the order in which that was known (values unused).
    ``peak_nats`` is its highest evidence so far, which is what a reference of highest scores speaks of.
    ``threshold_nats`` is the evidence from which it names its members: ``own_nats``, which its share of the budget asks
    for, or what is less of that and ``JOINED_NATS`` above the candidate bar once it belongs to a campaign that is open.
    """

    key: str
    link: LinkLabel
    last_seen_ms: int
    evidence_nats: float
    signals: list[Signal]
    waiting: dict[str, Member]
    campaign_id: str | None = None
    threshold_nats: float = inf
    own_nats: float = inf
    named: dict[str, None] = msgspec.field(default_factory=dict)
    peak_nats: float = 0.0

    @property
    def passes(self) -> bool:
        """Whether its evidence reaches its threshold."""
        return self.evidence_nats >= self.threshold_nats

    @property
    def passes_alone(self) -> bool:
        """Whether its evidence would have it paged for itself, had it joined no campaign."""
        return self.evidence_nats >= self.own_nats

    @property
    def accounts(self) -> list[str]:
        """All accounts seen here: those that its campaign names and those that wait."""
        return [*self.named, *(account_id for account_id in self.waiting if account_id not in self.named)]

    @property
    def devoted(self) -> set[str]:
        """Accounts among the waiting that are devoted to the group's template."""
        return {account_id for account_id, member in self.waiting.items() if is_devoted(self.link, member)}


class NamedMember(msgspec.Struct, array_like=True, gc=False):
    """What a named member did at the anchors of its campaign (the most at any one), and all its requests."""

    uses: int = 0
    event_count: int = 0
    output_tokens: int = 0

    def raise_to(self, seen: Member | NamedMember) -> tuple[int, int, int]:
        """Raise each count to what was seen, if that is more; return by how much each rose."""
        before = self.uses, self.event_count, self.output_tokens
        self.uses = max(self.uses, seen.uses)
        self.event_count = max(self.event_count, seen.event_count)
        self.output_tokens = max(self.output_tokens, seen.output_tokens)
        return self.uses - before[0], self.event_count - before[1], self.output_tokens - before[2]


class Campaign(msgspec.Struct):
    """An open campaign: its groups by name, its named members by account id, members it shares with other campaigns.

    ``weighed`` are its groups with evidence of their own; those that only pay together may be ten times as many.
    ``links`` counts all of them by their kind of anchor.
    """

    groups: set[str]
    members: dict[str, NamedMember]
    shared: Counter[str] = msgspec.field(default_factory=Counter)
    weighed: set[str] = msgspec.field(default_factory=set)
    links: Counter[LinkLabel] = msgspec.field(default_factory=Counter)

    def take(self, name: str, group: Group) -> None:
        """Count one of its groups as it stands."""
        if name not in self.groups:
            self.groups.add(name)
            self.links[group.link] += 1
        if group.peak_nats > 0.0:
            self.weighed.add(name)


class Naming(NamedTuple):
    """What a hand-over changed: accounts newly named, accounts named or changed, and by how much the sums grew."""

    new: list[str]
    changed: list[str]
    uses: int
    event_count: int
    output_tokens: int


def anchor_name(link: LinkLabel, key: str) -> str:
    """The name of an anchor and of its group: the kind of link and the keyed hash."""
    return f"{link}:{key}"


def is_payment(name: str) -> bool:
    """Whether an anchor of that name is a means of payment."""
    return name.startswith("payment:")
