"""What a group's shared anchor says: named, bounded signals in nats that add up to the group's evidence.

A first, simple weighing by hand-set likelihood ratios; the order of magnitude of every constant is stated where it is
used. Three innocent explanations have to be excluded: a common phrase (small share of each account's requests), a
public benchmark or popular questions (content recurs across accounts), a vendor's template (each account keeps to
topics of its own).
"""

from __future__ import annotations

from math import log

import msgspec

from models.candidate import Signal
from models.trace import Link


class GroupStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over the sampled uses of one anchor; pairs are unordered pairs of (account, content) samples.

    ``mean_share`` is the members' mean of ``use_share_millionths`` as a fraction (0 .. 1); ``between_*`` are pairs of
    two accounts, ``within_*`` of one. A match is a pair in the same semantic cell, a recurrence a pair with the same
    content. ``repeats`` of the ``traces`` held a content that their own account had used before.
    """

    link: Link
    accounts: int
    mean_uses: float
    mean_share: float
    mean_output_tokens: float
    traces: int
    repeats: int
    between_pairs: int
    between_recurrences: int
    between_matches: int
    within_pairs: int
    within_matches: int


# A dozen requests of unknown kind are assumed beside those seen, so that two of an account's first three requests
# count for little and two dozen of thirty for nearly what they are.
_PRIOR_EVENTS = 12

_USUAL_ACCOUNTS = 4.0
_USUAL_SHARE = 0.15
_USUAL_USES = 3.0
_USUAL_OUTPUT_TOKENS = 400.0
_USUAL_TOPICS = 8.0
_USUAL_OWN_TOPIC_RATIO = 3.0

# Items of the public pool that "no content recurs" is tested against: a birthday test (zero recurrences in P pairs
# have probability exp(-P / 500)), and a private corpus repeats itself a hundred times less.
_PUBLIC_POOL_ITEMS = 500.0
_RECURRENCE_RATIO = log(100.0)

# A product's users ask their popular questions again in one request of ten, a harvest one of a hundred (retries). The
# absence of repeats is no evidence: people rarely repeat themselves either.
_USUAL_REPEATS, _HARVEST_REPEATS = 0.1, 0.01
_REPEAT_NATS = log(_HARVEST_REPEATS / _USUAL_REPEATS)
_FRESH_NATS = log((1.0 - _HARVEST_REPEATS) / (1.0 - _USUAL_REPEATS))

# Matches added on both sides of the ratio, so that a handful of pairs cannot claim topics of their own.
_PRIOR_MATCHES = 5.0

# Families, offices, shops and carrier address translation share these for reasons of their own; an address alone
# never reaches a page.
_LINK_NATS = {Link.PAYMENT: -4.0, Link.ADDRESS: -4.0}
_MAX_ACCOUNTS_NATS = {Link.SHELL: 7.0, Link.PAYMENT: 10.0, Link.ADDRESS: 5.0}


def use_share_millionths(uses: int, event_count: int) -> int:
    """Share of an account's requests that use an anchor with different content, shrunk towards none, in millionths.

    A whole number, so that sums of shares do not depend on their order.

    >>> use_share_millionths(2, 3), use_share_millionths(26, 30)
    (66666, 595238)
    """
    requests = event_count if event_count > uses else uses
    return 1_000_000 * (uses - 1) // (requests + _PRIOR_EVENTS) if uses > 1 else 0


def group_signals(group: GroupStatistics) -> list[Signal]:
    """Weigh a group; the order is fixed, and the sum of ``nats`` is its evidence. Costs a few microseconds.

    >>> shard = GroupStatistics(
    ...     link=Link.SHELL, accounts=20, mean_uses=6.0, mean_share=0.28, mean_output_tokens=600.0, traces=80,
    ...     repeats=0, between_pairs=3_000, between_recurrences=0, between_matches=300, within_pairs=120,
    ...     within_matches=12,
    ... )
    >>> round(sum(signal.nats for signal in group_signals(shard)), 1)
    18.7
    >>> benchmark = msgspec.structs.replace(shard, between_recurrences=40)
    >>> round(sum(signal.nats for signal in group_signals(benchmark)), 1)
    -7.3
    """
    signals = [
        _accounts(group),
        _recurring_content(group),
        _repeated_content(group),
        _own_topics(group),
        _topic_spread(group),
        _output_length(group),
    ]
    if group.link is Link.SHELL:
        # Every request of an account carries its payment and its address: their share and number tell nothing.
        signals += [_request_share(group), _repeated_use(group)]
    else:
        signals.append(Signal(f"{group.link.name.lower()}_only", 1.0, 1.0, _LINK_NATS[group.link]))
    return signals


def _accounts(group: GroupStatistics) -> Signal:
    nats = 3.0 * log(max(group.accounts, 1) / _USUAL_ACCOUNTS)
    return Signal("accounts", float(group.accounts), _USUAL_ACCOUNTS, _clip(nats, -4.0, _MAX_ACCOUNTS_NATS[group.link]))


def _recurring_content(group: GroupStatistics) -> Signal:
    expected = group.between_pairs / _PUBLIC_POOL_ITEMS
    nats = min(expected, 6.0) - group.between_recurrences * _RECURRENCE_RATIO
    return Signal("recurring_content", float(group.between_recurrences), expected, _clip(nats, -20.0, 6.0))


def _repeated_content(group: GroupStatistics) -> Signal:
    repeats, fresh = group.repeats, group.traces - group.repeats
    nats = repeats * _REPEAT_NATS + fresh * _FRESH_NATS
    return Signal("repeated_content", repeats / max(group.traces, 1), _USUAL_REPEATS, _clip(nats, -12.0, 0.0))


def _own_topics(group: GroupStatistics) -> Signal:
    between = group.between_matches / group.between_pairs if group.between_pairs else 0.0
    ratio = (group.within_matches + _PRIOR_MATCHES) / (group.within_pairs * between + _PRIOR_MATCHES)
    return Signal("own_topics", ratio, _USUAL_OWN_TOPIC_RATIO, _clip(1.0 - 6.0 * log(ratio), -20.0, 1.0))


def _topic_spread(group: GroupStatistics) -> Signal:
    # The inverse probability of a match is Simpson's number of equally common topics (Hill 1973, order 2).
    topics = (group.between_pairs + 1.0) / (group.between_matches + 1.0)
    return Signal("topic_spread", topics, _USUAL_TOPICS, _clip(1.5 * log(topics / _USUAL_TOPICS), -3.0, 1.0))


def _output_length(group: GroupStatistics) -> Signal:
    nats = 2.0 * log(max(group.mean_output_tokens, 1.0) / _USUAL_OUTPUT_TOKENS)
    return Signal("output_length", group.mean_output_tokens, _USUAL_OUTPUT_TOKENS, _clip(nats, -4.0, 1.5))


def _request_share(group: GroupStatistics) -> Signal:
    nats = 6.0 * log(max(group.mean_share, 1e-6) / _USUAL_SHARE)
    return Signal("request_share", group.mean_share, _USUAL_SHARE, _clip(nats, -20.0, 4.0))


def _repeated_use(group: GroupStatistics) -> Signal:
    nats = 3.0 * log(max(group.mean_uses, 1.0) / _USUAL_USES)
    return Signal("repeated_use", group.mean_uses, _USUAL_USES, _clip(nats, -3.0, 2.0))


def _clip(nats: float, low: float, high: float) -> float:
    return min(max(nats, low), high)
