"""PostgreSQL away under load: what detection notices of it, and what the store holds afterwards.

``python -m tests.benchmarks.store_outage --minutes 10`` starts a broker, a PostgreSQL, a worker and ``stillwatch
store``, and sends a simulated week at an even rate. PostgreSQL is stopped for that long, comes back, then crashes and
starts again at once, then is stopped and started in good order. Told for each phase: how far the worker was behind, its
time of CPU for an event, and how long an alert took from when the broker had the request that passed its moment.
Afterwards the alerts must be those of a replay, byte for byte, and the store must hold each (alert_id, sequence) once,
all fields equal. Ends with status 1 otherwise, or where no alert came while the database was away. Cost: half a core,
one for two minutes at the beginning and at the end, and 4 GB.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path

import click
import msgspec
import orjson
import psutil
from kafka import KafkaProducer
from rich.console import Console
from rich.table import Table

from models.alert import decode
from models.event import epoch_ms
from streams import topics
from streams.broker import KafkaBroker
from streams.database import PostgresServer
from streams.events_file import partition_of
from streams.record import record_requests
from streams.replay import replay
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.integration.deployment import Deployment, Worker, wait_until
from tests.integration.store import Store, assert_equal, end_offsets, positions, reported, select
from tests.integration.test_parity import verified_alerts

_SETTINGS = {"STILLWATCH_DETECTION__PARTITIONS": "2", "STILLWATCH_DETECTION__FALSE_PAGES_PER_WEEK": "30"}
_DAY_MS = 86_400_000


class Load(threading.Thread):
    """Sends a simulated week at an even rate until told to stop.

    ``marks`` are (event time in ms, clock in s) of requests that were the newest when the broker had taken them. Events
    are made before, so that nothing but sending takes this thread's time.
    """

    def __init__(self, deployment: Deployment, rate: float, seconds: float, seed: int) -> None:
        super().__init__()
        self.sent = 0
        self.marks: list[tuple[int, float]] = []
        self.leaving = threading.Event()
        self._settings, self._rate = deployment.settings, rate
        self._events = [
            (str(event["account_id"]).encode(), orjson.dumps(event), str(event["event_time"]))
            for event in islice(simulate(preset("week"), seed=seed).events(), round(rate * seconds))
        ]

    def run(self) -> None:
        """Send."""
        producer = KafkaProducer(**self._settings.kafka_client(), acks="all", linger_ms=10)
        topic, many = self._settings.topic(topics.REQUESTS), self._settings.decides.partitions
        newest, started_s = "", time.monotonic()
        for key, value, event_time in self._events:
            if self.leaving.is_set():
                break
            ahead_s = started_s + self.sent / self._rate - time.monotonic()
            if ahead_s > 0.01:
                time.sleep(ahead_s)
            taken = producer.send(topic, value, key=key, partition=partition_of(key, many))
            self.sent += 1
            if event_time > newest:
                newest = event_time
                taken.add_callback(self._mark, epoch_ms(datetime.fromisoformat(event_time)))
        producer.flush()
        producer.close()

    def _mark(self, time_ms: int, _: object) -> None:
        if not self.marks or time_ms > self.marks[-1][0]:
            self.marks.append((time_ms, time.time()))


class Look(msgspec.Struct, frozen=True):
    """The worker at one moment."""

    at_s: float
    applied: float
    lag_records: float
    cpu_s: float


class Watch(threading.Thread):
    """Looks at the worker every second."""

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self.looks: list[Look] = []
        self.leaving = threading.Event()
        self._worker = worker
        self._process = psutil.Process(worker.process.pid)

    def run(self) -> None:
        """Look."""
        while not self.leaving.wait(1.0):
            times = self._process.cpu_times()
            lag = self._worker.metric("stillwatch_lag_records")
            applied = self._worker.metric("stillwatch_events_total")
            self.looks.append(Look(time.time(), applied, lag, times.user + times.system))


@click.command()
@click.option("--minutes", default=1.0, show_default=True, help="How long PostgreSQL is away.")
@click.option("--rate", default=400.0, show_default=True, help="Requests a second.")
@click.option("--around", default=90.0, show_default=True, help="Seconds before and after, and between restarts.")
@click.option("--seed", default=43, show_default=True, help="Of the simulated week.")
def main(minutes: float, rate: float, around: float, seed: int) -> None:
    """Take PostgreSQL away under load."""
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as name, KafkaBroker() as broker, PostgresServer() as server:
        folder = Path(name)
        deployment = Deployment(
            broker.bootstrap_servers, "store-outage", folder, STILLWATCH_DATABASE_URL=server.url, **_SETTINGS
        )
        # Catching up and restarting take a minute or two beside the waits.
        load = Load(deployment, rate, minutes * 60 + 2 * around + 240, seed)
        worker, store = deployment.start_worker(), Store(deployment, folder / "store.log")
        try:
            deployment.wait_ready(worker, within_s=240)
            watch = Watch(worker)
            load.start()
            watch.start()
            wait_until(lambda: load.marks, 120, store.log.read_text)
            phases = _phases(console, deployment, server, minutes * 60, around)
            load.leaving.set()
            load.join()
            watch.leaving.set()
            watch.join()
            deployment.produce_tick(load.marks[-1][0] + 25 * 3_600_000)
            deployment.wait_applied([worker], within_s=300)
            _report(console, deployment, load, watch, phases)
            start_s, end_s = dict(phases)["away"]
            seen = any(start_s <= at_s < end_s for at_s, _ in _delays(deployment, load))
            kept = _verify(console, deployment, server, store, folder)
        finally:
            store.kill()
            deployment.close()
    sys.exit(0 if kept and seen else 1)


def _phases(
    console: Console, deployment: Deployment, server: PostgresServer, down_s: float, around_s: float
) -> list[tuple[str, tuple[float, float]]]:
    """Do to PostgreSQL what is to be done; gives each phase's beginning and end on the clock."""
    begun = [time.time()]
    time.sleep(around_s)
    stored = positions(server.url)
    begun.append(time.time())
    server.stop()
    time.sleep(down_s)
    ends = end_offsets(deployment)
    waiting = sum(offset - stored.get(place, 0) for place, offset in ends.items())
    begun.append(time.time())
    server.start()
    wait_until(lambda: _stored_to(server.url, ends), 300, lambda: f"{ends}\n{positions(server.url)}")
    console.print(f"{waiting:,} records waited for the store, and were stored in {time.time() - begun[-1]:.1f} s")
    for end_server in (server.crash, server.stop):
        time.sleep(around_s / 2)
        end_server()
        server.start()
    time.sleep(around_s / 2)
    begun.append(time.time())
    return list(zip(("before", "away", "back, crashed, restarted"), pairwise(begun), strict=True))


