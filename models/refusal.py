"""Why a value is no event: the reason, the field's path and a sentence that holds nothing of the value.

This runs on the error path only. msgspec's own message is taken over where its wording comes from the type alone; a
message that could quote the value (an unknown enumeration member, a broken byte) is replaced.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from models.event import SCHEMA_VERSION, Event
from models.record import Reason

#: Arrays and objects may hold each other this deep. RFC 8259 section 9 leaves the limit to the parser; without one of
#: our own, the interpreter's stack would decide, and differ between a worker and a replay.
MAX_NESTING = 64

_DETAIL_LENGTH = 160
_READABLE_VERSION = 1_000_000
_TIME_FIELDS = ("$.event_time", "$.account_created_at")
_TYPES = re.compile(r"Expected `[\w |.]+`, got `\w+`")
_LIMIT = re.compile(r"Expected `\w+`(?: of length)? [<>=]+ [-+.\de]+")
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_AT_PATH = re.compile(r" - at `(?:key in )?(\$[^`]*)`$")
_AT_BYTE = re.compile(r"\(byte (\d+)\)$")
_PARTS_OF_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+|[^\[\]{}"]++', re.DOTALL)
_NOT_FINITE = re.compile(rb"-?(?:NaN|Infinity)")
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]|(u[dD][89a-fA-F])|.)", re.DOTALL)


class Refusal(NamedTuple):
    """A dead letter without its coordinates."""

    reason: Reason
    field: str
    detail: str


class _Version(msgspec.Struct):
    schema_version: int


_VERSION_DECODER = msgspec.json.Decoder(_Version)
_EVENT_DECODER = msgspec.json.Decoder(Event)


def nested_too_deep(value: bytes) -> bool:
    """Tell whether arrays and objects in ``value`` nest deeper than ``MAX_NESTING``; linear in its length."""
    if value.count(b"[") + value.count(b"{") <= MAX_NESTING:
        return False
    depth = 0
    for bracket in _PARTS_OF_STRINGS.sub(b"", value):
        if bracket in b"[{":
            depth += 1
            if depth > MAX_NESTING:
                return True
        else:
            depth -= 1
    return False


def explain(value: bytes, error: Exception) -> Refusal:
    """Turn what decoding ``value`` as an event raised into a refusal; another schema version goes before all else."""
    try:
        version = _VERSION_DECODER.decode(value).schema_version
    except msgspec.ValidationError as version_error:
        if "schema_version`" in str(version_error):
            return _explain_mismatch(str(version_error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    else:
        if version != SCHEMA_VERSION:
            return _unknown_version(f"version {version}" if abs(version) < _READABLE_VERSION else "another version")
    if isinstance(error, msgspec.ValidationError):
        return _explain_mismatch(str(error))
    return _explain_syntax(value, str(error))


def _unknown_version(found: str) -> Refusal:
    detail = f"{found}; this build reads version {SCHEMA_VERSION}"
    return Refusal(Reason.UNKNOWN_SCHEMA_VERSION, "$.schema_version", detail)


def _explain_mismatch(message: str) -> Refusal:
    at_path = _AT_PATH.search(message)
    path = at_path[1] if at_path else "$"
    expectation = message[: at_path.start()] if at_path else message
    if missing := _MISSING.fullmatch(expectation):
        return Refusal(Reason.MISSING_FIELD, f"{path}.{missing[1]}", "required field is missing")
    if path == "$":
        return Refusal(Reason.NOT_AN_OBJECT, path, "expected a JSON object")
    if _TYPES.fullmatch(expectation):
        return Refusal(Reason.WRONG_TYPE, path, expectation[:_DETAIL_LENGTH])
    if path == "$.schema_version":
        return _unknown_version("another version")
    if expectation == "Number out of range":
        return Refusal(Reason.NOT_FINITE, path, "expected a finite number")
    if path in _TIME_FIELDS:
        detail = "expected RFC 3339 with an offset from UTC, or epoch milliseconds up to the year 9999"
        return Refusal(Reason.INVALID_TIME, path, detail)
    known = _LIMIT.fullmatch(expectation)
    detail = expectation[:_DETAIL_LENGTH] if known else "expected a number of fewer digits"
    return Refusal(Reason.OUT_OF_RANGE, path, detail)


def _explain_syntax(value: bytes, message: str) -> Refusal:
    at_byte = _AT_BYTE.search(message)
    position = int(at_byte[1]) if at_byte else len(value)
    if number := _not_finite_at(value, position):
        return Refusal(Reason.NOT_FINITE, _path_of(value[: number.start()]), "NaN and Infinity are no JSON")
    for escape in _ESCAPE.finditer(value, 0, position + 1):
        if escape[1]:
            detail = f"the escape at byte {escape.start()} is half a surrogate pair"
            return Refusal(Reason.INVALID_UTF8, "$", detail)
    where = f"at byte {position}" if at_byte else f"cut off after {position} bytes"
    return Refusal(Reason.INVALID_JSON, "$", f"no JSON value: {where}")


def _not_finite_at(value: bytes, position: int) -> re.Match[bytes] | None:
    # msgspec points behind the sign of -Infinity.
    start = position - 1 if value[max(position - 1, 0) : position] == b"-" else position
    return _NOT_FINITE.match(value, start)


def _path_of(before: bytes) -> str:
    """Find the path of the value that follows ``before``: msgspec names it for a number too large to be a float."""
    try:
        _EVENT_DECODER.decode(before + b"1e999")
    except msgspec.ValidationError as error:
        at_path = _AT_PATH.search(str(error))
        return at_path[1] if at_path else "$"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "$"
    return "$"
