"""A generic webhook: CloudEvents 1.0 in binary mode, the body an OCSF Detection Finding."""

from __future__ import annotations

from typing import Any

import msgspec

from models.alert import timestamp
from streams.notify import wording
from streams.notify.desk import Habits
from streams.notify.notice import Notice, Summary
from streams.notify.notifier import MisconfiguredError
from streams.notify.ocsf import OCSF_VERSION, finding, summary_finding
from streams.notify.receiver import Receiver


class Webhook:
    """Posts every record, or the joined ones after an outage; ``ce-id`` is the same for a repeat.

    It speaks to programs: flood control and shadow mode leave it alone unless ``pages`` says that people hear of it.
    """

    name = "webhook"

    def __init__(
        self, url: str, *, deployment: str, links: wording.LinkBases, authorization: str | None = None, pages: bool
    ) -> None:
        self.pages = pages
        self.habits = Habits(refreshes=True, names_accounts=True, flood_controlled=pages)
        self._url = url
        self._source = f"/stillwatch/{deployment}"
        self._links = links
        headers = {"Authorization": authorization} if authorization else {}
        self._receiver = Receiver(self.name, headers=headers, secrets=(authorization or "", url))

    async def send(self, notice: Notice) -> None:
        """Post one record."""
        alert = notice.alert
        happened = "test" if notice.test else alert.state
        headers = self._headers(
            f"{alert.alert_id}-{alert.sequence}", f"alert.{happened}", alert.detected_at, alert.alert_id
        )
        await self._post(headers, finding(notice, self._links))

    async def summarise(self, summary: Summary) -> None:
        """Post one finding for all."""
        mark = f"flood-{summary.since_ms}"
        headers = self._headers(mark, "alert.summary", timestamp(summary.until_ms), mark)
        await self._post(headers, summary_finding(summary))

    async def check(self) -> str:
        """Ask for the methods, as CloudEvents' handshake does; an answer of any kind but a fault will do."""
        status, text = await self._receiver.ask("OPTIONS", self._url)
        if status >= 500 or status in (401, 403, 404, 410):
            raise MisconfiguredError(self._receiver.reason(status, text))
        return f"answers OPTIONS with HTTP {status}"

    async def close(self) -> None:
        """Give up connections."""
        await self._receiver.close()

    def _headers(self, uid: str, happened: str, time: str, subject: str) -> dict[str, str]:
        """Attributes as headers: all of ours are printable ASCII without blanks, so none needs escaping."""
        return {
            "ce-specversion": "1.0",
            "ce-id": uid,
            "ce-source": self._source,
            "ce-type": f"io.stillwatch.{happened}.v1",
            "ce-time": time,
            "ce-subject": subject,
            "ce-dataschema": f"https://schema.ocsf.io/{OCSF_VERSION}/classes/detection_finding",
        }

    async def _post(self, headers: dict[str, str], body: dict[str, Any]) -> None:
        await self._receiver.post(self._url, msgspec.json.encode(body), headers)
