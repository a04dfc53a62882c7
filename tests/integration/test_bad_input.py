"""Everything bad that we know, through a real broker and a real worker, between good events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from models.record import DeadLetter, Reason
from streams import topics
from streams.events_file import partition_of
from tests.bad_input import BAD_INPUTS, KEY, SECRET, good_object
from tests.integration.counts import counts_in_changelog
from tests.integration.deployment import Deployment
from tests.strategies import APPEND_TIME_MS

#: One record to send, and the reason and field of its dead letter, ``None`` for a good event.
Sent = tuple[bytes | None, bytes | None, tuple[Reason, str] | None]


def records(now_ms: int) -> list[Sent]:
    """Return each kind of bad input after a good event of its own; times are those of a broker of today."""
    sent: list[Sent] = []
    for number, bad in enumerate(BAD_INPUTS):
        sent.append((KEY, _good(number, now_ms), None))
        sent.append((bad.key, _moved(bad.value, now_ms), (bad.reason, bad.field)))
    repeated = _good(len(BAD_INPUTS), now_ms)
    sent += [(KEY, repeated, None), (KEY, repeated, (Reason.DUPLICATE, "$.event_id"))]
    return [*sent, (KEY, _good(len(BAD_INPUTS) + 1, now_ms), None)]


def _good(number: int, now_ms: int) -> bytes:
    return msgspec.json.encode(good_object(event_id=f"good-{number}", event_time=now_ms - 1_000))


def _moved(value: bytes | None, now_ms: int) -> bytes | None:
    """Return the value with the table's instants moved: the ordinary one to now, the one too far ahead to beyond it."""
    if value is None:
        return None
    value = value.replace(str(APPEND_TIME_MS - 1_000).encode(), str(now_ms - 1_000).encode())
    return value.replace(str(APPEND_TIME_MS + 300_001).encode(), str(now_ms + 3_600_000).encode())


async def send(deployment: Deployment, sent: list[Sent]) -> list[tuple[int, int]]:
    """Send records one by one, even a tombstone without a key; returns partition and offset of each."""
    topic, many = deployment.settings.topic(topics.REQUESTS), deployment.settings.decides.partitions
    coordinates = []
    client = deployment.settings.kafka_client()
    async with AIOKafkaProducer(**client, max_batch_size=8 << 20, max_request_size=8 << 20) as producer:
        for key, value, _ in sent:
            partition = 0 if key is None else partition_of(key, many)
            batch = producer.create_batch()
            assert batch.append(key=key, value=value, timestamp=None) is not None
            batch.close()
            metadata = await (await producer.send_batch(batch, topic, partition=partition))
            coordinates.append((partition, metadata.offset))
    return coordinates


@pytest.mark.integration
def test_every_kind_of_bad_input_becomes_a_dead_letter(deploy: Callable[..., Deployment]) -> None:
    """Each gives one letter with its coordinates, field and reason; the worker lives and counts all that is good."""
    deployment = deploy()
    worker = deployment.start_worker()
    deployment.wait_ready(worker)
    sent = records(time.time_ns() // 1_000_000)
    coordinates = asyncio.run(send(deployment, sent))
    deployment.wait_applied([worker])

    assert worker.process.poll() is None
    assert worker.ready()
    good = sum(outcome is None for _, _, outcome in sent)
    assert worker.metric("stillwatch_events_total") == good
    assert worker.metric("stillwatch_dead_letters_total") == len(sent) - good
    assert worker.metric("stillwatch_dead_letters_total", reason="oversized") == 2
    assert worker.stop() == 0

    letters = [msgspec.json.decode(record.value, type=DeadLetter) for record in deployment.read(topics.DEAD_LETTERS)]
    found = {(letter.partition, letter.offset): (letter.reason, letter.field) for letter in letters}
    expected = {at: outcome for at, (_, _, outcome) in zip(coordinates, sent, strict=True) if outcome is not None}
    assert found == expected
    assert len(letters) == len(expected) >= 60
    assert {letter.topic for letter in letters} == {deployment.settings.topic(topics.REQUESTS)}
    assert counts_in_changelog(deployment) == {KEY.decode(): good}
    assert SECRET not in worker.log.read_text()
    for name in (
        topics.DEAD_LETTERS,
        topics.TRACES,
        topics.CANDIDATES,
        topics.ALERTS,
        topics.ALERT_STATE,
        topics.ACCOUNTS_CHANGELOG,
        topics.CAMPAIGNS_CHANGELOG,
        topics.DECISIONS_CHANGELOG,
    ):
        assert not any(SECRET.encode() in (record.value or b"") for record in deployment.read(name)), name
