"""The numbers that describe a group."""

from __future__ import annotations

import random
from math import exp, expm1, isfinite, log

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.accounts import AccountSlab
from models.anchor import Anchor
from models.detection import DetectionSettings
from models.features import FEATURES, Flag
from models.group_statistics import (
    GROUP_FEATURES,
    GroupStatistics,
    describe,
    log_share,
    use_share,
    use_share_millionths,
)
from models.stats.spread import LOG_STEPS
from models.trace import Link
from models.use import TracedUse
from models.waiting import packed_uses
from tests.models.account_events import hashes

EMPTY = Anchor(Link.SHELL, member_min_uses=2).statistics()

COUNTS = st.integers(0, 2**40)
FRACTIONS = st.floats(0.0, 1.0)
PAIRS = st.tuples(COUNTS, COUNTS).map(lambda pair: (min(pair), max(pair)))
GROUPS = st.builds(
    GroupStatistics,
    link=st.sampled_from(Link),
    mean_uses=st.floats(0.0, 65_535.0),
    mean_share=FRACTIONS,
    hour_cosine=FRACTIONS,
    hour_sine=FRACTIONS,
    companions=PAIRS,
    lowest_share=FRACTIONS,
    earliest_ms=st.integers(0, 10**12),
    latest_ms=st.integers(10**12, 10**13),
    **{
        name: COUNTS
        for name in GroupStatistics.__struct_fields__
        if isinstance(getattr(EMPTY, name), int) and name not in ("link", "earliest_ms", "latest_ms")
    },
    habits=st.tuples(COUNTS, COUNTS, COUNTS, COUNTS),
)


def described(group: GroupStatistics) -> dict[str, float]:
    """Give the numbers by name."""
    return dict(zip(GROUP_FEATURES, describe(group), strict=True))


def sampled(topics_of: dict[str, range], seed: int = 0) -> GroupStatistics:
    """Count a group whose accounts each fill the anchor ten times with new content from topics of their own."""
    rng = random.Random(seed)
    anchor = Anchor(Link.SHELL, member_min_uses=2)
    for index in range(10):
        for account_id, topics in topics_of.items():
            traced = TracedUse(index, index + 2, 20, 100, rng.randrange(2**32), rng.choice(topics))
            anchor.observe(account_id, traced)
    return anchor.statistics()


@given(GROUPS)
def test_every_number_is_finite(group: GroupStatistics) -> None:
    """Whatever was counted, nothing is NaN or infinite, and each feature has one number."""
    numbers = describe(group)
    assert len(numbers) == len(GROUP_FEATURES)
    assert all(isfinite(number) for number in numbers)


def test_a_group_of_nothing_is_described() -> None:
    """An anchor without a trace, as the service's warm-up judges it, has finite numbers too."""
    assert all(isfinite(number) for number in describe(EMPTY))


def test_topics_of_their_own_tell_customers_from_shards() -> None:
    """Accounts that keep to their own topics stand far above zero; shards of one corpus lie about it."""
    customers = sampled({f"a{n}": range(4 * n, 4 * n + 4) for n in range(20)})
    shards = sampled({f"a{n}": range(80) for n in range(20)})
    assert described(customers)["own_topics"] > log(4.0)
    assert abs(described(shards)["own_topics"]) < log(2.0)
    assert described(customers)["own_spread"] < described(customers)["topic_spread"] - 1.0


def test_the_spread_is_the_number_of_equally_common_topics() -> None:
    """Forty topics drawn alike have a spread of about forty."""
    assert exp(described(sampled({f"a{n}": range(40) for n in range(30)}))["topic_spread"]) == pytest.approx(
        40, rel=0.1
    )


@settings(deadline=None)
@given(st.integers(0, 10_000), st.permutations(range(8)))
def test_the_order_of_members_does_not_matter(seed: int, order: list[int]) -> None:
    """The same accounts seen in another order within each instant give the very same numbers."""
    rng = random.Random(seed)
    traces = [
        [
            TracedUse(
                instant * 1_000_000, instant + 2, 2 * instant + 2, rng.randrange(3_000), rng.randrange(30),
                rng.randrange(5), rng.randrange(64), rng.randrange(3), rng.randrange(3), rng.randrange(3),
            )
            for _ in range(8)
        ]
        for instant in range(6)
    ]  # fmt: skip
    groups = []
    for chosen in (range(8), order):
        anchor = Anchor(Link.SHELL, member_min_uses=2)
        for instant in traces:
            for number in chosen:
                anchor.observe(f"a{number}", instant[number])
        groups.append(anchor.statistics())
    assert describe(groups[0]) == describe(groups[1])


def test_recurring_content_is_compared_with_a_public_pool() -> None:
    """As often as five hundred public items would recur is 0; never in many pairs is far below."""
    public = msgspec.structs.replace(EMPTY, between_pairs=50_000, between_recurrences=100)
    private = msgspec.structs.replace(public, between_recurrences=0)
    assert described(public)["recurring_content"] == 0.0
    assert described(private)["recurring_content"] == pytest.approx(log(0.5 / 100.5))


