"""The sink on a real broker and a real PostgreSQL: every record once, whatever is killed or away meanwhile."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random

import msgspec
import pytest
from click.testing import CliRunner
from kafka import KafkaProducer

from models.alert import Alert, alert_id, encode, timestamp
from streams import topics
from streams.broker import KafkaBroker
from streams.commands import main
from streams.database import PostgresServer
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.integration.deployment import Deployment, wait_until
from tests.integration.events import encoded
from tests.integration.store import Store, assert_equal, reported, select
from tests.streams.database.records import NOW_MS, alert

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


def alert_stream(seed: int, alerts: int) -> list[Alert]:
    """Make alerts with some records each, their records interleaved as the decision's are."""
    random = Random(seed)
    made: list[tuple[float, Alert]] = []
    for number in range(alerts):
        entity, opened_ms = f"e{number}", NOW_MS + random.randrange(3 * 86_400_000)
        last = random.randrange(4)
        for sequence in range(last + 1):
            state = "open" if sequence == 0 else "closed" if sequence == 3 else "update"
            names = [f"{entity}-{sequence}-{n}" for n in range(random.randrange(12))]
            record = alert(
                alert_id=alert_id("campaign", entity, opened_ms),
                sequence=sequence,
                kind="campaign",
                entity_id=entity,
                state=state,
                detected_at=timestamp(opened_ms + sequence * 600_000),
                score=random.random(),
                accounts=names,
            )
            made.append((opened_ms + sequence * 600_000, record))
    return [record for _, record in sorted(made, key=lambda pair: pair[0])]


class Producing:
    """Writes alert records in the background, a few hundred a second, until told to stop."""

    def __init__(self, deployment: Deployment, records: Sequence[Alert], pause_s: float) -> None:
        self._deployment, self._records, self._pause_s = deployment, records, pause_s
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        topic = self._deployment.settings.topic(topics.ALERTS)
        producer = KafkaProducer(**self._deployment.settings.kafka_client(), acks="all", delivery_timeout_ms=600_000)
        for number, record in enumerate(self._records):
            producer.send(topic, encode(record), key=record.entity_id.encode(), partition=0)
            if number % 50 == 49:
                time.sleep(self._pause_s)
        producer.flush()
        producer.close()

    def join(self) -> None:
        """Return when all of it is written."""
        self._thread.join()


@pytest.fixture
def start_store(tmp_path: Path) -> Iterator[Callable[[Deployment], Store]]:
    """Return a function that starts a sink on a deployment; it ends with the test."""
    started: list[Store] = []

    def start(deployment: Deployment) -> Store:
        store = Store(deployment, tmp_path / f"store-{len(started)}.log")
        started.append(store)
        return store

    yield start
    for store in started:
        if store.process.poll() is None:
            store.kill()


def has_records(url: str, many: int) -> bool:
    """Whether the store has so many alert records."""
    return len(select(url, "SELECT sequence FROM alert_record")) >= many


def test_killed_in_mid_stream_it_stores_each_record_once(
    deploy: Callable[..., Deployment], start_store: Callable[[Deployment], Store], store_url: str
) -> None:
    """Killed twice while records come, some of them twice over, the sink goes on and the store equals the topic."""
    deployment = deploy(STILLWATCH_DATABASE_URL=store_url, STILLWATCH_STORE_BATCH_RECORDS="60")
    records = alert_stream(seed=1, alerts=1_200)
    # A worker that is started again after a crash writes anew what it had not committed, after what came meanwhile.
    with_repeats = records[:1_000] + records[700:1_800] + records[1_500:]
    store = start_store(deployment)
    producing = Producing(deployment, with_repeats, pause_s=0.05)
    for reached in (400, 1_200):
        wait_until(partial(has_records, store_url, reached), 180, store.log.read_text)
        store.kill()
        time.sleep(0.5)
        store.start()
    producing.join()
    store.wait_stored(store_url)
    assert len(reported(deployment)) == len(records)
    assert_equal(deployment, store_url)
    assert select(store_url, "TABLE refused_record") == []
    assert store.stop() == 0


def test_database_and_brokers_away_lose_and_double_nothing(
    deploy_on: Callable[..., Deployment], start_store: Callable[[Deployment], Store], postgres: PostgresServer
) -> None:
    """PostgreSQL stopped, then crashed, and Kafka restarted, under load: the same process catches up by itself."""
    del postgres  # skips where there is none
    with KafkaBroker() as broker, PostgresServer() as server:
        deployment = deploy_on(broker, STILLWATCH_DATABASE_URL=server.url, STILLWATCH_STORE_BATCH_RECORDS="100")
        records = alert_stream(seed=2, alerts=1_500)
        store = start_store(deployment)
        pid = store.process.pid
        producing = Producing(deployment, records, pause_s=0.2)
        wait_until(lambda: select(server.url, "TABLE alert"), 180, store.log.read_text)
        for end_server in (server.stop, server.crash):
            end_server()
            wait_until(lambda: store.metric("stillwatch_store_database_up") == 0, 180, store.log.read_text)
            # What waits is told meanwhile, though nothing is fetched.
            wait_until(lambda: store.metric("stillwatch_store_lag_records") > 0, 60, store.log.read_text)
            server.start()
            wait_until(lambda: store.metric("stillwatch_store_database_up") == 1, 180, store.log.read_text)
        assert store.metric("stillwatch_store_failures_total") >= 2
        broker.restart()
        producing.join()
        store.wait_stored(server.url)
        assert_equal(deployment, server.url)
        assert (store.process.pid, store.process.poll()) == (pid, None)
        assert store.stop() == 0


