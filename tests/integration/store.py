"""The sink as a process, and what its database holds beside what the topics say."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from kafka import KafkaConsumer, TopicPartition
from psycopg.rows import dict_row

from models.alert import Alert, decode
from streams import topics
from streams.broker.jvm import end, spawn
from streams.database.collect import STORED_TOPICS
from tests.integration.deployment import Deployment, wait_until
from tests.ports import reserved_ports
from tests.scraped import samples_of

_TIMES = ("detected_at", "first_seen", "last_seen")


class Store:
    """One sink on a deployment's topics; it reads its settings from the environment that the deployment made."""

    def __init__(self, deployment: Deployment, log: Path) -> None:
        self.deployment = deployment
        self.log = log
        self.start()

    def start(self) -> None:
        """Start the process, also again after it ended."""
        (self.port,) = reserved_ports(1)
        self.process: subprocess.Popen[bytes] = spawn(
            [sys.executable, "-m", "streams", "store", "--web-port", str(self.port)], self.log
        )

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it with SIGTERM; returns its exit status."""
        end(self.process, 30.0)
        return int(self.process.returncode)

    def metric(self, name: str) -> float:
        """The sum of a metric's samples, 0 while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
                return sum(sample.value for sample in samples_of(answer.read().decode(), name))
        except OSError:
            return 0.0

    def wait_stored(self, url: str, within_s: float = 300.0) -> None:
        """Return when the database stands at the end of every topic."""
        ends = end_offsets(self.deployment)
        wait_until(lambda: positions(url) == ends, within_s, lambda: f"{ends}\n{self.log.read_text()[-3_000:]}")


def end_offsets(deployment: Deployment) -> dict[tuple[str, int], int]:
    """The end of every stored log."""
    consumer = KafkaConsumer(**deployment.settings.kafka_client())
    try:
        names = [deployment.settings.topic(name) for name in STORED_TOPICS]
        found = [TopicPartition(name, number) for name in names for number in consumer.partitions_for_topic(name)]
        return {(tp.topic, tp.partition): offset for tp, offset in consumer.end_offsets(found).items()}
    finally:
        consumer.close()


def positions(url: str) -> dict[tuple[str, int], int]:
    """How far each log is stored, nothing while the database does not answer or is empty."""
    return {(row["topic"], row["partition"]): row["next_offset"] for row in select(url, "TABLE source_position")}


def select(url: str, query: str) -> list[dict[str, Any]]:
    """Rows of a query, none while the database does not answer or has no such table."""
    try:
        with psycopg.connect(url, options="-c search_path=stillwatch", row_factory=dict_row) as connection:
            return connection.execute(query.encode()).fetchall()
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return []


def reported(deployment: Deployment) -> dict[tuple[str, int], Alert]:
    """Every alert record of the topic once, by alert_id and sequence; repeats must have the same content."""
    found: dict[tuple[str, int], Alert] = {}
    for record in deployment.read(topics.ALERTS):
        alert = decode(record.value)
        assert found.setdefault((alert.alert_id, alert.sequence), alert) == alert
    return found


def stored(url: str) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
    """Every stored alert record with its accounts, in the alert's own form but for times."""
    named: dict[tuple[str, int], list[str]] = {}
    for row in select(url, "SELECT * FROM alert_account"):
        named.setdefault((row["alert_id"], row["sequence"]), []).append(row["account_id"])
    for row in select(url, "SELECT * FROM alert_record"):
        pair = row["alert_id"], row["sequence"]
        yield pair, row | {"accounts": sorted(named.pop(pair, []))}
    assert named == {}


def assert_equal(deployment: Deployment, url: str) -> None:
    """The store holds every record of alerts.v1 exactly once, each field equal, and each alert as its last one says."""
    expected = reported(deployment)
    found = list(stored(url))
    assert sorted(pair for pair, _ in found) == sorted(expected)
    for pair, row in found:
        fields = json.loads(json.dumps(_plain(expected[pair])))
        for name in _TIMES:
            assert row.pop(name) == datetime.fromisoformat(fields.pop(name))
        assert {name: row[name] for name in fields} == fields
    last = {alert_id: expected[alert_id, sequence] for alert_id, sequence in sorted(expected)}
    for row in select(url, "SELECT * FROM alert"):
        alert = last.pop(row["alert_id"])
        assert (row["last_sequence"], row["severity"], row["score"]) == (alert.sequence, alert.severity, alert.score)
        assert row["state"] == ("closed" if alert.state == "closed" else "open")
    assert last == {}


def _plain(alert: Alert) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(alert)
    return fields | {"accounts": sorted(alert.accounts)}
