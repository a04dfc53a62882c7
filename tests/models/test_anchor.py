"""One shared anchor: counts, samples, estimate, looks."""

from itertools import combinations, pairwise
from math import log, log1p

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.anchor import MAX_MEMBERS, Anchor, AnchorHead
from models.features import Flag
from models.group_statistics import log_share, use_share
from models.stats.spread import LOG_STEPS
from models.trace import Link
from models.use import MAX_SAMPLED_CONTENTS, TracedUse, Use

TRACED = st.tuples(st.sampled_from("abcdef"), st.integers(0, 12), st.integers(0, 3), st.integers(0, 900))


def observe_all(anchor: Anchor, traced: list[tuple[str, int, int, int]]) -> None:
    """Feed (account, content, cell, tokens) with counters that rise as the account stage's do."""
    uses: dict[str, int] = {}
    for index, (account_id, content, cell, tokens) in enumerate(traced):
        uses[account_id] = uses.get(account_id, 1) + 1
        anchor.observe(
            account_id,
            TracedUse(
                index * 3_000_000, uses[account_id], 2 * uses[account_id], tokens, content, cell,
                flags=tokens % 32, organization=content % 3, companion=cell, habits=content % 65_536,
                known_shells=tokens % 5,
            ),
        )  # fmt: skip


@given(st.lists(TRACED, max_size=60))
def test_running_counts_equal_counts_over_all_pairs(traced: list[tuple[str, int, int, int]]) -> None:
    """Pairs, matches and recurrences, kept one trace at a time, are those of the plain definition."""
    anchor = Anchor(Link.SHELL, member_min_uses=2)
    observe_all(anchor, traced)
    samples: dict[str, dict[int, int]] = {}
    for account_id, content, cell, _ in traced:
        samples.setdefault(account_id, {}).setdefault(content, cell)
    entries = [(owner, content, cell) for owner, held in samples.items() for content, cell in held.items()]
    pairs = list(combinations(entries, 2))
    between = [(one, other) for one, other in pairs if one[0] != other[0]]
    within = [(one, other) for one, other in pairs if one[0] == other[0]]
    counted = anchor.statistics()
    assert counted.between_pairs == len(between)
    assert counted.between_recurrences == sum(one[1] == other[1] for one, other in between)
    assert counted.between_matches == sum(one[2] == other[2] for one, other in between)
    assert counted.within_pairs == len(within)
    assert counted.within_matches == sum(one[2] == other[2] for one, other in within)
    assert (counted.traces, counted.repeats) == (len(traced), len(traced) - len(entries))


@given(st.lists(TRACED, max_size=60))
def test_companions_and_shares_are_those_of_qualifying_accounts(traced: list[tuple[str, int, int, int]]) -> None:
    """Pairs with the same known companion, and shares of requests, over all who used the anchor often enough."""
    anchor = Anchor(Link.SHELL, member_min_uses=4)
    observe_all(anchor, traced)
    users = [use for use in anchor.members.values() if use.uses >= 4]
    pairs = list(combinations([use.companion for use in users], 2))
    shares = sorted(use_share(use.uses, use.event_count) for use in users)
    counted = anchor.statistics()
    assert counted.companions == (sum(one == other != 0 for one, other in pairs), len(pairs))
    assert counted.qualifying == len(users)
    assert counted.log_shares == sum(log_share(use.uses, use.event_count) for use in users)
    assert counted.log_shares_squared == sum(log_share(use.uses, use.event_count) ** 2 for use in users)
    assert sum(share < counted.lowest_share for share in shares) <= len(shares) / 4
    assert not shares or sum(share <= counted.lowest_share for share in shares) > len(shares) / 4
    assert counted.known_shells == sum(tokens % 5 for *_, tokens in traced)


@given(st.lists(TRACED, min_size=1, max_size=60))
def test_an_anchor_rebuilt_from_its_members_is_the_same(traced: list[tuple[str, int, int, int]]) -> None:
    """Every count follows from the head and the members, in whatever order they come."""
    anchor, rebuilt = Anchor(Link.SHELL, member_min_uses=3), Anchor(Link.SHELL, member_min_uses=3)
    observe_all(anchor, traced)
    rebuilt.head = msgspec.convert(msgspec.to_builtins(anchor.head), AnchorHead)
    for account_id, use in sorted(anchor.members.items(), reverse=True):
        rebuilt.restore(account_id, msgspec.msgpack.decode(msgspec.msgpack.encode(use), type=Use))
    assert rebuilt.statistics() == anchor.statistics()
    assert rebuilt.untold == anchor.untold