def test_lengths_and_times_are_logarithms() -> None:
    """Two accounts with answers of 99 and 399 tokens, three hours apart, written out."""
    short, long = (round(LOG_STEPS * log(tokens)) for tokens in (100, 400))
    group = msgspec.structs.replace(
        EMPTY, members=2, traces=2, log_outputs=short + long, log_outputs_squared=short**2 + long**2,
        first_minutes=180, first_minutes_squared=180**2, latest_ms=3 * 3_600_000,
    )  # fmt: skip
    numbers = described(group)
    assert expm1(numbers["output_length"]) == pytest.approx(199.0, rel=1e-3)
    assert numbers["output_spread"] == pytest.approx(log(2.0), rel=1e-3)
    assert expm1(numbers["span"]) == pytest.approx(3.0)
    assert expm1(numbers["onset_spread"]) == pytest.approx(1.5)


def test_shares_of_accounts_are_compared() -> None:
    """A harvester at a hundredth beside one at all of its requests has a spread of ten; alike ones have none."""
    low, high = round(LOG_STEPS * log(0.01)), 0
    both = msgspec.structs.replace(
        EMPTY, qualifying=2, log_shares=low + high, log_shares_squared=low**2 + high**2, lowest_share=0.01
    )
    alike = msgspec.structs.replace(both, log_shares=2 * low, log_shares_squared=2 * low**2)
    assert exp(described(both)["share_spread"]) == pytest.approx(10.0, rel=1e-3)
    assert described(alike)["share_spread"] == 0.0
    assert described(both)["lowest_share"] == 0.01


def test_few_pairs_of_companions_claim_little() -> None:
    """Agreement is a share of the pairs, with a tenth of an agreement in one more pair assumed."""
    agreement = [
        described(msgspec.structs.replace(EMPTY, companions=pairs))["companions"]
        for pairs in ((0, 0), (1, 1), (99, 99), (0, 99))
    ]
    assert agreement == pytest.approx([0.1, 0.55, 0.991, 0.001])


def shared(shells_of: list[list[list[int]]]) -> GroupStatistics:
    """Count the group of shell 500, out of the traces that accounts' events with these shells leave."""
    anchor, slab = Anchor(Link.SHELL, member_min_uses=2), AccountSlab(DetectionSettings())
    rng = np.random.default_rng(1)
    for number, events in enumerate(shells_of):
        features = np.zeros(len(events), dtype=FEATURES)
        features["event_id"], features["content"] = hashes(rng, len(events)), hashes(rng, len(events))
        features["flags"] = Flag.HAS_CONTENT
        for position, shells in enumerate(events):
            features["shells"][position, : len(shells)] = shells
        offsets = np.arange(len(events), dtype=np.int64)
        traces = slab.update([f"a{number}"] * len(events), features, offsets, offsets).traces
        for packed in packed_uses(traces[traces["key"] == 500]):
            anchor.observe(f"a{number}", TracedUse.unpack(packed))
    return anchor.statistics()


def test_companions_tell_a_template_from_a_phrase() -> None:
    """A whole template is shared by its companions too; a phrase stands among each account's own or fresh shells."""
    rng = random.Random(2)
    fresh = [[[500, *(rng.randrange(1, 2**64) for _ in range(4))] for _ in range(6)] for _ in range(20)]
    own = [[[500, *habits]] * 6 for habits in ([rng.randrange(2**32, 2**64) for _ in range(4)] for _ in range(20))]
    template = [[[500, 501, 502, 503, 504]] * 6 for _ in range(20)]
    numbers = {name: described(shared(shells)) for name, shells in (("t", template), ("own", own), ("fresh", fresh))}
    assert numbers["t"]["companions"] > 0.99
    assert max(numbers["own"]["companions"], numbers["fresh"]["companions"]) < 0.01
    assert [numbers[name]["known_shells"] for name in ("t", "own", "fresh")] == [5.0, 5.0, 1.0]


@given(st.integers(0, 65_535), st.integers(0, 65_535))
def test_a_share_of_requests_has_a_logarithm(uses: int, events: int) -> None:
    """It lies between none and all, however counters saturate, and rises with the uses."""
    assert 0.0 < use_share(uses, events) < 1.0
    assert use_share(uses, events) < use_share(uses + 1, events)
    assert log_share(uses, events) == round(LOG_STEPS * log(use_share(uses, events)))


def test_what_only_a_simulation_gives_away_is_not_described() -> None:
    """Who pays and from where, who is refused and what format is asked for are no features."""
    told = {"payments", "addresses", "refused", "format_demand", "output_difference"}
    assert not told & set(GROUP_FEATURES)


def test_share_is_shrunk_and_bounded() -> None:
    """Few requests prove little, saturated counters never give more than the whole."""
    assert use_share_millionths(2, 2) < 100_000 < use_share_millionths(26, 26) < 1_000_000
    assert use_share_millionths(0, 0) == use_share_millionths(1, 1) == 0
    assert use_share_millionths(100_000, 65_535) <= 1_000_000
