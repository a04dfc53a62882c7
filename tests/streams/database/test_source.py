"""What the sink reads from a real broker: every record in its place, whatever the client passes over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka import KafkaProducer
from kafka.errors import KafkaConnectionError, OffsetOutOfRangeError

from streams import topics
from streams.broker import KafkaBroker
from streams.database.collect import STORED_TOPICS, Fetched
from streams.database.source import Source, TopicsMissingError
from streams.settings import Settings, load_settings

pytestmark = pytest.mark.integration
RECORDS = 7


@pytest.fixture
def kafka_settings(kafka: KafkaBroker, topic_prefix: str) -> Settings:
    """Return settings with topics of the test's own, which are not made yet."""
    return load_settings(kafka_bootstrap_servers=kafka.bootstrap_servers, topic_prefix=topic_prefix)


@pytest.fixture
def source(kafka_settings: Settings) -> Iterator[Source]:
    """Return a source at the beginning of topics of which alerts.v1 has seven records."""
    client = topics.admin(kafka_settings)
    topics.create(client, [t for t in topics.topics(kafka_settings) if t.name.endswith(STORED_TOPICS)], 1)
    client.close()
    producer = KafkaProducer(**kafka_settings.kafka_client())
    for number in range(RECORDS):
        producer.send(kafka_settings.topic(topics.ALERTS), str(number).encode(), partition=0)
    producer.close()
    with Source(kafka_settings) as opened:
        opened.seek({(log.topic, log.partition): log.first for log in opened.logs()})
        yield opened


def read_all(source: Source) -> list[Fetched]:
    """Fetch until all records of alerts.v1 came; what fails as a connection does is tried again."""
    found: list[Fetched] = []
    for _ in range(60):
        try:
            found += source.fetch()
        except KafkaConnectionError:
            continue
        if found and found[-1].next_offset == RECORDS:
            break
    return found


def spoil(source: Source, monkeypatch: pytest.MonkeyPatch, spoiled: Callable[[dict[Any, Any]], dict[Any, Any]]) -> None:
    """Have the client's first answer with records changed."""
    poll = source._consumer.poll
    done: list[bool] = []

    def poll_spoiled(**options: Any) -> dict[Any, Any]:
        polled: dict[Any, Any] = poll(**options)
        if not polled or done:
            return polled
        done.append(True)
        return spoiled(polled)

    monkeypatch.setattr(source._consumer, "poll", poll_spoiled)


def all_but_the_third(polled: dict[Any, Any]) -> dict[Any, Any]:
    """Lose one record in the middle."""
    return {tp: records[:2] + records[3:] for tp, records in polled.items()}


def failure(_polled: dict[Any, Any]) -> dict[Any, Any]:
    """Fail after records were passed."""
    raise KafkaConnectionError("the broker closed the connection")


@pytest.mark.parametrize("spoiled", [lambda polled: polled, all_but_the_third, failure])
def test_each_record_comes_once_and_in_order(
    source: Source, monkeypatch: pytest.MonkeyPatch, spoiled: Callable[[dict[Any, Any]], dict[Any, Any]]
) -> None:
    """Runs follow one another without a gap also where the client lost records or failed after it had passed them."""
    spoil(source, monkeypatch, spoiled)
    found = read_all(source)
    assert [record.value for run in found for record in run.records] == [b"%d" % n for n in range(RECORDS)]
    assert [run.from_offset for run in found] == [0, *(run.next_offset for run in found[:-1])]


def test_an_offset_that_is_gone_is_told(source: Source, kafka_settings: Settings) -> None:
    """Reading where the log has nothing fails instead of starting somewhere else."""
    source.seek({(kafka_settings.topic(topics.ALERTS), 0): 50})
    with pytest.raises(OffsetOutOfRangeError):
        read_all(source)


def test_topics_that_are_not_there_are_named(kafka_settings: Settings) -> None:
    """Before a worker made the topics the error names those that are missing."""
    with pytest.raises(TopicsMissingError, match=r"alerts\.v1.*: not there yet"):
        Source(kafka_settings)


def test_what_waits_is_told_before_it_is_known_where_to_read_on(kafka_settings: Settings, source: Source) -> None:
    """A source that follows another tells how many records wait, although nobody has told it the positions yet."""
    read_all(source)
    producer = KafkaProducer(**kafka_settings.kafka_client())
    producer.send(kafka_settings.topic(topics.ALERTS), b"more", partition=0)
    producer.close()
    with Source(kafka_settings, source.positions) as following:
        waiting = {(topic, partition): lag for topic, partition, lag in following.lags(asked=True)}
    assert waiting.pop((topics.ALERTS, 0)) == 1
    assert not any(waiting.values())
