"""The false-page budget of a week, granted in parts to groups as they form."""

from __future__ import annotations

from math import inf, log

import msgspec

#: Effective time is divided into weeks from the epoch on.
WEEK_MS = 7 * 24 * 3_600_000

#: A week is planned for so many times the groups of the week before.
_MARGIN = 1.25

#: Share of the budget that the planned groups get, in equal parts; later ones get parts of what is left of the rest.
_PLANNED_SHARE = 0.9


class Ledger(msgspec.Struct, array_like=True):
    """Where a week's budget stands: what is left of 1, the groups it was planned for, and how many got a part."""

    week: int = -1
    left: float = 1.0
    planned: int = 0
    granted: int = 0


class PageBudget:
    """Grants each group, as it forms, a share of the week's false pages.

    A group granted the share ``g`` of a budget of ``B`` false pages may be paged once its evidence reaches
    ``ln(1 / (g * B))`` nats. If the evidence bounds an innocent group's chance ever to score as high
    (``models.surprise``), the chance of a false page of that group is at most ``g * B``; the shares of a week sum to
    at most 1, they depend on the past alone, and expectations add under any overlap between groups: at most ``B``
    false pages are expected of the groups of a week (alpha-investing without reinvestment: Foster and Stine,
    JRSS B 2008). Each partition of the traces grants an equal part of the whole.

    >>> budget = PageBudget(planned=100)
    >>> round(budget.grant(now_ms=0), 4), round(threshold_nats(0.009, false_pages_per_week=1.0), 2)
    (0.009, 4.71)
    """

    def __init__(self, planned: int, whole: float = 1.0) -> None:
        self._planned = max(1, planned)
        self._whole = whole
        self.ledger = Ledger()

    def grant(self, now_ms: int) -> float:
        """Grant the next group its share; ``now_ms`` is effective time. A late trace counts to the week begun."""
        ledger = self.ledger
        week = now_ms // WEEK_MS
        if week > ledger.week:
            grown = round(_MARGIN * ledger.granted) if week == ledger.week + 1 else 0
            self.ledger = ledger = Ledger(week, self._whole, max(self._planned, grown))
        if ledger.granted < ledger.planned:
            share = _PLANNED_SHARE * self._whole / ledger.planned
        else:
            share = ledger.left / (ledger.planned + 1)
        ledger.left -= share
        ledger.granted += 1
        return share


def threshold_nats(share: float, false_pages_per_week: float) -> float:
    """Evidence from which a group with that share of the budget is paged."""
    granted = share * false_pages_per_week
    return max(0.0, -log(granted)) if granted > 0 else inf
