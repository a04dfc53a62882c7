"""Reads a topic of ours from the outside, without a consumer group: nothing is committed and no worker notices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition

from streams.settings import Settings

_POLL_MS = 500
_LARGEST_RECORD_BYTES = 9 << 20


class ReadRecord(NamedTuple):
    """One committed record; ``append_time_ms`` is the broker's."""

    topic: str
    partition: int
    offset: int
    append_time_ms: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def follow(settings: Settings, name: str, *, from_start: bool) -> Iterator[ReadRecord | None]:
    """Records as they come, from the beginning or from now on; ``None`` whenever the end is reached for the moment.

    Raises kafka-python's errors.
    """
    with _Consumer(settings) as consumer:
        partitions = consumer.assign_all(settings.topic(name))
        if not from_start:
            consumer.client.seek_to_end(*partitions)
            # Where the end is now, not where it is at the first poll.
            for partition in partitions:
                consumer.client.position(partition)
        while True:
            polled = consumer.poll()
            yield from polled
            if not polled and consumer.at_end(consumer.client.end_offsets(partitions)):
                yield None


def read_through(settings: Settings, name: str, *, since_ms: int | None = None) -> Iterator[ReadRecord]:
    """Every committed record up to the present end, partition by partition; with ``since_ms`` those appended since.

    Raises kafka-python's errors.
    """
    with _Consumer(settings) as consumer:
        for partition in consumer.partitions(settings.topic(name)):
            consumer.client.assign([partition])
            end = consumer.client.end_offsets([partition])
            first = None
            if since_ms is not None:
                first = consumer.client.offsets_for_times({partition: since_ms})[partition]
                if first is None:
                    continue
            if first is None:
                consumer.client.seek_to_beginning(partition)
            else:
                consumer.client.seek(partition, first.offset)
            while not consumer.at_end(end):
                yield from (record for record in consumer.poll() if record.offset < end[partition])


def read_at(settings: Settings, places: list[tuple[str, int, int]]) -> Iterator[tuple[tuple[str, int, int], Any]]:
    """The record at each (topic, partition, offset), ``None`` where the topic does not hold it any more."""
    with _Consumer(settings) as consumer:
        for topic, partition, offset in places:
            tp = TopicPartition(topic, partition)
            consumer.client.assign([tp])
            first, end = consumer.client.beginning_offsets([tp])[tp], consumer.client.end_offsets([tp])[tp]
            found = None
            if first <= offset < end:
                consumer.client.seek(tp, offset)
                while found is None and consumer.client.position(tp) <= offset:
                    found = next((record for record in consumer.poll() if record.offset == offset), None)
            yield (topic, partition, offset), found


class _Consumer:
    """A consumer that belongs to no group."""

    def __init__(self, settings: Settings) -> None:
        self.client = KafkaConsumer(
            **settings.kafka_client(),
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=_LARGEST_RECORD_BYTES,
        )

    def __enter__(self) -> _Consumer:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def partitions(self, topic: str) -> list[TopicPartition]:
        return [TopicPartition(topic, number) for number in sorted(self.client.partitions_for_topic(topic) or ())]

    def assign_all(self, topic: str) -> list[TopicPartition]:
        partitions = self.partitions(topic)
        self.client.assign(partitions)
        return partitions

    def poll(self) -> list[ReadRecord]:
        polled = self.client.poll(timeout_ms=_POLL_MS)
        return [
            ReadRecord(tp.topic, tp.partition, found.offset, found.timestamp, found.key, found.value, found.headers)
            for tp, records in polled.items()
            for found in records
        ]

    def at_end(self, ends: dict[TopicPartition, int]) -> bool:
        return all(self.client.position(tp) >= end for tp, end in ends.items())
