"""Records what the requests topic holds, so that a replay can repeat it exactly."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO, cast

import msgspec
import zstandard
from kafka import KafkaConsumer, TopicPartition

from models.record import Records
from streams.events_file import RecordedRecord
from streams.fetched import tick_of
from streams.settings import Settings
from streams.topics import REQUESTS


def record_requests(settings: Settings, path: Path) -> int:
    """Write every committed record of the requests topic up to its present end; returns how many.

    Partitions interleave as the broker delivers them; within one partition the order is the log's.
    """
    topic = settings.topic(REQUESTS)
    consumer = KafkaConsumer(
        **settings.kafka_client(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=9 << 20,
    )
    try:
        partitions = [TopicPartition(topic, number) for number in range(settings.decides.partitions)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        consumer.seek_to_beginning(*partitions)
        with _writer(path) as file:
            return _copy(consumer, ends, file)
    finally:
        consumer.close()


def _copy(consumer: KafkaConsumer, ends: dict[TopicPartition, int], file: IO[bytes]) -> int:
    written = 0
    while any(consumer.position(tp) < end for tp, end in ends.items()):
        for tp, records in consumer.poll(timeout_ms=1_000).items():
            for record in records:
                if record.offset < ends[tp]:
                    file.write(msgspec.json.encode(_recorded(tp, record)) + b"\n")
                    written += 1
    return written


def _recorded(tp: TopicPartition, record: object) -> RecordedRecord:
    offset, timestamp = record.offset, record.timestamp  # type: ignore[attr-defined]  # kafka-python is untyped
    key, value, headers = record.key, record.value, record.headers  # type: ignore[attr-defined]
    tick_ms = tick_of(key, headers) if headers else None
    return RecordedRecord.of(Records(tp.topic, tp.partition, [offset], [timestamp], [key], [value], [tick_ms]), 0)


def _writer(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path, "wb")  # type: ignore[return-value]  # GzipFile in binary mode is an IO[bytes]
    if path.suffix == ".zst":
        return cast("IO[bytes]", zstandard.open(path, "wb"))
    return path.open("wb")
