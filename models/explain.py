"""An alert in plain English: ranked reasons, what speaks for innocence, techniques, what to do."""

from __future__ import annotations

from collections.abc import Sequence

from models.alert import NATS_DIGITS, VALUE_DIGITS, AlertReason, Kind, State
from models.candidate import LinkLabel, Signal
from models.group_sentences import ANCHOR_NAMES, GROUP_SENTENCES, Facts, Sentence, percent, readable

# MITRE ATLAS 5.6.0 (case study AML.CS0056): extracting the model through its API; accounts pooled behind a service.
EXTRACT_AI_MODEL = "AML.T0024.002"
AI_SERVICE_PROXIES = "AML.T0008.005"


def explain(
    signals: Sequence[Signal], facts: Facts, *, watched: bool = False
) -> tuple[list[AlertReason], list[AlertReason]]:
    """Turn signals into (reasons, counter-evidence), each with the heaviest first; signals worth nothing are left out.

    ``watched`` tells that the anchor was known to be bad, which lowered the evidence that a page took.

    >>> signals = [Signal("request_share", -0.5, -2.1, 4.0), Signal("repeated_content", 0.12, 0.04, -1.5)]
    >>> facts = Facts(event_count=312, member_event_count=340, links=["shell"])
    >>> reasons, counter_evidence = explain(signals, facts)
    >>> reasons[0].sentence
    '312 of their 340 requests (92 %) fill the shared prompt shell with different content; 12 % is usual.'
    >>> counter_evidence[0].sentence
    '12 % of the sampled requests repeat content of the same account; 4 % is usual.'
    """
    ranked = sorted(signals, key=lambda signal: -abs(signal.nats))
    reasons = [_reason(signal, facts) for signal in ranked if signal.nats > 0]
    if len(facts.links) > 1:
        reasons.append(_further_links(facts.links))
    if watched:
        reasons.append(_WATCHED)
    return reasons, [_reason(signal, facts) for signal in ranked if signal.nats < 0]


def techniques(kind: Kind) -> list[str]:
    """MITRE ATLAS techniques of an alert of this kind."""
    return [EXTRACT_AI_MODEL, AI_SERVICE_PROXIES] if kind == "campaign" else [EXTRACT_AI_MODEL]


def suggested_actions(kind: Kind, state: State) -> list[str]:
    """List what the engineer on call can do next, in order; nothing once the alert is closed."""
    if state == "closed":
        return []
    return _CAMPAIGN_ACTIONS.copy() if kind == "campaign" else _ACCOUNT_ACTIONS.copy()


_CAMPAIGN_ACTIONS = [
    "Look at a few members: an innocent vendor or evaluation team can be named by its customers or its benchmark.",
    "Compare when and how the members signed up, who pays for them and through which path they come.",
    "If it is harvesting, act on all members at once: accounts banned one by one are replaced.",
    "Tell the members nothing until then, and record a verdict.",
]
_ACCOUNT_ACTIONS = [
    "Ask the account's owner or your sales team what it is for: batch jobs and evaluation runs can look like this.",
    "If nobody knows, lower its rate limit while you look at its recent requests.",
    "Check its sign-up, payment and addresses against other accounts, and record a verdict.",
]


def _reason(signal: Signal, facts: Facts) -> AlertReason:
    signal = readable(signal)
    sentence = _SENTENCES.get(signal.name, _plain)
    return AlertReason(
        signal=signal.name,
        value=round(signal.value, VALUE_DIGITS),
        usual=round(signal.usual, VALUE_DIGITS),
        weight=round(signal.nats, NATS_DIGITS),
        sentence=sentence(signal, facts),
    )


_WATCHED = AlertReason(
    signal="watched_anchor",
    value=1.0,
    usual=0.0,
    weight=0.0,
    sentence="What they share is watched for, since a campaign that used it was confirmed or its accounts were acted "
    "on; a page takes less evidence.",
)


def _further_links(links: Sequence[LinkLabel]) -> AlertReason:
    counted = [(link, links[1:].count(link)) for link in ANCHOR_NAMES]
    further = [f"{count} {ANCHOR_NAMES[link][count > 1]}" for link, count in counted if count]
    return AlertReason(
        signal="further_links",
        value=float(len(links) - 1),
        usual=0.0,
        weight=0.0,
        sentence=f"Many of the same accounts also share {_listed(further)}; unrelated accounts share none.",
    )


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _plain(signal: Signal, _: Facts) -> str:
    return f"{signal.name.replace('_', ' ').capitalize()} is {signal.value:.3g}; {signal.usual:.3g} is usual."


def _template_fill(signal: Signal, facts: Facts) -> str:
    filled = round(signal.value * facts.event_count)
    return (
        f"About {filled:,} of {facts.event_count:,} requests fill one prompt shell with different content "
        f"({percent(signal.value)}; {percent(signal.usual)} is usual)."
    )


_SENTENCES: dict[str, Sentence] = {
    **GROUP_SENTENCES,
    "volume": lambda signal, _: f"It sends {signal.value:,.0f} requests a day; {signal.usual:,.0f} is usual.",
    "generated_tokens": lambda signal, _: (
        f"It draws {signal.value:,.0f} tokens of answers a day; {signal.usual:,.0f} is usual."
    ),
    "coverage_entropy": lambda signal, _: (
        f"Its prompts cover topics with an entropy of {signal.value:.2f} nats; {signal.usual:.2f} is usual."
    ),
    "distinct_contents": lambda signal, _: (
        f"{percent(signal.value)} of its prompts are new; {percent(signal.usual)} is usual."
    ),
    "idle_free_hours": lambda signal, _: (
        f"It was active in {percent(signal.value)} of the last hours; {percent(signal.usual)} is usual."
    ),
    "single_turn": lambda signal, _: (
        f"{percent(signal.value)} of its requests open a conversation rather than answer back; "
        f"{percent(signal.usual)} is usual."
    ),
    "tool_use": lambda signal, _: (
        f"{percent(signal.value)} of its requests use tools, as agents at work do; {percent(signal.usual)} is usual."
    ),
    "output_tokens": lambda signal, _: (
        f"Its answers are {signal.value:,.0f} tokens long on average; {signal.usual:,.0f} is usual."
    ),
    "reasoning_elicitation": lambda signal, _: (
        f"{percent(signal.value)} of its prompts demand the reasoning written out; {percent(signal.usual)} is usual."
    ),
    "template_fill": _template_fill,
    "end_users": lambda signal, _: (
        f"About {signal.value:,.0f} end users stand behind the account; a harvester has {signal.usual:.0f} or none."
    ),
}
