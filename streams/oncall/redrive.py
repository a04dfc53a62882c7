"""Sends refused requests again: only what decodes by now, as it is, under its own key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import msgspec

from models.decode import decode
from models.detection import DetectionSettings
from models.record import DeadLetter, Reason, Records
from streams.events_file import partition_of
from streams.read_topic import ReadRecord, read_at, read_through
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, REQUESTS

#: A header of what was sent again: where it stood before.
REDRIVEN_HEADER = "redriven-from"

Place = tuple[str, int, int]

Outcome = Literal["sent", "would_send", "gone", "refused", "duplicate", "other_topic", "sent_before"]


class Redriven(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one refused record; ``said`` never quotes it."""

    topic: str
    partition: int
    log_offset: int
    outcome: Outcome
    said: str
    new_partition: int | None = None
    new_offset: int | None = None


def read_dead_letters(settings: Settings, since_ms: int | None) -> Iterator[DeadLetter]:
    """The dead letters that the topic holds; raises kafka-python's errors and ``msgspec.MsgspecError``."""
    decoder = msgspec.json.Decoder(DeadLetter)
    for record in read_through(settings, DEAD_LETTERS, since_ms=since_ms):
        if record.value is not None:
            yield decoder.decode(record.value)


def redrive(
    settings: Settings,
    letters: Iterable[tuple[Place, Reason]],
    sent_before: Callable[[Place], bool],
    now_ms: int,
    send: Callable[[ReadRecord], tuple[int, int]] | None,
) -> Iterator[Redriven]:
    """Read each record at its coordinates and ``send`` those that decode by now; without ``send`` only say which would.

    What is late counts at the watermark, as any late request. ``send`` returns the new partition and offset.
    """
    requests = settings.topic(REQUESTS)
    wanted: list[Place] = []
    for place, reason in letters:
        refusal = _not_wanted(place, reason, requests, sent_before)
        if refusal is None:
            wanted.append(place)
        else:
            yield refusal
    for place, record in read_at(settings, wanted):
        yield _send_again(place, record, settings.decides, now_ms, send)


def _not_wanted(place: Place, reason: Reason, requests: str, sent_before: Callable[[Place], bool]) -> Redriven | None:
    if place[0] != requests:
        return _outcome(place, "other_topic", f"only {requests} is sent again; give a verdict anew")
    if reason is Reason.DUPLICATE:
        return _outcome(place, "duplicate", "its event was counted when it came first")
    if sent_before(place):
        return _outcome(place, "sent_before", "was sent again before; --again sends it once more")
    return None


def _send_again(
    place: Place,
    record: ReadRecord | None,
    decides: DetectionSettings,
    now_ms: int,
    send: Callable[[ReadRecord], tuple[int, int]] | None,
) -> Redriven:
    if record is None:
        return _outcome(place, "gone", "the topic does not hold it any more")
    # As it will be when the brokers take it again.
    again = Records(record.topic, record.partition, [record.offset], [now_ms], [record.key], [record.value], [None])
    read = decode(again, decides)
    if read.dead_letters or not read.events:
        why = read.dead_letters[0] if read.dead_letters else None
        return _outcome(place, "refused", f"{why.field}: {why.reason.value}: {why.detail}" if why else "no event")
    if send is None:
        return _outcome(place, "would_send", "decodes now")
    partition, offset = send(record)
    return _outcome(place, "sent", f"now at partition {partition} offset {offset}", (partition, offset))


def _outcome(place: Place, outcome: Outcome, said: str, new: tuple[int, int] | None = None) -> Redriven:
    return Redriven(
        topic=place[0],
        partition=place[1],
        log_offset=place[2],
        outcome=outcome,
        said=said,
        new_partition=None if new is None else new[0],
        new_offset=None if new is None else new[1],
    )


def sender(settings: Settings, producer: Any) -> Callable[[ReadRecord], tuple[int, int]]:
    """A function that writes a record again, on the partition that its key belongs to, and waits until it is there."""

    def send(record: ReadRecord) -> tuple[int, int]:
        key = record.key or b""
        header = (REDRIVEN_HEADER, f"{record.topic}/{record.partition}/{record.offset}".encode())
        done = producer.send(
            record.topic,
            record.value,
            key=key,
            partition=partition_of(key, settings.decides.partitions),
            headers=[*(each for each in record.headers if each[0] != REDRIVEN_HEADER), header],
        ).get(timeout=30)
        return done.partition, done.offset

    return send
