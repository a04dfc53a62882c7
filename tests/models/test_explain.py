"""Reasons, counter-evidence, techniques and actions."""

from math import log, log1p

import pytest

from models.account_evidence import RAMPS
from models.candidate import LinkLabel, Signal
from models.explain import EXTRACT_AI_MODEL, explain, suggested_actions, techniques
from models.group_sentences import GROUP_SENTENCES, Facts
from models.group_statistics import GROUP_FEATURES

FACTS = Facts(event_count=312, member_event_count=340, links=["shell"])


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
        *(Signal(name, 0.4, 0.2, 1.0) for name in (*GROUP_FEATURES, "rarity")),
    ],
    ids=lambda signal: signal.name,
)
def test_every_signal_has_a_sentence_of_its_own(signal: Signal) -> None:
    """No signal of the models falls back to its bare name."""
    (reason,), _ = explain([signal], FACTS)
    assert not reason.sentence.startswith(signal.name.replace("_", " ").capitalize() + " is ")
    assert reason.sentence.endswith(".")


def sentence_of(name: str, value: float, usual: float, link: LinkLabel = "shell") -> str:
    """Give the sentence of one signal."""
    (reason,), _ = explain(
        [Signal(name, value, usual, 1.0)], Facts(event_count=30, member_event_count=40, links=[link])
    )
    return reason.sentence


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            sentence_of("accounts", log(1_200), log(5)),
            "1,200 accounts share one prompt shell; 5 is usual for a rare one.",
        ),
        (
            sentence_of("request_share", log(0.7), log(0.251), "payment"),
            "30 of their 40 requests (75 %) use the shared payment method with different content; 25 % is usual.",
        ),
        (
            sentence_of("repeated_use", log(26), log(2.5)),
            "Each account uses the shared prompt shell with different content 26.0 times on average; 2.5 is usual.",
        ),
        (
            sentence_of("output_length", log1p(812), log1p(250)),
            "Answers to these requests are typically 812 tokens long; 250 is usual.",
        ),
        (
            sentence_of("span", log1p(36), log1p(8.5)),
            "From the first of these requests to the last it took 36.0 hours; 8.5 is usual.",
        ),
        (
            sentence_of("own_topics", 0.0, log(3)),
            (
                "Two requests of one account are 1.0 times as often on one topic as two of different accounts; "
                "3.0 times is usual, and more where each account has business of its own."
            ),
        ),
        (
            sentence_of("companions", 0.98, 0.02),
            (
                "98 % of the pairs of accounts share another shell in the same requests; 2 % is usual. A "
                "template is shared with its other parts, a phrase without."
            ),
        ),
        (
            sentence_of("known_shells", 7.25, 1.0),
            "7.2 parts of such a prompt were used before by the same account; 1.0 is usual.",
        ),
        (
            sentence_of("share_spread", log(1.2), log(3.0)),
            "The accounts' shares of such requests typically differ by a factor of 1.2; 3.0 is usual.",
        ),
        (
            sentence_of("lowest_share", 0.8, 0.05),
            "Three quarters of the accounts use it in 80 % of their requests or more; 5 % is usual.",
        ),
        (
            sentence_of("rarity", log(2_500), 0.0),
            "Taken together, at most one innocent group in 2,500 ever looks like this.",
        ),
    ],
)
def test_numbers_are_told_in_units_that_people_read(sentence: str, expected: str) -> None:
    """Logarithms are undone, shares are percentages, and the kind of anchor is named."""
    assert sentence == expected


def test_values_stand_in_the_same_units_as_the_sentence() -> None:
    """The fields beside the sentence are no logarithms either; the weight stays in nats."""
    (reason,), _ = explain([Signal("accounts", log(1_200), log(5), 2.0)], FACTS)
    assert (reason.value, reason.usual, reason.weight) == (1_200.0, 5.0, 2.0)


def test_no_sentence_is_left_of_what_is_no_longer_told() -> None:
    """Each sentence about a group is one of its features, of the rarity of all, or of the groups beside it."""
    assert set(GROUP_SENTENCES) == {*GROUP_FEATURES, "rarity", "further_groups"}


def test_a_rarity_beyond_counting_is_bounded() -> None:
    """Evidence that no exponential holds still has a sentence."""
    assert sentence_of("rarity", 1e5, 0.0) == (
        "Taken together, at most one innocent group in 1,000,000,000 ever looks like this."
    )


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
