"""Calibration: the group model fitted again beside a deployment's own quiet traffic, and evidence read off that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil

import msgspec
import numpy as np

from models.budget import WEEK_MS
from models.group_evidence import GroupWeights, LinkModel
from models.pooled import largely_same
from models.trace import Link
from models.trees import TreeModel
from streams.group_fit import fit
from streams.group_looks import Looks
from streams.group_reference import highest_scores, innocent

#: From so many groups on a deployment's own reference stands alone; below, the shipped one fills it up.
ENOUGH_GROUPS = 3_000

#: So many times the groups of the fullest week are planned for.
_PLANNED_PART = 1.25


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """New weights, and what the operator should know of them."""

    weights: GroupWeights
    referred_groups: int
    """Groups of the own traffic that evidence is read off."""
    own_reference_alone: bool
    """Whether they are enough, or the shipped reference fills them up."""
    planned_groups: int
    """For the setting of that name: what the fullest week formed, and a quarter more."""


class Suspect(msgspec.Struct, frozen=True):
    """A group of traffic taken for innocent that the shipped weights find suspicious, and its accounts."""

    evidence_nats: float
    accounts: list[str]


def calibrate(learned: Looks, referred: Sequence[Looks], shipped: Sequence[Looks]) -> Calibration:
    """Fit trees to shipped looks and own innocent groups, and make the evidence of other own groups.

    ``learned`` and ``referred`` are looks at own traffic that holds no campaign but those of accounts known to
    harvest. Raises ``ValueError`` if there are no own groups to refer to. Cost: a minute or two.
    """
    own = [msgspec.structs.replace(looks, harvests=False) for looks in referred]
    groups = sum(_formed(looks) for looks in own)
    if not groups:
        raise ValueError("no group of accounts formed in the traffic that is referred to; give a longer stretch")
    alone = groups >= ENOUGH_GROUPS
    fitted = [looks for looks in shipped if looks.harvests]
    reference = own if alone else [*own, *(looks for looks in shipped if not looks.harvests)]
    weights = fit([*fitted, learned], reference, {"own_groups": str(groups), "own_reference_alone": str(alone)})
    return Calibration(
        weights=weights,
        referred_groups=groups,
        own_reference_alone=alone,
        planned_groups=ceil(_PLANNED_PART * max(_formed(looks) / _weeks(looks) for looks in [learned, *referred])),
    )


def divide(looks: Looks) -> tuple[Looks, Looks]:
    """Deal the groups of one stretch to two, those of largely the same accounts always to the same.

    So nothing that is learned from is referred to as well. Cost: O(members times the groups at which they are).
    """
    side: dict[int, int] = {}
    parties: list[frozenset[str]] = []
    known_at: dict[str, list[int]] = {}
    for anchor in sorted(set(looks.anchor.tolist()), key=lambda anchor: (-len(looks.members[anchor]), anchor)):
        members = looks.members[anchor]
        shared = Counter(party for account_id in members for party in known_at.get(account_id, ()))
        alike = (
            at for at in sorted(shared) if largely_same(shared[at], len(members), len(parties[at]), min_accounts=1)
        )
        party = next(alike, None)
        if party is None:
            party = len(parties)
            parties.append(members)
            for account_id in members:
                known_at.setdefault(account_id, []).append(party)
        side[anchor] = party % 2
    sides = np.array([side[anchor] for anchor in looks.anchor.tolist()], dtype=np.int64)
    return looks.only(sides == 0), looks.only(sides == 1)


def suspects(weeks: Sequence[Looks], shipped: LinkModel, least_nats: float) -> list[Suspect]:
    """List groups that would be taken for innocent although shipped weights say otherwise, the worst first."""
    model = TreeModel(shipped.trees)
    found = [
        Suspect(nats, sorted(looks.members[anchor]))
        for looks in weeks
        for anchor, score in highest_scores(model, looks, Link.SHELL).items()
        if (nats := shipped.surprise.of(score)) >= least_nats
    ]
    return sorted(found, key=lambda suspect: (-suspect.evidence_nats, suspect.accounts))


def _formed(looks: Looks) -> int:
    """How many innocent groups of the kind that is judged were looked at."""
    return len(set(looks.anchor[innocent(looks, Link.SHELL)].tolist()))


def _weeks(looks: Looks) -> float:
    return max(looks.duration_ms / WEEK_MS, 1e-9)
