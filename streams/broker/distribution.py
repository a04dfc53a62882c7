"""Apache Kafka's jars, by pinned coordinates and hashes, in the user's cache."""

import fcntl
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import Template

from streams.broker.errors import BrokerError
from streams.broker.fetch import fetch_jars
from streams.broker.jars import LOCKED_JARS, Jar, lock_digest
from streams.broker.java import Java

KAFKA_VERSION = next(jar.version for jar in LOCKED_JARS if jar.artifact.startswith("kafka_"))
_SERVER_PROPERTIES = Path(__file__).with_name("server.properties")
_ANY_CLUSTER_ID = "c3RpbGx3YXRjaC1rYWZrYQ"  # every broker replaces it by its own


@dataclass(frozen=True, slots=True)
class Distribution:
    """A complete Apache Kafka in a folder: its jars, and a storage directory already formatted.

    Attributes:
        directory: The folder; nothing in it changes but class-data archives that are added.
        jars: What `directory` holds, in the order of the class path.

    """

    directory: Path
    jars: tuple[Jar, ...]

    @property
    def classpath(self) -> str:
        """The class path, always in one order: a class-data archive is refused for any other."""
        return os.pathsep.join(str(self.directory / jar.file_name) for jar in self.jars)

    @property
    def formatted_storage(self) -> Path:
        """A storage directory as `kafka-storage format` leaves it, to be copied."""
        return self.directory / "formatted"

    def class_archive(self, java: Java) -> Path:
        """Path of the class-data archive for `java`; it exists once a broker has run and ended in good order."""
        return self.directory / f"classes-{java.build}.jsa"


def cache_directory() -> Path:
    """Return the user's cache folder for Stillwatch: XDG_CACHE_HOME's, else `~/.cache/stillwatch`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stillwatch"


def server_properties(broker_port: int, controller_port: int, data_directory: Path) -> str:
    """Return the text of `server.properties` for these loopback ports and this storage directory."""
    return Template(_SERVER_PROPERTIES.read_text()).substitute(
        broker_port=broker_port, controller_port=controller_port, data_directory=data_directory
    )


def install_kafka(java: Java, progress: Callable[[str], None], cache: Path | None = None) -> Distribution:
    """Return Apache Kafka from the cache, downloading and formatting it first where it is not there.

    The folder appears under its final name only when complete; an interrupted download goes on where it stopped.
    Two processes that need it at once wait for each other. Cost: 45 MB and 5 to 15 seconds the first time.

    Args:
        java: Runs the storage tool.
        progress: Told in a sentence what is being done, when it takes long.
        cache: Folder that holds the distributions; `cache_directory()` when None.

    Raises:
        DownloadError: A jar could not be fetched or has another hash than the locked one.
        BrokerError: The storage tool failed.

    """
    cache = cache or cache_directory()
    name = f"kafka-{KAFKA_VERSION}-{lock_digest()}"
    distribution = Distribution(cache / name, LOCKED_JARS)
    if distribution.directory.exists():
        return distribution
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not distribution.directory.exists():
            partial = Distribution(cache / f"{name}.partial", LOCKED_JARS)
            partial.directory.mkdir(exist_ok=True)
            fetch_jars(LOCKED_JARS, partial.directory, progress)
            _format_storage(partial, java)
            partial.directory.rename(distribution.directory)
    return distribution


def _format_storage(distribution: Distribution, java: Java) -> None:
    """Format once with Kafka's own tool; a broker copies the result, which saves it a second JVM (1.8 s)."""
    properties = distribution.directory / "format.properties"
    properties.write_text(server_properties(9092, 9093, distribution.formatted_storage))
    arguments = ["format", "--ignore-formatted", "-t", _ANY_CLUSTER_ID, "-c", str(properties)]
    command = [str(java.launcher), "-cp", distribution.classpath, "kafka.tools.StorageTool", *arguments]
    tool = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if tool.returncode != 0:
        raise BrokerError(f"Kafka's storage tool ended with status {tool.returncode}: {tool.stdout}{tool.stderr}")
