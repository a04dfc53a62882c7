"""Alertmanager, API v2: open alerts posted and re-posted, since it forgets what is not repeated, and ended when closed.

An alert's identity there is its label set. The severity is a label, because people route by it; when it rises, the old
label set is ended together with the start of the new one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from models.alert import Alert, SeverityLabel, timestamp
from streams.notify import wording
from streams.notify.desk import Habits
from streams.notify.notice import Notice, Summary
from streams.notify.notifier import MisconfiguredError, RefusedError
from streams.notify.receiver import Receiver

#: What routes of Alertmanager usually know.
_SEVERITIES: dict[SeverityLabel, str] = {
    "info": "info",
    "low": "info",
    "medium": "warning",
    "high": "critical",
    "critical": "critical",
}

#: Alerts of one request; a record takes about 2 KB.
_POSTED_AT_ONCE = 500

#: How long a summary stays open: long enough to be seen, and nobody closes it.
_SUMMARY_OPEN_MS = 15 * 60_000

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}

_Posted = dict[str, object]


class Alertmanager:
    """Posts to one Alertmanager.

    ``url`` is its base address, ``authorization`` the whole header of that name, ``deployment`` a label that tells two
    Stillwatches apart, ``clock`` gives epoch milliseconds. Alerts stay open for its ``resolve_timeout`` after the last
    post, so ``repost_interval_s`` has to be well below that: ``check`` compares.
    """

    name = "alertmanager"
    pages = True
    habits = Habits(refreshes=True)

    def __init__(
        self,
        url: str,
        *,
        deployment: str,
        links: wording.LinkBases,
        clock: Callable[[], int],
        authorization: str | None = None,
        repost_interval_s: float = 60.0,
    ) -> None:
        self.repost_interval_s = repost_interval_s
        self._url = url.rstrip("/")
        self._deployment = deployment
        self._links = links
        self._clock = clock
        headers = {"Authorization": authorization} if authorization else {}
        self._receiver = Receiver(self.name, headers=headers, secrets=(authorization or "",))

    async def send(self, notice: Notice) -> None:
        """Post one alert, and the end of the label set under which it was shown before."""
        now = timestamp(self._clock())
        if notice.action == "close":
            posted = [self._alert(notice, notice.severity) | {"endsAt": now}]
        else:
            posted = [self._alert(notice, notice.severity)]
            if notice.shown is not None and notice.shown != notice.severity:
                posted.append(self._alert(notice, notice.shown) | {"endsAt": now})
        await self._post(posted)

    async def repost(self, notices: Sequence[Notice]) -> None:
        """Post again what is open."""
        for start in range(0, len(notices), _POSTED_AT_ONCE):
            await self._post([self._alert(n, n.severity) for n in notices[start : start + _POSTED_AT_ONCE]])

    async def summarise(self, summary: Summary) -> None:
        """Post one alert for all; in a long flood it is the same one, brought up to date each minute."""
        labels = {
            "alertname": "StillwatchFlood",
            "service": "stillwatch",
            "deployment": self._deployment,
            "severity": _SEVERITIES[summary.severity],
            "stillwatch_severity": summary.severity,
        }
        annotations = {
            "summary": wording.summary_headline(summary),
            "description": "\n".join(wording.summary_lines(summary)),
        }
        if overview := self._links.overview():
            annotations["dashboard_url"] = overview
        if runbook := self._links.flood_runbook():
            annotations["runbook_url"] = runbook
        ends = timestamp(self._clock() + _SUMMARY_OPEN_MS)
        await self._post([{"labels": labels, "annotations": annotations, "endsAt": ends}])

    async def check(self) -> str:
        """Ask for its status, and whether it waits long enough between two posts."""
        status, text = await self._receiver.ask("GET", f"{self._url}/api/v2/status")
        if status != 200:
            raise MisconfiguredError(self._receiver.reason(status, text))
        # The answer may be longer than what was read: fields are searched for, not parsed.
        version = re.search(r'"version":"([^"]+)"', text)
        return f"Alertmanager {version[1] if version else 'of unknown version'}{self._timeout_note(text)}"

    def _timeout_note(self, status: str) -> str:
        found = re.search(r"resolve_timeout: ((?:\d+(?:ms|[smhd]))+)", status)
        if found is None:
            return ""
        timeout_s = sum(float(n) * _SECONDS[unit] for n, unit in re.findall(r"(\d+)(ms|[smhd])", found[1]))
        if self.repost_interval_s * 2 > timeout_s:
            raise RefusedError(
                f"resolve_timeout {found[1]} with notify_alertmanager_repost_s={self.repost_interval_s:g}: open alerts "
                "would resolve between two posts; set it to at most half",
                "resolve_timeout",
            )
        return f", resolve_timeout {found[1]}"

    async def close(self) -> None:
        """Give up connections."""
        await self._receiver.close()

    async def _post(self, alerts: list[_Posted]) -> None:
        await self._receiver.post(f"{self._url}/api/v2/alerts", msgspec.json.encode(alerts))

    def _alert(self, notice: Notice, severity: SeverityLabel) -> _Posted:
        posted: _Posted = {
            "labels": self.labels(notice.alert, severity, test=notice.test),
            "annotations": self._annotations(notice),
        }
        if dashboard := self._links.dashboard(notice.alert):
            posted["generatorURL"] = dashboard
        return posted

    def labels(self, alert: Alert, severity: SeverityLabel, *, test: bool = False) -> dict[str, str]:
        """The identity: nothing in it changes while the alert is open, but the severity that is passed in.

        It names the entity and not the alert, so that a silence holds when the entity comes back.
        """
        return {
            "alertname": "StillwatchTest" if test else f"Stillwatch{alert.kind.capitalize()}",
            "service": "stillwatch",
            "deployment": self._deployment,
            "kind": alert.kind,
            "entity_id": alert.entity_id,
            "severity": _SEVERITIES[severity],
            "stillwatch_severity": severity,
        }

    def _annotations(self, notice: Notice) -> dict[str, str]:
        alert = notice.alert
        listed = {
            "summary": wording.headline(notice),
            "description": "\n".join([wording.measures(alert), *wording.reasons(alert, 3)]),
            "counter_evidence": "\n".join(wording.counter_evidence(alert, 2)),
            "suggested_actions": "\n".join(alert.suggested_actions),
            "alert_id": alert.alert_id,
            "first_seen": alert.first_seen,
            "last_seen": alert.last_seen,
            "account_count": str(alert.account_count),
            "event_count": str(alert.event_count),
            "techniques": " ".join(alert.techniques),
            "previous_alert_id": alert.previous_alert_id or "",
            "dashboard_url": self._links.dashboard(alert) or "",
            "runbook_url": self._links.runbook(alert) or "",
        }
        return {name: text for name, text in listed.items() if text}
