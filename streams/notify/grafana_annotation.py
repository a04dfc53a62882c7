"""Grafana: an annotation on every dashboard's time axis from an alert's opening to its end, through grafana-client."""

from __future__ import annotations

import html
from collections.abc import Awaitable
from datetime import datetime
from typing import Any

from models.event import epoch_ms
from streams.notify import wording
from streams.notify.desk import Habits
from streams.notify.notice import Notice, Summary
from streams.notify.notifier import MisconfiguredError, RefusedError, UnavailableError
from streams.notify.receiver import TIMEOUT_S

#: Tag of every annotation of ours; dashboards select by it.
TAG = "stillwatch"


class GrafanaAnnotation:
    """Writes organisation annotations, found again by their tags: a repeat changes the same one.

    ``token`` is a service account's with the permission to write annotations. Needs the package grafana-client.
    """

    name = "grafana"
    pages = False
    habits = Habits(refreshes=False)

    def __init__(self, url: str, token: str, *, links: wording.LinkBases) -> None:
        # Imported here: an optional package.
        from grafana_client.api import AsyncGrafanaApi  # noqa: PLC0415

        self._token = token
        self._links = links
        base = url.rstrip("/") + "/"
        # A path below the host has to end with a slash there, a bare host must have none.
        self._api: Any = AsyncGrafanaApi.from_url(
            base if base.count("/") > 3 else base.rstrip("/"), credential=token, timeout=TIMEOUT_S
        )

    async def send(self, notice: Notice) -> None:
        """Write or change the annotation of one alert."""
        alert = notice.alert
        starts_ms = _epoch_ms(alert.first_seen)
        ends_ms = _epoch_ms(alert.detected_at) if notice.action == "close" else None
        tags = [TAG, alert.kind, notice.severity, alert.alert_id] + (["test"] if notice.test else [])
        await self._write(alert.alert_id, starts_ms, ends_ms, tags, self._text(notice))

    async def summarise(self, summary: Summary) -> None:
        """Write one annotation for all."""
        text = "<br>".join(map(_escaped, [wording.summary_headline(summary), *wording.summary_lines(summary)]))
        mark = f"flood-{summary.since_ms}"
        await self._write(mark, summary.since_ms, summary.until_ms, [TAG, "flood", summary.severity, mark], text)

    async def check(self) -> str:
        """Read one annotation, which takes the token."""
        await self._ask(self._api.annotations.find_annotations(tags=[TAG], limit=1))
        return "the token reads annotations"

    async def close(self) -> None:
        """Give up connections."""
        await self._api.client.s.close()

    async def _write(self, mark: str, starts_ms: int, ends_ms: int | None, tags: list[str], text: str) -> None:
        found = await self._ask(self._api.annotations.find_annotations(tags=[TAG, mark], limit=1))
        if not found:
            await self._ask(
                self._api.annotations.add_annotation(time_from=starts_ms, time_to=ends_ms, tags=tags, text=text)
            )
            return
        await self._ask(
            self._api.annotations.update_annotation(
                found[0]["id"], time_from=found[0]["time"], time_to=ends_ms, tags=tags, text=text
            )
        )

    async def _ask(self, request: Awaitable[Any]) -> Any:
        from grafana_client.client import (  # noqa: PLC0415 - an optional package
            GrafanaClientError,
            GrafanaException,
        )
        from niquests.exceptions import RequestException  # noqa: PLC0415 - comes with it

        try:
            return await request
        except GrafanaClientError as error:
            reason = f"grafana: {str(error).replace(self._token, '***')}"
            if error.status_code in (408, 429):
                raise UnavailableError(reason) from None
            if error.status_code in (401, 403, 404):
                raise MisconfiguredError(reason) from None
            raise RefusedError(reason, str(error.status_code)) from None
        except (GrafanaException, RequestException) as error:
            raise UnavailableError(f"grafana: {type(error).__name__}") from None

    def _text(self, notice: Notice) -> str:
        lines = [wording.headline(notice), wording.measures(notice.alert), *wording.reasons(notice.alert, 3)]
        shown = "<br>".join(_escaped(line) for line in lines)
        dashboard = self._links.dashboard(notice.alert)
        return f'{shown}<br><a href="{_escaped(dashboard)}">Dashboard</a>' if dashboard else shown


def _epoch_ms(instant: str) -> int:
    return epoch_ms(datetime.fromisoformat(instant))


def _escaped(text: str) -> str:
    # Annotations are shown as HTML.
    return html.escape(text)
