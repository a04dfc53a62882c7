"""The demo as a stranger runs it: it shows the alerts, ends by itself, and leaves nothing behind."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from kafka import KafkaAdminClient

from streams.broker.ports import accepts_connections
from tests.integration.deployment import wait_until
from tests.integration.store import select
from tests.shared_kafka import Kafka

MARK = "DEMO_UNDER_TEST"
_STYLING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class RunningDemo:
    """One demo in a process of its own, recognisable among all others, with a temporary folder of its own."""

    def __init__(self, folder: Path, *options: str, terminal: bool = False, **settings: str) -> None:
        self._id = uuid.uuid4().hex
        self._output: list[bytes] = []
        self.folder = folder / "temporary"
        self.folder.mkdir()
        own = {name: value for name, value in os.environ.items() if not name.startswith("STILLWATCH_")}
        environment = own | settings | {MARK: self._id, "TMPDIR": str(self.folder), "COLUMNS": "110", "TERM": "xterm"}
        command = [sys.executable, "-m", "streams", "demo", *options]
        reader, writer = pty.openpty() if terminal else os.pipe()
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer, env=environment, start_new_session=True
        )
        os.close(writer)
        self._reading = threading.Thread(target=self._read, args=(reader,), daemon=True)
        self._reading.start()

    def _read(self, reader: int) -> None:
        # A pseudo-terminal whose other end is closed reads as an error.
        with suppress(OSError):
            while chunk := os.read(reader, 65_536):
                self._output.append(chunk)
        os.close(reader)

    @property
    def output(self) -> str:
        """What it has printed so far, without colours."""
        return _STYLING.sub("", b"".join(self._output).decode(errors="replace"))

    def wait_for(self, words: str, within_s: float = 150.0) -> None:
        """Return when it has printed some words; fails when it ended without them."""

        def seen() -> bool:
            assert self.process.poll() is None or words in self.output, self.output
            return words in self.output

        wait_until(seen, within_s, lambda: self.output)

    def end(self, within_s: float = 150.0) -> int:
        """Wait until it has ended; returns its status."""
        status = self.process.wait(within_s)
        self._reading.join(10)
        return status

    def processes(self) -> list[psutil.Process]:
        """Return every living process that it started, the demo itself included."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == self._id and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def ports(self) -> set[int]:
        """Return every port that its processes listen on; all of them must be loopback."""
        listening = [
            socket.laddr
            for process in self.processes()
            for socket in process.net_connections("inet")
            if socket.status == psutil.CONN_LISTEN
        ]
        assert {address.ip.removeprefix("::ffff:") for address in listening} <= {"127.0.0.1"}
        return {address.port for address in listening}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RunningDemo]]:
    """Start demos; whatever is left of them ends with the test."""
    started: list[RunningDemo] = []

    def begin(*options: str, terminal: bool = False, **settings: str) -> RunningDemo:
        started.append(RunningDemo(tmp_path, *options, terminal=terminal, **settings))
        return started[-1]

    yield begin
    for demo in started:
        for process in demo.processes():
            process.kill()


def assert_nothing_is_left(demo: RunningDemo, ports: set[int]) -> None:
    """No process, no open port, no file."""
    assert demo.processes() == []
    assert {port for port in ports if accepts_connections(port)} == set()
    assert list(demo.folder.iterdir()) == []


def assert_found(output: str) -> None:
    """The summary tells that the loud account and the campaign were named, and nobody innocent."""
    assert re.search(r"OPEN · \w+ · account", output)
    assert re.search(r"OPEN · \w+ · campaign", output)
    told = re.search(r"(\d+) +of 6[01] harvesting accounts named", output)
    assert told, output[-3_000:]
    assert int(told[1]) >= 46
    assert re.search(r"0 +innocent accounts named", output)


@pytest.mark.integration
def test_the_demo_shows_alerts_and_ends_by_itself(start: Callable[..., RunningDemo]) -> None:
    """Without a terminal: alerts, a summary that is right, status 0, and nothing is left."""
    demo = start("--seconds", "5")
    demo.wait_for("OPEN ·")
    ports = demo.ports()
    assert len(ports) >= 2
    assert demo.end() == 0, demo.output
    assert_found(demo.output)
    assert "\r" not in demo.output
    assert_nothing_is_left(demo, ports)


@pytest.mark.integration
def test_the_demo_in_a_terminal_stays_up_when_asked(start: Callable[..., RunningDemo], kafka: Kafka) -> None:
    """On the operator's broker, with a progress bar: after the day it stays until Ctrl-C, then its topics are gone."""
    demo = start(
        "--seconds",
        "2",
        "--keep",
        terminal=True,
        STILLWATCH_KAFKA_BOOTSTRAP_SERVERS=kafka.bootstrap_servers,
        TERM="xterm",
    )
    demo.wait_for("Staying up")
    assert_found(demo.output)
    ports = demo.ports()
    assert len(ports) == 3
    assert demo.process.poll() is None
    url = re.search(r"STILLWATCH_DATABASE_URL=(\S+)", demo.output)
    assert url
    wait_until(lambda: len(select(url[1], "TABLE alert")) >= 2, 60, lambda: demo.output)
    demo.process.send_signal(signal.SIGINT)
    assert demo.end() == 0, demo.output
    assert "requests" in demo.output
    assert_nothing_is_left(demo, ports)
    client = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    try:
        wait_until(lambda: not [name for name in client.list_topics() if "demo" in name], 60, client.list_topics)
    finally:
        client.close()


@pytest.mark.integration
@pytest.mark.parametrize("moment", ["Starting Apache Kafka", "Starting a worker", "OPEN ·"])
def test_a_demo_that_is_ended_early_leaves_nothing(
    start: Callable[..., RunningDemo], kafka: Kafka, moment: str
) -> None:
    """SIGTERM while Kafka starts, while the worker starts, and in mid-day: all of it ends, soon."""
    # In mid-day nothing is started: a Kafka of its own would tell no more than in the test above.
    given = {"STILLWATCH_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers} if moment == "OPEN ·" else {}
    demo = start("--seconds", "12", **given)
    demo.wait_for(moment)
    ports = demo.ports()
    demo.process.send_signal(signal.SIGTERM)
    assert demo.end(60) == 130, demo.output
    assert "Traceback" not in demo.output
    assert_nothing_is_left(demo, ports)
