"""Evidence of groups: how it is put together, and that what is counted tells campaigns from their look-alikes."""

import random
from collections.abc import Callable
from functools import partial

import msgspec
import numpy as np
import pytest

from models.anchor import Anchor
from models.detection import DetectionSettings
from models.group import GroupTable
from models.group_evidence import PUBLIC_RECURRENCE, GroupModel, is_public
from models.group_statistics import GROUP_FEATURES, GroupStatistics, describe
from models.severity import page_threshold_nats
from models.surprise import Surprise
from models.trace import Link
from models.trees import TreeModel
from models.use import TracedUse
from tests.models.group_weights import group_model, group_weights
from tests.models.synthetic_traces import (
    DAY_MS,
    START_MS,
    Filling,
    Traced,
    account_day,
    campaign,
    days,
    own_business,
    private_items,
    public_items,
    run,
)

THRESHOLD_NATS = page_threshold_nats(DetectionSettings())
JUDGE_ALL = DetectionSettings(candidate_bar_nats=-1_000.0)


def most_evidence(traces: list[Traced]) -> float:
    """Give the most evidence the group had at any time of the day."""
    return max(
        (candidate.evidence_nats for candidate in run(GroupTable(JUDGE_ALL, group_model()), traces)), default=-1_000.0
    )


def people(account: int) -> Filling:
    """One person's own few interests."""

    def fill(rng: random.Random) -> tuple[int, int]:
        return rng.randrange(2**32), (rng.randrange(8) * 7 + account * 13) % 256

    return fill


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(partial(campaign, 60), id="60 accounts, 26 requests each"),
        pytest.param(partial(campaign, 60, requests=52, share=0.5), id="mixed with as much other traffic"),
        pytest.param(partial(campaign, 60, requests=260, share=0.1), id="hidden in ten times as much other traffic"),
        pytest.param(partial(campaign, 60, requests=6), id="60 accounts, 6 requests each"),
        pytest.param(partial(campaign, 12), id="12 accounts"),
    ],
)
def test_a_campaign_passes_the_page_threshold(make: Callable[[], list[Traced]]) -> None:
    """Accounts that fill one shell with disjoint private items are paged within the day."""
    assert most_evidence(make()) >= THRESHOLD_NATS


@pytest.mark.parametrize("seed", range(5))
def test_a_campaign_of_fifteen_is_paged_after_a_handful_of_uses(seed: int) -> None:
    """Fifteen members need about half a dozen uses each, whatever the items."""
    found = run(GroupTable(JUDGE_ALL, group_model()), campaign(15, seed=seed))
    paged = next(candidate for candidate in found if candidate.evidence_nats >= THRESHOLD_NATS)
    assert paged.event_count / paged.account_count <= 8


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(
            lambda items=items: days(
                account_day(f"e{n}", public_items(items), requests=300, share=1.0) for n in range(12)
            ),
            id=f"evaluation teams on one benchmark of {items} items",
        )
        for items in (100, 500, 1_000)
    ]
    + [
        pytest.param(
            lambda accounts=accounts, popular=popular: days(
                account_day(f"v{n}", own_business(n, popular), requests=400, share=0.9) for n in range(accounts)
            ),
            id=f"{accounts} shops with a vendor's template, {100 * popular:.0f} % popular questions",
        )
        for accounts in (12, 60)
        for popular in (0.5, 0.2, 0.0)
    ]
    + [
        pytest.param(
            lambda: days(account_day(f"c{n}", people(n), requests=20, share=0.1) for n in range(500)),
            id="a common phrase of 500 people",
        ),
        pytest.param(
            lambda: days(account_day(f"c{n}", private_items, requests=20, share=0.1) for n in range(500)),
            id="a common phrase of 500 people with wide interests",
        ),
        pytest.param(
            lambda: days(account_day(f"o{n}", people(n), requests=40, share=1.0, link=Link.PAYMENT) for n in range(40)),
            id="an office of 40 behind one payment",
        ),
        pytest.param(
            lambda: days(
                account_day(f"o{n}", private_items, requests=26, share=1.0, link=Link.ADDRESS) for n in range(200)
            ),
            id="200 accounts behind one address, whatever they ask",
        ),
    ],
)
def test_innocent_groups_stay_below_the_page_threshold(make: Callable[[], list[Traced]]) -> None:
    """At no time of the day does an innocent group reach the threshold."""
    assert most_evidence(make()) < THRESHOLD_NATS


def test_a_payment_is_weaker_than_a_shell() -> None:
    """The same uses weigh less when only a payment ties the accounts together."""
    shell = days(account_day(f"h{n}", private_items, requests=26, share=1.0) for n in range(30))
    payment = [traced._replace(link=Link.PAYMENT) for traced in shell]
    assert most_evidence(payment) < most_evidence(shell) - 4.0


