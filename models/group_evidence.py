"""What a group's shared anchor says: boosted trees rank it, a fixed reference of innocent groups gives the evidence."""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from models.candidate import LinkLabel, Signal
from models.group_statistics import GROUP_FEATURES, GroupStatistics, describe
from models.surprise import Surprise
from models.trace import Link
from models.trees import TreeModel, Trees

LABELS: dict[Link, LinkLabel] = {Link.SHELL: "shell", Link.PAYMENT: "payment", Link.ADDRESS: "address"}


#: Logarithm of how often content recurs between accounts, against a public pool (``describe``), above which a group is
#: not judged: texts that go round, question banks, phrases of chat. Of harvesting groups one in a hundred lies above.
PUBLIC_RECURRENCE = 0.5
_RECURRING = GROUP_FEATURES.index("recurring_content")


class LinkModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How groups of one kind of anchor are judged; ``usual`` holds the innocent median of each feature.

    ``pooled`` makes evidence of ``models.pooled.pooled_score``; without it, groups of the same accounts are as strong
    as the strongest of them.
    """

    trees: Trees
    surprise: Surprise
    usual: list[float]
    pooled: Surprise | None = None


class GroupWeights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of group weights: a model for each kind of anchor that is judged at all, and where they come from."""

    schema_version: Literal[1] = 1
    links: dict[LinkLabel, LinkModel]
    provenance: dict[str, str]


class Judgement(msgspec.Struct, frozen=True):
    """A group's evidence in nats, and the signals that add up to it."""

    evidence_nats: float
    signals: list[Signal]


class GroupModel:
    """Judges groups. A kind of anchor without weights is not judged.

    The evidence is ``models.surprise`` of the trees' log odds: how rare such a score is among innocent groups over
    their whole lives. What each feature added to the log odds is scaled to that sum, so that reasons are ranked by
    what they did. Cost: about 50 microseconds a group.
    """

    def __init__(self, weights: GroupWeights) -> None:
        for link, model in weights.links.items():
            if tuple(model.trees.features) != GROUP_FEATURES:
                raise ValueError(f"group weights: {link} reads other features than this build has; fit them again")
        self._links = {link: (TreeModel(model.trees), model) for link, model in weights.links.items()}

    @property
    def pooled(self) -> Surprise | None:
        """What makes evidence of several groups of the same accounts; that of shells, which leave several anchors."""
        found = self._links.get(LABELS[Link.SHELL])
        return found[1].pooled if found else None

    def judges(self, link: Link) -> bool:
        """Whether groups of this kind of anchor are judged at all."""
        return LABELS[link] in self._links

    def judge(self, group: GroupStatistics) -> Judgement | None:
        """Judge a group; ``None`` for a kind of anchor that is not judged, and for content that is public."""
        found = self._links.get(LABELS[group.link])
        if found is None:
            return None
        trees, model = found
        row = np.array(describe(group))
        if is_public(row):
            return None
        reading = trees.read(row)
        evidence_nats = model.surprise.of(reading.log_odds)
        return Judgement(evidence_nats, trees.signals(row, reading.added, model.usual, evidence_nats))


def is_public(row: npt.NDArray[np.float64]) -> bool:
    """Whether what fills an anchor recurs between accounts as only public content does: no shard of a harvest does."""
    return bool(row[_RECURRING] > PUBLIC_RECURRENCE)
