"""Makes verdicts out of what somebody says, and sends them where the workers read them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from models.verdict import Verdict, encode_feedback
from streams.settings import Settings


def make_verdict(**fields: Any) -> Verdict:
    """A verdict whose id follows from its words: the same at the same time is the same. Raises ``ValidationError``."""
    # What was not there when ids were first made is left out where it says nothing: old words keep their ids.
    named = {name: value for name, value in fields.items() if name != "withdraws" or value is not None}
    verdict_id = blake2b(msgspec.json.encode(named), digest_size=16).hexdigest()
    return msgspec.convert({"verdict_id": verdict_id, **fields}, Verdict)


def append_verdicts(path: Path, verdicts: Sequence[Verdict]) -> None:
    """Add them to a file, for `replay --verdicts`."""
    with path.open("ab") as file:
        file.writelines(encode_feedback(verdict) + b"\n" for verdict in verdicts)


def send_verdicts(settings: Settings, verdicts: Sequence[Verdict]) -> None:
    """Write them to the topic and wait until the brokers have them; raises kafka-python's errors.

    After an error some may be there; sending all again does no harm, since a verdict is known by its id.
    """
    from kafka import KafkaProducer  # noqa: PLC0415 - a file needs no client

    from streams.topics import VERDICTS  # noqa: PLC0415

    producer = KafkaProducer(**settings.kafka_client(), acks="all", max_block_ms=10_000)
    try:
        topic = settings.topic(VERDICTS)
        sent = [producer.send(topic, encode_feedback(each), key=each.alert_id.encode()) for each in verdicts]
        for pending in sent:
            pending.get(timeout=30)
    finally:
        producer.close(timeout=10)
