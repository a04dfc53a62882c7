"""A real ``stillwatch notify`` beside a deployment, and alerts written as the worker writes them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

import aiohttp
from aiokafka import AIOKafkaProducer

from models.alert import Alert, encode
from streams import topics
from streams.broker.jvm import end, spawn
from tests.integration.deployment import Deployment
from tests.ports import reserved_ports
from tests.scraped import samples_of


class Notify:
    """One process; ``settings`` are variables of the environment."""

    def __init__(self, deployment: Deployment, number: int, **settings: str) -> None:
        (self.port,) = reserved_ports(1)
        self.log = deployment.folder / f"notify-{number}.log"
        os.environ.update(deployment.environment | settings)
        command = [sys.executable, "-m", "streams", "notify", "--web-port", str(self.port)]
        self.process: subprocess.Popen[bytes] = spawn(command, self.log)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it with SIGTERM; returns its exit status."""
        end(self.process, 60.0)
        return int(self.process.returncode)

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}/metrics") as answer,
        ):
            found = samples_of(await answer.text(), f"stillwatch_notify_{name}")
        return sum(sample.value for sample in found if labels.items() <= sample.labels.items())

    async def wait_working(self, *notifiers: str) -> None:
        """Return when it sends for all of them."""

        async def working() -> bool:
            try:
                return all([await self.metric("owner", notifier=notifier) == 1 for notifier in notifiers])
            except aiohttp.ClientError:
                return False

        await until(working, 60, self)


async def until(condition: Callable[[], object], within_s: float, notify: Notify) -> None:
    """Poll a condition, which may be a coroutine; fails with the end of the process's log."""
    deadline = time.monotonic() + within_s
    while True:
        held = condition()
        if await held if asyncio.iscoroutine(held) else held:
            return
        assert time.monotonic() < deadline, notify.log.read_text()[-3_000:]
        await asyncio.sleep(0.2)


async def write(deployment: Deployment, alerts: Iterable[Alert]) -> None:
    """Write records to both topics, in the worker's order, and wait until the broker has them."""
    settings = deployment.settings
    async with AIOKafkaProducer(**settings.kafka_client(), acks="all", linger_ms=5) as producer:
        for alert in alerts:
            value = encode(alert)
            await producer.send(settings.topic(topics.ALERTS), value, key=alert.entity_id.encode(), partition=0)
            await producer.send(settings.topic(topics.ALERT_STATE), value, key=alert.alert_id.encode(), partition=0)
