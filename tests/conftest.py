"""Fixtures that every test may ask for."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest
from hypothesis import settings

from streams.broker import KafkaBroker
from streams.database import PostgresNotFoundError, PostgresServer
from streams.database.connect import connect
from streams.database.migrate import migrate
from streams.settings import load_settings
from tests.collecting import pytest_collection_finish, pytest_configure
from tests.scheduling import pytest_collection_modifyitems, pytest_xdist_make_scheduler
from tests.shared_kafka import Kafka, pytest_configure_node, pytest_unconfigure, shared_kafka
from tests.store_reset import Name, reset, tables_of

__all__ = [
    "pytest_collection_finish",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_unconfigure",
    "pytest_xdist_make_scheduler",
]

# Compiling a kernel takes seconds, once: no deadline. A test whose examples are dear asks for fewer itself.
settings.register_profile("stillwatch", deadline=None)
# STILLWATCH_HYPOTHESIS=thorough looks for rarer cases, for a night or a release.
settings.register_profile("thorough", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("STILLWATCH_HYPOTHESIS", "stillwatch"))

REQUIRE_SYSTEM_PACKAGES = "STILLWATCH_REQUIRE_SYSTEM_PACKAGES"


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config) -> Iterator[Kafka]:
    """One real Apache Kafka for the whole run; a test that stops or kills a broker starts its own."""
    if (shared := shared_kafka(pytestconfig)) is not None:
        yield shared
        return
    with KafkaBroker() as broker:
        yield broker


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One real PostgreSQL for the whole run; a test that stops or crashes a server starts its own."""
    try:
        server = PostgresServer()
    except PostgresNotFoundError as error:
        skip_or_fail(str(error))
    with server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> Iterator[str]:
    """Return the URL of an empty database that no other test uses."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def _migrated(postgres: PostgresServer) -> tuple[str, dict[Name, int]]:
    url = postgres.create_database("migrated")
    with connect(load_settings(database_url=url), "test") as connection:
        migrate(connection)
    return url, tables_of(url)


@pytest.fixture
def store_url(_migrated: tuple[str, dict[Name, int]]) -> Iterator[str]:
    """Return the URL of an alert store, migrated and empty; one test after another has it."""
    url, tables = _migrated
    yield url
    reset(url, tables)


@pytest.fixture
def topic_prefix() -> str:
    """Return a topic prefix that no other test uses, so that tests share the broker without meeting."""
    return f"test-{uuid.uuid4().hex[:12]}."


@pytest.fixture
def require_program() -> Callable[[str], str]:
    """Return a function that gives a program's path, or skips the test where the program is missing.

    With STILLWATCH_REQUIRE_SYSTEM_PACKAGES=1, as in CI, a missing program fails the test instead.
    """

    def require(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            skip_or_fail(f"the program {name} is not installed")
        return path

    return require


def skip_or_fail(missing: str) -> NoReturn:
    """Skip the test, or fail it where STILLWATCH_REQUIRE_SYSTEM_PACKAGES=1 forbids to skip."""
    if os.environ.get(REQUIRE_SYSTEM_PACKAGES) == "1":
        pytest.fail(f"{missing}, and {REQUIRE_SYSTEM_PACKAGES}=1 forbids to skip")
    pytest.skip(missing)
