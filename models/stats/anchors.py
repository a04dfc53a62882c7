"""Anchors an account uses again with different content: prompt shells, payments, addresses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit
from river import stats

from models.stats.natural import HASH_LIMIT, natural

#: Rank a slot gains by a use with different content. An anchor used again survives 16 times as many newcomers as one
#: seen once: at 5 newcomers an event and 30 slots that is about a hundred events, so that an account may mix its
#: harvest with ten times as much other traffic.
REUSE_RANK = 16

_MOST_RANK = 255
_MOST_USES = 65_535

Tags = npt.NDArray[np.uint32]
Shorts = npt.NDArray[np.uint16]
Ranks = npt.NDArray[np.uint8]

_LOW_32, _LOW_16 = np.uint64(0xFFFF_FFFF), np.uint64(0xFFFF)


@njit(cache=True)
def count_use(tags: Tags, contents: Shorts, uses: Shorts, ranks: Ranks, anchor: np.uint64, content: np.uint64) -> int:
    """Count a use of a kept anchor: its new uses, 0 if the content is the last one's again, -1 if it is not kept."""
    tag = np.uint32(anchor & _LOW_32)
    short = np.uint16(content & _LOW_16)
    # Most anchors are new; asked of all slots without a way out, several are compared at a time.
    kept = False
    for slot in range(tags.size):
        kept |= tags[slot] == tag
    if not kept:
        return -1
    for slot in range(tags.size):
        if tags[slot] == tag and uses[slot] > 0:
            if contents[slot] == short:
                return 0
            contents[slot] = short
            if uses[slot] < _MOST_USES:
                uses[slot] += 1
            ranks[slot] = min(_MOST_RANK, ranks[slot] + REUSE_RANK)
            total: int = uses[slot]
            return total
    return -1


@njit(cache=True)
def admit(tags: Tags, contents: Shorts, uses: Shorts, ranks: Ranks, anchor: np.uint64, content: np.uint64) -> None:
    """Give a new anchor the first slot of least rank; all ranks drop by that rank, and the newcomer's becomes 1."""
    least = ranks[0]
    for slot in range(1, tags.size):
        least = min(least, ranks[slot])
    chosen = 0
    while ranks[chosen] != least:
        chosen += 1
    if least > 0:
        for slot in range(tags.size):
            ranks[slot] -= least
    tags[chosen] = np.uint32(anchor & _LOW_32)
    contents[chosen] = np.uint16(content & _LOW_16)
    uses[chosen] = 1
    ranks[chosen] = 1


@njit(cache=True)
def most_uses(uses: Shorts) -> int:
    """Return the uses of the most used anchor kept, 0 without any."""
    most = 0
    for slot in range(uses.size):
        most = max(most, uses[slot])
    return most


class AnchorUses(stats.base.Bivariate):
    """Uses of an anchor (a prompt shell, a payment, an address) with different content, most used anchor first.

    SpaceSaving keeps the frequent items of a stream in a fixed number of slots: a newcomer takes the slot of least
    count. Here only a use with *other content than the last* counts, because a repeated prompt says nothing; counts
    are kept apart from ranks, so that a newcomer does not inherit uses it never had; and ranks are kept relative to
    the least one, so that they fit a byte. A slot holds 32 bits of the anchor and 16 of the content: two contents in
    65,536 are mistaken for one. An anchor that lost its slot starts again at one use. Memory: 9 bytes a slot.

    Parameters
    ----------
    slots
        Anchors kept at once, at least 1.

    Examples
    --------
    >>> shells = AnchorUses(slots=4)
    >>> for content in range(1, 6):
    ...     shells.update(x=0xABCD, y=content)
    >>> shells.update(x=0x1234, y=9)
    >>> shells.update(x=0x1234, y=9)
    >>> shells.get(), shells.uses_of(0x1234), shells.uses_of(0x9999)
    (5.0, 1, 0)

    References
    ----------
    Metwally, A., Agrawal, D. and El Abbadi, A. (2005). Efficient computation of frequent and top-k elements in data
    streams. ICDT 2005, LNCS 3363, 398-412.

    """

    def __init__(self, slots: int = 30) -> None:
        if slots < 1:
            raise ValueError(f"slots: {slots} is below 1")
        self.slots = slots
        self.tags = np.zeros(slots, dtype=np.uint32)
        self.contents = np.zeros(slots, dtype=np.uint16)
        self.uses = np.zeros(slots, dtype=np.uint16)
        self.ranks = np.zeros(slots, dtype=np.uint8)

    def update(self, x: float, y: float) -> None:
        """Count a use of anchor ``x`` with content ``y``, both hashes; raises ``ValueError`` for what is none."""
        if self.count(x, y) < 0:
            self.admit(x, y)

    def get(self) -> float | None:
        """Return the uses of the most used anchor with different content; ``None`` before the first."""
        return float(self.uses.max()) if self.uses.any() else None

    def uses_of(self, anchor: int) -> int:
        """Return the uses of one anchor with different content, 0 if it is not kept."""
        kept = (self.tags == anchor % 2**32) & (self.uses > 0)
        return int(self.uses[kept].max(initial=0))

    def count(self, anchor: float, content: float) -> int:
        """Count a use if the anchor is kept: its new uses, 0 for the last content again, -1 if it is not kept."""
        hashes = np.uint64(natural(anchor, HASH_LIMIT, "anchor")), np.uint64(natural(content, HASH_LIMIT, "content"))
        return int(count_use(self.tags, self.contents, self.uses, self.ranks, *hashes))

    def admit(self, anchor: float, content: float) -> None:
        """Give a new anchor a slot, with one use."""
        hashes = np.uint64(natural(anchor, HASH_LIMIT, "anchor")), np.uint64(natural(content, HASH_LIMIT, "content"))
        admit(self.tags, self.contents, self.uses, self.ranks, *hashes)
