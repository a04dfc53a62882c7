"""Online statistics of one account's requests, after River's ``stats.base``: ``update``, ``get``, mergeable by ``+=``.

Each keeps bounded memory, answers ``None`` while it is undefined and refuses what is no natural number in its range
with a ``ValueError`` that leaves it unchanged. The kernels beside them work on rows of a packed array and are shared,
so that a row and a statistic give the same bits.
"""

from models.stats.anchors import AnchorUses
from models.stats.distinct import HyperLogLog
from models.stats.entropy import ChaoShenEntropy, GoodTuringCoverage, SimpsonSpread
from models.stats.rhythm import ActiveHours, FadingRate, HourConcentration
from models.stats.spread import LogSpread

__all__ = [
    "ActiveHours",
    "AnchorUses",
    "ChaoShenEntropy",
    "FadingRate",
    "GoodTuringCoverage",
    "HourConcentration",
    "HyperLogLog",
    "LogSpread",
    "SimpsonSpread",
]
