"""Which means of payment pay for which campaigns: those of largely the same are one campaign."""

from __future__ import annotations

from collections import Counter

from models.pooled import largely_same

#: Campaigns have at least so many means of payment in common before these say that they are one.
SHARED_PAYERS_LEAST = 4


class Payers:
    """Counts, by means of payment, the accounts that pay so and that a campaign names.

    A campaign with templates in several languages looks like several campaigns, whose accounts have nothing in common
    but who pays for them. A means of payment is of a campaign from the first account that it names. Cost: O(campaigns
    of the means of payment) a change.

    >>> payers = Payers()
    >>> for payer in ("p", "q", "r", "s"):
    ...     payers.enter(payer, "english"), payers.enter(payer, "spanish")
    (None, None)
    (None, None)
    (None, None)
    (None, None)
    >>> payers.same_as("english")
    'spanish'
    """

    def __init__(self) -> None:
        self._named: dict[str, Counter[str]] = {}
        self._payers_of: dict[str, set[str]] = {}
        self._shared: dict[str, Counter[str]] = {}

    def enter(self, payer: str, campaign_id: str) -> None:
        """Note that one more account that pays so is named by a campaign."""
        named = self._named.setdefault(payer, Counter())
        if not named[campaign_id]:
            self._recount(payer, campaign_id, 1)
            self._payers_of.setdefault(campaign_id, set()).add(payer)
        named[campaign_id] += 1

    def leave(self, payer: str, campaign_id: str) -> None:
        """Forget one of these accounts."""
        self._named[payer][campaign_id] -= 1
        if not self._named[payer][campaign_id]:
            self._drop(payer, campaign_id)

    def close(self, campaign_id: str) -> None:
        """Forget a campaign."""
        for payer in list(self._payers_of.get(campaign_id, ())):
            self._drop(payer, campaign_id)
        self._shared.pop(campaign_id, None)

    def same_as(self, campaign_id: str) -> str | None:
        """Name the campaign, if any, that is largely paid for alike; of several that which shares most."""
        own = len(self._payers_of.get(campaign_id, ()))
        found = [
            (-count, other)
            for other, count in self._shared.get(campaign_id, Counter[str]()).items()
            if count >= SHARED_PAYERS_LEAST and largely_same(count, own, len(self._payers_of[other]), min_accounts=1)
        ]
        return min(found)[1] if found else None

    def _drop(self, payer: str, campaign_id: str) -> None:
        del self._named[payer][campaign_id]
        self._payers_of[campaign_id].discard(payer)
        if not self._payers_of[campaign_id]:
            del self._payers_of[campaign_id]
        self._recount(payer, campaign_id, -1)
        if not self._named[payer]:
            del self._named[payer]

    def _recount(self, payer: str, campaign_id: str, change: int) -> None:
        for other, count in self._named[payer].items():
            if count and other != campaign_id:
                for first, second in ((campaign_id, other), (other, campaign_id)):
                    self._shared.setdefault(first, Counter())[second] += change