def _stored_to(url: str, ends: dict[tuple[str, int], int]) -> bool:
    stored = positions(url)
    return all(stored.get(place, 0) >= offset for place, offset in ends.items())


def _delays(deployment: Deployment, load: Load) -> list[tuple[float, float]]:
    """When each alert record was written, and how long after the request that passed its moment was sent."""
    times_ms = [time_ms for time_ms, _ in load.marks]
    found = []
    for record in deployment.read(topics.ALERTS):
        place = bisect_left(times_ms, epoch_ms(datetime.fromisoformat(decode(record.value).detected_at)))
        if place < len(times_ms):
            written_s = record.timestamp / 1_000
            found.append((written_s, written_s - load.marks[place][1]))
    return found


def _report(
    console: Console,
    deployment: Deployment,
    load: Load,
    watch: Watch,
    phases: Sequence[tuple[str, tuple[float, float]]],
) -> None:
    table = Table("PostgreSQL", "s", "applied/s", "lag median", "lag 99 %", "CPU us an event", "alert records",
                  "alert delay median, s", "max, s")  # fmt: skip
    delays = _delays(deployment, load)
    for name, (start_s, end_s) in phases:
        looks = [look for look in watch.looks if start_s <= look.at_s < end_s]
        applied = looks[-1].applied - looks[0].applied
        lags = sorted(look.lag_records for look in looks)
        waits = [wait_s for at_s, wait_s in delays if start_s <= at_s < end_s]
        table.add_row(
            name,
            f"{end_s - start_s:.0f}",
            f"{applied / (looks[-1].at_s - looks[0].at_s):.0f}",
            f"{statistics.median(lags):.0f}",
            f"{lags[int(0.99 * (len(lags) - 1))]:.0f}",
            f"{1e6 * (looks[-1].cpu_s - looks[0].cpu_s) / max(1.0, applied):.0f}",
            str(len(waits)),
            f"{statistics.median(waits):.2f}" if waits else "-",
            f"{max(waits):.2f}" if waits else "-",
        )
    console.print(f"{load.sent:,} requests over {(load.marks[-1][0] - load.marks[0][0]) / _DAY_MS:.1f} days of events")
    console.print(table)


def _verify(console: Console, deployment: Deployment, server: PostgresServer, store: Store, folder: Path) -> bool:
    """Whether alerts are those of a replay and the store holds each record once."""
    live = verified_alerts(deployment)
    record_requests(deployment.settings, folder / "recording.jsonl.zst")
    replay([folder / "recording.jsonl.zst"], folder / "replayed", deployment.settings, recorded=True)
    replayed = (folder / "replayed" / "alerts.jsonl").read_bytes().splitlines()
    store.wait_stored(server.url)
    stored = [
        (row["alert_id"], row["sequence"]) for row in select(server.url, "SELECT alert_id, sequence FROM alert_record")
    ]
    lost = len(reported(deployment).keys() - set(stored))
    console.print(
        f"alerts: {len(live):,} records live, {len(replayed):,} in the replay, equal: {live == replayed}; "
        f"store: {len(stored):,} rows, {lost} lost, {len(stored) - len(set(stored))} doubled, "
        f"{len(select(server.url, 'TABLE refused_record'))} refused, "
        f"{store.metric('stillwatch_store_lost_total'):.0f} deleted before they were stored, "
        f"{store.metric('stillwatch_store_failures_total'):.0f} failed tries"
    )
    assert_equal(deployment, server.url)
    return live == replayed and not lost and len(stored) == len(set(stored))


if __name__ == "__main__":
    main()
