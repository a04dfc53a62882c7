"""Decode: records of the requests topic become events, and what is no event becomes a dead letter.

Checks run in this order, and the first that fails names the reason: value present; its size; UTF-8 in every byte;
nesting; schema version; JSON syntax and fields, in the order of the document, then what is missing; control characters
in the account id; key; time. The version goes first among what is read from the document, because a document of
another version owes us none of these fields.
"""

from __future__ import annotations

import unicodedata

import msgspec
from msgspec.structs import force_setattr

from models.detection import DetectionSettings
from models.event import Event, ExactEvent, epoch_ms
from models.record import DeadLetter, Reason, Records
from models.refusal import MAX_NESTING, Refusal, explain, nested_too_deep

_EXACT_DECODER = msgspec.json.Decoder(ExactEvent)
_DECODER = msgspec.json.Decoder(Event)
_PARSE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_TOO_DEEP = Refusal(Reason.TOO_DEEP, "$", f"arrays and objects nest deeper than {MAX_NESTING} levels")


class Decoded(msgspec.Struct, frozen=True):
    """What a run of records held: ``events[i]`` came from record ``positions[i]``, an index into the run.

    Every record that is no tick gave one event or one dead letter; both lists are in offset order.
    """

    events: list[Event]
    positions: list[int]
    dead_letters: list[DeadLetter]


def decode(records: Records, settings: DetectionSettings, latest_event_time_ms: int | None = None) -> Decoded:
    """Decode a run of records, one by one. Never raises, whatever the bytes.

    ``latest_event_time_ms`` (epoch milliseconds) stands in for append times that are unknown (negative); without
    either, no event is too far in the future. An event of 900 bytes costs about 5 microseconds, half of it msgspec's;
    the stream takes ``models.scan``, which makes no object an event (``tests/benchmarks/decode_cost.py``).

    >>> value = b'{"schema_version":1,"event_id":"r-1","event_time":1767225600500,"account_id":"a-1",'
    >>> value += b'"operation":"chat","request_model":"m","input_tokens":12,"output_tokens":30}'
    >>> values = [value, b"", value.replace(b"12", b"-12")]
    >>> keys, ticks_ms = [b"a-1", None, b"a-1"], [None, 1767225600000, None]
    >>> run = Records("requests.v1", 0, [7, 8, 9], [1767225601000] * 3, keys, values, ticks_ms)
    >>> decoded = decode(run, DetectionSettings())
    >>> [event.event_id for event in decoded.events], decoded.positions
    (['r-1'], [0])
    >>> [(letter.offset, letter.field, str(letter.reason)) for letter in decoded.dead_letters]
    [(9, '$.input_tokens', 'out_of_range')]
    """
    decoded = Decoded([], [], [])
    for index in range(len(records)):
        outcome = decode_one(records, index, settings, latest_event_time_ms)
        if isinstance(outcome, Event):
            decoded.events.append(outcome)
            decoded.positions.append(index)
        elif outcome is not None:
            decoded.dead_letters.append(outcome)
    return decoded


def _settle_time(event: Event) -> int:
    event_time = event.event_time
    if isinstance(event_time, int):
        return event_time
    event_time_ms = epoch_ms(event_time)
    # Later steps ask for the time again and again; the event is nobody else's yet.
    force_setattr(event, "event_time", event_time_ms)
    return event_time_ms


def decode_one(
    records: Records, index: int, settings: DetectionSettings, latest_event_time_ms: int | None = None
) -> Event | DeadLetter | None:
    """Decode record ``index`` of a run; ``None`` for a tick."""
    if records.ticks_ms[index] is not None:
        return None
    append_time_ms = records.append_times_ms[index]
    now_ms = append_time_ms if append_time_ms >= 0 else latest_event_time_ms
    outcome = _accept(records.values[index], records.keys[index], now_ms, settings)
    return outcome if isinstance(outcome, Event) else _dead_letter(records, index, outcome)


def _dead_letter(records: Records, index: int, refusal: Refusal) -> DeadLetter:
    return DeadLetter(
        topic=records.topic,
        partition=records.partition,
        offset=records.offsets[index],
        field=refusal.field,
        reason=refusal.reason,
        detail=refusal.detail,
        append_time_ms=records.append_times_ms[index],
    )


def _accept(value: bytes | None, key: bytes | None, now_ms: int | None, settings: DetectionSettings) -> Event | Refusal:
    """Check one record; ``now_ms`` is the time that its event may not be far past, if that is known."""
    if not value:
        return Refusal(Reason.EMPTY, "$", "expected a JSON object")
    if len(value) > settings.max_value_bytes:
        return Refusal(Reason.OVERSIZED, "$", f"{len(value)} bytes; at most {settings.max_value_bytes} are read")
    event = _parse(value)
    if isinstance(event, Refusal):
        return event
    account_id = event.account_id
    # Printable is stricter than free of control characters and costs a tenth.
    if not account_id.isprintable() and _has_control_character(account_id):
        return Refusal(Reason.OUT_OF_RANGE, "$.account_id", "expected no control characters")
    if key != account_id.encode():
        if key is None:
            return Refusal(Reason.MISSING_KEY, "key", "expected the account_id as the record's key")
        return Refusal(Reason.KEY_MISMATCH, "key", "the record's key is not the event's account_id")
    event_time_ms = _settle_time(event)
    if now_ms is not None and event_time_ms > now_ms + settings.future_tolerance_ms:
        detail = f"{event_time_ms - now_ms} ms past the append time; at most {settings.future_tolerance_ms} are allowed"
        return Refusal(Reason.TOO_FAR_IN_FUTURE, "$.event_time", detail)
    if event_time_ms < settings.earliest_event_ms:
        detail = f"{settings.earliest_event_ms - event_time_ms} ms before the earliest time allowed"
        return Refusal(Reason.TOO_OLD, "$.event_time", detail)
    return event


def _parse(value: bytes) -> Event | Refusal:
    """Parse a value that has no unknown fields at the cost of msgspec alone; any other goes the long way round."""
    try:
        event = _EXACT_DECODER.decode(value)
    except _PARSE_ERRORS:
        return _parse_step_by_step(value)
    if event.ext and nested_too_deep(value):
        return _TOO_DEEP
    return event


def _parse_step_by_step(value: bytes) -> Event | Refusal:
    """Parse any value; where ``_parse`` succeeds on its own, this gives the same event."""
    # msgspec looks neither into the strings of a field that it skips nor at its own depth.
    try:
        value.decode()
    except UnicodeDecodeError as error:
        return Refusal(Reason.INVALID_UTF8, "$", f"byte {error.start} is no UTF-8")
    if nested_too_deep(value):
        return _TOO_DEEP
    try:
        return _DECODER.decode(value)
    except _PARSE_ERRORS as error:
        return explain(value, error)


def _has_control_character(text: str) -> bool:
    return any(unicodedata.category(character) == "Cc" for character in text)
