"""The table of groups: pooling, ceilings, candidates, state."""

import random
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.anchor import MAX_MEMBERS, Anchor
from models.candidate import GroupCandidate
from models.detection import DetectionSettings
from models.group import TOLD_ACCOUNTS, GroupTable
from models.group_evidence import GroupModel, GroupWeights, Judgement
from models.trace import Link
from models.use import TRACED_USE_BYTES, Use
from tests.models.group_weights import group_model
from tests.models.synthetic_traces import BUCKET_MS, START_MS, Traced, buckets, campaign, columns, run

SMALL = DetectionSettings(max_groups=32, group_min_accounts=3, candidate_bar_nats=-100.0)
MODEL = group_model()


def random_traces(seed: int, count: int = 200) -> list[Traced]:
    """Traces of few accounts over few anchors, so that groups form, change and are evicted."""
    rng = random.Random(seed)
    uses: dict[tuple[str, int], int] = {}
    traces, now_ms = [], START_MS
    for _ in range(count):
        now_ms += rng.randrange(0, 40_000)
        account_id, key = f"a{rng.randrange(12)}", rng.choice([1, 2, 2, 3, rng.randrange(100, 200)])
        uses[account_id, key] = uses.get((account_id, key), 1) + 1
        link = rng.choice([Link.SHELL, Link.SHELL, Link.PAYMENT])
        content, used = rng.randrange(40), uses[account_id, key]
        traces.append(Traced(now_ms, account_id, key, link, content, rng.randrange(5), used, used + 3, 200))
    return traces


def test_an_anchor_too_few_accounts_share_is_one_small_row() -> None:
    """Below ``group_min_accounts`` there is no group and no candidate, and one row that is hardly more than traces."""
    table = GroupTable(SMALL, MODEL)
    traces = campaign(SMALL.group_min_accounts - 1)
    assert run(table, traces) == []
    assert len(table) == 1
    (row,) = table.dump()
    assert row[1] is not None
    assert len(row[1]) < TRACED_USE_BYTES * len(traces) + 30


def test_a_group_takes_over_the_row_it_waited_in() -> None:
    """When enough accounts came, the row of the waiting anchor is gone and every account has one of its own."""
    table = GroupTable(SMALL, MODEL)
    traces = [Traced(START_MS + n, f"a{n}", 7, Link.SHELL, n, 0, 2, 2, 1) for n in range(SMALL.group_min_accounts)]
    table.apply(*columns(traces[:-1]))
    assert [key[:1] for key, _ in table.dump_dirty()] == [b"w"]
    table.mark_clean()
    table.apply(*columns(traces[-1:]))
    assert [(key[:1], value is None) for key, value in table.dump_dirty()] == [
        (b"g", False),
        *[(b"u", False)] * SMALL.group_min_accounts,
        (b"w", True),
    ]


def test_a_campaign_appears_with_its_members_once() -> None:
    """Candidates come in the bucket's last millisecond, and name a member again only when its uses doubled."""
    found = run(GroupTable(DetectionSettings(), MODEL), campaign(20))
    assert all(candidate.effective_ms == candidate.position for candidate in found)
    assert all((candidate.effective_ms + 1) % BUCKET_MS == 0 for candidate in found)
    told: dict[str, list[int]] = {}
    for candidate in found:
        assert candidate.key == f"{7:016x}"
        for member in candidate.members:
            told.setdefault(member.account_id, []).append(member.uses)
    assert len(told) == 20
    assert all(2 * one <= other for uses in told.values() for one, other in pairwise(uses))


def test_a_group_is_judged_from_the_least_number_of_accounts_on() -> None:
    """One account fewer than ``group_min_accounts`` gives no candidate."""
    judged = DetectionSettings(candidate_bar_nats=-100.0)
    assert run(GroupTable(judged, MODEL), campaign(judged.group_min_accounts - 1)) == []
    assert run(GroupTable(judged, MODEL), campaign(judged.group_min_accounts)) != []


def test_the_low_bar_holds_back_weak_groups() -> None:
    """Every candidate has at least the evidence of the bar, and a higher bar gives fewer."""
    low = run(GroupTable(DetectionSettings(candidate_bar_nats=3.0), MODEL), campaign(15))
    high = run(GroupTable(DetectionSettings(candidate_bar_nats=15.0), MODEL), campaign(15))
    assert min(candidate.evidence_nats for candidate in low) >= 3.0
    assert min(candidate.evidence_nats for candidate in high) >= 15.0
    assert 0 < len(high) < len(low)


