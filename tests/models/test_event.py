from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.event import FIELD_NAMES, Event, epoch_ms, unknown_fields
from tests.bad_input import good_object, good_value
from tests.strategies import event_records

_ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=_ZONES | st.just(UTC)))
def test_epoch_ms_is_the_floor_of_the_exact_instant(instant: datetime) -> None:
    """For every instant and offset, before 1970 too, and through no float."""
    assert (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) == epoch_ms(instant)


def test_epoch_ms_refuses_a_time_without_an_offset() -> None:
    """A local time is no instant."""
    with pytest.raises(ValueError, match="no offset"):
        epoch_ms(datetime(2026, 1, 1))  # noqa: DTZ001 - the fault under test


def test_both_forms_of_time_give_the_same_instant() -> None:
    """RFC 3339 with an offset, in UTC, in lower case, and epoch milliseconds agree."""
    forms = ["2026-03-01T12:00:00.250Z", "2026-03-01t12:00:00.25z", "2026-03-01T21:30:00.250+09:30", 1_772_366_400_250]
    events = [msgspec.convert(good_object(event_time=form), Event) for form in forms]
    assert [event.event_time_ms for event in events] == [1_772_366_400_250] * 4


def test_the_fields_are_those_of_the_design() -> None:
    """Required and optional names, exactly."""
    required = "schema_version event_id event_time account_id operation request_model input_tokens output_tokens"
    optional = (
        "prompt_text prompt_embedding embedding_model system_hash conversation_id turn_count root_hash prefix_hash "
        "reasoning_ref max_tokens temperature top_p n seed logprobs stream tool_count tool_call_count output_type "
        "finish_reasons status_code refused duration_ms ttft_ms organization_id end_user_hash api_key_hash ip_hash "
        "ip_prefix_hash asn country ip_type user_agent_family tls_ja4 payment_hash device_hash email_domain_hash "
        "account_created_at plan access_path reasoning_output_tokens cache_read_input_tokens ext"
    )
    fields = msgspec.structs.fields(Event)
    assert required.split() == [field.name for field in fields if field.required]
    assert optional.split() == [field.name for field in fields if not field.required]


@given(event_records())
def test_an_event_survives_its_own_encoding(record: tuple[bytes, bytes]) -> None:
    """What Stillwatch writes as an event (simulate), it reads back equal."""
    event = msgspec.json.decode(record[1], type=Event)
    assert event == msgspec.json.decode(msgspec.json.encode(event), type=Event)


def test_unknown_fields_are_named_within_bounds() -> None:
    """Names come from outside: few, short, and never free text."""
    assert unknown_fields(good_value(**dict.fromkeys(FIELD_NAMES))) == []
    assert unknown_fields(good_value(region=1, **{"x.y_1": 2})) == ["region", "x.y_1"]
    assert unknown_fields(good_value(**{"my secret": 1, "a" * 65: 1, "é": 1, "": 1})) == ["(other)"]
    assert len(unknown_fields(good_value(**{f"f{index}": 0 for index in range(1000)}))) == 32


@given(st.binary(max_size=32))
def test_unknown_fields_never_raises(value: bytes) -> None:
    """The sample is taken before anything is known about the value."""
    assert isinstance(unknown_fields(value), list)
    assert unknown_fields(b'{"a":' + b"[" * 5000) == []
