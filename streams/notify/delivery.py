"""Carries out what a desk plans: sends, notes the outcome, counts. Knows no Kafka; the clock is passed in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from models.alert import Alert
from streams.notify.desk import Desk
from streams.notify.metrics import NotifyMetrics
from streams.notify.notice import Notice, Summary
from streams.notify.notifier import MisconfiguredError, Notifier, RefusedError, Reposting, UnavailableError

log = structlog.get_logger(__name__)


#: How often a receiver is asked whether it is there.
_CHECK_MS = 5 * 60_000


class Delivery:
    """One notifier, its desk and what its receiver shows.

    ``note`` is called after each change of what was told and returns when the change is queued for the notification
    log. ``sending`` is held while a notice is on its way and until its outcome is noted: whoever cancels the caller
    takes it first. In ``shadow`` nothing pages, but what was paged before is kept up to date and ended.
    """

    def __init__(
        self,
        notifier: Notifier,
        desk: Desk,
        open_alerts: dict[str, Alert],
        note: Callable[[], Awaitable[None]],
        metrics: NotifyMetrics,
        clock: Callable[[], int],
        *,
        shadow: bool,
    ) -> None:
        self._notifier = notifier
        self._name = notifier.name
        self._desk = desk
        self._open = open_alerts
        self._note = note
        self._metrics = metrics
        self._clock = clock
        self._shadow = shadow
        self._repost_at_ms = 0
        self._check_at_ms = 0
        self.sending = asyncio.Lock()

    async def check(self) -> None:
        """Ask the receiver, every few minutes, whether it would take a page: a key that expired shows before a page."""
        if self._clock() < self._check_at_ms:
            return
        self._check_at_ms = self._clock() + _CHECK_MS
        try:
            await self._notifier.check()
        except UnavailableError as error:
            self._metrics.up.labels(self._name).set(0)
            log.warning("receiver_unavailable", notifier=self._name, reason=str(error), mend=_mend(error))
            return
        except RefusedError as error:
            log.warning("receiver_misfit", notifier=self._name, reason=str(error))
        self._succeeded()

    async def round(self) -> None:
        """Send what is to be told now; raises ``UnavailableError`` when the receiver takes nothing at present.

        To be called again then: the plan is made anew, since what waits may have been overtaken by graver news.
        """
        try:
            if isinstance(self._notifier, Reposting) and self._clock() >= self._repost_at_ms:
                await self._repost(self._notifier)
            for notice in self._desk.plan(self._clock()):
                await self._send(notice)
            if summary := self._desk.summary(self._clock()):
                await self._summarise(summary)
        finally:
            await self._note()

    async def _send(self, planned: Notice) -> None:
        told = self._desk.told.get(planned.alert.alert_id)
        withheld = self._shadow and (planned.action == "page" or (told is not None and told.shadow))
        async with self.sending:
            notice = self._desk.start(planned)
            if notice is None:
                return
            try:
                if withheld:
                    self._withhold(notice.action, alert_id=notice.alert.alert_id, severity=notice.severity)
                else:
                    await self._attempt(notice.action, self._notifier.send(notice))
            except UnavailableError:
                self._desk.failed(notice)
                raise
            except RefusedError as error:
                self._refuse(error, notice.alert.alert_id)
                self._desk.refused(notice, self._clock())
            else:
                self._desk.sent(notice, self._clock(), shadow=withheld)
                if isinstance(self._notifier, Reposting) and not withheld:
                    self._remember(notice)
            await self._note()

    async def _summarise(self, summary: Summary) -> None:
        async with self.sending:
            try:
                if self._shadow:
                    self._withhold("summary", alerts=summary.total)
                else:
                    await self._attempt("summary", self._notifier.summarise(summary))
            except RefusedError as error:
                self._refuse(error, None)
            self._desk.summary_sent(self._clock())
            await self._note()

    async def _repost(self, notifier: Reposting) -> None:
        notices = [
            Notice(action="refresh", alert=alert, severity=told.shown, shown=told.shown)
            for told in self._desk.shown()
            if told.shown is not None and not told.shadow and (alert := self._open.get(told.alert_id)) is not None
        ]
        if notices:
            async with self.sending:
                try:
                    await self._attempt("repost", notifier.repost(notices))
                except RefusedError as error:
                    self._refuse(error, None)
        self._repost_at_ms = self._clock() + round(notifier.repost_interval_s * 1_000)

    async def _attempt(self, action: str, sending: Coroutine[Any, Any, None]) -> None:
        """Send once; whatever a notifier gets wrong itself counts as refused, since it would go wrong again."""
        try:
            with self._metrics.send_seconds.labels(self._name).time():
                await sending
        except UnavailableError as error:
            self._metrics.up.labels(self._name).set(0)
            self._metrics.retries.labels(self._name).inc()
            log.warning("receiver_unavailable", notifier=self._name, reason=str(error), mend=_mend(error))
            raise
        except RefusedError:
            raise
        except Exception as error:
            log.exception("notifier_failed", notifier=self._name, action=action)
            raise RefusedError(f"{self._name}: {type(error).__name__}", "internal") from error
        self._succeeded()
        self._metrics.sent.labels(self._name, action).inc()

    def _succeeded(self) -> None:
        self._metrics.up.labels(self._name).set(1)
        self._metrics.last_success.labels(self._name).set(self._clock() / 1_000)

    def _refuse(self, error: RefusedError, alert_id: str | None) -> None:
        # It answered, so it is up.
        self._metrics.up.labels(self._name).set(1)
        self._metrics.refused.labels(self._name, error.status).inc()
        log.error("notice_refused", notifier=self._name, alert_id=alert_id, reason=str(error))

    def _withhold(self, action: str, **fields: object) -> None:
        self._metrics.shadowed.labels(self._name).inc()
        log.info("would_page", notifier=self._name, action=action, **fields)

    def _remember(self, notice: Notice) -> None:
        if notice.action == "close":
            self._open.pop(notice.alert.alert_id, None)
        else:
            self._open[notice.alert.alert_id] = notice.alert


def _mend(error: UnavailableError) -> str:
    return "check address and credentials" if isinstance(error, MisconfiguredError) else "tried again by itself"
