"""The demo: a real Kafka, a real worker and a simulated day, watched from the terminal."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import orjson
from aiokafka import AIOKafkaProducer
from kafka import KafkaConsumer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from models.alert import Alert
from models.alert import decode as decode_alert
from streams import topics
from streams.broker import KafkaBroker
from streams.broker.jvm import end, spawn
from streams.broker.ports import free_ports
from streams.database import PostgresServer
from streams.settings import Settings, load_settings
from streams.simulation.presets import preset
from streams.simulation.simulation import Simulation, simulate

_READY_WITHIN_S = 120.0
_IDLE_WITHIN_S = 300.0
_POLL_MS = 200
#: Polls without news after which the day is over; together longer than two looks of the worker at its lag.
_QUIET_POLLS = 8


#: The 265 accounts form some 75 groups a day, among which the false pages of a week are shared.
DEMO_DETECTION: dict[str, Any] = {"planned_groups": 75}


class DemoError(Exception):
    """The demo could not run to its end; the message names what failed and where its log is."""


class Progress(msgspec.Struct):
    """How far the day is: requests sent and requests the worker has applied."""

    sent: int = 0
    applied: int = 0
    refused: int = 0
    total: int = 0


class Demo:
    """One run; a context manager that leaves no process, topic or file of its own behind, but the log of a failure.

    Args:
        seed: of the simulated day.
        day_seconds: how long the simulated day takes.
        say: hears one sentence for each thing that is being set up.
        check: called wherever the demo may be left; raises to leave it.

    """

    def __init__(
        self, seed: int, day_seconds: float, say: Callable[[str], None], check: Callable[[], None] = lambda: None
    ) -> None:
        self.progress = Progress()
        self.simulation: Simulation = simulate(preset("demo"), seed)
        self._day_seconds = day_seconds
        self._say = say
        self._check = check
        self._stack = ExitStack()
        self._producing: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._leaving = threading.Event()
        self.log = Path(tempfile.mkdtemp(prefix="stillwatch-demo-")) / "worker.log"

    def __enter__(self) -> Demo:
        try:
            self.settings = self._stack.enter_context(_cluster(self._say))
            self._check()
            self.worker, self.web = self._start_worker()
        except BaseException as error:
            self._leave(error)
            raise
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._leaving.set()
        if self._producing is not None:
            self._producing.join(timeout=10)
        self._leave(error)

    def _leave(self, error: BaseException | None) -> None:
        self._stack.close()
        if error is None or isinstance(error, KeyboardInterrupt):
            shutil.rmtree(self.log.parent, ignore_errors=True)

    def _start_worker(self) -> tuple[subprocess.Popen[bytes], str]:
        self._say("Starting a worker")
        (port,) = free_ports(1)
        os.environ.update(_environment(self.settings))
        # Faust makes a folder there; it goes with the log's.
        os.environ["TMPDIR"] = str(self.log.parent)
        worker = spawn([sys.executable, "-m", "streams", "worker", "--web-port", str(port)], self.log)
        self._stack.callback(end, worker, 15.0)
        web = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + _READY_WITHIN_S
        while not _answers(f"{web}/health/ready"):
            self._check()
            if worker.poll() is not None or time.monotonic() > deadline:
                raise DemoError(f"the worker did not become ready; its log is {self.log}")
            time.sleep(0.1)
        return worker, web

    def start_store(self) -> str:
        """Fill an alert store of the demo's own from the topics; returns its URL.

        Raises ``PostgresError`` where there is no PostgreSQL, or it does not start.
        """
        server = self._stack.enter_context(PostgresServer(progress=self._say))
        os.environ["STILLWATCH_DATABASE_URL"] = server.url
        (port,) = free_ports(1)
        log = self.log.with_name("store.log")
        sink = spawn([sys.executable, "-m", "streams", "store", "--web-port", str(port)], log)
        self._stack.callback(end, sink, 15.0)
        deadline = time.monotonic() + _READY_WITHIN_S
        while not _answers(f"http://127.0.0.1:{port}/metrics"):
            self._check()
            if sink.poll() is not None or time.monotonic() > deadline:
                raise DemoError(f"the store did not start; its log is {log}")
            time.sleep(0.1)
        return server.url

    def alerts(self) -> Iterator[Alert | None]:
        """Send the day and yield its alerts as they come; ``None`` now and then, so that a caller can redraw.

        Ends when every request was applied and everything it led to was decided. Raises ``DemoError`` if the worker
        or the producer fails.
        """
        consumer = KafkaConsumer(**self.settings.kafka_client(), enable_auto_commit=False, auto_offset_reset="earliest")
        consumer.assign([TopicPartition(self.settings.topic(topics.ALERTS), 0)])
        self._stack.callback(consumer.close)
        self._producing = threading.Thread(target=self._produce, name="demo-producer", daemon=True)
        self._producing.start()
        idle_since = time.monotonic()
        quiet = 0
        while quiet < _QUIET_POLLS:
            found = [r for records in consumer.poll(timeout_ms=_POLL_MS).values() for r in records]
            for record in found:
                yield decode_alert(record.value)
            before = self.progress.applied
            lag = self._measure()
            if found or self.progress.applied > before:
                idle_since = time.monotonic()
            done = self._producing.is_alive() is False and lag == 0 and not found
            quiet = quiet + 1 if done else 0
            self._check_progress(idle_since)
            self._check()
            yield None

    def _check_progress(self, idle_since: float) -> None:
        if self._failure is not None:
            raise DemoError(f"producing failed: {self._failure}") from self._failure
        if self.worker.poll() is not None:
            raise DemoError(f"the worker ended with status {self.worker.returncode}; its log is {self.log}")
        if time.monotonic() - idle_since > _IDLE_WITHIN_S:
            raise DemoError(f"nothing happened for {_IDLE_WITHIN_S:.0f} seconds; the worker's log is {self.log}")

    def _measure(self) -> float:
        """Records that stages still have to read, by the worker's own metrics; also updates ``progress``."""
        try:
            with urllib.request.urlopen(f"{self.web}/metrics", timeout=10) as answer:  # noqa: S310 - our own loopback
                text = answer.read().decode()
        except OSError:
            return float("inf")
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        self.progress.applied = int(sum(s.value for s in samples if s.name == "stillwatch_events_total"))
        self.progress.refused = int(sum(s.value for s in samples if s.name == "stillwatch_dead_letters_total"))
        if self.progress.applied + self.progress.refused < self.progress.sent:
            return float("inf")
        return sum(s.value for s in samples if s.name == "stillwatch_lag_records")

    def _produce(self) -> None:
        try:
            asyncio.run(self._send_day())
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            self._failure = error

    async def _send_day(self) -> None:
        scenario = self.simulation.scenario
        events = list(self.simulation.labelled())
        self.progress.total = len(events)
        per_ms = self._day_seconds / (scenario.end_ms - scenario.start_ms)
        topic = self.settings.topic(topics.REQUESTS)
        async with AIOKafkaProducer(**self.settings.kafka_client(), acks="all", linger_ms=20) as producer:
            started = time.monotonic()
            for labelled in events:
                ahead_s = started + (labelled.time_ms - scenario.start_ms) * per_ms - time.monotonic()
                if ahead_s > 0:
                    await asyncio.sleep(ahead_s)
                if self._leaving.is_set():
                    return
                key = str(labelled.event["account_id"]).encode()
                await producer.send(topic, orjson.dumps(labelled.event), key=key)
                self.progress.sent += 1


