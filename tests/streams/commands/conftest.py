"""An alert store filled with what the real pipeline says of a simulated scenario, by the sink's own writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from click.testing import CliRunner, Result

from models.alert import Alert, encode
from streams import topics
from streams.commands import main
from streams.database.collect import STORED_TOPICS, Fetched, Record
from streams.database.connect import connect
from streams.database.positions import read_positions
from streams.database.write import store
from streams.feedback_file import read_files
from streams.replay import Replay
from streams.settings import load_settings
from tests.streams.database.records import log
from tests.streams.replay.conftest import lines, settings

__all__ = ["lines"]

HASH_KEY = "a key of the tests"
APPENDED_MS = 1_772_600_000_000


class Said(msgspec.Struct):
    """What the pipeline said: alert records, and the messages of the candidates topic."""

    alerts: list[Alert]
    candidates: list[Record]

    def ids(self) -> list[str]:
        """Every alert's id, in the order of opening, closed ones included."""
        return list(dict.fromkeys(alert.alert_id for alert in self.alerts))

    def opened(self, kind: str) -> list[Alert]:
        """The last record of each alert of a kind that is still open, in order of their opening."""
        last = {alert.alert_id: alert for alert in self.alerts if alert.kind == kind}
        return [alert for alert in last.values() if alert.state != "closed"]


@pytest.fixture(scope="session")
def said(lines: list[bytes]) -> Said:
    """Return what a pipeline with a large budget says of two days of the parity scenario."""
    found = Said([], [])
    for given in Replay(settings()).run(iter(lines)):
        found.alerts += given.alerts
        for message in given.candidates:
            for offset, key, value in zip(message.offsets, message.keys, message.values, strict=True):
                found.candidates.append(Record(offset, APPENDED_MS, key, value))
    assert found.opened("account")
    assert found.opened("campaign")
    return found


@pytest.fixture
def connection(store_url: str, said: Said, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """Return a connection to a store that holds all of it, which the commands use as well."""
    monkeypatch.setenv("STILLWATCH_DATABASE_URL", store_url)
    monkeypatch.setenv("STILLWATCH_HASH_KEY", HASH_KEY)
    with connect(load_settings(database_url=store_url), "test") as opened:
        read_positions(opened, [log(name) for name in STORED_TOPICS])
        records = [Record(offset, APPENDED_MS, None, encode(alert)) for offset, alert in enumerate(said.alerts)]
        store(opened, [_fetched(topics.ALERTS, records), _fetched(topics.CANDIDATES, said.candidates)], HASH_KEY)
        yield opened


def _fetched(name: str, records: list[Record], from_offset: int = 0) -> Fetched:
    return Fetched(name, name, 0, from_offset, records[-1].offset + 1, records)


@pytest.fixture
def judge(connection: psycopg.Connection, tmp_path: Path) -> Callable[..., str]:
    """Return a function that gives a verdict by the command and stores it, as feed and sink would; returns its id."""
    given: list[str] = []

    def judge(*words: str) -> str:
        path = tmp_path / f"verdict-{len(given)}.jsonl"
        result = run(*words, "--file", str(path))
        assert result.exit_code == 0, result.output
        records = [Record(len(given), APPENDED_MS, None, line) for line in path.read_bytes().splitlines()]
        assert read_files([path], [])
        store(connection, [_fetched(topics.VERDICTS, records, len(given))], HASH_KEY)
        given.append(result.stdout)
        return result.stdout.strip()

    return judge


def run(*arguments: str, **options: str) -> Result:
    """Call the command line."""
    return CliRunner().invoke(main, list(arguments), **options)  # type: ignore[arg-type]  # input is a str


def run_json(*arguments: str) -> Any:
    """Call the command line with --json; return what it printed, which must have succeeded."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return msgspec.json.decode(result.stdout)
