"""A small group model made by hand, so that tests of what uses one do not depend on the weights that ship."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import NamedTuple

from models.candidate import LinkLabel
from models.group_evidence import GroupModel, GroupWeights, LinkModel
from models.group_statistics import GROUP_FEATURES
from models.surprise import Surprise
from models.trees import Trees

#: The log odds are the evidence, so that thresholds below can be read as nats.
AS_IT_IS = Surprise(scores=[0.0, 1.0], nats=[0.0, 1.0], slope=1.0)

_STEPS = 12


class Ramp(NamedTuple):
    """Adds nothing up to ``begin`` of a feature and ``nats`` from ``end`` on, in equal steps between."""

    feature: str
    begin: float
    end: float
    nats: float


#: A campaign has many accounts, fills its anchor with most requests, repeats nothing, and has no topics of its own.
RAMPS = (
    Ramp("accounts", log(4), log(40), 7.0),
    Ramp("request_share", log(0.04), log(0.3), 22.0),
    Ramp("repeated_use", log(2), log(6), 7.0),
    Ramp("recurring_content", -2.5, 0.0, -20.0),
    Ramp("repeated_content", 0.02, 0.2, -12.0),
    Ramp("own_topics", 0.1, 1.2, -25.0),
)

#: What sentences call usual.
USUAL = {"accounts": log(5), "request_share": log(0.1), "repeated_use": log(2.5), "repeated_content": 0.05}


def trees_of(ramps: Sequence[Ramp], base: float) -> Trees:
    """Make one tree of a single split for each step of each ramp."""
    feature, threshold, value = list[int](), list[float](), list[float]()
    left, right = list[int](), list[int]()
    for ramp in ramps:
        for step in range(_STEPS):
            root = len(left)
            feature += [GROUP_FEATURES.index(ramp.feature), 0, 0]
            threshold += [ramp.begin + (ramp.end - ramp.begin) * step / _STEPS, 0.0, 0.0]
            left += [root + 1, -1, -1]
            right += [root + 2, -1, -1]
            value += [0.0, 0.0, ramp.nats / _STEPS]
    roots = list(range(0, len(left), 3))
    return Trees(list(GROUP_FEATURES), base, roots, feature, threshold, left, right, value)


def group_weights(bases: dict[LinkLabel, float] | None = None) -> GroupWeights:
    """Weights for shells and, weaker, for payments; an address is not judged."""
    bases = {"shell": -10.0, "payment": -22.0} if bases is None else bases
    usual = [USUAL.get(name, 0.0) for name in GROUP_FEATURES]
    return GroupWeights(
        links={
            link: LinkModel(trees=trees_of(RAMPS, base), surprise=AS_IT_IS, usual=usual) for link, base in bases.items()
        },
        provenance={"made": "by hand"},
    )


def group_model() -> GroupModel:
    """Make the model of ``group_weights``."""
    return GroupModel(group_weights())
