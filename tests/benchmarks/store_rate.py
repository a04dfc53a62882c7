"""How fast the sink stores alert records: ``python -m tests.benchmarks.store_rate [RECORDS]``.

Alert records as the decision writes them go into a real Kafka; then one sink process stores them in a real PostgreSQL.
Told: records a second from the first stored to the last, and the sink's own CPU time.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import psutil
from kafka import KafkaProducer
from rich.console import Console

from models.alert import AlertReason, alert_id, encode, timestamp
from streams import topics
from streams.broker import KafkaBroker
from streams.database import PostgresServer
from tests.integration.deployment import Deployment, wait_until
from tests.integration.store import Store, select
from tests.streams.database.records import NOW_MS, alert

#: Four reasons with a sentence each, and the names that an update of a growing campaign has.
_REASONS = [
    AlertReason(f"signal_{n}", 0.1234, 0.0456, 3.217, "A sentence of the usual length; 12 % is usual.")
    for n in range(4)
]
_NAMES = 20


def main(many: int) -> None:
    """Measure once and print."""
    console = Console()
    with KafkaBroker(progress=console.print) as broker, PostgresServer(progress=console.print) as server:
        folder = Path(tempfile.mkdtemp(prefix="stillwatch-store-rate-"))
        deployment = Deployment(broker.bootstrap_servers, "rate", folder, STILLWATCH_DATABASE_URL=server.url)
        _produce(deployment, many)
        store = Store(deployment, folder / "store.log")
        wait_until(lambda: select(server.url, "TABLE alert_record LIMIT 1"), 120, store.log.read_text)
        first, started = len(select(server.url, "SELECT FROM alert_record")), time.perf_counter()
        store.wait_stored(server.url, within_s=600)
        seconds = time.perf_counter() - started
        stored = len(select(server.url, "SELECT FROM alert_record"))
        assert stored == many
        used = psutil.Process(store.process.pid).cpu_times()
        batches = store.metric("stillwatch_store_batch_seconds_sum")
        console.print(
            f"{(stored - first) / seconds:,.0f} records a second over the last {stored - first:,} ({seconds:.1f} s)"
        )
        console.print(
            f"{stored / batches:,.0f} records a second of time within transactions, {_NAMES} accounts in each record"
        )
        console.print(
            f"{1e6 * (used.user + used.system) / stored:,.0f} microseconds of the sink's CPU a record, start included"
        )
        console.print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        store.kill()


def _produce(deployment: Deployment, many: int) -> None:
    producer = KafkaProducer(**deployment.settings.kafka_client(), acks="all", linger_ms=50)
    topic = deployment.settings.topic(topics.ALERTS)
    for number in range(many):
        entity, sequence = f"campaign-{number // 4}", number % 4
        record = alert(
            alert_id=alert_id("campaign", entity, NOW_MS),
            kind="campaign",
            entity_id=entity,
            sequence=sequence,
            state="update" if sequence else "open",
            detected_at=timestamp(NOW_MS + number * 1_000),
            reasons=_REASONS,
            accounts=[f"account-{number}-{n}" for n in range(_NAMES)],
        )
        producer.send(topic, encode(record), partition=0)
    producer.flush()
    producer.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
