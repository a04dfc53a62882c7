"""Reads the stored topics from given positions: a plain consumer, outside of any group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError

from streams import topics
from streams.database.collect import STORED_TOPICS, Fetched, Record
from streams.database.positions import Log, Place
from streams.settings import Settings

log = structlog.get_logger(__name__)

_POLL_MS = 500


class TopicsMissingError(RuntimeError):
    """Topics that are not there yet; the worker or ``stillwatch topics --create`` makes them."""


class Source:
    """The logs of the stored topics. The database keeps the positions, so that Kafka's groups have no part in this.

    ``positions`` are those of a source before it: lags are told from there until ``seek`` says where to read on.
    """

    def __init__(self, settings: Settings, positions: Mapping[Place, int] | None = None) -> None:
        self._batch_records = settings.store_batch_records
        self._names = {settings.topic(name): name for name in STORED_TOPICS}
        self._topic_ids = _topic_ids(settings, list(self._names))
        self._positions = {TopicPartition(*place): offset for place, offset in (positions or {}).items()}
        self._looked_twice: set[tuple[TopicPartition, int]] = set()
        self._consumer = KafkaConsumer(
            **settings.kafka_client(),
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_partition_fetch_bytes=9 << 20,
            client_id="stillwatch-store",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()

    @property
    def positions(self) -> dict[Place, int]:
        """Where each log is read on, as far as that is known."""
        return {(tp.topic, tp.partition): offset for tp, offset in self._positions.items()}

    def logs(self) -> list[Log]:
        """The topic partitions as Kafka has them now; raises kafka-python's errors."""
        found = []
        for topic, topic_id in self._topic_ids.items():
            partitions = [TopicPartition(topic, number) for number in self._consumer.partitions_for_topic(topic) or ()]
            if not partitions:
                raise KafkaTimeoutError(f"{topic}: the brokers did not say which partitions it has")
            firsts = self._consumer.beginning_offsets(partitions)
            ends = self._consumer.end_offsets(partitions)
            found += [Log(topic, tp.partition, topic_id, firsts[tp], ends[tp]) for tp in partitions]
        return found

    def seek(self, positions: dict[Place, int]) -> None:
        """Read on from these positions."""
        self._positions = {TopicPartition(*place): offset for place, offset in positions.items()}
        self._consumer.assign(list(self._positions))
        self._go_back()

    def fetch(self) -> list[Fetched]:
        """What came within half a second, at most a batch of records; each run follows the one before it.

        Raises ``OffsetOutOfRangeError`` where Kafka no longer has what comes next, and kafka-python's other errors.
        """
        try:
            polled = self._consumer.poll(timeout_ms=_POLL_MS, max_records=self._batch_records)
        except KafkaError:
            # The client may have passed records already that nobody has seen now.
            self._go_back()
            raise
        if any(self._skips(tp, records) for tp, records in polled.items()):
            self._go_back()
            return []
        return [self._fetched(tp, records) for tp, records in polled.items()]

    def _go_back(self) -> None:
        for tp, offset in self._positions.items():
            self._consumer.seek(tp, offset)

    def _skips(self, tp: TopicPartition, records: Sequence[Any]) -> bool:
        """Whether offsets are missing that were not looked for a second time: our topics have no holes of their own."""
        expected = self._positions[tp]
        missing = records[-1].offset + 1 - expected - len(records)
        if not missing or (tp, expected) in self._looked_twice:
            return False
        self._looked_twice.add((tp, expected))
        log.warning("offsets_missing", topic=tp.topic, partition=tp.partition, first=expected, missing=missing)
        return True

    def _fetched(self, tp: TopicPartition, records: Sequence[Any]) -> Fetched:
        taken = [Record(record.offset, record.timestamp, record.key, record.value) for record in records]
        begun, self._positions[tp] = self._positions[tp], taken[-1].offset + 1
        return Fetched(self._names[tp.topic], tp.topic, tp.partition, begun, self._positions[tp], taken)

    def lags(self, *, asked: bool = False) -> Iterable[tuple[str, int, int]]:
        """Topic (without prefix), partition and how many records wait, as the last fetch told.

        ``asked`` asks the brokers, for when nothing is fetched; raises kafka-python's errors.
        """
        if asked:
            ends = self._consumer.end_offsets(list(self._positions)) if self._positions else {}
        else:
            ends = {tp: self._consumer.highwater(tp) for tp in self._positions}
        for tp, position in self._positions.items():
            if (end := ends[tp]) is not None:
                yield self._names[tp.topic], tp.partition, max(0, end - position)


def _topic_ids(settings: Settings, names: list[str]) -> dict[str, str]:
    """Kafka's id of each topic; raises ``TopicsMissingError``, and kafka-python's errors."""
    client = topics.admin(settings)
    try:
        absent = sorted(set(names) - set(client.list_topics()))
        if absent:
            raise TopicsMissingError(f"{', '.join(absent)}: not there yet")
        return {entry["name"]: str(entry["topic_id"]) for entry in client.describe_topics(names)}
    finally:
        client.close()
