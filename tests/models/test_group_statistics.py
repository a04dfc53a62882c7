"""The numbers that describe a group."""

from __future__ import annotations

import random
from math import exp, expm1, isfinite, log

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.anchor import Anchor
from models.group_statistics import (
    GROUP_FEATURES,
    LOG_STEPS,
    UNKNOWN,
    GroupStatistics,
    describe,
    use_share_millionths,
)
from models.trace import Link
from models.use import TracedUse

EMPTY = Anchor(Link.SHELL, member_min_uses=2).statistics()

COUNTS = st.integers(0, 2**40)
FRACTIONS = st.floats(0.0, 1.0)
DISTINCT = st.tuples(COUNTS, COUNTS).map(lambda pair: (min(pair), max(pair)))
GROUPS = st.builds(
    GroupStatistics,
    link=st.sampled_from(Link),
    mean_uses=st.floats(0.0, 65_535.0),
    mean_share=FRACTIONS,
    hour_cosine=FRACTIONS,
    hour_sine=FRACTIONS,
    organizations=DISTINCT,
    payments=DISTINCT,
    addresses=DISTINCT,
    earliest_ms=st.integers(0, 10**12),
    latest_ms=st.integers(10**12, 10**13),
    **{
        name: COUNTS
        for name in GroupStatistics.__struct_fields__
        if isinstance(getattr(EMPTY, name), int) and name not in ("link", "earliest_ms", "latest_ms")
    },
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
        account_outputs=short + long, account_outputs_squared=short**2 + long**2, first_minutes=180,
        first_minutes_squared=180**2, latest_ms=3 * 3_600_000,
    )  # fmt: skip
    numbers = described(group)
    assert expm1(numbers["output_length"]) == pytest.approx(199.0, rel=1e-3)
    assert numbers["output_spread"] == numbers["output_difference"] == pytest.approx(log(2.0), rel=1e-3)
    assert expm1(numbers["span"]) == pytest.approx(3.0)
    assert expm1(numbers["onset_spread"]) == pytest.approx(1.5)


def test_what_no_gateway_records_is_unknown() -> None:
    """Distinct payments are a share of the accounts that have one; with none it is ``UNKNOWN``."""
    group = msgspec.structs.replace(EMPTY, payments=(3, 12), organizations=(0, 0))
    assert described(group)["payments"] == 0.25
    assert described(group)["organizations"] == UNKNOWN


def test_share_is_shrunk_and_bounded() -> None:
    """Few requests prove little, saturated counters never give more than the whole."""
    assert use_share_millionths(2, 2) < 100_000 < use_share_millionths(26, 26) < 1_000_000
    assert use_share_millionths(0, 0) == use_share_millionths(1, 1) == 0
    assert use_share_millionths(100_000, 65_535) <= 1_000_000
