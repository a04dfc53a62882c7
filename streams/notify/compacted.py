"""Reads a compacted topic of one partition to its end: the last value of every key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition


async def read_compacted(
    client: Mapping[str, Any], topic: str, keep: Callable[[bytes, bytes], bool]
) -> dict[bytes, bytes]:
    """The last value of each key for which ``keep(key, value)`` holds; tombstones and what is not kept are left out.

    Cost: one pass over the topic. Raises aiokafka's errors.
    """
    found: dict[bytes, bytes] = {}
    tp = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(**client, enable_auto_commit=False, isolation_level="read_committed")
    await consumer.start()
    try:
        consumer.assign([tp])
        await consumer.seek_to_beginning(tp)
        end = (await consumer.end_offsets([tp]))[tp]
        while await consumer.position(tp) < end:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    if record.key is None:
                        continue
                    if record.value is not None and keep(record.key, record.value):
                        found[record.key] = record.value
                    else:
                        found.pop(record.key, None)
    finally:
        await consumer.stop()
    return found
