"""Groups of largely the same accounts judged together: a template leaves several anchors, chance rarely two."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import nlargest
from math import log

from models.surprise import Surprise

#: Two sets of accounts are largely the same if they share this part of the smaller one, and no fewer accounts than this
#: part of ``group_min_accounts``.
JOINING_OVERLAP = 0.5

#: Of a group that by itself looks like a campaign's, so much in common with an open one is enough.
LIKELY_OVERLAP = 1.0 / 3.0

#: Groups of no more accounts may be pieces of one campaign that splits its work by language or topic.
MAX_PIECE_ACCOUNTS = 20

#: A group of more accounts than this is a crowd, and what fewer than a tenth of them share does not speak for it: of
#: two thousand people who use one phrase some dozens use others too.
CROWD_ACCOUNTS = 200
_CROWD_PART = 0.1

#: So many of the strongest groups are pooled; where there are fewer, each that is missing counts as nothing.
POOLED_GROUPS = 5

#: The budget is shared between what groups come to together and what the strongest shows alone.
_TOGETHER_NATS, _ALONE_NATS = log(0.8), log(0.2)


def largely_same(shared: int, first: int, second: int, min_accounts: int, overlap: float = JOINING_OVERLAP) -> bool:
    """Whether two sets of so many accounts, of which so many are in both, are largely the same.

    >>> largely_same(3, 10, 5, min_accounts=4), largely_same(1, 10, 2, min_accounts=4)
    (True, False)
    """
    return shared >= overlap * max(min(first, second), min_accounts)


def is_piece(accounts: int) -> bool:
    """Whether a group is small enough to be one piece of a campaign, tied to others by an account devoted to both.

    A large group stands for itself: by one account that fills two famous prompts crowds would be tied together.
    """
    return accounts <= MAX_PIECE_ACCOUNTS


def are_alike(shared: int, first: int, second: int, min_accounts: int, tied: Callable[[], bool]) -> bool:
    """Whether two groups of so many accounts, sharing so many, are judged together, in decisions and the reference.

    They are if they are of largely the same accounts, or both pieces that an account devoted to both has ``tied``. A
    few accounts do not speak for a crowd around them.

    >>> are_alike(1, 7, 7, 4, lambda: True), are_alike(1, 7, 21, 4, lambda: True), are_alike(1, 7, 7, 4, lambda: False)
    (True, False, False)
    >>> are_alike(9, 9, 1_900, 4, lambda: False), are_alike(190, 190, 1_900, 4, lambda: False)
    (False, True)
    """
    larger, smaller = max(first, second), min(first, second)
    if larger > CROWD_ACCOUNTS and smaller < _CROWD_PART * larger:
        return False
    if largely_same(shared, first, second, min_accounts):
        return True
    return is_piece(first) and is_piece(second) and tied()


def pooled_score(nats: Iterable[float]) -> float:
    """Give the mean evidence of the ``POOLED_GROUPS`` strongest groups.

    Anchors of one template are not independent, so their evidence is not added; the mean tells how steadily groups of
    the same accounts look like a campaign, and ``models.surprise`` how rare that is among innocent ones.

    >>> pooled_score([6.0, 5.0, 4.0])
    3.0
    """
    return sum(nlargest(POOLED_GROUPS, nats)) / POOLED_GROUPS


def evidence_of(nats: list[float], pooled: Surprise) -> float:
    """Give the evidence of one or more groups of the same accounts: that of all together, or of the strongest alone.

    A false page of either sort is expected as often as its share of the budget says, so of both as often as the budget
    does. ``nats`` is each group's highest evidence so far, as in the reference.
    """
    return max(0.0, pooled.of(pooled_score(nats)) + _TOGETHER_NATS, max(nats) + _ALONE_NATS)
