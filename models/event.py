"""The request event of ``requests.v1``: one completed or refused request of an LLM API, as JSON in UTF-8.

What JSON leaves open is settled here. Unknown fields are ignored; ``null`` in an optional field means absent; of a
repeated field the last counts; whole numbers stand for floats but not the reverse (``12.0`` is no token count).
Bounds on what a client can choose (sampling parameters, output length) are wider than any server accepts, because an
event that is refused is an event the models never see.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

#: The version of the event this build reads.
SCHEMA_VERSION = 1

#: 9999-12-31T23:59:59.999Z, the last instant RFC 3339 can write.
LAST_INSTANT_MS = 253_402_300_799_999
_DAY_MS = 86_400_000
_EPOCH_ORDINAL = datetime(1970, 1, 1, tzinfo=UTC).toordinal()

Text = Annotated[str, Meta(max_length=128)]
LongText = Annotated[str, Meta(max_length=512)]
Tokens = Annotated[int, Meta(ge=0, le=2**40)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Duration = Annotated[float, Meta(ge=0, le=1e12)]
Instant = Annotated[datetime, Meta(tz=True)] | Annotated[int, Meta(ge=0, le=LAST_INSTANT_MS)]
Component = Annotated[float, Meta(ge=-1e6, le=1e6)]
Embedding = Annotated[list[Component], Meta(min_length=16, max_length=1024)]


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request. Tokens are counts, ``*_ms`` milliseconds, ``*_hash`` keyed hashes; absent fields are ``None``.

    Times are RFC 3339 with an offset, or whole milliseconds since 1970 (UTC).

    >>> value = b'{"schema_version":1,"event_id":"r-1","event_time":"2026-01-01T00:00:00.5Z","account_id":"a-1",'
    >>> value += b'"operation":"chat","request_model":"m","input_tokens":12,"output_tokens":0,"refused":true}'
    >>> event = msgspec.json.decode(value, type=Event)
    >>> event.event_time_ms, event.refused, event.prompt_text
    (1767225600500, True, None)
    """

    schema_version: Annotated[Literal[1], Meta(description="Version of this schema")]
    event_id: Annotated[str, Meta(min_length=1, max_length=128, description="Unique name of the request")]
    event_time: Annotated[Instant, Meta(description="When the request began")]
    account_id: Annotated[
        str, Meta(min_length=1, max_length=256, description="The account, equal to the key; no control characters")
    ]
    operation: Annotated[Text, Meta(description="OpenTelemetry GenAI operation, for example chat")]
    request_model: Annotated[
        Annotated[str, Meta(max_length=256)], Meta(description="The model that the client asked for")
    ]
    input_tokens: Annotated[Tokens, Meta(description="Tokens of the input, cached ones among them")]
    output_tokens: Annotated[Tokens, Meta(description="Tokens of the answer, 0 when refused")]

    prompt_text: Annotated[
        str | None, Meta(description="Last user message; the first 32 KiB are used, in memory only, never stored")
    ] = None
    prompt_embedding: Annotated[Embedding | None, Meta(description="Embedding of the message, instead of text")] = None
    embedding_model: Annotated[Text | None, Meta(description="What made prompt_embedding")] = None
    system_hash: Annotated[Text | None, Meta(description="Hash of the system prompt")] = None
    conversation_id: Annotated[LongText | None, Meta(description="The conversation")] = None
    turn_count: Annotated[Count | None, Meta(description="User turns so far, this one among them")] = None
    root_hash: Annotated[
        Text | None, Meta(description="Hash of the conversation's opening message, the same in all its turns")
    ] = None
    prefix_hash: Annotated[Text | None, Meta(description="Hash of everything before this turn")] = None
    reasoning_ref: Annotated[Text | None, Meta(description="Hash of a reused reasoning block")] = None

    max_tokens: Annotated[
        Annotated[int, Meta(ge=-1, le=2**40)] | None, Meta(description="Most tokens asked for; -1 for no limit")
    ] = None
    temperature: Annotated[Annotated[float, Meta(ge=0, le=1000)] | None, Meta(description="Sampling temperature")] = (
        None
    )
    top_p: Annotated[Annotated[float, Meta(ge=0, le=1)] | None, Meta(description="Nucleus sampling mass")] = None
    n: Annotated[Count | None, Meta(description="Answers asked for")] = None
    seed: Annotated[Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None, Meta(description="Sampling seed")] = None
    logprobs: Annotated[bool | Count | None, Meta(description="Log probabilities asked for, or how many")] = None
    stream: Annotated[bool | None, Meta(description="Answer streamed")] = None
    tool_count: Annotated[Count | None, Meta(description="Tools offered")] = None
    tool_call_count: Annotated[Count | None, Meta(description="Tool calls in the answer")] = None
    output_type: Annotated[Text | None, Meta(description="Kind of output asked for, for example json")] = None

    finish_reasons: Annotated[
        Annotated[list[Text], Meta(max_length=1024)] | None, Meta(description="Why each answer ended")
    ] = None
    status_code: Annotated[Annotated[int, Meta(ge=0, le=999)] | None, Meta(description="HTTP status")] = None
    refused: Annotated[bool | None, Meta(description="The model or a filter refused")] = None
    duration_ms: Annotated[Duration | None, Meta(description="Request to last byte")] = None
    ttft_ms: Annotated[Duration | None, Meta(description="Request to first token")] = None

    organization_id: Annotated[Text | None, Meta(description="The account's organization")] = None
    end_user_hash: Annotated[Text | None, Meta(description="Hash of the end user that the account names")] = None
    api_key_hash: Annotated[Text | None, Meta(description="Hash of the API key")] = None
    ip_hash: Annotated[Text | None, Meta(description="Hash of the client address")] = None
    ip_prefix_hash: Annotated[Text | None, Meta(description="Hash of its /24 or /48")] = None
    asn: Annotated[Annotated[int, Meta(ge=0, le=2**32 - 1)] | None, Meta(description="Autonomous system")] = None
    country: Annotated[Text | None, Meta(description="Country of the address, ISO 3166-1 alpha-2")] = None
    ip_type: Annotated[
        Text | None, Meta(description="residential, hosting, proxy, tor, vpn, mobile or another word")
    ] = None
    user_agent_family: Annotated[Text | None, Meta(description="Family of the client software")] = None
    tls_ja4: Annotated[Text | None, Meta(description="JA4 fingerprint of the TLS client")] = None
    payment_hash: Annotated[Text | None, Meta(description="Hash of the means of payment")] = None
    device_hash: Annotated[Text | None, Meta(description="Hash of the device")] = None
    email_domain_hash: Annotated[Text | None, Meta(description="Hash of the domain of the account's address")] = None
    account_created_at: Annotated[Instant | None, Meta(description="When the account was opened")] = None
    plan: Annotated[Text | None, Meta(description="The account's plan")] = None
    access_path: Annotated[Text | None, Meta(description="native, bedrock, vertex, aggregator or another word")] = None
    reasoning_output_tokens: Annotated[Tokens | None, Meta(description="Reasoning tokens of the answer")] = None
    cache_read_input_tokens: Annotated[Tokens | None, Meta(description="Input tokens read from a cache")] = None
    ext: Annotated[dict[str, Any] | None, Meta(description="Anything else; passed through, never keyed on")] = None

    @property
    def event_time_ms(self) -> int:
        """``event_time`` in epoch milliseconds (UTC, fractions cut off); decoded events hold it ready as an integer."""
        instant = self.event_time
        return instant if isinstance(instant, int) else epoch_ms(instant)

    def __eq__(self, other: object) -> bool:
        """Compare fields only, so that an ``ExactEvent`` equals the same ``Event``."""
        return isinstance(other, Event) and msgspec.structs.astuple(self) == msgspec.structs.astuple(other)

    __hash__ = None  # type: ignore[assignment]  # it may hold lists


