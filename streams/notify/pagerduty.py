"""PagerDuty, Events API v2: one incident an alert, by ``dedup_key``."""

from __future__ import annotations

from urllib.parse import urljoin

import msgspec

from models.alert import SeverityLabel, timestamp
from streams.notify import wording
from streams.notify.desk import Habits
from streams.notify.notice import Notice, Summary
from streams.notify.notifier import MisconfiguredError, RefusedError
from streams.notify.receiver import Receiver

#: Limits of the Events API v2 (PagerDuty developer documentation, PD-CEF).
MAX_SUMMARY_CHARACTERS = 1_024
MAX_DEDUP_KEY_CHARACTERS = 255

_SEVERITIES: dict[SeverityLabel, str] = {
    "info": "info",
    "low": "info",
    "medium": "warning",
    "high": "error",
    "critical": "critical",
}

_Event = dict[str, object]


class PagerDuty:
    """Triggers and resolves incidents of one service.

    A rise in severity triggers again under the same key: PagerDuty notes it on the open incident. A repeat after a
    crash is absorbed by the key. ``source`` names this deployment.
    """

    name = "pagerduty"
    pages = True
    habits = Habits(refreshes=False)

    def __init__(self, url: str, routing_key: str, *, source: str, links: wording.LinkBases) -> None:
        self._url = urljoin(url.rstrip("/") + "/", "v2/enqueue")
        self._routing_key = routing_key
        self._source = source
        self._links = links
        self._receiver = Receiver(self.name, secrets=(routing_key,))

    async def send(self, notice: Notice) -> None:
        """Trigger or resolve one incident."""
        alert = notice.alert
        if notice.action == "close":
            await self._enqueue({"event_action": "resolve", "dedup_key": alert.alert_id})
            return
        await self._enqueue(
            {
                "event_action": "trigger",
                "dedup_key": alert.alert_id,
                "payload": {
                    "summary": wording.clipped(wording.headline(notice), MAX_SUMMARY_CHARACTERS),
                    "source": self._source,
                    "severity": _SEVERITIES[notice.severity],
                    "timestamp": alert.detected_at,
                    "component": alert.entity_id,
                    "group": alert.kind,
                    "class": alert.techniques[0] if alert.techniques else "",
                    "custom_details": {
                        "measures": wording.measures(alert),
                        "why": wording.reasons(alert, 5),
                        "against": wording.counter_evidence(alert, 3),
                        "suggested_actions": alert.suggested_actions,
                        "stillwatch_severity": notice.severity,
                        "first_seen": alert.first_seen,
                        "last_seen": alert.last_seen,
                        "accounts": alert.accounts,
                        "account_count": alert.account_count,
                        "techniques": alert.techniques,
                        "alert_id": alert.alert_id,
                        "previous_alert_id": alert.previous_alert_id,
                    },
                },
                **self._linked(self._links.dashboard(alert), self._links.runbook(alert)),
            }
        )

    async def summarise(self, summary: Summary) -> None:
        """Trigger one incident for all alerts of the summary; its end is a person's."""
        await self._enqueue(
            {
                "event_action": "trigger",
                "dedup_key": f"stillwatch-flood-{summary.since_ms}",
                "payload": {
                    "summary": wording.clipped(wording.summary_headline(summary), MAX_SUMMARY_CHARACTERS),
                    "source": self._source,
                    "severity": _SEVERITIES[summary.severity],
                    "timestamp": timestamp(summary.until_ms),
                    "class": "flood",
                    "custom_details": {"summary": wording.summary_lines(summary), "counts": summary.counts},
                },
                **self._linked(self._links.overview(), self._links.flood_runbook()),
            }
        )

    async def check(self) -> str:
        """Ask the address without sending an event; whether the key is right only an event shows."""
        status, text = await self._receiver.ask("GET", self._url)
        if status >= 500 or status in (401, 403):
            raise MisconfiguredError(self._receiver.reason(status, text))
        return "answers; only a test page shows whether the routing key is right"

    async def close(self) -> None:
        """Give up connections."""
        await self._receiver.close()

    async def _enqueue(self, event: _Event) -> None:
        event = {"routing_key": self._routing_key, "client": "Stillwatch", **event}
        try:
            await self._receiver.post(self._url, msgspec.json.encode(event))
        except RefusedError as error:
            # A wrong key is answered like a bad event, but is for a person to mend.
            if "routing" in str(error).lower():
                raise MisconfiguredError(str(error)) from None
            raise

    @staticmethod
    def _linked(dashboard: str | None, runbook: str | None) -> _Event:
        named = ((dashboard, "Dashboard"), (runbook, "Runbook"))
        links = [{"href": href, "text": text} for href, text in named if href]
        return ({"links": links} if links else {}) | ({"client_url": dashboard} if dashboard else {})
