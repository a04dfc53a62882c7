"""A simulated week through the real pipeline and store, stopped some hours after each alert to see what is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import psycopg

from models.alert import Alert, encode
from models.event import epoch_ms
from streams import topics
from streams.database.collect import STORED_TOPICS, Fetched, Record
from streams.database.connect import connect
from streams.database.migrate import migrate
from streams.database.positions import read_positions
from streams.database.write import store
from streams.evaluation.pages import PageBook
from streams.evaluation.truth import AccountTruth, read_account_labels
from streams.events_file import open_lines, partition_of
from streams.replay import Replay
from streams.settings import Settings
from tests.streams.database.records import log
from tests.trial.pages import answers, instant, page

_HOUR_MS = 3_600_000


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One alert: what was read of it, by name, and what it was in truth."""

    alert_id: str
    kind: str
    false: bool
    named: dict[str, int]
    """Accounts that the alert names when it is judged, by their kind in truth."""
    texts: dict[str, str]


class Week:
    """Replays a week and gives a case for each alert that pages, as it is known ``after_hours`` later."""

    def __init__(self, settings: Settings, folder: Path, after_hours: float) -> None:
        self._settings = settings
        self._folder = folder
        self._after_ms = round(after_hours * _HOUR_MS)
        self._replay = Replay(settings)
        self._pending: dict[str, list[Record]] = {topics.ALERTS: [], topics.CANDIDATES: []}
        self._stored: dict[str, int] = {topics.ALERTS: 0, topics.CANDIDATES: 0}
        self._waiting: dict[str, tuple[int, Alert]] = {}
        self._named: dict[str, list[str]] = {}
        self._book = PageBook()

    def cases(self) -> list[Case]:
        """Replay it all; the order is that of the openings."""
        truth = {label.account_id: label for label in read_account_labels(self._folder / "labels.csv")}
        lines = open_lines(self._folder / "events.jsonl.gz", lambda _: None)
        with connect(self._settings, "trial") as connection:
            migrate(connection)
            read_positions(connection, [log(name) for name in STORED_TOPICS])
            found = list(self._look(connection, lines))
        paged = {each.alert_id for each in self._book.pages()}
        return [self._case(*each, truth) for each in found if each[0] in paged]

    def _look(
        self, connection: psycopg.Connection, lines: Iterator[bytes]
    ) -> Iterator[tuple[str, dict[str, str], list[str]]]:
        for given in self._replay.run(lines):
            self._book.add(given.alerts)
            for alert in given.alerts:
                if alert.sequence == 0:
                    due_ms = epoch_ms(datetime.fromisoformat(alert.detected_at)) + self._after_ms
                    self._waiting[alert.alert_id] = due_ms, alert
                self._named.setdefault(alert.alert_id, []).extend(alert.accounts)
                self._pend(topics.ALERTS, None, encode(alert))
            for message in given.candidates:
                for key, value in zip(message.keys, message.values, strict=True):
                    self._pend(topics.CANDIDATES, key, value)
            now_ms = self._replay.pipeline.decisions.closed_through_ms
            # An alert that closes before is judged by what was known then.
            closed = {alert.alert_id for alert in given.alerts if alert.state == "closed"}
            for name in [n for n, (due_ms, _) in self._waiting.items() if due_ms <= now_ms or n in closed]:
                self._flush(connection)
                _, opening = self._waiting.pop(name)
                texts = {"page": page(opening)} | dict(answers(connection, name, instant(now_ms), self._standing))
                yield name, texts, list(self._named[name])

    def _pend(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        pending = self._pending[topic]
        pending.append(Record(self._stored[topic] + len(pending), 0, key, value))

    def _flush(self, connection: psycopg.Connection) -> None:
        batch = []
        for topic, records in self._pending.items():
            if records:
                batch.append(Fetched(topic, topic, 0, self._stored[topic], records[-1].offset + 1, records))
                self._stored[topic] = records[-1].offset + 1
                self._pending[topic] = []
        store(connection, batch, self._settings.hash_key.get_secret_value())

    def _standing(self, account_id: str) -> object:
        partition = partition_of(account_id.encode(), self._settings.decides.partitions)
        return self._replay.pipeline.accounts[partition].standing_of(account_id)

    def _case(self, name: str, texts: dict[str, str], named: list[str], truth: dict[str, AccountTruth]) -> Case:
        kinds: dict[str, int] = {}
        for account_id in named:
            kinds[truth[account_id].kind] = kinds.get(truth[account_id].kind, 0) + 1
        innocent = sum(not truth[account_id].harvests for account_id in named)
        return Case(
            alert_id=name,
            kind="account" if "members" not in texts else "campaign",
            false=2 * innocent > len(named),
            named=kinds,
            texts=texts,
        )
