"""What is counted of a group, and the numbers that describe it to the group model."""

from __future__ import annotations

from math import log, log1p, sqrt

import msgspec

from models.trace import Link

#: Steps of the whole numbers in which logarithms of output lengths are summed, so that sums know no order.
LOG_STEPS = 1_024

#: A dozen requests of unknown kind are assumed beside those seen, so that two of an account's first three requests
#: count for little and two dozen of thirty for nearly what they are.
_PRIOR_EVENTS = 12

#: Items of the public pool that recurrence is compared with: a benchmark's or a question bank's.
_PUBLIC_POOL_ITEMS = 500.0

#: Added to the mean share of requests before its logarithm is taken.
SHARE_FLOOR = 1e-3

_HOUR_MS = 3_600_000.0
_MINUTES_PER_HOUR = 60.0

#: Value of a property that no member's gateway records.
UNKNOWN = -1.0

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
    "output_difference",
    "elicitation",
    "format_demand",
    "multi_turn",
    "refused",
    "hour_concentration",
    "organizations",
    "payments",
    "addresses",
    "span",
    "onset_spread",
)


class GroupStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the members and the sampled uses of one anchor; pairs are unordered pairs of (account, content).

    ``between_*`` are pairs of two accounts, ``within_*`` of one. A match is a pair in the same semantic cell, a
    recurrence a pair with the same content. ``repeats`` of the ``traces`` held a content that their own account had
    used before. ``log_outputs`` sums ``LOG_STEPS * ln(1 + output tokens)`` over traces, ``account_outputs`` over the
    accounts' means of it. ``hour_cosine`` and ``hour_sine`` are the mean direction of the traces' hours on a day's
    circle. ``organizations``, ``payments`` and ``addresses`` are (distinct, accounts that have one). ``first_minutes``
    and ``first_minutes_squared`` sum over accounts the minutes from ``earliest_ms`` to their first trace.
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
    account_outputs: int
    account_outputs_squared: int
    elicits_reasoning: int
    asks_for_format: int
    multi_turn: int
    refused: int
    hour_cosine: float
    hour_sine: float
    organizations: tuple[int, int]
    payments: tuple[int, int]
    addresses: tuple[int, int]
    earliest_ms: int
    latest_ms: int
    first_minutes: int
    first_minutes_squared: int


def use_share_millionths(uses: int, event_count: int) -> int:
    """Share of an account's requests that use an anchor with different content, shrunk towards none, in millionths.

    A whole number, so that sums of shares do not depend on their order.

    >>> use_share_millionths(2, 3), use_share_millionths(26, 30)
    (66666, 595238)
    """
    requests = event_count if event_count > uses else uses
    return 1_000_000 * (uses - 1) // (requests + _PRIOR_EVENTS) if uses > 1 else 0


def describe(group: GroupStatistics) -> list[float]:
    """Give the numbers that the group model reads, named by ``GROUP_FEATURES``; all finite.

    Logarithms where only ratios matter. ``own_topics`` compares matches within accounts with those expected from
    matches between them: customers of one vendor differ from each other, shards of one corpus do not. Spreads are
    ``ln`` of Simpson's inverse matching probability (Hill 1973, order 2).
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
        _deviation(group.account_outputs, group.account_outputs_squared, members) / LOG_STEPS,
        group.elicits_reasoning / traces,
        group.asks_for_format / traces,
        group.multi_turn / traces,
        group.refused / traces,
        sqrt(group.hour_cosine**2 + group.hour_sine**2),
        _distinct_share(group.organizations),
        _distinct_share(group.payments),
        _distinct_share(group.addresses),
        log1p((group.latest_ms - group.earliest_ms) / _HOUR_MS),
        log1p(_deviation(group.first_minutes, group.first_minutes_squared, members) / _MINUTES_PER_HOUR),
    ]


def _deviation(total: int, squares: int, count: int) -> float:
    # Exact in whole numbers, so that no cancellation makes it depend on the order of the sums.
    return sqrt(max(0, count * squares - total * total)) / count


def _distinct_share(distinct_of: tuple[int, int]) -> float:
    distinct, known = distinct_of
    return distinct / known if known else UNKNOWN
