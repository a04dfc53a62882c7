"""A deployment for one test: its own topics on the session's broker, real worker processes, and readers of its logs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from prometheus_client.samples import Sample

from streams import topics
from streams.broker.jvm import end, spawn
from streams.events_file import partition_of
from streams.fetched import TICK_HEADER
from streams.settings import Settings, load_settings
from tests.ports import reserved_ports
from tests.scraped import samples_of


class Worker:
    """One worker process."""

    def __init__(self, log: Path, environment: Mapping[str, str], module: str = "streams") -> None:
        (self.port,) = reserved_ports(1)
        self.log = log
        os.environ.update(environment)
        self.process: subprocess.Popen[bytes] = spawn(
            [sys.executable, "-m", module, "worker", "--web-port", str(self.port)], log
        )

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it with SIGTERM; returns its exit status."""
        end(self.process, 60.0)
        return int(self.process.returncode)

    def ready(self) -> bool:
        """Whether it says that it is ready."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        return self.metrics(name, **labels)[0]

    def metrics(self, *names: str, **labels: str) -> list[float]:
        """The same of several metrics at one moment."""
        samples = [sample for sample in self._samples(*names) if labels.items() <= sample.labels.items()]
        return [sum(sample.value for sample in samples if sample.name == name) for name in names]

    def samples(self, name: str) -> dict[str, float]:
        """A metric's samples by their labels."""
        return {str(sample.labels): sample.value for sample in self._samples(name)}

    def _samples(self, *names: str) -> list[Sample]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            return samples_of(answer.read().decode(), *names)


class Deployment:
    """Topics under a prefix of the test's own, and everything a test does with them."""

    def __init__(self, bootstrap_servers: str, prefix: str, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.workers: list[Worker] = []
        self.environment = {
            "STILLWATCH_KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
            "STILLWATCH_TOPIC_PREFIX": f"{prefix}.",
            "STILLWATCH_GROUP_ID": prefix,
            "STILLWATCH_KAFKA_SESSION_TIMEOUT_S": "6",
            "STILLWATCH_FLUSH_INTERVAL_S": "0.5",
            "STILLWATCH_TICK_INTERVAL_S": "0.5",
            "STILLWATCH_CLOCK_TICKS": "false",
            "STILLWATCH_LOG_LEVEL": "info",
        } | settings
        os.environ.update(self.environment)
        self.settings: Settings = load_settings()
        client = topics.admin(self.settings)
        topics.create(client, topics.topics(self.settings), 1)
        client.close()

    def start_worker(self, module: str = "streams", **settings: str) -> Worker:
        """Start a worker, or what a test's module makes of one; its log is in the test's folder."""
        log = self.folder / f"worker-{len(self.workers)}.log"
        worker = Worker(log, self.environment | settings, module)
        self.workers.append(worker)
        return worker

    def wait_ready(self, worker: Worker, within_s: float = 90.0) -> None:
        """Return when the worker is ready; fails with the end of its log otherwise."""
        wait_until(worker.ready, within_s, lambda: f"worker not ready\n{worker.log.read_text()[-4_000:]}")

    def close(self) -> None:
        """End every worker."""
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.kill()

    def produce(self, records: Iterable[tuple[bytes | None, bytes]]) -> None:
        """Write requests in order, each to the partition its key belongs on (0 without a key)."""
        asyncio.run(self._produce(records))

    async def _produce(self, records: Iterable[tuple[bytes | None, bytes]]) -> None:
        topic, many = self.settings.topic(topics.REQUESTS), self.settings.decides.partitions
        client = self.settings.kafka_client()
        async with AIOKafkaProducer(**client, linger_ms=10, max_request_size=8 << 20) as producer:
            for key, value in records:
                partition = 0 if key is None else partition_of(key, many)
                await producer.send(topic, value, key=key, partition=partition)

    def produce_tick(self, time_ms: int) -> None:
        """Write a tick into every request partition, as owners of idle ones do."""
        asyncio.run(self._produce_tick(time_ms))

    async def _produce_tick(self, time_ms: int) -> None:
        topic = self.settings.topic(topics.REQUESTS)
        async with AIOKafkaProducer(**self.settings.kafka_client()) as producer:
            for partition in range(self.settings.decides.partitions):
                header = [(TICK_HEADER, str(time_ms).encode())]
                await producer.send_and_wait(topic, b"", partition=partition, headers=header)

    def read(self, name: str) -> Iterator[Any]:
        """Every committed record of a topic, partition by partition, up to its present end."""
        consumer = KafkaConsumer(
            **self.settings.kafka_client(),
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            topic = self.settings.topic(name)
            for number in sorted(consumer.partitions_for_topic(topic) or ()):
                tp = TopicPartition(topic, number)
                consumer.assign([tp])
                consumer.seek_to_beginning(tp)
                end_offset = consumer.end_offsets([tp])[tp]
                while consumer.position(tp) < end_offset:
                    for records in consumer.poll(timeout_ms=500).values():
                        yield from records
        finally:
            consumer.close()

    def wait_applied(self, workers: list[Worker], within_s: float = 120.0) -> None:
        """Return when the given workers have nothing left to read on any topic, for longer than a look takes."""
        quiet = 0
        deadline = time.monotonic() + within_s
        with self._clients() as clients:
            while quiet < 4:
                assert time.monotonic() < deadline, self._standing(workers)
                time.sleep(0.5)
                lags = [worker.metric("stillwatch_lag_records") if worker.ready() else 1.0 for worker in workers]
                quiet = quiet + 1 if sum(lags) == 0 and self._is_applied(*clients) else 0

    def _standing(self, workers: list[Worker]) -> str:
        with self._clients() as clients:
            told = [f"committed to, end of: {self._committed(*clients)}"]
        for worker in workers:
            told.append(f"ready: {worker.ready()}; {worker.samples('stillwatch_lag_records')}")
            told.append(worker.log.read_text()[-3_000:])
        return "\n".join(told)

    def applied(self) -> bool:
        """Whether the group has committed to the end of the requests topic."""
        with self._clients() as clients:
            return self._is_applied(*clients)

    @contextmanager
    def _clients(self) -> Iterator[tuple[KafkaAdminClient, KafkaConsumer]]:
        client = self.settings.kafka_client()
        with closing(topics.admin(self.settings)) as admin, closing(KafkaConsumer(**client)) as consumer:
            yield admin, consumer

    def _is_applied(self, admin: KafkaAdminClient, consumer: KafkaConsumer) -> bool:
        return all(end == 0 or committed >= end for committed, end in self._committed(admin, consumer).values())

    def _committed(self, admin: KafkaAdminClient, consumer: KafkaConsumer) -> dict[int, tuple[int, int]]:
        """What the group has committed of each partition of the requests topic (-1: nothing) and where that ends."""
        group, topic = self.settings.group_id, self.settings.topic(topics.REQUESTS)
        committed = admin.list_group_offsets({group: None})[group]
        partitions = [TopicPartition(topic, number) for number in range(self.settings.decides.partitions)]
        ends = consumer.end_offsets(partitions)
        return {tp.partition: (committed[tp].offset if tp in committed else -1, ends[tp]) for tp in partitions}


def wait_until(condition: Any, within_s: float, describe: Any) -> None:
    """Poll a condition; fails with what ``describe`` says when the time is over."""
    asked = time.monotonic()
    deadline = asked + within_s
    while not condition():
        answered = time.monotonic()
        assert answered < deadline, describe()
        # A dear question is asked less often, lest the asking take the time from what is waited for.
        time.sleep(max(0.2, 2 * (answered - asked)))
        asked = time.monotonic()