def statistics(link: Link = Link.SHELL, accounts: int = 20) -> GroupStatistics:
    """Count a group of accounts that each fill the anchor six times with private items."""
    anchor, rng = Anchor(link, member_min_uses=2), random.Random(accounts)
    for uses in (2, 3, 4, 6):
        for number in range(accounts):
            content, cell = private_items(rng)
            anchor.observe(f"h{number}", TracedUse(uses, uses, uses, 500, content, cell))
    return anchor.statistics()


def test_signals_add_up_to_the_evidence() -> None:
    """Each feature has one signal that holds its value, and together with the rarity they sum to the evidence."""
    group = statistics()
    judgement = group_model().judge(group)
    assert judgement is not None
    assert judgement.evidence_nats > THRESHOLD_NATS
    assert [signal.name for signal in judgement.signals] == [*GROUP_FEATURES, "rarity"]
    assert [signal.value for signal in judgement.signals] == [*describe(group), judgement.evidence_nats]
    assert sum(signal.nats for signal in judgement.signals) == pytest.approx(judgement.evidence_nats)


def test_signals_are_ranked_by_what_they_added() -> None:
    """No signal outweighs the evidence, signs and order are those of the trees' steps, and what adds nothing is 0."""
    group = statistics()
    weights = group_weights()
    judgement = group_model().judge(group)
    assert judgement is not None
    added = TreeModel(weights.links["shell"].trees).read(np.array(describe(group))).added
    nats = np.array([signal.nats for signal in judgement.signals[:-1]])
    assert np.abs(nats).sum() == pytest.approx(judgement.evidence_nats)
    assert nats / np.abs(nats).max() == pytest.approx(added / np.abs(added).max())


def test_the_rarity_of_the_score_is_the_evidence() -> None:
    """The evidence is what the reference makes of the trees' log odds, and no more than 0 where it is common."""
    weights = group_weights()
    common = msgspec.structs.replace(
        weights.links["shell"], surprise=Surprise(scores=[0.0, 1_000.0], nats=[0.0, 1.0], slope=1.0)
    )
    judgement = GroupModel(msgspec.structs.replace(weights, links={"shell": common})).judge(statistics())
    plain = group_model().judge(statistics())
    assert judgement is not None
    assert plain is not None
    assert judgement.evidence_nats == pytest.approx(plain.evidence_nats / 1_000.0)


def test_a_group_as_common_as_any_has_no_evidence() -> None:
    """Four accounts with two uses each are worth nothing, and no signal claims anything."""
    judgement = GroupModel(group_weights({"shell": -50.0})).judge(statistics(accounts=4))
    assert judgement is not None
    assert judgement.evidence_nats == 0.0
    assert all(signal.nats == 0.0 for signal in judgement.signals)


def test_a_kind_of_anchor_without_weights_is_not_judged() -> None:
    """Addresses have no weights here."""
    assert group_model().judge(statistics(Link.ADDRESS)) is None


def test_groups_whose_content_is_public_are_not_judged() -> None:
    """What recurs between accounts above the ceiling gives no judgement, on the ceiling and below it does one."""
    group = statistics()
    pairs = group.between_pairs
    private, public = (msgspec.structs.replace(group, between_recurrences=count) for count in (0, pairs // 100))
    assert is_public(np.array(describe(public)))
    assert group_model().judge(public) is None
    assert not is_public(np.array(describe(private)))
    assert group_model().judge(private) is not None
    row = np.array(describe(private))
    row[GROUP_FEATURES.index("recurring_content")] = PUBLIC_RECURRENCE
    assert not is_public(row)


def test_a_benchmark_is_no_candidate_once_it_recurs() -> None:
    """Teams on one public set are handed on in the first hour at most, whatever speaks against them; a harvest is."""
    suspicious = group_weights({"shell": 1_000.0})
    benchmark = days(account_day(f"e{n}", public_items(100), requests=300, share=1.0) for n in range(12))
    last_ms = [
        max(candidate.effective_ms for candidate in run(GroupTable(JUDGE_ALL, GroupModel(suspicious)), traces))
        for traces in (benchmark, campaign(12, requests=300))
    ]
    assert last_ms[0] < START_MS + DAY_MS // 24
    assert last_ms[1] > START_MS + DAY_MS // 2


def test_weights_of_other_features_are_refused() -> None:
    """Weights fitted by a build that described groups otherwise name the kind of anchor and the mend."""
    weights = group_weights()
    shell = weights.links["shell"]
    other = msgspec.structs.replace(shell.trees, features=[*GROUP_FEATURES[1:], GROUP_FEATURES[0]])
    links = {**weights.links, "shell": msgspec.structs.replace(shell, trees=other)}
    with pytest.raises(ValueError, match=r"shell reads other features.*fit them again"):
        GroupModel(msgspec.structs.replace(weights, links=links))
