"""One Kafka for all workers of a run: the process that started them starts it when the first of them asks."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest

from streams.broker import KafkaBroker
from streams.broker.errors import BrokerError

_INPUT = "kafka_folder"
_LOOKS_EVERY_S = 0.1
_STARTS_WITHIN_S = 120.0


class Kafka(Protocol):
    """A broker as its clients know it."""

    @property
    def bootstrap_servers(self) -> str:
        """Where it answers."""


class SharedKafka(NamedTuple):
    """The broker of the whole run."""

    bootstrap_servers: str


class SharedBroker:
    """Starts the broker once a worker has left the file ``wanted``, and writes into ``answer`` where it is."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="stillwatch-tests-"))
        self._broker: KafkaBroker | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="shared-kafka")
        self._thread.start()

    def _serve(self) -> None:
        while not (self.folder / "wanted").exists():
            if self._over.wait(_LOOKS_EVERY_S):
                return
        try:
            self._broker = KafkaBroker()
            self._broker.start()
            told = self._broker.bootstrap_servers
        except (BrokerError, OSError) as error:
            told = f"{type(error).__name__}: {error}"
        unfinished = self.folder / "answer.partial"
        unfinished.write_text(told)
        unfinished.rename(self.folder / "answer")

    def stop(self) -> None:
        """End the broker, if any."""
        self._over.set()
        self._thread.join()
        if self._broker is not None:
            # In good order it would write out some thousand logs that nobody reads again.
            self._broker.kill()
            self._broker.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


_SHARED = pytest.StashKey[SharedBroker]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell a worker where to ask."""
    config: pytest.Config = node.config  # type: ignore[attr-defined]  # xdist is not typed
    if _SHARED not in config.stash:
        config.stash[_SHARED] = SharedBroker()
    node.workerinput[_INPUT] = str(config.stash[_SHARED].folder)  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the broker after the last worker."""
    if _SHARED in config.stash:
        config.stash[_SHARED].stop()


def shared_kafka(config: pytest.Config) -> SharedKafka | None:
    """Return the broker of this worker's run; ``None`` in a run of one process, which has to start its own."""
    given: dict[str, str] | None = getattr(config, "workerinput", None)
    if given is None:
        return None
    folder = Path(given[_INPUT])
    (folder / "wanted").touch()
    answer = folder / "answer"
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while not answer.exists():
        assert time.monotonic() < deadline, "no Kafka from the process that started this worker"
        time.sleep(_LOOKS_EVERY_S)
    told = answer.read_text()
    assert ": " not in told, told
    return SharedKafka(told)
