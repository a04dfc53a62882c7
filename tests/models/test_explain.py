"""Reasons, counter-evidence, techniques and actions."""

import pytest

from models.account_evidence import RAMPS
from models.candidate import Signal
from models.explain import EXTRACT_AI_MODEL, Facts, explain, suggested_actions, techniques
from models.group_evidence import GroupStatistics, group_signals
from models.trace import Link

FACTS = Facts(event_count=312, member_event_count=340, links=["shell"])


def group_of(link: Link) -> list[Signal]:
    """Signals of some group."""
    return group_signals(
        GroupStatistics(
            link=link,
            accounts=20,
            mean_uses=6.0,
            mean_share=0.3,
            mean_output_tokens=600.0,
            traces=80,
            repeats=4,
            between_pairs=3_000,
            between_recurrences=0,
            between_matches=300,
            within_pairs=120,
            within_matches=12,
        )
    )


def test_reasons_are_ranked_and_split_by_sign() -> None:
    """The heaviest reason comes first; what speaks for innocence stands apart; what is worth nothing is left out."""
    signals = [
        Signal("accounts", 20, 4, 1.0),
        Signal("repeated_use", 9, 3, 3.0),
        Signal("output_length", 300, 400, -0.3),
        Signal("own_topics", 4, 3, -7.0),
        Signal("topic_spread", 4, 4, 0.0),
    ]
    reasons, counter_evidence = explain(signals, FACTS)
    assert [reason.signal for reason in reasons] == ["repeated_use", "accounts"]
    assert [reason.signal for reason in counter_evidence] == ["own_topics", "output_length"]


@pytest.mark.parametrize(
    "signal",
    [
        *(Signal(ramp.name, 0.4, 0.2, 1.0) for ramp in RAMPS),
        *group_of(Link.SHELL),
        *group_of(Link.PAYMENT),
        *group_of(Link.ADDRESS),
    ],
    ids=lambda signal: signal.name,
)
def test_every_signal_has_a_sentence_of_its_own(signal: Signal) -> None:
    """No signal of the models falls back to its bare name."""
    worth_something = Signal(signal.name, signal.value, signal.usual, signal.nats or 1.0)
    reasons, counter_evidence = explain([worth_something], FACTS)
    (reason,) = reasons + counter_evidence
    assert not reason.sentence.startswith(signal.name.replace("_", " ").capitalize() + " is ")
    assert reason.sentence.endswith(".")


def test_an_unknown_signal_is_still_readable() -> None:
    """A signal added later without a sentence shows its name, value and what is usual."""
    reasons, _ = explain([Signal("night_share", 0.75, 0.2, 1.0)], FACTS)
    assert reasons[0].sentence == "Night share is 0.75; 0.2 is usual."


def test_further_links_are_counted_by_kind() -> None:
    """Anchors beside the strongest are named once, by kind and number."""
    facts = Facts(event_count=1, member_event_count=1, links=["shell", "shell", "payment", "shell"])
    reasons, _ = explain([], facts)
    assert reasons[0].sentence == (
        "Many of the same accounts also share 2 prompt shells and 1 payment method; unrelated accounts share none."
    )


def test_techniques_and_actions_follow_the_kind() -> None:
    """Only a campaign is tagged with proxies; a closed alert asks for nothing."""
    assert techniques("account") == [EXTRACT_AI_MODEL]
    assert techniques("campaign") == [EXTRACT_AI_MODEL, "AML.T0008.005"]
    assert suggested_actions("campaign", "open") != suggested_actions("account", "open")
    assert suggested_actions("account", "closed") == []
