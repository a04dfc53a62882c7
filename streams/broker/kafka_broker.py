"""A real Apache Kafka on loopback, started and stopped by the process that needs it."""

import base64
import itertools
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from streams.broker.distribution import KAFKA_VERSION, Distribution, install_kafka, server_properties
from streams.broker.errors import BrokerError
from streams.broker.java import Java, find_java
from streams.broker.jvm import end, spawn
from streams.broker.ports import LOOPBACK, accepts_connections, free_ports

_READY_WITHIN_SECONDS = 90.0
_ENDS_WITHIN_SECONDS = 30.0
_STARTS_TRIED = 3
_ARCHIVE_NUMBERS = itertools.count()
# C1 alone and the serial collector start a small broker in half the CPU time; slf4j-simple logs to standard error.
_JVM_OPTIONS = (
    "-Xms64m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:+IgnoreUnrecognizedVMOptions",
    "-Djava.awt.headless=true",
    "-Djava.net.preferIPv4Stack=true",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
)


class KafkaBroker:
    """Apache Kafka 4 as one node, broker and controller in one (KRaft), for demo, tests and benchmarks.

    A context manager: entering starts it and returns when it answers, leaving stops it. The first use on a machine
    downloads 45 MB; after that a start takes two to four seconds. Nothing but loopback can reach it, and nothing of
    it survives this process, whichever way that ends.

    Args:
        data_directory: Where topics, log and settings live; kept afterwards, and an earlier broker's content is used
            again. A temporary directory, removed by `stop`, when None.
        settings: Broker settings that are added to those of `server.properties` or replace them.
        heap_mib: Largest Java heap in MiB.
        progress: Told in a sentence what is being done.
        java: Runs the broker; `find_java()` when None.
        cache: Folder for the downloaded jars; the user's cache when None.

    Attributes:
        bootstrap_servers: `127.0.0.1:PORT`; the port stays the same over `kill`, `start` and `restart`.
        directory: Holds `broker.log`, `server.properties` and `topics/`.

    Raises:
        JavaNotFoundError: No Java 17 or later.
        DownloadError: The jars could not be fetched.
        BrokerError: The broker did not start; the message names its log, which is then kept.

    """

    bootstrap_servers: str
    directory: Path

    def __init__(
        self,
        data_directory: Path | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        heap_mib: int = 512,
        progress: Callable[[str], None] = lambda _: None,
        java: Java | None = None,
        cache: Path | None = None,
    ) -> None:
        self._progress = progress
        self._java = java or find_java()
        self._distribution = install_kafka(self._java, progress, cache)
        self._settings = dict(settings or {})
        self._heap_mib = heap_mib
        self._temporary = data_directory is None
        self.directory = (data_directory or Path(tempfile.mkdtemp(prefix="stillwatch-kafka-"))).absolute()
        self._process: subprocess.Popen[bytes] | None = None
        self._archive_in_work: Path | None = None
        self._port_is_known = False
        self._choose_ports()

    @property
    def log_path(self) -> Path:
        """The broker's log."""
        return self.directory / "broker.log"

    @property
    def pid(self) -> int | None:
        """Process id of the running broker; None when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the broker and return when it answers requests, 90 seconds at most; a running one is left alone."""
        if self.pid is not None:
            return
        self._progress(f"Starting Apache Kafka {KAFKA_VERSION}")
        topics = self.directory / "topics"
        if not topics.exists():
            _lay_storage(self._distribution, topics)
        for attempt in range(1, _STARTS_TRIED + 1):
            try:
                self._launch()
                break
            except _PortTakenError:
                if self._port_is_known or attempt == _STARTS_TRIED:
                    raise
                self._choose_ports()
        self._port_is_known = True

    def stop(self) -> None:
        """End the broker in good order, or by force after 30 seconds, and remove a temporary directory.

        The log of a broker that ended by itself is kept, and its path told.
        """
        crashed = self._process is not None and self._process.poll() is not None
        self._end(_ENDS_WITHIN_SECONDS)
        if crashed:
            self._progress(f"Apache Kafka ended by itself; its log is {self.log_path}")
        elif self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    def kill(self) -> None:
        """End the broker at once, as a crash would, and keep its directory for `start`."""
        if self._process is not None:
            self._process.kill()
        self._end(_ENDS_WITHIN_SECONDS)

    def restart(self) -> None:
        """End the broker in good order and start it again with the same topics on the same port."""
        self._end(_ENDS_WITHIN_SECONDS)
        self.start()

    def _choose_ports(self) -> None:
        self._port, self._controller_port = free_ports(2)
        self.bootstrap_servers = f"{LOOPBACK}:{self._port}"

    def _launch(self) -> None:
        properties = self.directory / "server.properties"
        own = "".join(f"{name}={value}\n" for name, value in self._settings.items())
        properties.write_text(server_properties(self._port, self._controller_port, self.directory / "topics") + own)
        already_logged = self.log_path.stat().st_size if self.log_path.exists() else 0
        options = [*_JVM_OPTIONS, f"-Xmx{self._heap_mib}m", *self._class_archive_options()]
        classpath = self._distribution.classpath
        command = [str(self._java.launcher), *options, "-cp", classpath, "kafka.Kafka", str(properties)]
        try:
            self._process = spawn(command, self.log_path)
            self._wait_until_ready(self._process, already_logged)
        except BaseException:
            self.kill()
            raise

    def _class_archive_options(self) -> list[str]:
        """Share the classes of an earlier run, which halves the start; without one, record this run's on its end."""
        archive = self._distribution.class_archive(self._java)
        if archive.exists():
            return [f"-XX:SharedArchiveFile={archive}", "-Xlog:cds=off"]
        # Each process writes its own; whoever ends first publishes it.
        number = next(_ARCHIVE_NUMBERS)
        self._archive_in_work = archive.with_suffix(f".{os.getpid()}-{number}")
        return [f"-XX:ArchiveClassesAtExit={self._archive_in_work}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]

    def _wait_until_ready(self, process: subprocess.Popen[bytes], already_logged: int) -> None:
        deadline = time.monotonic() + _READY_WITHIN_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise self._failure(f"ended with status {process.returncode}", already_logged)
            if accepts_connections(self._port) and _answers(self.bootstrap_servers):
                return
            time.sleep(0.02)
        raise self._failure(f"did not answer within {_READY_WITHIN_SECONDS:.0f} seconds", already_logged)

    def _failure(self, what: str, already_logged: int) -> BrokerError:
        said = self.log_path.read_bytes()[already_logged:].decode(errors="replace")
        kind = _PortTakenError if "Address already in use" in said else BrokerError
        told = [line[:300] for line in said.splitlines() if not line.startswith("\tat ")]
        last = "\n".join(told[-8:])
        return kind(f"Apache Kafka {KAFKA_VERSION} {what}; its log is {self.log_path}, the last lines:\n{last}")

    def _end(self, grace_seconds: float) -> None:
        process, self._process = self._process, None
        if process is not None:
            end(process, grace_seconds)
        archive, self._archive_in_work = self._archive_in_work, None
        if archive is None or not archive.exists():
            return
        # Java writes the archive while it ends in good order on SIGTERM, with status 143; any other may be torn.
        if process is not None and process.returncode in {0, 143}:
            archive.rename(self._distribution.class_archive(self._java))
        else:
            archive.unlink()


class _PortTakenError(BrokerError):
    """Another process took a port between its choice and the broker's start."""


def _answers(bootstrap_servers: str) -> bool:
    """Ask for the cluster's metadata; a broker that is still fenced is not in it."""
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=bootstrap_servers, bootstrap_timeout_ms=5_000, request_timeout_ms=5_000
        )
    except (KafkaError, OSError):
        return False
    try:
        return len(admin.describe_cluster()["brokers"]) == 1
    except (KafkaError, OSError):
        return False
    finally:
        admin.close()


def _lay_storage(distribution: Distribution, topics: Path) -> None:
    """Copy the formatted storage under a cluster id and a directory id of its own, complete or not at all."""
    topics.parent.mkdir(parents=True, exist_ok=True)
    unfinished = topics.with_name("topics.partial")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(distribution.formatted_storage, unfinished)
    properties = unfinished / "meta.properties"
    kept = [line for line in properties.read_text().splitlines() if not line.startswith(("cluster.id", "directory.id"))]
    properties.write_text("\n".join([*kept, f"cluster.id={_random_id()}", f"directory.id={_random_id()}", ""]))
    unfinished.rename(topics)


def _random_id() -> str:
    """Return a Kafka Uuid: 16 random bytes in URL-safe base 64 without padding."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
