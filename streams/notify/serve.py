"""Runs the notifiers as one process: topics, metrics page, one lane a notifier, an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import logging.config
import signal
import time
from collections.abc import Sequence

import stamina.instrumentation
import structlog

from streams import topics
from streams.logs import configure_logging, logging_config
from streams.notify.configured import NOTIFIERS, configured
from streams.notify.lane import Lane
from streams.notify.metrics import NotifyMetrics
from streams.notify.notifier import Notifier
from streams.notify.pages import serve_pages
from streams.outbox import Outbox
from streams.settings import Settings, SettingsError

log = structlog.get_logger(__name__)


def clock_ms() -> int:
    """Wall time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def serve_notifiers(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT.

    Raises ``SettingsError`` if no notifier is set, ``TopicsError`` for topics that cannot serve, and the errors of the
    Kafka clients.
    """
    configure_logging(settings)
    logging.config.dictConfig(logging_config(settings))
    # Retries are logged and counted by the lanes, with the notifier's name.
    stamina.instrumentation.set_on_retry_hooks(())
    notifiers = _required(settings)
    _provide_topics(settings)
    asyncio.run(_run(settings, notifiers))


def _required(settings: Settings) -> list[Notifier]:
    notifiers = configured(settings, clock_ms)
    if not notifiers:
        names = ", ".join(f"STILLWATCH_{name.upper()}" for name in NOTIFIERS.values())
        raise SettingsError(f"no notifier is configured; set at least one of {names}")
    return notifiers


def _provide_topics(settings: Settings) -> None:
    client = topics.admin(settings)
    try:
        wanted = topics.topics(settings)
        topics.create(client, topics.missing(client, wanted), settings.replication_factor)
        topics.check_widths(client, wanted)
    finally:
        client.close()


async def _run(settings: Settings, notifiers: Sequence[Notifier]) -> None:
    metrics = NotifyMetrics()
    outbox = Outbox(settings.kafka_client())
    await outbox.start()
    lanes = [Lane(notifier, settings, outbox, metrics, clock_ms) for notifier in notifiers]
    pages = await serve_pages(settings.web_host, settings.notify_web_port, metrics, lanes)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, lanes)
    log.info("notify_started", notifiers=[notifier.name for notifier in notifiers], shadow=settings.notify_shadow)
    try:
        # Kafka failed one of them for good: the others would fail too. A supervisor starts all again.
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(lane.run())
    finally:
        with contextlib.suppress(Exception):
            await outbox.stop()
        await pages.cleanup()


def _stop(lanes: Sequence[Lane]) -> None:
    for lane in lanes:
        lane.stop()
