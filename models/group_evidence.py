"""What a group's shared anchor says: boosted trees rank it, a fixed reference of innocent groups gives the evidence."""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np

from models.candidate import LinkLabel, Signal
from models.group_statistics import GROUP_FEATURES, GroupStatistics, describe
from models.surprise import Surprise
from models.trace import Link
from models.trees import TreeModel, Trees

LABELS: dict[Link, LinkLabel] = {Link.SHELL: "shell", Link.PAYMENT: "payment", Link.ADDRESS: "address"}


class LinkModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How groups of one kind of anchor are judged; ``usual`` holds the innocent median of each feature."""

    trees: Trees
    surprise: Surprise
    usual: list[float]


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
    what they did. Cost: about 30 microseconds a group.
    """

    def __init__(self, weights: GroupWeights) -> None:
        for link, model in weights.links.items():
            if tuple(model.trees.features) != GROUP_FEATURES:
                raise ValueError(f"group weights: {link} reads other features than this build has; fit them again")
        self._links = {link: (TreeModel(model.trees), model) for link, model in weights.links.items()}

    def judge(self, group: GroupStatistics) -> Judgement | None:
        """Judge a group; ``None`` for a kind of anchor that is not judged."""
        found = self._links.get(LABELS[group.link])
        if found is None:
            return None
        trees, model = found
        row = np.array(describe(group))
        reading = trees.read(row)
        evidence_nats = model.surprise.of(reading.log_odds)
        moved = float(np.abs(reading.added).sum())
        scale = evidence_nats / moved if moved else 0.0
        rest = evidence_nats - scale * float(reading.added.sum())
        values = zip(GROUP_FEATURES, row.tolist(), model.usual, reading.added.tolist(), strict=True)
        signals = [Signal(name, value, usual, scale * added) for name, value, usual, added in values]
        return Judgement(evidence_nats, [*signals, Signal("rarity", evidence_nats, 0.0, rest)])
