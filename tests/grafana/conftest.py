"""One watched deployment for all tests that ask it."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator

import pytest

from streams.database.errors import PostgresNotFoundError
from streams.database.postgres_server import PostgresServer
from tests.conftest import REQUIRE_SYSTEM_PACKAGES
from tests.grafana.watched import Watched
from tests.integration.deployment import Deployment
from tests.shared_kafka import Kafka


def _missing(what: str) -> None:
    if os.environ.get(REQUIRE_SYSTEM_PACKAGES) == "1":
        pytest.fail(f"{what}, and {REQUIRE_SYSTEM_PACKAGES}=1 forbids to skip")
    pytest.skip(what)


@pytest.fixture(scope="module")
def watched(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Return a deployment through which traffic has passed, with its store and its Prometheus; some two minutes."""
    prometheus = shutil.which("prometheus")
    if prometheus is None:
        _missing("the program prometheus is not installed")
    try:
        database = PostgresServer()
    except PostgresNotFoundError as error:
        _missing(str(error))
    before = dict(os.environ)
    folder = tmp_path_factory.mktemp("watched")
    with database:
        deployment = Deployment(
            kafka.bootstrap_servers,
            f"watched-{uuid.uuid4().hex[:8]}",
            folder,
            STILLWATCH_DETECTION__FALSE_PAGES_PER_WEEK="30",
        )
        found = Watched(deployment, database, str(prometheus), folder)
        try:
            found.start()
            found.live()
            yield found
        finally:
            found.stop()
            deployment.close()
            os.environ.clear()
            os.environ.update(before)
