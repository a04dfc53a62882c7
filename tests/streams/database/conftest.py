"""A migrated database for each test, and a short way to put records into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from streams.database.collect import STORED_TOPICS, Fetched
from streams.database.connect import connect
from streams.database.positions import read_positions
from streams.database.write import Stored, store
from streams.settings import Settings, load_settings
from tests.streams.database.records import log

HASH_KEY = "a key of the tests"


@pytest.fixture
def settings(store_url: str) -> Settings:
    """Return settings with an alert store of the test's own."""
    return load_settings(database_url=store_url, hash_key=HASH_KEY)


@pytest.fixture
def connection(settings: Settings) -> Iterator[psycopg.Connection]:
    """Return a connection to a store that stands at the beginning of every topic."""
    with connect(settings, "test") as opened:
        read_positions(opened, [log(name) for name in STORED_TOPICS])
        yield opened


@pytest.fixture
def put(connection: psycopg.Connection) -> Callable[..., Stored]:
    """Return a function that stores runs of records in one batch."""

    def put(*batch: Fetched) -> Stored:
        return store(connection, batch, HASH_KEY)

    return put