@contextmanager
def _cluster(say: Callable[[str], None]) -> Iterator[Settings]:
    """The operator's cluster under a prefix of the demo's own, or an embedded one; topics created, removed after."""
    prefix = f"stillwatch-demo-{secrets.token_hex(3)}."
    own: dict[str, Any] = {"topic_prefix": prefix, "group_id": prefix.rstrip("."), "clock_ticks": False}
    own["detection"] = DEMO_DETECTION
    with ExitStack() as stack:
        if "STILLWATCH_KAFKA_BOOTSTRAP_SERVERS" not in os.environ:
            broker = _broker(say)
            stack.callback(broker.stop)
            own["kafka_bootstrap_servers"] = broker.bootstrap_servers
        settings = load_settings(**own)
        client = topics.admin(settings)
        stack.callback(client.close)
        wanted = topics.topics(settings)
        say("Creating topics")
        topics.create(client, wanted, settings.replication_factor)
        if "kafka_bootstrap_servers" not in own:
            stack.callback(client.delete_topics, [topic.name for topic in wanted])
        yield settings


def _broker(say: Callable[[str], None]) -> KafkaBroker:
    broker = KafkaBroker(progress=say)
    try:
        broker.start()
    except KeyboardInterrupt:
        broker.stop()
        raise
    return broker


def _environment(settings: Settings) -> dict[str, str]:
    """What the worker must know that is not in the environment already."""
    return {
        "STILLWATCH_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "STILLWATCH_TOPIC_PREFIX": settings.topic_prefix,
        "STILLWATCH_GROUP_ID": settings.group_id,
        "STILLWATCH_CLOCK_TICKS": "false",
        **{f"STILLWATCH_DETECTION__{name.upper()}": str(value) for name, value in DEMO_DETECTION.items()},
        "STILLWATCH_FLUSH_INTERVAL_S": "1",
        "STILLWATCH_TICK_INTERVAL_S": "0.5",
    }


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback URL
            return bool(answer.status == 200)
    except OSError:
        return False
