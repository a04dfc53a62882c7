"""Evidence of groups: what a campaign reaches, and what innocent look-alikes must not."""

import random

import pytest

from models.detection import DetectionSettings
from models.group import GroupTable
from models.group_evidence import use_share_millionths
from models.severity import page_threshold_nats
from models.trace import Link
from tests.models.synthetic_traces import (
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
    return max((candidate.evidence_nats for candidate in run(GroupTable(JUDGE_ALL), traces)), default=-1_000.0)


def people(account: int) -> Filling:
    """One person's own few interests."""

    def fill(rng: random.Random) -> tuple[int, int]:
        return rng.randrange(2**32), (rng.randrange(8) * 7 + account * 13) % 256

    return fill


@pytest.mark.parametrize(
    "traces",
    [
        pytest.param(campaign(60), id="60 accounts, 26 requests each"),
        pytest.param(campaign(60, requests=52, share=0.5), id="mixed with as much other traffic"),
        pytest.param(campaign(60, requests=260, share=0.1), id="hidden in ten times as much other traffic"),
        pytest.param(campaign(60, requests=6), id="60 accounts, 6 requests each"),
        pytest.param(campaign(12), id="12 accounts"),
    ],
)
def test_a_campaign_passes_the_page_threshold(traces: list[Traced]) -> None:
    """Accounts that fill one shell with disjoint private items are paged within the day."""
    assert most_evidence(traces) >= THRESHOLD_NATS


@pytest.mark.parametrize("seed", range(5))
def test_a_campaign_of_fifteen_is_paged_after_a_handful_of_uses(seed: int) -> None:
    """Fifteen members need about half a dozen uses each, whatever the items."""
    found = run(GroupTable(JUDGE_ALL), campaign(15, seed=seed))
    paged = next(candidate for candidate in found if candidate.evidence_nats >= THRESHOLD_NATS)
    assert paged.event_count / paged.account_count <= 8


@pytest.mark.parametrize(
    "traces",
    [
        pytest.param(
            days(account_day(f"e{n}", public_items(items), requests=300, share=1.0) for n in range(12)),
            id=f"evaluation teams on one benchmark of {items} items",
        )
        for items in (100, 500, 1_000)
    ]
    + [
        pytest.param(
            days(account_day(f"v{n}", own_business(n, popular), requests=400, share=0.9) for n in range(accounts)),
            id=f"{accounts} shops with a vendor's template, {100 * popular:.0f} % popular questions",
        )
        for accounts in (12, 60)
        for popular in (0.5, 0.2, 0.0)
    ]
    + [
        pytest.param(
            days(account_day(f"c{n}", people(n), requests=20, share=0.1) for n in range(500)),
            id="a common phrase of 500 people",
        ),
        pytest.param(
            days(account_day(f"c{n}", private_items, requests=20, share=0.1) for n in range(500)),
            id="a common phrase of 500 people with wide interests",
        ),
        pytest.param(
            days(account_day(f"o{n}", people(n), requests=40, share=1.0, link=Link.PAYMENT) for n in range(40)),
            id="an office of 40 behind one payment",
        ),
        pytest.param(
            days(account_day(f"o{n}", private_items, requests=26, share=1.0, link=Link.ADDRESS) for n in range(200)),
            id="200 accounts behind one address, whatever they ask",
        ),
    ],
)
def test_innocent_groups_stay_below_the_page_threshold(traces: list[Traced]) -> None:
    """At no time of the day does an innocent group reach the threshold."""
    assert most_evidence(traces) < THRESHOLD_NATS


def test_a_payment_is_weaker_than_a_shell() -> None:
    """The same uses weigh less when only a payment ties the accounts together."""
    shell = days(account_day(f"h{n}", private_items, requests=26, share=1.0) for n in range(30))
    payment = [traced._replace(link=Link.PAYMENT) for traced in shell]
    assert most_evidence(payment) < most_evidence(shell) - 4.0


def test_share_is_shrunk_and_bounded() -> None:
    """Few requests prove little, saturated counters never give more than the whole."""
    assert use_share_millionths(2, 2) < 100_000 < use_share_millionths(26, 26) < 1_000_000
    assert use_share_millionths(0, 0) == use_share_millionths(1, 1) == 0
    assert use_share_millionths(100_000, 65_535) <= 1_000_000
