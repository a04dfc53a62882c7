"""Which means of payment pay for which campaigns, against a plain recount."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from models.payers import SHARED_PAYERS_LEAST, Payers

PAYERS, CAMPAIGNS = "pqrstuvw", "ABC"

#: A change: an account that pays so is named, is not any more, or a campaign closes.
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["enter", "enter", "enter", "leave", "close"]),
        st.sampled_from(PAYERS),
        st.sampled_from(CAMPAIGNS),
    )
)


def expected(pairs: Counter[tuple[str, str]], campaign: str) -> str | None:
    """Give the campaign that shares most means of payment, by the definition."""
    of = {name: {payer for payer, other in pairs if other == name and pairs[payer, other] > 0} for name in CAMPAIGNS}
    found = []
    for other in CAMPAIGNS:
        shared = len(of[campaign] & of[other])
        if other != campaign and shared >= max(SHARED_PAYERS_LEAST, 0.5 * min(len(of[campaign]), len(of[other]))):
            found.append((-shared, other))
    return min(found)[1] if found else None


@given(CHANGES)
def test_campaigns_that_are_largely_paid_for_alike_are_found(changes: list[tuple[str, str, str]]) -> None:
    """After any changes the answer is that of counting all pairs anew."""
    payers, pairs = Payers(), Counter[tuple[str, str]]()
    for change, payer, campaign in changes:
        if change == "enter":
            payers.enter(payer, campaign)
            pairs[payer, campaign] += 1
        elif change == "leave" and pairs[payer, campaign]:
            payers.leave(payer, campaign)
            pairs[payer, campaign] -= 1
        elif change == "close":
            payers.close(campaign)
            pairs = Counter({pair: count for pair, count in pairs.items() if pair[1] != campaign})
        for name in CAMPAIGNS:
            assert payers.same_as(name) == expected(pairs, name)


def test_three_means_of_payment_are_chance() -> None:
    """However few two campaigns have, below the least number in common nothing is said."""
    payers = Payers()
    for payer in PAYERS[: SHARED_PAYERS_LEAST - 1]:
        for campaign in "AB":
            payers.enter(payer, campaign)
    assert payers.same_as("A") is None
    payers.enter(PAYERS[-1], "A")
    payers.enter(PAYERS[-1], "B")
    assert (payers.same_as("A"), payers.same_as("B")) == ("B", "A")