def test_a_sample_is_bounded() -> None:
    """The sample of one account stops at its ceiling; its counters go on."""
    anchor = Anchor(Link.SHELL, member_min_uses=2)
    for content in range(200):
        anchor.observe("a", TracedUse(content, content + 2, 300, 10, content, 1))
    use = anchor.members["a"]
    assert len(use.cells) == len(use.contents) // 4 == MAX_SAMPLED_CONTENTS
    assert (use.traces, use.repeats) == (200, 0)
    anchor.observe("a", TracedUse(200, 202, 300, 10, 3, 1))
    assert (use.traces, use.repeats) == (201, 1)


def test_accounts_beyond_the_kept_ones_are_estimated_and_still_named() -> None:
    """Four thousand accounts are counted within a quarter, in bounded memory; those beyond pass through."""
    anchor = Anchor(Link.SHELL, member_min_uses=2)
    for n in range(4_000):
        anchor.observe(f"account-{n}", TracedUse(n, 2, 2, 100, n, n % 7))
    assert len(anchor.members) == len(anchor.head.passing) == MAX_MEMBERS
    assert len(anchor.head.distinct) == 256
    assert 3_000 < anchor.account_count < 5_000


def test_statistics_are_sums_over_members() -> None:
    """Flags, lengths, hours, companions, shares and first times of three traces, written out."""
    anchor = Anchor(Link.PAYMENT, member_min_uses=2)
    reasons = int(Flag.ELICITS_REASONING | Flag.MULTI_TURN)
    hour_ms = 3_600_000
    anchor.observe("a", TracedUse(0, 2, 4, 0, 1, 1, reasons, 7, 41, 3))
    anchor.observe("b", TracedUse(12 * hour_ms, 2, 2, 99, 2, 1, int(Flag.REFUSED), 7, 40, 1))
    anchor.observe("b", TracedUse(12 * hour_ms, 4, 4, 99, 3, 1, int(Flag.ASKS_FOR_FORMAT), 7, 41, 2))
    group = anchor.statistics()
    assert (group.link, group.accounts, group.members, group.traces, group.mean_uses) == (Link.PAYMENT, 2, 2, 3, 3.0)
    assert group.multi_turn == 1
    assert (group.companions, group.known_shells, group.qualifying) == ((1, 1), 6, 2)
    assert group.log_outputs == 2 * round(LOG_STEPS * log1p(99))
    assert group.log_shares == round(LOG_STEPS * log(2.5 / 5)) + round(LOG_STEPS * log(4.5 / 5))
    assert group.lowest_share == pytest.approx(2.5 / 5)
    assert (group.hour_cosine, group.hour_sine) == (-1 / 3, 0.0)
    assert (group.earliest_ms, group.latest_ms, group.first_minutes) == (0, 12 * hour_ms, 720)


def test_looks_are_a_tenth_of_growth_apart() -> None:
    """The first trace is a look; then each takes a tenth more traces, and a restart in between changes nothing."""
    anchor = Anchor(Link.SHELL, member_min_uses=2)
    looks = []
    for count in range(1, 400):
        anchor.observe(f"a{count}", TracedUse(count, 2, 2, 10, count, 1))
        anchor.head = msgspec.convert(msgspec.to_builtins(anchor.head), AnchorHead)
        if anchor.look():
            assert not anchor.look()
            looks.append(count)
    assert looks[:12] == [*range(1, 11), 12, 14]
    assert all(1.1 * earlier < later <= 1.1 * earlier + 2 for earlier, later in pairwise(looks[10:]))


def test_an_account_keeps_its_last_known_companion() -> None:
    """A trace without companion does not forget the one told before; another replaces it, and known shells add up."""
    use = Use(0, 0)
    use.observe(TracedUse(1, 2, 2, 10, 1, 1, companion=6, known_shells=3))
    use.observe(TracedUse(2, 3, 3, 10, 2, 1, known_shells=1))
    assert (use.companion, use.known_shells) == (6, 4)
    use.observe(TracedUse(3, 4, 4, 10, 3, 1, companion=8, known_shells=2))
    assert (use.companion, use.known_shells) == (8, 6)


def test_accounts_without_a_companion_do_not_agree() -> None:
    """Two that have none are no pair of the same, and are among all pairs; who used the anchor too little is not."""
    anchor = Anchor(Link.SHELL, member_min_uses=3)
    for account_id, uses, companion in (("a", 3, 0), ("b", 3, 0), ("c", 3, 5), ("d", 4, 5), ("e", 2, 5)):
        anchor.observe(account_id, TracedUse(1, uses, 9, 10, 1, 1, companion=companion))
    group = anchor.statistics()
    assert (group.members, group.qualifying, group.companions) == (5, 4, (1, 6))


def test_counters_do_not_fall_when_an_account_was_forgotten() -> None:
    """An account whose row was evicted counts from two again; its member keeps the higher counts."""
    use = Use(0, 0)
    use.observe(TracedUse(1, 8, 20, 10, 1, 1))
    use.observe(TracedUse(2, 2, 3, 10, 2, 1))
    assert (use.uses, use.event_count, use.last_seen_ms) == (8, 20, 2)
