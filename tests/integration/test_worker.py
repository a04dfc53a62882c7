"""A worker among its neighbours: its pages, its stop, and what happens when brokers or workers fail under it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from streams import topics
from streams.broker import KafkaBroker
from streams.record import record_requests
from streams.replay import replay
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.integration.counts import counts_in_changelog, counts_in_topic
from tests.integration.deployment import Deployment, wait_until
from tests.integration.events import encoded
from tests.integration.test_parity import verified_alerts


def status_of(port: int, path: str) -> int:
    """Return the HTTP status of a page."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.integration
def test_pages_answer_on_loopback_and_sigterm_ends_the_worker(deploy: Callable[..., Deployment]) -> None:
    """Metrics and health and nothing else, on 127.0.0.1 alone; SIGTERM: status 0 soon, everything applied committed."""
    deployment = deploy(STILLWATCH_FLUSH_INTERVAL_S="60")
    worker = deployment.start_worker()
    deployment.wait_ready(worker)
    pages = ("/health/live", "/health/ready", "/metrics")
    assert {path: status_of(worker.port, path) for path in pages} == dict.fromkeys(pages, 200)
    others = (
        "/",
        "/table",
        "/table/accounts",
        "/router",
        "/router/accounts/a",
        "/stats",
        "/graph",
        "/health",
        "/static",
    )
    assert {path: status_of(worker.port, path) for path in others} == dict.fromkeys(others, 404)
    sockets = psutil.Process(worker.process.pid).net_connections("inet")
    listening = [socket.laddr for socket in sockets if socket.status == psutil.CONN_LISTEN]
    assert listening == [("127.0.0.1", worker.port)]

    deployment.produce(encoded(simulate(preset("demo"), seed=17).events(), limit=3_000))
    wait_until(lambda: worker.metric("stillwatch_events_total") == 3_000, 60, worker.log.read_text)
    assert not counts_in_changelog(deployment)
    asked = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - asked < 30
    assert sum(counts_in_changelog(deployment).values()) == 3_000
    assert deployment.applied()


@pytest.fixture
def own_broker() -> Iterator[KafkaBroker]:
    """Return a broker that the test may stop."""
    with KafkaBroker() as broker:
        yield broker


@pytest.mark.integration
def test_a_broker_that_comes_back_costs_nothing(own_broker: KafkaBroker, deploy_on: Callable[..., Deployment]) -> None:
    """The broker restarts and later crashes in mid-stream, and returns; afterwards every event is counted once."""
    deployment = deploy_on(own_broker, STILLWATCH_BATCH_RECORDS="200")
    events = encoded(simulate(preset("demo"), seed=18).events(), limit=6_000)
    deployment.produce(events[:3_000])
    worker = deployment.start_worker()
    deployment.wait_ready(worker)
    wait_until(lambda: worker.metric("stillwatch_events_total") >= 500, 60, worker.log.read_text)
    own_broker.restart()
    deployment.produce(events[3_000:5_000])
    own_broker.kill()
    own_broker.start()
    deployment.produce(events[5_000:])
    # A supervisor starts a worker again that gave up; this test is its supervisor.
    deadline = time.monotonic() + 150
    while not (worker.ready() and deployment.applied()):
        assert time.monotonic() < deadline, worker.log.read_text()[-4_000:]
        if worker.process.poll() is not None:
            assert worker.process.returncode == 1
            worker = deployment.start_worker()
        time.sleep(1)
    assert worker.stop() == 0
    assert counts_in_changelog(deployment) == counts_in_topic(deployment)
    assert sum(counts_in_topic(deployment).values()) == 6_000


@pytest.mark.integration
@pytest.mark.timeout(400)
def test_a_worker_that_wakes_up_late_changes_nothing(deploy: Callable[..., Deployment], tmp_path: Path) -> None:
    """One frozen past its session while another takes over wakes to no effect: counts right, alerts as in a replay."""
    # A large budget makes alerts enough to compare.
    deployment = deploy(STILLWATCH_BATCH_RECORDS="300", STILLWATCH_DETECTION__FALSE_PAGES_PER_WEEK="30")
    events = encoded(simulate(preset("parity"), seed=19).events(), limit=10_000)
    zombie = deployment.start_worker()
    deployment.wait_ready(zombie)
    deployment.produce(events[:4_000])
    wait_until(lambda: zombie.metric("stillwatch_events_total") >= 1_000, 60, zombie.log.read_text)
    zombie.process.send_signal(signal.SIGSTOP)
    heir = deployment.start_worker()
    deployment.produce(events[4_000:8_000])
    deployment.wait_ready(heir)
    # The zombie may have taken all of the first 4,000; the heir has as many of its own in any case.
    wait_until(lambda: heir.metric("stillwatch_events_total") >= 4_000, 120, heir.log.read_text)
    zombie.process.send_signal(signal.SIGCONT)
    deployment.produce(events[8_000:])
    deployment.produce_tick(preset("parity").end_ms + 25 * 3_600_000)
    deployment.wait_applied([zombie, heir], within_s=200)
    assert [zombie.stop(), heir.stop()] == [0, 0]
    assert counts_in_changelog(deployment) == counts_in_topic(deployment)
    assert sum(counts_in_topic(deployment).values()) == 10_000
    recording = tmp_path / "recording.jsonl"
    record_requests(deployment.settings, recording)
    replay([recording], tmp_path / "replayed", deployment.settings, recorded=True)
    replayed = (tmp_path / "replayed" / "alerts.jsonl").read_bytes().splitlines()
    assert verified_alerts(deployment) == replayed
    assert len(replayed) >= 10


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("STILLWATCH_WEB_PORT", "many", ["web_port", "STILLWATCH_WEB_PORT", "valid integer"]),
        ("STILLWATCH_FLUSH_INTERVAL_S", "-1", ["flush_interval_s", "greater than 0"]),
        ("STILLWATCH_KAFKA_SECURITY_PROTOCOL", "SASL_SSL", ["kafka_sasl_username", "kafka_sasl_password"]),
        ("STILLWATCH_DETECTION__PARTITIONS", "many", ["detection", "partitions"]),
        ("STILLWATCH_CONFIG", "/nowhere/stillwatch.toml", ["STILLWATCH_CONFIG", "no such file"]),
    ],
)
def test_a_wrong_setting_is_named_with_its_mend(variable: str, value: str, words: list[str]) -> None:
    """The worker does not start: one message that names the field, where it came from and what it should be."""
    ended = subprocess.run(
        [sys.executable, "-m", "streams", "worker"],
        env=os.environ | {variable: value},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    assert ended.stderr.startswith("Error: ")
    assert "Traceback" not in ended.stderr
    for word in words:
        assert word in ended.stderr


@pytest.mark.integration
def test_a_worker_refuses_topics_of_another_width(deploy: Callable[..., Deployment]) -> None:
    """With another number of partitions than the topics have, keys and state would not meet: it says so and ends."""
    deployment = deploy()
    worker = deployment.start_worker(STILLWATCH_DETECTION__PARTITIONS="2")
    worker.process.wait(60)
    said = worker.log.read_text()
    assert worker.process.returncode == 1
    assert f"{deployment.settings.topic(topics.REQUESTS)}: 4 partitions, settings say 2" in said
    assert "STILLWATCH_DETECTION__PARTITIONS" in said
    assert "Traceback" not in said
