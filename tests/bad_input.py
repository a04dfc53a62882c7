"""Every kind of bad input we know, with the dead letter it must give: one table for unit and integration tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from models.record import Reason
from tests.strategies import APPEND_TIME_MS

ACCOUNT_ID = "acct-bad-input"
KEY = ACCOUNT_ID.encode()
#: Stands in every payload that can carry it; no dead letter may.
SECRET = "SECRET-7f3a"  # noqa: S105 - a stand-in for prompt text


@dataclass(frozen=True, slots=True)
class BadInput:
    """One record that must be refused. ``append_time_ms`` is what the broker says; a live broker sets its own."""

    name: str
    value: bytes | None
    reason: Reason
    field: str
    key: bytes | None = KEY
    append_time_ms: int = APPEND_TIME_MS


def good_object(**changes: Any) -> dict[str, Any]:
    """Return a valid event whose fields ``changes`` replace."""
    event = {
        "schema_version": 1,
        "event_id": "r-1",
        "event_time": APPEND_TIME_MS - 1000,
        "account_id": ACCOUNT_ID,
        "operation": "chat",
        "request_model": "large-2",
        "input_tokens": 12,
        "output_tokens": 340,
        "prompt_text": f"Translate: {SECRET}",
    }
    return event | changes


def good_value(**changes: Any) -> bytes:
    """Return the value of a valid event whose fields ``changes`` replace."""
    return json.dumps(good_object(**changes), ensure_ascii=False).encode()


def _without(name: str) -> bytes:
    return json.dumps({field: value for field, value in good_object().items() if field != name}).encode()


def _with_raw(field: str, raw: bytes) -> bytes:
    """Return a value whose ``field`` is ``raw``, which need not be JSON."""
    return good_value(**{field: "@RAW@"}).replace(b'"@RAW@"', raw)


_R = Reason
_TIME = "$.event_time"
_GOOD = good_value()

BAD_INPUTS: tuple[BadInput, ...] = (
    BadInput("tombstone", None, _R.EMPTY, "$"),
    BadInput("tombstone without a key", None, _R.EMPTY, "$", key=None),
    BadInput("empty value", b"", _R.EMPTY, "$"),
    BadInput("five megabytes", good_value(prompt_text="x" * (5 << 20)), _R.OVERSIZED, "$"),
    BadInput("one byte over a mebibyte", _GOOD + b" " * ((1 << 20) + 1 - len(_GOOD)), _R.OVERSIZED, "$"),
    BadInput("blanks only", b" \n", _R.INVALID_JSON, "$"),
    BadInput("no JSON at all", f"GET /{SECRET}".encode(), _R.INVALID_JSON, "$"),
    BadInput("truncated", _GOOD[:-20], _R.INVALID_JSON, "$"),
    BadInput("two documents in one value", _GOOD + _GOOD, _R.INVALID_JSON, "$"),
    BadInput("byte order mark", b"\xef\xbb\xbf" + _GOOD, _R.INVALID_JSON, "$"),
    BadInput("UTF-16", _GOOD.decode().encode("utf-16"), _R.INVALID_UTF8, "$"),
    BadInput("single quotes", _GOOD.replace(b'"', b"'"), _R.INVALID_JSON, "$"),
    BadInput("trailing comma", _GOOD[:-1] + b",}", _R.INVALID_JSON, "$"),
    BadInput("raw line break in a string", _with_raw("prompt_text", b'"a\nb"'), _R.INVALID_JSON, "$"),
    BadInput("zlib-compressed", bytes.fromhex("789c8bae56"), _R.INVALID_UTF8, "$"),
    BadInput("Latin-1 in the prompt", _with_raw("prompt_text", b'"caf\xe9"'), _R.INVALID_UTF8, "$"),
    BadInput("broken UTF-8 in an unknown field", _with_raw("zzz", b'"\xff"'), _R.INVALID_UTF8, "$"),
    BadInput("encoded surrogate", _with_raw("prompt_text", b'"\xed\xa0\xbd"'), _R.INVALID_UTF8, "$"),
    BadInput("half a surrogate pair", _with_raw("prompt_text", rb'"cut \ud83d"'), _R.INVALID_UTF8, "$"),
    BadInput("half a pair in an unknown field", _with_raw("zzz", rb'"\udc00"'), _R.INVALID_UTF8, "$"),
    BadInput("deep arrays", _with_raw("zzz", b"[" * 50_000 + b"]" * 50_000), _R.TOO_DEEP, "$"),
    BadInput("deep objects in ext", _with_raw("ext", b'{"a":' * 65 + b"1" + b"}" * 65), _R.TOO_DEEP, "$"),
    BadInput("an array", b"[" + _GOOD + b"]", _R.NOT_AN_OBJECT, "$"),
    BadInput("a string", f'"{SECRET}"'.encode(), _R.NOT_AN_OBJECT, "$"),
    BadInput("null", b"null", _R.NOT_AN_OBJECT, "$"),
    BadInput("another version", good_value(schema_version=2), _R.UNKNOWN_SCHEMA_VERSION, "$.schema_version"),
    BadInput("another version, other fields", b'{"schema_version": 7}', _R.UNKNOWN_SCHEMA_VERSION, "$.schema_version"),
    BadInput("version as text", good_value(schema_version="1"), _R.WRONG_TYPE, "$.schema_version"),
    BadInput("no version", _without("schema_version"), _R.MISSING_FIELD, "$.schema_version"),
    BadInput("no event_id", _without("event_id"), _R.MISSING_FIELD, "$.event_id"),
    BadInput("no output_tokens", _without("output_tokens"), _R.MISSING_FIELD, "$.output_tokens"),
    BadInput("empty object", b"{}", _R.MISSING_FIELD, "$.schema_version"),
    BadInput("tokens as text", good_value(input_tokens="12"), _R.WRONG_TYPE, "$.input_tokens"),
    BadInput("tokens as float", good_value(input_tokens=12.0), _R.WRONG_TYPE, "$.input_tokens"),
    BadInput("tokens null", good_value(output_tokens=None), _R.WRONG_TYPE, "$.output_tokens"),
    BadInput("refused as number", good_value(refused=1), _R.WRONG_TYPE, "$.refused"),
    BadInput("prompt as object", good_value(prompt_text={SECRET: 1}), _R.WRONG_TYPE, "$.prompt_text"),
    BadInput(
        "word in an embedding", good_value(prompt_embedding=[0.1, SECRET]), _R.WRONG_TYPE, "$.prompt_embedding[1]"
    ),
    BadInput("ext as array", good_value(ext=[1]), _R.WRONG_TYPE, "$.ext"),
    BadInput("negative tokens", good_value(output_tokens=-1), _R.OUT_OF_RANGE, "$.output_tokens"),
    BadInput("absurd tokens", good_value(input_tokens=2**63), _R.OUT_OF_RANGE, "$.input_tokens"),
    BadInput("number of 5,000 digits", _with_raw("seed", b"9" * 5000), _R.OUT_OF_RANGE, "$.seed"),
    BadInput("negative temperature", good_value(temperature=-0.5), _R.OUT_OF_RANGE, "$.temperature"),
    BadInput("top_p above one", good_value(top_p=1.5), _R.OUT_OF_RANGE, "$.top_p"),
    BadInput("short embedding", good_value(prompt_embedding=[0.1] * 15), _R.OUT_OF_RANGE, "$.prompt_embedding"),
    BadInput("long embedding", good_value(prompt_embedding=[0] * 1025), _R.OUT_OF_RANGE, "$.prompt_embedding"),
    BadInput("hash of 129 characters", good_value(ip_hash="f" * 129), _R.OUT_OF_RANGE, "$.ip_hash"),
    BadInput("empty event_id", good_value(event_id=""), _R.OUT_OF_RANGE, "$.event_id"),
    BadInput("empty account_id", good_value(account_id=""), _R.OUT_OF_RANGE, "$.account_id", key=b""),
    BadInput("NUL in account_id", good_value(account_id="a\0b"), _R.OUT_OF_RANGE, "$.account_id", key=b"a\0b"),
    BadInput("escape code in account_id", good_value(account_id="\x1b[2J"), _R.OUT_OF_RANGE, "$.account_id"),
    BadInput("NaN", good_value(temperature=float("nan")), _R.NOT_FINITE, "$.temperature"),
    BadInput("minus infinity", good_value(duration_ms=float("-inf")), _R.NOT_FINITE, "$.duration_ms"),
    BadInput("number beyond a float", _with_raw("ttft_ms", b"1e400"), _R.NOT_FINITE, "$.ttft_ms"),
    BadInput(
        "NaN in an embedding", good_value(prompt_embedding=[0.0, float("nan")]), _R.NOT_FINITE, "$.prompt_embedding[1]"
    ),
    BadInput("NaN in an unknown field", good_value(zzz=float("nan")), _R.NOT_FINITE, "$"),
    BadInput("time in words", good_value(event_time=f"yesterday {SECRET}"), _R.INVALID_TIME, _TIME),
    BadInput("time without an offset", good_value(event_time="2026-03-01T12:00:00"), _R.INVALID_TIME, _TIME),
    BadInput("30 February", good_value(event_time="2026-02-30T12:00:00Z"), _R.INVALID_TIME, _TIME),
    BadInput("time in microseconds", good_value(event_time=APPEND_TIME_MS * 1000), _R.INVALID_TIME, _TIME),
    BadInput("time as float", good_value(event_time=APPEND_TIME_MS / 1000 + 0.5), _R.WRONG_TYPE, _TIME),
    BadInput("account opened at noon", good_value(account_created_at="noon"), _R.INVALID_TIME, "$.account_created_at"),
    BadInput("ten years ahead", good_value(event_time="2036-03-01T12:00:00Z"), _R.TOO_FAR_IN_FUTURE, _TIME),
    BadInput(
        "a millisecond too far ahead", good_value(event_time=APPEND_TIME_MS + 300_001), _R.TOO_FAR_IN_FUTURE, _TIME
    ),
    BadInput("last century", good_value(event_time="1999-12-31T23:59:59Z"), _R.TOO_OLD, _TIME),
    BadInput("time in seconds", good_value(event_time=APPEND_TIME_MS // 1000), _R.TOO_OLD, _TIME),
    BadInput("no key", _GOOD, _R.MISSING_KEY, "key", key=None),
    BadInput("another account's key", _GOOD, _R.KEY_MISMATCH, "key", key=b"acct-other"),
    BadInput("key that is no UTF-8", _GOOD, _R.KEY_MISMATCH, "key", key=b"\xff"),
    BadInput("key in quotes", _GOOD, _R.KEY_MISMATCH, "key", key=b'"' + KEY + b'"'),
)