class _Fading(GroupTable):
    """A table whose groups have 5 nats up to some number of accounts, and 1 beyond."""

    most = TOLD_ACCOUNTS

    def judge(self, anchor: int, group: Anchor) -> Judgement | None:  # noqa: ARG002 - what is overridden takes it
        return Judgement(5.0 if group.account_count <= self.most else 1.0, [])


@pytest.mark.parametrize("most", [2, TOLD_ACCOUNTS // 2, TOLD_ACCOUNTS, 10 * TOLD_ACCOUNTS])
def test_a_large_group_that_passed_is_told_below_the_bar(most: int) -> None:
    """Once it passed, a large group goes on telling who is new to it; a small one falls silent."""
    table = _Fading(DetectionSettings(), MODEL)
    table.most = most
    found = run(table, campaign(2 * TOLD_ACCOUNTS))
    weak = [candidate for candidate in found if candidate.evidence_nats < DetectionSettings().candidate_bar_nats]
    assert bool(weak) == (4 <= most < 2 * TOLD_ACCOUNTS)
    assert all(candidate.members and candidate.account_count >= TOLD_ACCOUNTS for candidate in weak)


def test_groups_come_in_key_order_at_most_one_a_bucket() -> None:
    """Within a bucket candidates are ordered by key and none appears twice."""
    found = run(GroupTable(SMALL, MODEL), random_traces(3, 400))
    order = [(candidate.effective_ms, candidate.key, candidate.link) for candidate in found]
    assert len(set(order)) == len(order)
    assert [(ms, key) for ms, key, _ in order] == sorted((ms, key) for ms, key, _ in order)


def test_the_ceiling_forgets_the_longest_unseen() -> None:
    """Beyond ``max_groups`` the anchors unseen for longest go, a sixteenth below the ceiling, and leave tombstones."""
    table = GroupTable(SMALL, MODEL)
    traces = [Traced(START_MS + n, "a", 1_000 + n, Link.SHELL, n, 0, 2, 2, 1) for n in range(33)]
    table.apply(*columns(traces))
    assert len(table) == 30
    rows = dict(table.dump_dirty())
    gone = [int.from_bytes(key[1:9], "big") for key, value in rows.items() if value is None]
    assert gone == [1_000, 1_001, 1_002]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.booleans())
def test_a_dump_in_mid_stream_changes_nothing(seed: int, every: int, between: bool) -> None:
    """A table rebuilt from its last rows, before or after candidates are taken, goes on as the original would."""
    traces = random_traces(seed)
    expected = run(GroupTable(SMALL, MODEL), traces)
    table, changelog = GroupTable(SMALL, MODEL), dict[bytes, bytes | None]()
    found: list[GroupCandidate] = []

    def restart() -> GroupTable:
        changelog.update(table.dump_dirty())
        table.mark_clean()
        assert table.dump_dirty() == []
        rebuilt = GroupTable(SMALL, MODEL)
        rebuilt.budget.ledger = table.budget.ledger
        rebuilt.load(changelog.items())
        assert rebuilt.dump() == table.dump()
        assert rebuilt.dump() == sorted((key, value) for key, value in changelog.items() if value is not None)
        return rebuilt

    for number, (end_ms, rows) in enumerate(buckets(traces)):
        table.apply(*columns(rows))
        if between and number % every == 0:
            table = restart()
        found += table.candidates(end_ms)
        if not between and number % every == 0:
            table = restart()
    assert found == expected


def test_more_than_the_kept_members_are_named_as_they_pass() -> None:
    """A campaign of 1,500 accounts has every one of them in some candidate."""
    traces = [
        Traced(START_MS + n, f"h{n:04}", 7, Link.SHELL, 1_000_000 * use + n, (n * 7 + use) % 90, use, use, 500)
        for use in (2, 3, 4)
        for n in range(1_500)
    ]
    traces = [traced._replace(effective_ms=START_MS + 100 * index) for index, traced in enumerate(traces)]
    found = run(GroupTable(DetectionSettings(), MODEL), traces)
    assert len({member.account_id for candidate in found for member in candidate.members}) == 1_500
    assert 1_200 < found[-1].account_count < 1_800


def test_a_group_is_weighed_again_only_after_growth() -> None:
    """Between two candidates of a group its traces grew by a tenth, so a busy group is not weighed in every bucket."""
    traces = campaign(60)
    found = run(GroupTable(DetectionSettings(candidate_bar_nats=0.0), MODEL), traces)
    seen = [sum(traced.effective_ms <= candidate.effective_ms for traced in traces) for candidate in found]
    assert len(found) > 10
    assert all(later > 1.1 * earlier for earlier, later in pairwise(seen))


def test_every_group_has_a_share_of_the_false_pages() -> None:
    """A group gets its share once, as it forms, and the shares of one week sum to at most the partition's part."""
    table = GroupTable(SMALL, MODEL)
    shares: dict[tuple[str, str], set[float]] = {}
    for candidate in run(table, random_traces(3, 400)):
        shares.setdefault((candidate.key, candidate.link), set()).add(candidate.budget_share)
    assert len(shares) > 3
    assert all(len(of_group) == 1 for of_group in shares.values())
    assert 0.0 < sum(share for of_group in shares.values() for share in of_group) <= 1.0 / SMALL.partitions


def test_a_kind_of_anchor_without_weights_gives_no_candidate() -> None:
    """An address is pooled, and never judged by a model that has no weights for addresses."""
    table = GroupTable(SMALL, MODEL)
    assert run(table, [traced._replace(link=Link.ADDRESS) for traced in campaign(20)]) == []
    assert len(table) == 1


def test_who_pays_together_is_told_without_evidence() -> None:
    """Of a payment the decision hears who its accounts are, with no nats, and only when there is something new."""
    table = GroupTable(DetectionSettings(), GroupModel(GroupWeights(links={}, provenance={})))
    traces = [traced._replace(link=Link.PAYMENT) for traced in campaign(20)]
    found = run(table, traces)
    assert {candidate.evidence_nats for candidate in found} == {0.0}
    assert all(candidate.members for candidate in found)
    assert {member.account_id for candidate in found for member in candidate.members} == {
        traced.account_id for traced in traces
    }


def test_what_passes_between_two_looks_is_not_lost() -> None:
    """Accounts beyond the kept ones stay to be named until the group is weighed, whenever that is."""
    traces = [
        Traced(START_MS + 100 * n, f"h{n:04}", 7, Link.SHELL, 1_000_000 * use + n, (n * 7 + use) % 90, use, use, 500)
        for n, use in enumerate([2, 3, 4, 6] * MAX_MEMBERS)
    ]
    early = [traced._replace(account_id=f"h{n % MAX_MEMBERS:04}") for n, traced in enumerate(traces)]
    end_ms = early[-1].effective_ms
    late = [
        Traced(end_ms + n * BUCKET_MS, f"late{n}", 7, Link.SHELL, n, n % 90, 6, 6, 500) for n in range(MAX_MEMBERS // 2)
    ]
    found = run(GroupTable(DetectionSettings(), MODEL), early + late)
    named = {member.account_id for candidate in found for member in candidate.members}
    assert len([account_id for account_id in named if account_id.startswith("late")]) > 300


def test_a_use_without_its_group_is_refused() -> None:
    """Rows that are no consistent cut raise an error instead of losing members."""
    table = GroupTable(SMALL, MODEL)
    run(table, campaign(3))
    uses = [(key, value) for key, value in table.dump() if key[:1] == b"u"]
    with pytest.raises(ValueError, match="without a head"):
        GroupTable(SMALL, MODEL).load(uses)


def test_a_row_of_another_stage_is_refused() -> None:
    """Rows that no group wrote raise an error that names them."""
    with pytest.raises(ValueError, match="zzz"):
        GroupTable(SMALL, MODEL).load([(b"zzz", b"\x01\x80")])


def test_the_row_of_a_use_is_plain() -> None:
    """A use is a flat array of numbers and two byte strings: nothing in a row needs code to read."""
    held = msgspec.structs.asdict(Use(0, 0))
    assert {name for name, value in held.items() if type(value) is bytes} == {"contents", "cells"}
    assert all(type(value) is int for name, value in held.items() if name not in ("contents", "cells"))
