"""How much evidence a page takes, how grave an alert is, and the score that ranks alerts."""

from __future__ import annotations

from enum import IntEnum
from math import log

from models.alert import SeverityLabel
from models.detection import DetectionSettings

_LABELS: tuple[SeverityLabel, ...] = ("info", "low", "medium", "high", "critical")


class Severity(IntEnum):
    """Severities in rising order; an alert shows the name in lower case."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> SeverityLabel:
        """The name as an alert carries it."""
        return _LABELS[self]


# Whatever passes the page threshold is worth a person's attention, so no page starts below medium; each line that
# holds adds one step.
_STRONG_EVIDENCE = 1.5
_OVERWHELMING_EVIDENCE = 2.5
_LARGE_CAMPAIGN_ACCOUNTS = 100
_HUGE_CAMPAIGN_ACCOUNTS = 1_000
_LARGE_HARVEST_EVENTS = 10_000


def page_threshold_nats(settings: DetectionSettings) -> float:
    """Evidence from which an entity is paged: ``ln(watched entities / false pages a week)``.

    By Markov's inequality an innocent entity whose evidence is the logarithm of an e-value reaches it with probability
    at most ``false_pages_per_week / watched_entities`` (Ville 1939; Wald 1945).

    >>> round(page_threshold_nats(DetectionSettings()), 2)
    13.82
    """
    return log(settings.watched_entities / settings.false_pages_per_week)


def severity(evidence_nats: float, threshold_nats: float, account_count: int, event_count: int) -> Severity:
    """Grade an alert at or above the threshold by its evidence and its size.

    >>> severity(14.0, 13.8, account_count=1, event_count=300).label
    'medium'
    >>> severity(22.0, 13.8, account_count=150, event_count=4_000).label
    'critical'
    """
    steps = (
        (evidence_nats >= _STRONG_EVIDENCE * threshold_nats)
        + (evidence_nats >= _OVERWHELMING_EVIDENCE * threshold_nats)
        + (account_count >= _LARGE_CAMPAIGN_ACCOUNTS)
        + (account_count >= _HUGE_CAMPAIGN_ACCOUNTS)
        + (event_count >= _LARGE_HARVEST_EVENTS)
    )
    return Severity(min(Severity.MEDIUM + steps, Severity.CRITICAL))


def score(evidence_nats: float, threshold_nats: float) -> float:
    """Evidence mapped to 0 (none) .. 1, one half at the page threshold; monotone, so it ranks as evidence does.

    >>> score(0.0, 13.8), score(13.8, 13.8), round(score(27.6, 13.8), 3)
    (0.0, 0.5, 0.667)
    """
    positive = max(evidence_nats, 0.0)
    return positive / (positive + threshold_nats)
