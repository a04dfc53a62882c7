from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.decode import _parse, _parse_step_by_step, decode, decode_one
from models.detection import DetectionSettings
from models.event import Event
from models.record import DeadLetter, Reason
from models.refusal import MAX_NESTING
from tests.bad_input import BAD_INPUTS, KEY, SECRET, BadInput, good_value
from tests.strategies import APPEND_TIME_MS, event_records, records_of

SETTINGS = DetectionSettings()


def _outcome(key: bytes | None, value: bytes | None, append_time_ms: int = APPEND_TIME_MS) -> Event | DeadLetter | None:
    return decode_one(records_of([(key, value)], append_time_ms), 0, SETTINGS)


@pytest.mark.parametrize("bad", BAD_INPUTS, ids=lambda bad: bad.name)
def test_each_kind_of_bad_input_gives_its_dead_letter(bad: BadInput) -> None:
    """Reason, path and coordinates are those of the table, and nothing of the payload is in the letter."""
    letter = _outcome(bad.key, bad.value, bad.append_time_ms)
    assert isinstance(letter, DeadLetter)
    assert (bad.reason, bad.field) == (letter.reason, letter.field)
    assert ("requests.v1", 3, 100, bad.append_time_ms) == (
        letter.topic,
        letter.partition,
        letter.offset,
        letter.append_time_ms,
    )
    assert SECRET not in msgspec.json.encode(letter).decode()
    assert len(letter.detail) <= 160


def test_the_table_covers_every_reason_that_decode_gives() -> None:
    """Only duplicates, which need the account's row, are found elsewhere."""
    assert set(Reason) - {Reason.DUPLICATE} == {bad.reason for bad in BAD_INPUTS}
    assert len(BAD_INPUTS) == len({bad.name for bad in BAD_INPUTS}) >= 35


def test_good_events_between_bad_ones_all_come_through() -> None:
    """Bad records cost their neighbours nothing; ticks are neither events nor dead letters."""
    pairs: list[tuple[bytes | None, bytes | None]] = []
    for bad in BAD_INPUTS:
        pairs += [(KEY, good_value()), (bad.key, bad.value), (None, b"tick")]
    run = records_of(pairs)
    run = msgspec.structs.replace(run, ticks_ms=[None, None, APPEND_TIME_MS] * len(BAD_INPUTS))
    decoded = decode(run, SETTINGS)
    assert list(range(0, len(pairs), 3)) == decoded.positions
    assert len(BAD_INPUTS) == len(decoded.events)
    assert [100 + index for index in range(1, len(pairs), 3)] == [letter.offset for letter in decoded.dead_letters]


@settings(deadline=None)
@given(event_records())
def test_every_valid_event_decodes_with_its_values(record: tuple[bytes, bytes]) -> None:
    """Each field of the producer's object is found in the event; unknown ones are ignored."""
    key, value = record
    event = _outcome(key, value)
    assert isinstance(event, Event)
    assert isinstance(event.event_time, int)
    sent: dict[str, Any] = json.loads(value)
    for name in Event.__struct_fields__:
        if name not in ("event_time", "account_created_at"):
            assert sent.get(name) == getattr(event, name), name


@settings(max_examples=200, deadline=None)
@given(key=st.none() | st.binary(max_size=8), value=st.none() | st.binary(max_size=64), append=st.integers(-1, 2**62))
@example(key=KEY, value=b"\\", append=0)
@example(key=KEY, value=b'"\\', append=0)
@example(key=KEY, value=b"-", append=0)
@example(key=KEY, value=b'{"schema_version": ' + b"9" * 5000 + b"}", append=0)
def test_arbitrary_bytes_never_raise(key: bytes | None, value: bytes | None, append: int) -> None:
    """Decode is total."""
    assert isinstance(_outcome(key, value, append), DeadLetter)


@settings(max_examples=200, deadline=None)
@given(record=event_records(), data=st.data())
def test_mutated_events_never_raise(record: tuple[bytes, bytes], data: st.DataObject) -> None:
    """Whatever is cut out of a valid event or put into it, the outcome is an event with clean text or a dead letter."""
    key, value = record
    start = data.draw(st.integers(0, len(value)))
    stop = data.draw(st.integers(start, min(len(value), start + 8)))
    piece = data.draw(
        st.binary(max_size=4) | st.sampled_from([rb"\ud800", b"1e999", b"NaN", b"[", b"{", b'"', b"-", b"\\"])
    )
    outcome = _outcome(key, value[:start] + piece + value[stop:])
    assert isinstance(outcome, (Event, DeadLetter))
    if isinstance(outcome, Event):
        msgspec.json.encode(outcome)


