"""A deployment that is watched: worker, alert store and notifier as real processes, scraped by a real Prometheus."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import orjson
import psycopg
import yaml
from click.testing import CliRunner
from kafka import KafkaProducer

from grafana.generate import ROOT
from models.alert import Alert
from models.alert import decode as decode_alert
from models.alert import timestamp as rfc3339
from streams import topics
from streams.broker.jvm import end, spawn
from streams.commands import main
from streams.database.postgres_server import PostgresServer
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.grafana.macros import Range
from tests.integration.deployment import Deployment, Worker, wait_until
from tests.integration.events import encoded
from tests.ports import reserved_ports

EVENTS = 16_000


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
        """Say nothing."""


class Watched:
    """Starts everything, lets recent simulated days pass through, judges some alerts, and answers queries."""

    def __init__(self, deployment: Deployment, database: PostgresServer, prometheus: str, folder: Path) -> None:
        self.deployment = deployment
        self.database = database
        self._folder = folder
        self._prometheus_program = prometheus
        self._processes: list[Any] = []
        self._receiver = HTTPServer(("127.0.0.1", 0), _Receiver)
        self.ports = dict(zip(("store", "notify", "prometheus"), reserved_ports(3), strict=True))
        self.worker: Worker

    @property
    def environment(self) -> dict[str, str]:
        """Settings that the processes need besides the deployment's."""
        address = f"http://127.0.0.1:{self._receiver.server_port}/"
        return {
            "STILLWATCH_DATABASE_URL": self.database.url,
            "STILLWATCH_NOTIFY_WEBHOOK_URL": address,
            # So few that these days page accounts as well as campaigns.
            "STILLWATCH_DETECTION__WATCHED_ENTITIES": "10000",
        }

    def start(self) -> None:
        """Start receiver, worker, store, notifier and Prometheus, and return when all are scraped."""
        threading.Thread(target=self._receiver.serve_forever, daemon=True).start()
        os.environ.update(self.environment)
        self.worker = self.deployment.start_worker()
        for name in ("store", "notify"):
            command = [sys.executable, "-m", "streams", name, "--web-port", str(self.ports[name])]
            self._processes.append(spawn(command, self._folder / f"{name}.log"))
        self.deployment.wait_ready(self.worker, within_s=400)
        self._start_prometheus()
        wait_until(lambda: self.scalar("sum(up)") == 3, 60, self._describe)

    def _start_prometheus(self) -> None:
        targets = {
            "stillwatch": self.worker.port,
            "stillwatch-store": self.ports["store"],
            "stillwatch-notify": self.ports["notify"],
        }
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(ROOT / "deploy" / "prometheus" / "rules.yml")],
            "scrape_configs": [
                {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
                for name, port in targets.items()
            ],
        }
        path = self._folder / "prometheus.yml"
        path.write_text(yaml.safe_dump(config))
        listen = f"--web.listen-address=127.0.0.1:{self.ports['prometheus']}"
        command = [self._prometheus_program, f"--config.file={path}", listen]
        command.append(f"--storage.tsdb.path={self._folder / 'prometheus'}")
        self._processes.append(spawn(command, self._folder / "prometheus.log"))
        wait_until(self._prometheus_answers, 60, (self._folder / "prometheus.log").read_text)

    def _prometheus_answers(self) -> bool:
        try:
            self.ask("/-/ready")
        except OSError:
            return False
        return True

    def _describe(self) -> str:
        return "\n".join(path.read_text()[-1_500:] for path in self._folder.glob("*.log"))

    def live(self) -> None:
        """Let recent days of traffic pass, with verdicts, enforcement and what people do with alerts in between."""
        events = list(recent_events())
        half = EVENTS * 5 // 8
        self.deployment.produce([*events[:half], (b"a", b"no event")])
        self.deployment.wait_applied([self.worker], within_s=400)
        self._wait_stored()
        self._judge()
        self._share_out()
        self.deployment.produce(events[half:])
        self.deployment.produce_tick(time.time_ns() // 1_000_000 - 60_000)
        self.deployment.wait_applied([self.worker], within_s=400)
        self._wait_stored()
        self._act()
        # Some scrapes of how it ended.
        time.sleep(4)

    def _share_out(self) -> None:
        """Freeze the worker past its session: the group goes on without it, it joins again and reads its state back."""
        before = self.worker.metric("stillwatch_rebalances_total")
        self.worker.process.send_signal(signal.SIGSTOP)
        time.sleep(self.deployment.settings.kafka_session_timeout_s + 4)
        self.worker.process.send_signal(signal.SIGCONT)
        wait_until(lambda: self.worker.metric("stillwatch_rebalances_total") > before, 120, self._describe)
        self.deployment.wait_ready(self.worker, within_s=120)
        wait_until(lambda: self.worker.metric("stillwatch_assigned_partitions") == 9, 120, self._describe)

    def _wait_stored(self) -> None:
        lag = "sum(stillwatch_store_lag_records) + sum(stillwatch_notify_lag_records)"
        time.sleep(3)
        wait_until(lambda: self.scalar(lag) == 0, 240, self._describe)

    def _judge(self) -> None:
        records = list(self.alerts())
        opened = {alert.alert_id: alert for alert in records}
        alerts = sorted(opened.values(), key=lambda alert: (alert.kind == "account", -alert.account_count))
        assert len(alerts) >= 4
        given_ms = max(int(datetime.fromisoformat(alert.detected_at).timestamp() * 1_000) for alert in alerts)
        until = rfc3339(time.time_ns() // 1_000_000 + 7 * 86_400_000)
        words = ["--given-at", rfc3339(given_ms), "--by", "ada", "--note", "looked at three members"]
        for alert, finding, more in (
            (alerts[0], "true-positive", []),
            (alerts[1], "expected", ["--until", until, "--scope", "campaign"]),
            (alerts[-1], "false-positive", ["--until", until, "--scope", "accounts"]),
        ):
            result = CliRunner().invoke(main, ["verdict", alert.alert_id, finding, *words, *more])
            assert result.exit_code == 0, result.output
        members = [name for alert in records if alert.alert_id == alerts[0].alert_id for name in alert.accounts]
        banned = {
            "enforcement_id": "e-1",
            "account_ids": [*members[:3], alerts[-1].entity_id],
            "action": "banned",
            "reason": "harvesting",
            "imposed_at": given_ms,
        }
        producer = KafkaProducer(**self.deployment.settings.kafka_client(), acks="all")
        producer.send(self.deployment.settings.topic(topics.ENFORCEMENT), orjson.dumps(banned)).get(30)
        producer.close()

    def _act(self) -> None:
        with psycopg.connect(self.database.url) as connection:
            open_ids = connection.execute(
                "SELECT alert_id FROM stillwatch.alert WHERE state = 'open' ORDER BY opened_at"
            ).fetchall()
            judged = connection.execute("SELECT alert_id FROM stillwatch.verdict").fetchall()
            for alert_id, action, assignee in (
                (open_ids[0][0], "ack", None),
                (open_ids[0][0], "assign", "grace"),
                *((found[0], "comment", None) for found in judged),
            ):
                connection.execute(
                    "INSERT INTO stillwatch.alert_action (alert_id, action, actor, assignee, body) "
                    "VALUES (%s, %s, 'ada', %s, 'as the runbook says')",
                    [alert_id, action, assignee],
                )

    def alerts(self) -> Iterator[Alert]:
        """Every record of alerts.v1, repeats dropped, in order."""
        seen: dict[tuple[str, int], Alert] = {}
        for record in self.deployment.read(topics.ALERTS):
            alert = decode_alert(record.value)
            seen.setdefault((alert.alert_id, alert.sequence), alert)
        yield from seen.values()

    def range(self) -> Range:
        """The last five days."""
        now_s = int(time.time())
        return Range(now_s - 5 * 86_400, now_s)

    def ask(self, path: str, **parameters: str) -> Any:
        """Ask Prometheus' API; returns what its answer holds, text where it is no JSON."""
        address = f"http://127.0.0.1:{self.ports['prometheus']}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            text = answer.read().decode()
        return json.loads(text)["data"] if text.startswith("{") else text

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Series of an instant query."""
        found: list[dict[str, Any]] = self.ask("/api/v1/query", query=expression)["result"]
        return found

    def scalar(self, expression: str) -> float:
        """The one value of a query, or minus one without any."""
        found = self.query(expression)
        return float(found[0]["value"][1]) if found else -1.0

    def stop(self) -> None:
        """End every process."""
        for process in reversed(self._processes):
            end(process, 20.0)
        self._receiver.shutdown()


def recent_events() -> Iterator[tuple[bytes | None, bytes]]:
    """Simulated days with attacks, moved so that the last event is two minutes old."""
    scenario = preset("parity")
    events = [dict(event) for _, event in zip(range(EVENTS), simulate(scenario, seed=100).events(), strict=False)]
    newest = max(datetime.fromisoformat(str(event["event_time"])) for event in events)
    moved = datetime.now(newest.tzinfo) - timedelta(minutes=2) - newest
    for event in events:
        instant = datetime.fromisoformat(str(event["event_time"])) + moved
        event["event_time"] = rfc3339(int(instant.timestamp() * 1_000))
    yield from encoded(events)
