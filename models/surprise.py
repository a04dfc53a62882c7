"""How rare a score is among the innocent: evidence in nats, from a fixed reference of innocent groups."""

from __future__ import annotations

from bisect import bisect_right

import msgspec


class Surprise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The negative logarithm of how many innocent entities that ever score as high are expected of a group that forms.

    ``scores`` rise and ``nats`` do not fall; between them it is linear, above the last it goes on with ``slope``
    (an exponential tail; Pickands 1975), below the first it is 0. Because the reference holds each entity's *largest*
    score over its life, looking often costs nothing: of a group paged at ``ln(1 / c)`` nats at most ``c`` false alerts
    are expected, whenever it is paged. The reference is fixed, so that nobody can teach it (Vovk, Gammerman and Shafer,
    Algorithmic Learning in a Random World, 2005).

    >>> surprise = Surprise(scores=[-1.0, 1.0, 2.0], nats=[0.0, 2.0, 5.0], slope=2.0)
    >>> [surprise.of(score) for score in (-3.0, 0.0, 1.5, 3.0)]
    [0.0, 1.0, 3.5, 7.0]
    """

    scores: list[float]
    nats: list[float]
    slope: float

    def of(self, score: float) -> float:
        """Give the evidence of a score, at least 0 nats."""
        at = bisect_right(self.scores, score)
        if at == 0:
            return 0.0
        if at == len(self.scores):
            return self.nats[-1] + self.slope * (score - self.scores[-1])
        low, high = self.scores[at - 1], self.scores[at]
        return self.nats[at - 1] + (self.nats[at] - self.nats[at - 1]) * (score - low) / (high - low)
