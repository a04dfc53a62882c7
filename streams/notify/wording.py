"""An alert in the words that people's notifiers share, and where its links lead."""

from __future__ import annotations

from urllib.parse import urljoin

import msgspec

from models.alert import Alert, runbook, timestamp
from streams.notify.notice import Notice, Summary

_SHOWN_ID = 40


class LinkBases(msgspec.Struct, frozen=True):
    """Hosts that the paths in an alert's links are put behind; without one there is no link."""

    dashboards: str | None = None
    runbooks: str | None = None

    def dashboard(self, alert: Alert) -> str | None:
        """Where the alert's dashboard is."""
        return _joined(self.dashboards, alert.links.dashboard)

    def runbook(self, alert: Alert) -> str | None:
        """Where the runbook of its kind is."""
        return _joined(self.runbooks, alert.links.runbook)

    def overview(self) -> str | None:
        """Where all open alerts are shown."""
        return _joined(self.dashboards, "/d/stillwatch-on-call")

    def flood_runbook(self) -> str | None:
        """Where it says what to do about a summary."""
        return _joined(self.runbooks, runbook("StillwatchFlood"))


def _joined(base: str | None, path: str) -> str | None:
    return None if base is None else urljoin(base.rstrip("/") + "/", path.lstrip("/"))


def headline(notice: Notice) -> str:
    """One line: how grave, what, how large."""
    alert = notice.alert
    grave = notice.severity.capitalize()
    if notice.test:
        return "[TEST] Stillwatch test page: nothing is wrong, no action is needed"
    if notice.action == "close":
        return f"Closed: {alert.kind} {short(alert.entity_id)} ({ending(alert)})"
    if alert.kind == "campaign":
        size = f"{count(alert.account_count, 'account')}, {count(alert.event_count, 'request')}"
    else:
        size = count(alert.event_count, "request")
    return f"{grave}: {alert.kind} {short(alert.entity_id)} looks like capability harvesting ({size})"


def measures(alert: Alert) -> str:
    """How much it is and how sure."""
    return (
        f"{count(alert.account_count, 'account')}, {count(alert.event_count, 'request')}, "
        f"{count(alert.output_tokens, 'output token')}; {alert.evidence_nats:.1f} nats, score {alert.score:.2f}"
    )


def reasons(alert: Alert, most: int) -> list[str]:
    """Why, the heaviest first, each with its weight in nats."""
    return [f"{reason.weight:+.1f} {reason.sentence}" for reason in alert.reasons[:most]]


def counter_evidence(alert: Alert, most: int) -> list[str]:
    """What speaks for innocence, the heaviest first."""
    return [f"{reason.weight:+.1f} {reason.sentence}" for reason in alert.counter_evidence[:most]]


def ending(alert: Alert) -> str:
    """Why a closed alert is over."""
    if alert.merged_into is not None:
        return f"merged into alert {alert.merged_into}"
    if alert.absorbed_by is not None:
        return f"part of campaign alert {alert.absorbed_by}"
    if alert.closed_by_verdict is not None:
        return f"by verdict {alert.closed_by_verdict}"
    return "quiet"


def summary_headline(summary: Summary) -> str:
    """One line: how many alerts were not told one by one, since when, how grave.

    >>> summary_headline(Summary(since_ms=1_767_225_600_000, until_ms=0, counts={"critical": 2, "medium": 410}))
    '412 more alerts since 00:00 UTC: 2 critical, 410 medium'
    """
    since = timestamp(summary.since_ms)[11:16]
    if not summary.counts:
        return f"{count(summary.closings, 'alert')} closed since {since} UTC"
    many = count(summary.total, "more alert")
    return f"{many} since {since} UTC: " + ", ".join(f"{n:,} {severity}" for severity, n in summary.counts.items())


def summary_lines(summary: Summary) -> list[str]:
    """What a summary says below its headline."""
    lines = ["Flood control did not tell them one by one; all of them are in the alert store."]
    if summary.gravest:
        lines.append("Gravest: " + ", ".join(f"{kind} {short(entity)}" for kind, entity in summary.gravest) + ".")
    if summary.over:
        lines.append(f"{summary.over:,} of them were over before they could be told.")
    if summary.counts and summary.closings:
        lines.append(f"{count(summary.closings, 'alert')} closed meanwhile.")
    return lines


def short(entity_id: str) -> str:
    """An id that fits a line; account ids may be 128 characters long."""
    return entity_id if len(entity_id) <= _SHOWN_ID else f"{entity_id[: _SHOWN_ID - 1]}…"


def clipped(text: str, most: int) -> str:
    """Text within a receiver's limit of characters.

    >>> clipped("harvesting", 5)
    'harv…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def count(number: int, noun: str) -> str:
    """A number with its noun in the right form."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
