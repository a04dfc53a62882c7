"""The topics: what each is for, how it is kept, and whether the cluster's copy agrees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import TopicAlreadyExistsError

from models.verdict import FeedbackKind
from streams.settings import Settings

REQUESTS = "requests.v1"
TRACES = "traces.v1"
CANDIDATES = "candidates.v1"
ALERTS = "alerts.v1"
ALERT_STATE = "alert-state.v1"
NOTIFICATIONS = "notifications.v1"
VERDICTS = "verdicts.v1"
ENFORCEMENT = "enforcement.v1"
DEAD_LETTERS = "dead-letters.v1"
ACCOUNTS_CHANGELOG = "accounts-changelog.v1"
CAMPAIGNS_CHANGELOG = "campaigns-changelog.v1"
DECISIONS_CHANGELOG = "decisions-changelog.v1"

#: Where each kind of feedback is read from.
FEEDBACK_TOPICS: dict[FeedbackKind, str] = {"verdict": VERDICTS, "enforcement": ENFORCEMENT}

_HOUR_MS = 3_600_000
_ANSWERS_WITHIN_MS = 10_000
_DAY_MS = 24 * _HOUR_MS
_COMPACTED = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.2", "segment.ms": str(_HOUR_MS)}
_APPEND_TIME = {"message.timestamp.type": "LogAppendTime"}


class TopicsError(Exception):
    """Topics that cannot serve these settings; the message has one line a fault, with its mend."""


class Topic(msgspec.Struct, frozen=True):
    """One topic as it should be; ``configs`` are Kafka topic configurations."""

    name: str
    partitions: int
    configs: dict[str, str]
    purpose: str


def topics(settings: Settings) -> list[Topic]:
    """Every topic of a deployment, in the order of the data flow."""
    many = settings.decides.partitions
    requests = {
        "retention.ms": str(settings.requests_retention_hours * _HOUR_MS),
        "max.message.bytes": str(8 << 20),
        **_APPEND_TIME,
    }
    listed = [
        (REQUESTS, many, requests, "one record a completed or refused request, key account_id"),
        (TRACES, many, {**_days(3), "max.message.bytes": str(8 << 20)}, "packed traces, by anchor"),
        # Somewhat more than the week that `budget preview` decides again.
        (CANDIDATES, 1, {**_days(8), "max.message.bytes": str(8 << 20)}, "accounts and groups worth deciding on"),
        (ALERTS, 1, _days(90), "alert records in order, key the alert's entity"),
        (ALERT_STATE, 1, {**_COMPACTED, **_APPEND_TIME}, "the last record of each alert, key alert_id"),
        (NOTIFICATIONS, 1, {**_COMPACTED, **_APPEND_TIME}, "what each notifier last told of each alert"),
        (VERDICTS, 1, {"retention.ms": "-1", **_APPEND_TIME}, "what people said of alerts"),
        (ENFORCEMENT, 1, {"retention.ms": "-1", **_APPEND_TIME}, "bans and limits that were imposed"),
        (DEAD_LETTERS, many, _days(14), "coordinates and reasons of refused records"),
        (ACCOUNTS_CHANGELOG, many, _COMPACTED, "account rows"),
        (CAMPAIGNS_CHANGELOG, many, {**_COMPACTED, "max.message.bytes": str(8 << 20)}, "anchor groups"),
        (DECISIONS_CHANGELOG, 1, {**_COMPACTED, "max.message.bytes": str(8 << 20)}, "alerts and campaigns"),
    ]
    return [Topic(settings.topic(name), count, configs, purpose) for name, count, configs, purpose in listed]


def _days(count: int) -> dict[str, str]:
    return {"retention.ms": str(count * _DAY_MS), **_APPEND_TIME}


def admin(settings: Settings) -> KafkaAdminClient:
    """An administration client; the caller closes it."""
    return KafkaAdminClient(
        **settings.kafka_client(), client_id="stillwatch-admin", bootstrap_timeout_ms=_ANSWERS_WITHIN_MS
    )


def missing(client: KafkaAdminClient, wanted: Iterable[Topic]) -> list[Topic]:
    """The topics that the cluster does not have."""
    present = set(client.list_topics())
    return [topic for topic in wanted if topic.name not in present]


def create(client: KafkaAdminClient, absent: Iterable[Topic], replication_factor: int) -> None:
    """Create topics; those that appeared meanwhile are left as they are.

    Raises kafka-python's errors (not authorised, replication factor above the number of brokers).
    """
    absent = list(absent)
    wanted = {
        topic.name: {
            "num_partitions": topic.partitions,
            "replication_factor": replication_factor,
            "configs": dict(topic.configs),
        }
        for topic in absent
    }
    if not wanted:
        return
    try:
        client.create_topics(wanted, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        # Another worker was faster; what it did not create is created by the next round.
        create(client, missing(client, absent), replication_factor)


def faults(client: KafkaAdminClient, wanted: Iterable[Topic]) -> list[str]:
    """One line for each topic whose partitions or settings differ from what they should be, with the mend."""
    wanted = list(wanted)
    absent = {topic.name for topic in missing(client, wanted)}
    present = [topic for topic in wanted if topic.name not in absent]
    found = [f"{name}: missing; run `stillwatch topics --create`" for name in sorted(absent)]
    if not present:
        return found
    names = [topic.name for topic in present]
    described = {entry["name"]: entry for entry in client.describe_topics(names)}
    configs = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])["topic"]
    for topic in present:
        found += _differences(topic, len(described[topic.name]["partitions"]), configs.get(topic.name, {}))
    return found


def check_widths(client: KafkaAdminClient, wanted: Iterable[Topic]) -> None:
    """Raise ``TopicsError`` if a topic has another number of partitions: keys would not meet their state."""
    expected = {topic.name: topic for topic in wanted}
    described = client.describe_topics(list(expected))
    found = [_width_fault(expected[entry["name"]], len(entry["partitions"])) for entry in described]
    if any(found):
        raise TopicsError("\n".join(filter(None, found)))


def _width_fault(topic: Topic, partitions: int) -> str:
    if partitions == topic.partitions:
        return ""
    return (
        f"{topic.name}: {partitions} partitions, settings say {topic.partitions}; set "
        f"STILLWATCH_DETECTION__PARTITIONS to the topic's number, or recreate the topic"
    )


def _differences(topic: Topic, partitions: int, configs: Mapping[str, Any]) -> list[str]:
    found = [fault] if (fault := _width_fault(topic, partitions)) else []
    for name, value in topic.configs.items():
        actual = configs.get(name, {}).get("value")
        if actual != value:
            found.append(
                f"{topic.name}: {name}={actual}, should be {value}; run "
                f"`kafka-configs --alter --entity-type topics --entity-name {topic.name} --add-config {name}={value}`"
            )
    return found