@settings(max_examples=100, deadline=None)
@given(event_records())
def test_the_fast_way_gives_what_the_long_way_gives(record: tuple[bytes, bytes]) -> None:
    """Parsing in one go and step by step agree on every valid event, with and without unknown fields."""
    assert _parse_step_by_step(record[1]) == _parse(record[1])


@pytest.mark.parametrize("bad", BAD_INPUTS, ids=lambda bad: bad.name)
def test_the_fast_way_refuses_what_the_long_way_refuses(bad: BadInput) -> None:
    """The outcome depends on the value alone, not on the way it was parsed."""
    value = bad.value or b""
    assert _parse_step_by_step(value) == _parse(value)


@pytest.mark.parametrize("raw", [b"[", b'{"a":', b'[{"a":'])
def test_nesting_is_limited_by_depth_not_by_the_stack(raw: bytes) -> None:
    """As deep as allowed decodes and one deeper does not, however deep the caller stands."""
    closing = {b"[": b"]", b'{"a":': b"}", b'[{"a":': b"}]"}[raw]
    levels = closing.count(b"}") + closing.count(b"]")

    def value(times: int) -> bytes:
        return good_value(zzz="@").replace(b'"@"', raw * times + b"1" + closing * times)

    def deep(frames: int, value: bytes) -> Event | DeadLetter | None:
        return deep(frames - 1, value) if frames else _outcome(KEY, value)

    deepest = (MAX_NESTING - 1) // levels
    for frames in (0, 500):
        assert isinstance(deep(frames, value(deepest)), Event)
        letter = deep(frames, value(deepest + 1))
        assert isinstance(letter, DeadLetter)
        assert letter.reason is Reason.TOO_DEEP


def test_brackets_in_text_are_no_nesting() -> None:
    """A prompt full of code is no deep document."""
    assert isinstance(_outcome(KEY, good_value(prompt_text='[{"\\' * 5000)), Event)


def test_the_future_is_judged_by_the_append_time_then_by_the_setting() -> None:
    """Five minutes past the append time are allowed; without one, ``latest_event_time_ms`` stands in; else no limit."""
    ahead = APPEND_TIME_MS + SETTINGS.future_tolerance_ms
    on_time, too_far = (KEY, good_value(event_time=ahead)), (KEY, good_value(event_time=ahead + 1))
    known = decode(records_of([on_time, too_far]), SETTINGS, ahead + 10**9)
    assert known.positions == [0]
    unknown = records_of([on_time, too_far], append_time_ms=-1)
    assert decode(unknown, SETTINGS, APPEND_TIME_MS).positions == [0]
    assert decode(unknown, SETTINGS).positions == [0, 1]


def test_the_settings_bound_size_and_age() -> None:
    """A value of exactly the largest size and an event of exactly the earliest instant are taken."""
    value = good_value(event_time=SETTINGS.earliest_event_ms)
    exact = DetectionSettings(max_value_bytes=len(value))
    assert isinstance(decode_one(records_of([(KEY, value)]), 0, exact), Event)
    letter = decode_one(records_of([(KEY, value + b" ")]), 0, exact)
    assert isinstance(letter, DeadLetter)
    assert letter.reason is Reason.OVERSIZED
    assert isinstance(_outcome(KEY, good_value(event_time=SETTINGS.earliest_event_ms - 1)), DeadLetter)


@pytest.mark.parametrize("account_id", ["a b", "مها", "\u200bzero", "日本", "x" * 256])
def test_unusual_account_ids_are_taken(account_id: str) -> None:
    """Only control characters and length are refused; what merely does not print is somebody's id."""
    assert isinstance(_outcome(account_id.encode(), good_value(account_id=account_id)), Event)


def test_of_a_repeated_field_the_last_counts() -> None:
    """JSON leaves it open; so do our producers' libraries, and this is what they do."""
    event = _outcome(KEY, good_value()[:-1] + b', "input_tokens": 99}')
    assert isinstance(event, Event)
    assert event.input_tokens == 99


def test_a_repeated_schema_version_cannot_hide_another() -> None:
    """A document that names two versions is of neither."""
    letter = _outcome(KEY, b'{"schema_version": 2, ' + good_value()[1:])
    assert isinstance(letter, DeadLetter)
    assert letter.reason is Reason.UNKNOWN_SCHEMA_VERSION