def test_two_sinks_share_one_database(
    deploy: Callable[..., Deployment], start_store: Callable[[Deployment], Store], store_url: str
) -> None:
    """A second sink doubles nothing, and goes on alone when the first is killed."""
    deployment = deploy(STILLWATCH_DATABASE_URL=store_url, STILLWATCH_STORE_BATCH_RECORDS="40")
    first, second = start_store(deployment), start_store(deployment)
    producing = Producing(deployment, alert_stream(seed=3, alerts=500), pause_s=0.1)
    wait_until(lambda: select(store_url, "TABLE alert"), 180, first.log.read_text)
    first.kill()
    producing.join()
    second.wait_stored(store_url)
    assert_equal(deployment, store_url)
    assert select(store_url, "TABLE refused_record") == []


def test_a_conflict_is_told_and_stops_nothing(
    deploy: Callable[..., Deployment], start_store: Callable[[Deployment], Store], store_url: str
) -> None:
    """The first content stays, what follows is stored, and log, metrics, table and doctor tell of the second."""
    deployment = deploy(STILLWATCH_DATABASE_URL=store_url, STILLWATCH_HASH_KEY="a key of the tests")
    producer = KafkaProducer(**deployment.settings.kafka_client())
    for record in (alert(), alert(score=0.9), alert(alert_id="b" * 32)):
        producer.send(deployment.settings.topic(topics.ALERTS), encode(record), partition=0)
    producer.close()
    store = start_store(deployment)
    store.wait_stored(store_url)
    assert {row["alert_id"]: row["score"] for row in select(store_url, "TABLE alert")} == {
        "a" * 32: 0.52,
        "b" * 32: 0.52,
    }
    assert [row["reason"] for row in select(store_url, "TABLE refused_record")] == ["conflict"]
    assert store.metric("stillwatch_store_refused_total") == 1
    assert "record_refused" in store.log.read_text()
    told = CliRunner().invoke(main, ["doctor", "--json"])
    finding = next(found for found in msgspec.json.decode(told.stdout) if found["check"] == "store")
    assert (finding["passed"], "1 records were refused" in finding["found"]) == (False, True)


def test_the_commands_look_after_the_store(deploy: Callable[..., Deployment], database_url: str) -> None:
    """Migrating, erasing and tidying work by command, and say so; doctor names what is missing before."""
    deploy(STILLWATCH_DATABASE_URL=database_url)
    runner = CliRunner()

    def doctor_says() -> tuple[bool, str]:
        found = msgspec.json.decode(runner.invoke(main, ["doctor", "--json"]).stdout)
        finding = next(each for each in found if each["check"] == "store")
        return finding["passed"], finding["mend"]

    early = runner.invoke(main, ["store", "erase", "acct-7", "--yes"])
    assert (early.exit_code, "run `stillwatch store migrate`" in early.output) == (1, True)
    assert doctor_says() == (False, "run `stillwatch store migrate`")
    assert "applied 0001 alert_store" in runner.invoke(main, ["store", "migrate"]).output
    assert runner.invoke(main, ["store", "migrate"]).output == "nothing to do\n"
    assert doctor_says() == (True, "")
    erased = runner.invoke(main, ["store", "erase", "acct-7", "--yes", "--by", "ada", "--json"])
    assert (erased.exit_code, erased.output) == (0, "{}\n")
    assert [row["actor"] for row in select(database_url, "TABLE erasure")] == ["ada"]
    assert runner.invoke(main, ["store", "tidy"]).output == "nothing to do\n"
    assert len(select(database_url, "TABLE partition_day")) == 12
    os.environ["STILLWATCH_DATABASE_URL"] = "postgresql://ada:hunter2@127.0.0.1:1/none"
    away = runner.invoke(main, ["store", "migrate"])
    assert (away.exit_code, "127.0.0.1:1/none" in away.output, "hunter2" in away.output) == (1, True, False)


def test_the_store_follows_a_worker(
    deploy: Callable[..., Deployment], start_store: Callable[[Deployment], Store], store_url: str
) -> None:
    """Beside a real worker the store has its alerts, its looks at accounts and groups, and its dead letters."""
    deployment = deploy(STILLWATCH_DATABASE_URL=store_url, STILLWATCH_DETECTION__PARTITIONS="2")
    worker, store = deployment.start_worker(), start_store(deployment)
    deployment.wait_ready(worker, within_s=200)
    events = encoded(simulate(preset("parity"), seed=100).events(), 16_000)
    deployment.produce([*events, (b"k", b"no event")])
    deployment.wait_applied([worker], within_s=300)
    store.wait_stored(store_url)
    assert_equal(deployment, store_url)
    assert reported(deployment)
    told = [msgspec.json.decode(record.value) for record in deployment.read(topics.CANDIDATES) if record.key is None]
    looks = [look for batch in told for look in batch["candidates"]]
    groups = {(look["link"], look["key"], look["effective_ms"]) for look in looks if look["kind"] == "group"}
    found = select(store_url, "SELECT *, extract(epoch FROM effective_at) * 1000 AS ms FROM group_window")
    assert {(row["link"], row["anchor_key"], int(row["ms"])) for row in found} == groups
    windows = {(look["account_id"], look["effective_ms"] // 600_000) for look in looks if look["kind"] == "account"}
    found = select(store_url, "SELECT *, extract(epoch FROM window_start) / 600 AS n FROM account_window")
    assert {(row["account_id"], int(row["n"])) for row in found} == windows
    campaigns = {record.alert_id for record in reported(deployment).values() if record.kind == "campaign"}
    founded = select(store_url, "SELECT alert_id FROM campaign_link WHERE founding")
    assert {row["alert_id"] for row in founded} == campaigns
    (letter,) = select(store_url, "TABLE dead_letter")
    assert (letter["reason"], letter["field"]) == ("invalid_json", "$")
