"""Per-account counts read back from Kafka by code that shares nothing with the worker."""

from __future__ import annotations

from collections import Counter

import orjson

from streams import topics
from tests.integration.deployment import Deployment

#: Where an account row keeps its count of applied events, by its documented layout (models/account_row.py).
EVENTS_AT = slice(8, 16)


def counts_in_changelog(deployment: Deployment) -> Counter[str]:
    """Events by account id: the last row of each key, its count read as eight little-endian bytes."""
    last = {record.key: record.value for record in deployment.read(topics.ACCOUNTS_CHANGELOG)}
    return Counter(
        {
            key.decode(): int.from_bytes(value[EVENTS_AT], "little")
            for key, value in last.items()
            if value is not None and not key.startswith(b"\0")
        }
    )


def counts_in_topic(deployment: Deployment) -> Counter[str]:
    """Events by key in the requests topic, less those whose coordinates are dead letters."""
    letters = [orjson.loads(record.value) for record in deployment.read(topics.DEAD_LETTERS)]
    refused = {(letter["partition"], letter["offset"]) for letter in letters}
    return Counter(
        record.key.decode()
        for record in deployment.read(topics.REQUESTS)
        if record.key is not None and (record.partition, record.offset) not in refused
    )
