"""Hypothesis strategies for valid events, shared by every test that needs some."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from models.record import Records

#: 2026-03-01T12:00:00Z, the append time of every record these strategies make.
APPEND_TIME_MS = 1_772_366_400_000
_EARLIEST_MS = 1_577_836_800_000
_TOKENS = st.integers(0, 2**40)
_COUNT = st.integers(0, 2**31 - 1)
_TEXT = st.text(st.characters(codec="utf-8"), max_size=128)
_HASH = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=22, max_size=22)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)

account_ids = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=128)
prompts = st.text(st.characters(codec="utf-8"), max_size=400)


def _rfc3339(instant_ms: int, offset_minutes: int) -> str:
    zone = timezone(timedelta(minutes=offset_minutes)) if offset_minutes else UTC
    text = datetime.fromtimestamp(instant_ms / 1000, tz=zone).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


#: Instants from the earliest allowed to the append time, in both forms that the event takes.
event_times = st.integers(_EARLIEST_MS, APPEND_TIME_MS) | st.builds(
    _rfc3339, st.integers(_EARLIEST_MS, APPEND_TIME_MS), st.integers(-14 * 60, 14 * 60)
)

_REQUIRED: dict[str, st.SearchStrategy[Any]] = {
    "schema_version": st.just(1),
    "event_id": st.text(st.characters(codec="utf-8"), min_size=1, max_size=128),
    "event_time": event_times,
    "account_id": account_ids,
    "operation": st.sampled_from(["chat", "text_completion", "embeddings", "generate_content"]),
    "request_model": st.sampled_from(["large-2", "small-2", "arn:aws:bedrock:eu-west-1::foundation-model/m"]),
    "input_tokens": _TOKENS,
    "output_tokens": _TOKENS,
}

_OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "prompt_text": prompts,
    "prompt_embedding": st.lists(st.floats(-1, 1, width=32), min_size=16, max_size=64),
    "embedding_model": _TEXT,
    "conversation_id": _TEXT,
    "turn_count": _COUNT,
    "max_tokens": st.integers(-1, 2**40),
    "temperature": st.floats(0, 2),
    "top_p": st.floats(0, 1),
    "n": _COUNT,
    "seed": st.integers(-(2**63), 2**63 - 1),
    "logprobs": st.booleans() | _COUNT,
    "stream": st.booleans(),
    "tool_count": _COUNT,
    "tool_call_count": _COUNT,
    "output_type": st.sampled_from(["text", "json"]),
    "finish_reasons": st.lists(_TEXT, max_size=3),
    "status_code": st.integers(0, 999),
    "refused": st.booleans(),
    "duration_ms": st.floats(0, 1e9),
    "ttft_ms": st.floats(0, 1e9),
    "organization_id": _TEXT,
    "asn": st.integers(0, 2**32 - 1),
    "country": st.sampled_from(["DE", "JP", "BR"]),
    "ip_type": st.sampled_from(["residential", "hosting", "vpn"]),
    "user_agent_family": _TEXT,
    "tls_ja4": _TEXT,
    "account_created_at": event_times,
    "plan": _TEXT,
    "access_path": st.sampled_from(["native", "bedrock", "aggregator"]),
    "reasoning_output_tokens": _TOKENS,
    "cache_read_input_tokens": _TOKENS,
    "ext": st.dictionaries(_TEXT, _JSON, max_size=3),
}
_HASHES: tuple[str, ...] = ("system_hash", "root_hash", "prefix_hash", "reasoning_ref", "end_user_hash", "api_key_hash")
_HASHES += ("ip_hash", "ip_prefix_hash", "payment_hash", "device_hash", "email_domain_hash")

#: Valid events as JSON objects, with any of the optional fields, some of them null.
event_objects: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    _REQUIRED,
    optional={name: st.none() | values for name, values in (_OPTIONAL | dict.fromkeys(_HASHES, _HASH)).items()},
)

_UNKNOWN = st.dictionaries(_TEXT.map("x_".__add__), _JSON, max_size=2)


@st.composite
def event_records(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Key and value of a valid event as producers write it: escaped or not, spaced or not, with unknown fields."""
    event = draw(event_objects) | draw(_UNKNOWN)
    names = draw(st.permutations(list(event)))
    value = json.dumps(
        {name: event[name] for name in names},
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": ")])),
    )
    return event["account_id"].encode(), value.encode()


def records_of(pairs: list[tuple[bytes | None, bytes | None]], append_time_ms: int = APPEND_TIME_MS) -> Records:
    """One run of records from keys and values, at offsets from 100."""
    return Records(
        topic="requests.v1",
        partition=3,
        offsets=list(range(100, 100 + len(pairs))),
        append_times_ms=[append_time_ms] * len(pairs),
        keys=[key for key, _ in pairs],
        values=[value for _, value in pairs],
        ticks_ms=[None] * len(pairs),
    )
