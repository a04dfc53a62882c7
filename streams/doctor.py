"""Examines a deployment: settings, notifiers, broker, topics, and whether producers key and place requests rightly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams import topics
from streams.database.connect import connect, server_of
from streams.database.errors import StoreError
from streams.database.migrate import applied, pending
from streams.events_file import partition_of
from streams.fetched import tick_of
from streams.notify.checks import check_notifiers
from streams.settings import DEVELOPMENT_HASH_KEY, Settings, SettingsError, load_settings

#: Records looked at from the end of each request partition.
_SAMPLE = 200


class Finding(msgspec.Struct, frozen=True):
    """One check: what was found and, for a fault, what to do about it."""

    check: str
    passed: bool
    found: str
    mend: str = ""


def examine() -> Iterator[Finding]:
    """Run all checks in order; a fault that makes later ones meaningless ends the examination."""
    try:
        settings = load_settings()
    except SettingsError as error:
        for fault in str(error).splitlines():
            yield Finding("settings", False, fault, "change the value named; the README lists all settings")
        return
    yield Finding("settings", True, f"config_hash {settings.decides.config_hash()}")
    yield _hash_key(settings)
    yield _group_weights(settings)
    yield _store(settings)
    yield from _notifiers(settings)
    try:
        client = topics.admin(settings)
    except (KafkaError, OSError) as error:
        yield Finding(
            "broker",
            False,
            f"{settings.kafka_bootstrap_servers}: {type(error).__name__}",
            "start the broker, or set STILLWATCH_KAFKA_BOOTSTRAP_SERVERS, _SECURITY_PROTOCOL and _SASL_*",
        )
        return
    try:
        yield Finding("broker", True, settings.kafka_bootstrap_servers)
        wanted = topics.topics(settings)
        faults = topics.faults(client, wanted)
        for fault in faults:
            found, _, mend = fault.partition("; ")
            yield Finding("topics", False, found, mend)
        if not faults:
            yield Finding("topics", True, f"{len(wanted)} as they should be")
            yield from _placement(settings)
    finally:
        client.close()


def _hash_key(settings: Settings) -> Finding:
    if settings.hash_key.get_secret_value() == DEVELOPMENT_HASH_KEY:
        return Finding(
            "hash_key", False, "the development key", "set STILLWATCH_HASH_KEY to a secret of 32 random bytes or more"
        )
    return Finding("hash_key", True, "set")


def _group_weights(settings: Settings) -> Finding:
    if settings.group_weights is None:
        return Finding("group_weights", True, "the shipped ones; `stillwatch calibrate` fits them to your traffic")
    from streams.references import load_deployed_groups  # noqa: PLC0415 - only who calibrated waits for the models
    from streams.weights import WeightsError  # noqa: PLC0415

    try:
        load_deployed_groups(settings)
    except WeightsError as error:
        return Finding("group_weights", False, str(error), "write the file again with `stillwatch calibrate`")
    return Finding("group_weights", True, str(settings.group_weights))


def _store(settings: Settings) -> Finding:
    """Whether the alert store answers, has this build's schema, and took every record."""
    if settings.database_url is None:
        return Finding("store", True, "none: without STILLWATCH_DATABASE_URL alerts are in Kafka alone")
    server = server_of(settings)
    try:
        with connect(settings, "doctor") as connection:
            if todo := pending(connection):
                found = f"{server}: schema {len(applied(connection))} of {todo[-1].number}"
                return Finding("store", False, found, "run `stillwatch store migrate`")
            refused = connection.execute("SELECT count(*) FROM refused_record").fetchone() or (0,)
            if refused[0]:
                return Finding(
                    "store",
                    False,
                    f"{server}: {refused[0]} records were refused",
                    "see why: SELECT * FROM stillwatch.refused_record; delete its rows when that is settled",
                )
            return Finding("store", True, f"{server}: schema {len(applied(connection))}")
    except StoreError as error:
        return Finding("store", False, f"{server}: {error}", "use the build that the database fits")
    except psycopg.Error as error:
        mend = "start PostgreSQL, or set STILLWATCH_DATABASE_URL to where it is and to a role that may use it"
        return Finding("store", False, f"{server}: {str(error).strip()}", mend)


def _notifiers(settings: Settings) -> Iterator[Finding]:
    """Whether what tells people and programs of alerts is reachable; nobody is paged."""
    try:
        checked = check_notifiers(settings)
    except SettingsError as error:
        found, _, mend = str(error).partition("; ")
        yield Finding("notifiers", False, found, mend)
        return
    for one in checked:
        yield Finding(f"notifier {one.notifier}", not one.mend, one.found, one.mend)
    if not checked:
        yield Finding("notifiers", True, "none is set: nobody is told of alerts")


def _placement(settings: Settings) -> Iterator[Finding]:
    """Keys of recent requests on the partition that murmur2 gives; librdkafka's default places them elsewhere."""
    topic = settings.topic(topics.REQUESTS)
    many = settings.decides.partitions
    consumer = KafkaConsumer(**settings.kafka_client(), enable_auto_commit=False)
    try:
        partitions = [TopicPartition(topic, number) for number in range(many)]
        seen, unkeyed, misplaced = _sample(consumer, partitions, many)
    finally:
        consumer.close()
    if seen == 0:
        yield Finding("keys", True, "no requests yet")
        return
    yield Finding(
        "keys",
        not unkeyed and not misplaced,
        f"of {seen} recent requests {unkeyed} without a key, {misplaced} on another partition than murmur2 gives",
        "" if not unkeyed and not misplaced else "produce with key=account_id; librdkafka: partitioner=murmur2_random",
    )


def _sample(consumer: Any, partitions: list[TopicPartition], many: int) -> tuple[int, int, int]:
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    starts = consumer.beginning_offsets(partitions)
    for tp in partitions:
        consumer.seek(tp, max(starts[tp], ends[tp] - _SAMPLE))
    seen = unkeyed = misplaced = 0
    while any(consumer.position(tp) < ends[tp] for tp in partitions):
        for tp, records in consumer.poll(timeout_ms=1_000).items():
            for record in records:
                if record.headers and tick_of(record.key, record.headers) is not None:
                    continue
                seen += 1
                unkeyed += record.key is None
                misplaced += record.key is not None and partition_of(record.key, many) != tp.partition
    return seen, unkeyed, misplaced