class ExactEvent(Event, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """An event that came without unknown fields, so that its parser has looked into every byte of it."""


#: The names a field of the event can have.
FIELD_NAMES = frozenset(Event.__struct_fields__)


def epoch_ms(instant: datetime) -> int:
    """Whole milliseconds since 1970-01-01T00:00:00Z, rounded down; ``instant`` must have an offset.

    Calendar arithmetic on integers: exact, and a third of the cost of subtracting two datetimes.

    >>> epoch_ms(datetime.fromisoformat("1969-12-31T23:59:59.9999+00:00"))
    -1
    """
    days = instant.toordinal() - _EPOCH_ORDINAL
    seconds = (instant.hour * 60 + instant.minute) * 60 + instant.second
    local_ms = days * _DAY_MS + seconds * 1000 + instant.microsecond // 1000
    if instant.tzinfo is UTC:
        return local_ms
    offset = instant.utcoffset()
    if offset is None:
        raise ValueError(f"instant: {instant.isoformat()} has no offset from UTC; add one, for example Z")
    return local_ms - (offset.days * _DAY_MS + offset.seconds * 1000)


_Object = dict[str, msgspec.Raw]
_OBJECT_DECODER = msgspec.json.Decoder(_Object)
_MOST_UNKNOWN = 32
_LONGEST_UNKNOWN = 64


def unknown_fields(value: bytes) -> list[str]:
    """Names in ``value`` that the event does not have, sorted; for a sample, since it parses the value once more.

    Names come from outside: at most 32 are given, and one that is longer than 64 characters or no plain ASCII word
    becomes ``(other)``. Empty for bytes that are no JSON object. Never raises.

    >>> unknown_fields(b'{"account_id": "a-1", "region": "eu", "free text!": 1}')
    ['(other)', 'region']
    """
    try:
        names = _OBJECT_DECODER.decode(value).keys() - FIELD_NAMES
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return sorted({name if _is_plain(name) else "(other)" for name in names})[:_MOST_UNKNOWN]


def _is_plain(name: str) -> bool:
    return len(name) <= _LONGEST_UNKNOWN and name.isascii() and name.replace("_", "").replace(".", "").isalnum()
