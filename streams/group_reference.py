"""The reference that evidence is read off: how highly innocent entities of attack-free weeks ever score."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.detection import DetectionSettings
from models.pooled import are_alike, largely_same, pooled_score
from models.surprise import Surprise
from models.trace import Link
from models.trees import TreeModel
from streams.group_looks import Looks

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: A group with at most this share of harvesting members is innocent.
INNOCENT_SHARE = 0.2

#: Groups with a share of harvesting members above ``INNOCENT_SHARE`` and up to this one are neither one nor the other:
#: a phrase that several campaigns and strangers use is no campaign's template.
HARVEST_SHARE = 0.9

#: The tail beyond the reference is taken from this share of its entities.
_TAIL_SHARE = 0.05
_KNOT_NATS = 0.25
#: Standard errors by which the tail is made heavier than it looks.
_TAIL_CAUTION = 2.0


def innocent(looks: Looks, link: Link) -> Flags:
    """Which looks are at innocent groups of one kind of anchor."""
    chosen: Flags = (looks.link == link) & (looks.harvest_share <= INNOCENT_SHARE)
    return chosen


def highest_scores(model: TreeModel, looks: Looks, link: Link) -> dict[int, float]:
    """Give the largest score of each innocent anchor over its life."""
    chosen = innocent(looks, link)
    highest: dict[int, float] = {}
    for anchor, row in zip(looks.anchor[chosen].tolist(), looks.features[chosen], strict=True):
        highest[anchor] = max(model.read(row).log_odds, highest.get(anchor, -np.inf))
    return highest


def entities(model: TreeModel, looks: Looks, link: Link) -> list[float]:
    """The largest score of each innocent entity of a week over its life, highest first.

    Anchors that share half of their accounts become one alert, so they count as one, with the highest of their scores.
    """
    return _of_entities(highest_scores(model, looks, link), looks)


def pooled_entities(model: TreeModel, surprise: Surprise, looks: Looks, link: Link) -> list[float]:
    """What the groups of each innocent entity of a week come to together (``models.pooled``), highest first.

    Groups below the bar of candidates count as nothing, since decisions do not hear of them.
    """
    settings = DetectionSettings()
    every = {anchor: surprise.of(score) for anchor, score in highest_scores(model, looks, link).items()}
    nats = {anchor: value for anchor, value in every.items() if value >= settings.candidate_bar_nats}

    def alike(first: int, second: int) -> bool:
        own, others = looks.members[first], looks.members[second]

        def tied() -> bool:
            return not looks.devoted[first].isdisjoint(looks.devoted[second])

        return are_alike(len(own & others), len(own), len(others), settings.group_min_accounts, tied)

    pooled = {anchor: pooled_score(nats[other] for other in nats if alike(anchor, other)) for anchor in nats}
    return _of_entities(pooled, looks)


def _of_entities(scores: dict[int, float], looks: Looks) -> list[float]:
    """One score an entity, its highest, the highest first."""
    found: list[float] = []
    known: list[frozenset[str]] = []
    for anchor in sorted(scores, key=lambda anchor: (-scores[anchor], anchor)):
        members = looks.members[anchor]
        if not any(largely_same(len(members & other), len(members), len(other), min_accounts=1) for other in known):
            known.append(members)
            found.append(scores[anchor])
    return found


def surprise_of(highest: Floats, formed: int) -> Surprise:
    """Make evidence of the reference entities' largest scores (ascending): counts, and beyond them an exponential tail.

    A score that ``k`` entities reach among ``formed`` groups is worth ``ln((formed + 1) / (k + 1))`` nats: so many
    false alerts are expected of a group that forms. Beyond the highest the evidence grows at the rate of the excesses
    in the upper twentieth, less ``_TAIL_CAUTION`` standard errors.
    """
    count = len(highest)
    reached = count - np.searchsorted(highest, highest)
    nats = np.log((formed + 1) / (reached + 1))
    kept = max(1, round(_TAIL_SHARE * count))
    begin = count - kept
    excess = float((highest[begin:] - highest[begin]).mean())
    # Where the highest scores are all alike nothing is known of a tail, and nothing is claimed beyond them.
    slope = max(0.1, 1.0 - _TAIL_CAUTION / kept**0.5) / excess if excess > 0.0 else 0.0
    scores, values = list[float](), list[float]()
    for score, value in zip(highest.tolist(), nats.tolist(), strict=True):
        if not values or (value - values[-1] >= _KNOT_NATS and score > scores[-1]):
            scores.append(round(score, 6))
            values.append(round(value, 6))
    if highest[-1] > scores[-1]:
        scores.append(round(float(highest[-1]), 6))
        values.append(round(float(nats[-1]), 6))
    return Surprise(scores=scores, nats=values, slope=round(slope, 6))
