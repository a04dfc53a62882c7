"""What is counted of a group, and the numbers that describe it to the group model."""

from __future__ import annotations

from math import log, log1p, sqrt

import msgspec

from models.habits import HABITS, LEVELS, TOPS
from models.stats.spread import LOG_STEPS
from models.trace import Link

#: A dozen requests of unknown kind are assumed beside those seen, so that two of an account's first three requests
#: count for little and two dozen of thirty for nearly what they are.
_PRIOR_EVENTS = 12

#: Items of the public pool that recurrence is compared with: a benchmark's or a question bank's.
_PUBLIC_POOL_ITEMS = 500.0

#: Added to the mean share of requests before its logarithm is taken.
SHARE_FLOOR = 1e-3

_HOUR_MS = 3_600_000.0
_MINUTES_PER_HOUR = 60.0

#: Pairs with the same companion are assumed to be this part of one pair beside those seen.
_PRIOR_COMPANIONS = 0.1

#: Names of the numbers of ``describe``, in order.
GROUP_FEATURES = (
    "accounts",
    "request_share",
    "repeated_use",
    "repeated_content",
    "recurring_content",
    "own_topics",
    "topic_spread",
    "own_spread",
    "output_length",
    "output_spread",
    "multi_turn",
    "hour_concentration",
    "companions",
    "known_shells",
    "span",
    "onset_spread",
    "share_spread",
    "lowest_share",
    "parties",
    "largest_party",
    *HABITS,
)


class GroupStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the members and the sampled uses of one anchor; pairs are unordered pairs of (account, content).

    ``between_*`` are pairs of two accounts, ``within_*`` of one. A match is a pair in the same semantic cell, a
    recurrence a pair with the same content. ``repeats`` of the ``traces`` held a content that their own account had
    used before. ``log_outputs`` sums ``LOG_STEPS * ln(1 + output tokens)`` over traces. ``hour_cosine`` and
    ``hour_sine`` are the mean direction of the traces' hours on a day's circle. ``first_minutes`` and
    ``first_minutes_squared`` sum over accounts the minutes from ``earliest_ms`` to their first trace. ``companions`` is
    (pairs of qualifying accounts with the same companion shell, pairs of them); ``known_shells`` sums over traces how
    many of an event's shells its account had used before. ``log_shares`` sums ``LOG_STEPS * ln`` of the share of
    requests that use the anchor over the ``qualifying`` members, ``lowest_share`` is the lower quartile of that share.
    ``parties`` counts the organisations of the qualifying members, where an account without one stands for itself;
    ``largest_party`` is the number of members of the largest organisation, 0 if none is known.
    ``habits`` sums over them the levels of what each account does at large (``models.habits``).
    """

    link: Link
    accounts: int
    members: int
    mean_uses: float
    mean_share: float
    traces: int
    repeats: int
    between_pairs: int
    between_recurrences: int
    between_matches: int
    within_pairs: int
    within_matches: int
    log_outputs: int
    log_outputs_squared: int
    multi_turn: int
    hour_cosine: float
    hour_sine: float
    companions: tuple[int, int]
    known_shells: int
    log_shares: int
    log_shares_squared: int
    qualifying: int
    lowest_share: float
    earliest_ms: int
    latest_ms: int
    first_minutes: int
    first_minutes_squared: int
    parties: int
    largest_party: int
    habits: tuple[int, ...]


def use_share_millionths(uses: int, event_count: int) -> int:
    """Share of an account's requests that use an anchor with different content, shrunk towards none, in millionths.

    A whole number, so that sums of shares do not depend on their order.

    >>> use_share_millionths(2, 3), use_share_millionths(26, 30)
    (66666, 595238)
    """
    requests = event_count if event_count > uses else uses
    return 1_000_000 * (uses - 1) // (requests + _PRIOR_EVENTS) if uses > 1 else 0


def log_share(uses: int, event_count: int) -> int:
    """``LOG_STEPS`` times the logarithm of an account's share of requests that use an anchor, kept off zero.

    >>> log_share(2, 40)
    -2864
    """
    return round(LOG_STEPS * log(use_share(uses, event_count)))


def use_share(uses: int, event_count: int) -> float:
    """Share of an account's requests that use an anchor, with half a use among one request assumed beside them."""
    return (uses + 0.5) / (max(event_count, uses) + 1.0)


def describe(group: GroupStatistics) -> list[float]:
    """Give the numbers that the group model reads, named by ``GROUP_FEATURES``; all finite.

    Logarithms where only ratios matter. ``own_topics`` compares matches within accounts with those expected from
    matches between them: customers of one vendor differ from each other, shards of one corpus do not. Spreads are
    ``ln`` of Simpson's inverse matching probability (Hill 1973, order 2). What one rung of a simulation would give away
    (who pays, who is refused, which formats and reasons are asked for) is left out.
    """
    traces, members = max(group.traces, 1), max(group.members, 1)
    between = (group.between_matches + 0.5) / (group.between_pairs + 5.0)
    within = (group.within_matches + 0.5) / (group.within_pairs + 5.0)
    return [
        log(max(group.accounts, 1)),
        log(group.mean_share + SHARE_FLOOR),
        log(max(group.mean_uses, 1.0)),
        group.repeats / traces,
        log((group.between_recurrences + 0.5) / (group.between_pairs / _PUBLIC_POOL_ITEMS + 0.5)),
        log((group.within_matches + 2.0) / (group.within_pairs * between + 2.0)),
        -log(between),
        -log(within),
        group.log_outputs / traces / LOG_STEPS,
        _deviation(group.log_outputs, group.log_outputs_squared, traces) / LOG_STEPS,
        group.multi_turn / traces,
        sqrt(group.hour_cosine**2 + group.hour_sine**2),
        (group.companions[0] + _PRIOR_COMPANIONS) / (group.companions[1] + 1.0),
        group.known_shells / traces,
        log1p((group.latest_ms - group.earliest_ms) / _HOUR_MS),
        log1p(_deviation(group.first_minutes, group.first_minutes_squared, members) / _MINUTES_PER_HOUR),
        _deviation(group.log_shares, group.log_shares_squared, max(group.qualifying, 1)) / LOG_STEPS,
        group.lowest_share,
        log(max(group.parties, 1)),
        group.largest_party / max(group.qualifying, 1),
        *(total * top / LEVELS / max(group.qualifying, 1) for total, top in zip(group.habits, TOPS, strict=True)),
    ]


def _deviation(total: int, squares: int, count: int) -> float:
    # Exact in whole numbers, so that no cancellation makes it depend on the order of the sums.
    return sqrt(max(0, count * squares - total * total)) / count
