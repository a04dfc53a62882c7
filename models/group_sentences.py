"""What speaks for or against a group in plain English, in units that people read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, expm1, log

import msgspec

from models.candidate import LinkLabel, Signal
from models.group_statistics import SHARE_FLOOR


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Counts that sentences mention besides the signals; ``event_count`` requests of ``member_event_count`` in all.

    ``links`` lists the kind of every anchor the accounts share, the strongest first; empty for a single account.
    """

    event_count: int
    member_event_count: int
    links: Sequence[LinkLabel] = ()


Sentence = Callable[[Signal, Facts], str]

ANCHOR_NAMES: dict[LinkLabel, tuple[str, str]] = {
    "shell": ("prompt shell", "prompt shells"),
    "payment": ("payment method", "payment methods"),
    "address": ("network address", "network addresses"),
}

#: How the numbers of ``describe`` that are logarithms are read.
_UNITS: dict[str, Callable[[float], float]] = {
    "accounts": exp,
    "request_share": lambda value: max(0.0, exp(value) - SHARE_FLOOR),
    "repeated_use": exp,
    "recurring_content": exp,
    "own_topics": exp,
    "topic_spread": exp,
    "own_spread": exp,
    "output_length": expm1,
    "output_spread": exp,
    "share_spread": exp,
    "span": expm1,
    "onset_spread": expm1,
    "parties": exp,
    "account_topics": exp,
    "account_outputs": exp,
    "account_inputs": exp,
}

# Above this the number of innocent groups says no more to anybody.
_RAREST = 1_000_000_000


def readable(signal: Signal) -> Signal:
    """Give value and usual value of a group's signal in accounts, shares, times, tokens or hours, not as logarithms."""
    unit = _UNITS.get(signal.name)
    if unit is None:
        return signal
    return Signal(signal.name, unit(signal.value), unit(signal.usual), signal.nats)


def percent(share: float) -> str:
    """Write a share.

    >>> percent(0.125)
    '12 %'
    """
    return f"{100 * share:.0f} %"


def _anchor(facts: Facts) -> str:
    return ANCHOR_NAMES[facts.links[0]][0] if facts.links else "anchor"


def _accounts(signal: Signal, facts: Facts) -> str:
    return f"{signal.value:,.0f} accounts share one {_anchor(facts)}; {signal.usual:,.0f} is usual for a rare one."


def _request_share(signal: Signal, facts: Facts) -> str:
    share = facts.event_count / max(facts.member_event_count, 1)
    shell = not facts.links or facts.links[0] == "shell"
    use = "fill the shared prompt shell" if shell else f"use the shared {_anchor(facts)}"
    return (
        f"{facts.event_count:,} of their {facts.member_event_count:,} requests ({percent(share)}) {use} with different "
        f"content; {percent(signal.usual)} is usual."
    )


def _repeated_use(signal: Signal, facts: Facts) -> str:
    return (
        f"Each account uses the shared {_anchor(facts)} with different content {signal.value:.1f} times on average; "
        f"{signal.usual:.1f} is usual."
    )


def _of_requests(what: str) -> Sentence:
    return lambda signal, _: (
        f"{percent(signal.value)} of the sampled requests {what}; {percent(signal.usual)} is usual."
    )


def _rarity(signal: Signal, _: Facts) -> str:
    groups = round(exp(min(signal.value, log(_RAREST))))
    return f"Taken together, at most one innocent group in {groups:,} ever looks like this."


#: A sentence for each number of ``GROUP_FEATURES``, for what they come to together, and for what several groups do.
GROUP_SENTENCES: dict[str, Sentence] = {
    "accounts": _accounts,
    "request_share": _request_share,
    "repeated_use": _repeated_use,
    "repeated_content": _of_requests("repeat content of the same account"),
    "recurring_content": lambda signal, _: (
        f"Content recurs between the accounts {signal.value:.2f} times as often as in a public benchmark of 500 "
        f"items; {signal.usual:.2f} times is usual."
    ),
    "own_topics": lambda signal, _: (
        f"Two requests of one account are {signal.value:.1f} times as often on one topic as two of different accounts; "
        f"{signal.usual:.1f} times is usual, and more where each account has business of its own."
    ),
    "topic_spread": lambda signal, _: (
        f"What the accounts fill in covers about {signal.value:.1f} equally common topics together; {signal.usual:.1f} "
        "is usual."
    ),
    "own_spread": lambda signal, _: (
        f"What a single account fills in covers about {signal.value:.1f} equally common topics; {signal.usual:.1f} is "
        "usual."
    ),
    "output_length": lambda signal, _: (
        f"Answers to these requests are typically {signal.value:,.0f} tokens long; {signal.usual:,.0f} is usual."
    ),
    "output_spread": lambda signal, _: (
        f"Lengths of these answers typically differ by a factor of {signal.value:.1f}; {signal.usual:.1f} is usual."
    ),
    "multi_turn": _of_requests("answer back in a conversation"),
    "hour_concentration": lambda signal, _: (
        f"Their requests gather at one time of day to {percent(signal.value)}; {percent(signal.usual)} is usual, and "
        "0 % is round the clock."
    ),
    "companions": lambda signal, _: (
        f"{percent(signal.value)} of the pairs of accounts share another shell in the same requests; "
        f"{percent(signal.usual)} is usual. A template is shared with its other parts, a phrase without."
    ),
    "known_shells": lambda signal, _: (
        f"{signal.value:.1f} parts of such a prompt were used before by the same account; {signal.usual:.1f} is usual."
    ),
    "span": lambda signal, _: (
        f"From the first of these requests to the last it took {signal.value:,.1f} hours; {signal.usual:,.1f} is usual."
    ),
    "onset_spread": lambda signal, _: (
        f"The accounts began within some {signal.value:,.1f} hours of each other; {signal.usual:,.1f} is usual."
    ),
    "share_spread": lambda signal, _: (
        f"The accounts' shares of such requests typically differ by a factor of {signal.value:.1f}; "
        f"{signal.usual:.1f} is usual."
    ),
    "lowest_share": lambda signal, _: (
        f"Three quarters of the accounts use it in {percent(signal.value)} of their requests or more; "
        f"{percent(signal.usual)} is usual."
    ),
    "parties": lambda signal, _: (
        f"The accounts belong to {signal.value:,.0f} organisations or stand alone; {signal.usual:,.0f} is usual."
    ),
    "largest_party": lambda signal, _: (
        f"{percent(signal.value)} of the accounts belong to one organisation; {percent(signal.usual)} is usual."
    ),
    "account_topics": lambda signal, _: (
        f"All that such an account asks covers about {signal.value:.0f} equally common topics; {signal.usual:.0f} is "
        "usual."
    ),
    "account_outputs": lambda signal, _: (
        f"Lengths of all answers to one account typically differ by a factor of {signal.value:.1f}; "
        f"{signal.usual:.1f} is usual."
    ),
    "account_inputs": lambda signal, _: (
        f"Lengths of all prompts of one account typically differ by a factor of {signal.value:.1f}; "
        f"{signal.usual:.1f} is usual."
    ),
    "account_hours": lambda signal, _: (
        f"One account's requests gather at one time of day to {percent(signal.value)}; {percent(signal.usual)} is "
        "usual, and 0 % is round the clock."
    ),
    "rarity": _rarity,
    "further_groups": lambda signal, _: (
        f"{signal.value:,.0f} such groups are of largely the same accounts; a template that innocent accounts fill "
        "rarely leaves more than one."
    ),
}
