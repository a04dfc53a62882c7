"""Running sums over an anchor's members against a plain pass over them."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from models.anchor import Anchor
from models.group_statistics import log_share, use_share, use_share_millionths
from models.habits import levels
from models.member_sums import UserSums
from models.stats.rhythm import CIRCLE
from models.trace import Link
from models.use import TracedUse, Use

_MIN_USES = 2
_MINUTE_MS = 60_000

TRACED = st.builds(
    TracedUse,
    effective_ms=st.integers(0, 40).map(lambda steps: steps * 25_000),
    uses=st.integers(1, 6),
    event_count=st.integers(1, 12),
    output_tokens=st.integers(0, 900),
    content=st.integers(0, 9),
    cell=st.integers(0, 3),
    flags=st.integers(0, 31),
    organization=st.integers(0, 3),
    companion=st.integers(0, 3),
    known_shells=st.integers(0, 4),
    habits=st.integers(0, 2**16 - 1),
)
USES = st.builds(
    Use, first_seen_ms=st.just(0), last_seen_ms=st.just(0), uses=st.integers(1, 9), event_count=st.integers(1, 30),
    organization=st.integers(0, 3), companion=st.integers(0, 3), habits=st.integers(0, 2**16 - 1),
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), TRACED), min_size=1, max_size=60))
def test_statistics_are_those_of_a_pass_over_the_members(traced: list[tuple[str, TracedUse]]) -> None:
    """Whatever comes in whatever order, a look tells what visiting every member would."""
    anchor = Anchor(Link.SHELL, _MIN_USES)
    for account_id, trace in traced:
        anchor.observe(account_id, trace)
    members = list(anchor.members.values())
    told, earliest_ms = anchor.statistics(), min(use.first_seen_ms for use in members)
    minutes = [(use.first_seen_ms - earliest_ms) // _MINUTE_MS for use in members]
    assert (told.members, told.earliest_ms) == (len(members), earliest_ms)
    assert (told.first_minutes, told.first_minutes_squared) == (sum(minutes), sum(each * each for each in minutes))
    for name in ("log_outputs", "log_outputs_squared", "multi_turn", "known_shells", "repeats", "traces"):
        assert getattr(told, name) == sum(getattr(use, name) for use in members)
    assert told.hour_cosine == sum(use.hour_cosines for use in members) / (CIRCLE * told.traces)
    assert told.hour_sine == sum(use.hour_sines for use in members) / (CIRCLE * told.traces)


@given(st.lists(USES, max_size=30), st.lists(USES, max_size=30))
def test_users_that_left_leave_nothing_behind(staying: list[Use], leaving: list[Use]) -> None:
    """Sums after adding some and taking others away are those of a pass over who is left."""
    sums = UserSums()
    for use in [*leaving, *staying]:
        sums.count(use, 1)
    for use in leaving:
        sums.count(use, -1)
    pairs = [(use.uses, use.event_count) for use in staying]
    shares = sorted(use_share(*pair) for pair in pairs)
    sizes = Counter(use.organization for use in staying if use.organization)
    companions = Counter(use.companion for use in staying if use.companion)
    assert (sums.qualifying, sums.uses) == (len(staying), sum(use.uses for use in staying))
    assert sums.event_count == sum(max(pair) for pair in pairs)
    assert sums.share_millionths == sum(use_share_millionths(*pair) for pair in pairs)
    assert sums.log_shares == sum(log_share(*pair) for pair in pairs)
    assert sums.log_shares_squared == sum(log_share(*pair) ** 2 for pair in pairs)
    assert sums.lowest_share == (shares[len(shares) // 4] if shares else 0.0)
    assert sums.same_companions == sum(count * (count - 1) // 2 for count in companions.values())
    assert (sums.parties, sums.organizations) == (len(sizes) + len(staying) - sum(sizes.values()), sizes)
    assert sums.habits == (tuple(map(sum, zip(*(levels(use.habits) for use in staying), strict=True))) or (0,) * 4)
