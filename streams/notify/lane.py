"""One notifier at work: its own consumer group on the alerts topic, its own pace, its own part of the notification log.

Order of things, so that nothing is lost: a notice is taken by the receiver, then noted in the log, then the offset is
committed. A crash in between repeats a notice with equal content.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import stamina
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from models.alert import decode as decode_alert
from streams import topics
from streams.notify.delivery import Delivery
from streams.notify.desk import Desk
from streams.notify.flood import FloodControl
from streams.notify.metrics import NotifyMetrics
from streams.notify.notification import encode
from streams.notify.notifier import Notifier, UnavailableError
from streams.notify.receiver import TIMEOUT_S
from streams.notify.restore import restore
from streams.outbox import Outbox
from streams.settings import Settings

log = structlog.get_logger(__name__)

#: Alerts in the backlog above which no more is read until some were sent; the records stay in Kafka.
_MAX_PENDING = 20_000

#: How often, at least, the lane looks whether a summary or a repost is due, in seconds.
_LOOK_S = 0.5

#: Gauges are brought up to date this often.
_MEASURE_MS = 1_000

#: Waits between attempts while a receiver is down, in seconds.
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 15.0


class Lane(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Runs one notifier until it is stopped. A second process with the same settings stands by.

    ``clock`` gives epoch milliseconds. ``joined`` says that the group knows this process.
    """

    def __init__(
        self,
        notifier: Notifier,
        settings: Settings,
        outbox: Outbox,
        metrics: NotifyMetrics,
        clock: Callable[[], int],
    ) -> None:
        self.name = notifier.name
        self.joined = False
        self._notifier = notifier
        self._settings = settings
        self._outbox = outbox
        self._metrics = metrics
        self._clock = clock
        self._shadow = settings.notify_shadow and notifier.pages
        self._log_topic = settings.topic(topics.NOTIFICATIONS)
        self._tp = TopicPartition(settings.topic(topics.ALERTS), 0)
        self._owned = asyncio.Event()
        self._revoked = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = asyncio.Event()
        self._news = asyncio.Event()
        self._committed = -1
        self._measured_ms = 0
        self._desk = self._new_desk()
        self._consumer = AIOKafkaConsumer(
            **settings.kafka_client(),
            group_id=group_id(settings, self.name),
            enable_auto_commit=False,
            auto_offset_reset="latest",
            session_timeout_ms=round(settings.kafka_session_timeout_s * 1_000),
            heartbeat_interval_ms=round(min(3.0, settings.kafka_session_timeout_s / 3) * 1_000),
        )

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Begin when the alerts topic is ours."""
        self.joined = True
        if self._tp in assigned:
            self._revoked.clear()
            self._owned.set()

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:  # noqa: ARG002 - aiokafka's signature
        """Let what is being sent arrive and be noted before another process goes on."""
        self._owned.clear()
        self._revoked.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), 2 * TIMEOUT_S)

    async def run(self) -> None:
        """Work until ``stop``; raises aiokafka's errors when Kafka fails for good."""
        self._consumer.subscribe([self._tp.topic], listener=self)
        await self._consumer.start()
        try:
            while not self._stopping.is_set():
                await _first(self._owned.wait(), self._stopping.wait())
                if self._owned.is_set():
                    self._idle.clear()
                    try:
                        await self._own()
                    finally:
                        self._idle.set()
                        self._metrics.owner.labels(self.name).set(0)
        finally:
            await self._consumer.stop()
            await self._notifier.close()

    def stop(self) -> None:
        """Ask ``run`` to end after what is being sent."""
        self._stopping.set()

    def _new_desk(self) -> Desk:
        cooldown_ms = round(self._settings.notify_cooldown_s * 1_000)
        flood = FloodControl(self._settings.notify_pages_per_minute, cooldown_ms)
        return Desk(self.name, self._notifier.habits, flood)

    async def _own(self) -> None:
        """Send for the notifier as long as the partition is ours."""
        self._desk = self._new_desk()
        opened, position = await restore(
            self._desk, self._consumer, self._tp, self._settings, self._clock(), shadow=self._shadow
        )
        delivery = Delivery(
            self._notifier, self._desk, opened, self._note, self._metrics, self._clock, shadow=self._shadow
        )
        self._committed = -1
        self._metrics.owner.labels(self.name).set(1)
        log.info("notifier_started", notifier=self.name, offset=position, open=len(opened), shadow=self._shadow)
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._deliver(delivery))]
        ended = [asyncio.create_task(self._stopping.wait()), asyncio.create_task(self._revoked.wait())]
        try:
            done, _ = await asyncio.wait([*tasks, *ended], return_when=asyncio.FIRST_COMPLETED)
            async with delivery.sending:
                for task in (*tasks, *ended):
                    task.cancel()
            await asyncio.gather(*tasks, *ended, return_exceptions=True)
            for task in done:
                task.result()
            await self._note()
            await self._commit()
        finally:
            for task in (*tasks, *ended):
                task.cancel()

    async def _read(self) -> None:
        while True:
            batches = await self._consumer.getmany(timeout_ms=200, max_records=500)
            for record in batches.get(self._tp, ()):
                try:
                    self._desk.take(decode_alert(record.value or b""), record.offset)
                except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                    self._desk.backlog.skip(record.offset)
                    self._metrics.undecodable.labels(self.name).inc()
                    log.warning("alert_undecodable", notifier=self.name, offset=record.offset, reason=str(error))
            if batches:
                self._news.set()
            full = len(self._desk.backlog) >= _MAX_PENDING
            if full and not self._consumer.paused():
                self._consumer.pause(self._tp)
            elif not full and self._consumer.paused():
                self._consumer.resume(self._tp)
            self._measure()

    async def _deliver(self, delivery: Delivery) -> None:
        while True:
            await delivery.check()
            async for attempt in stamina.retry_context(
                on=_again_after,
                attempts=None,
                timeout=None,
                wait_initial=_FIRST_WAIT_S,
                wait_max=_LONGEST_WAIT_S,
                wait_jitter=_FIRST_WAIT_S,
            ):
                with attempt:
                    # Planned anew at each attempt: what waits may have been overtaken by graver news.
                    await self._round(delivery)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), _LOOK_S)
            self._news.clear()

    async def _round(self, delivery: Delivery) -> None:
        try:
            await delivery.round()
        finally:
            await self._commit()
        if self._desk.backlog:
            self._news.set()

    async def _note(self) -> None:
        """Write what changed to the notification log."""
        changes = self._desk.told.changes
        # A person must not hear twice of more than the one notice that a crash caught on its way; a program can tell.
        settles = bool(changes) and self._notifier.habits.flood_controlled
        while changes:
            key, notification = next(iter(changes.items()))
            value = None if notification is None else encode(notification)
            await self._outbox.send(self._log_topic, value, key=key, partition=0)
            # Only now: a cancelled send leaves the change for the last note before the commit.
            del changes[key]
        if settles:
            await self._outbox.settle()
        for cause, number in self._desk.causes.items():
            self._metrics.suppressed.labels(self.name, cause).inc(number)
        self._desk.causes.clear()

    async def _commit(self) -> None:
        """Commit the offset up to which everything was dealt with and noted."""
        position = self._desk.backlog.position()
        if position <= self._committed:
            return
        await self._outbox.settle()
        try:
            await self._consumer.commit({self._tp: position})
        except KafkaError as error:
            # The group is being rebalanced: the next owner starts a little earlier and skips what the log holds.
            log.warning("commit_failed", notifier=self.name, reason=str(error))
        else:
            self._committed = position
            self._desk.committed(position)

    def _measure(self) -> None:
        if (now_ms := self._clock()) < self._measured_ms + _MEASURE_MS:
            return
        self._measured_ms = now_ms
        desk, end = self._desk, self._consumer.highwater(self._tp)
        if end is not None:
            self._metrics.lag.labels(self.name).set(max(0, end - max(0, desk.backlog.position())))
        self._metrics.pending.labels(self.name).set(len(desk.backlog))
        self._metrics.held.labels(self.name).set(len(desk.told.held))
        self._metrics.open.labels(self.name).set(len(desk.shown()))


def group_id(settings: Settings, notifier: str) -> str:
    """Consumer group of a notifier."""
    return f"{settings.group_id}-notify-{notifier}"


def _again_after(error: Exception) -> bool | float:
    if not isinstance(error, UnavailableError):
        return False
    return True if error.retry_after_s is None else max(error.retry_after_s, _FIRST_WAIT_S)


async def _first(*waits: Coroutine[Any, Any, Any]) -> None:
    tasks = [asyncio.create_task(wait) for wait in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
