"""What a notifier is asked to tell: one alert, or a summary of those that flood control held back."""

from __future__ import annotations

from typing import Literal

import msgspec

from models.alert import Alert, Kind, SeverityLabel

#: ``page`` shows an alert for the first time or with a higher severity, ``refresh`` brings what is shown up to date
#: without a sound, ``close`` ends it.
Action = Literal["page", "refresh", "close"]

#: In rising order.
SEVERITIES: tuple[SeverityLabel, ...] = ("info", "low", "medium", "high", "critical")


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell of an alert.

    ``severity`` is what the receiver shall show, ``shown`` what it shows before this notice (``None``: nothing).
    ``test`` marks a page that somebody asked for to see whether it arrives.
    """

    action: Action
    alert: Alert
    severity: SeverityLabel
    shown: SeverityLabel | None = None
    test: bool = False


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that were not told one by one: how many of each severity, the gravest first, since ``since_ms`` (epoch).

    ``over`` of them closed before anybody was told; ``gravest`` names some by kind and entity. ``closings`` alerts that
    were told ended meanwhile; they are not among the counts. A repeat after a crash has the same ``since_ms``.
    """

    since_ms: int
    until_ms: int
    counts: dict[SeverityLabel, int]
    over: int = 0
    closings: int = 0
    gravest: tuple[tuple[Kind, str], ...] = ()

    @property
    def total(self) -> int:
        """How many alerts it speaks of."""
        return sum(self.counts.values())

    @property
    def severity(self) -> SeverityLabel:
        """The gravest of them; of alerts that are all over already, nobody need be woken."""
        if self.over == self.total:
            return "info"
        return max(self.counts, key=rank)


def rank(severity: SeverityLabel) -> int:
    """Position in rising order, from 0."""
    return SEVERITIES.index(severity)
