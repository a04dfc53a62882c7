"""Reads records of feedback; what is none becomes a refusal instead of stopping anything."""

from __future__ import annotations

import re

import msgspec

from models.record import DeadLetter, Reason, Records
from models.refusal import Refusal, nested_too_deep
from models.verdict import Feedback, FeedbackKind, decode_feedback

#: Larger records are refused: a thousand accounts and a long note take less.
MAX_FEEDBACK_BYTES = 512 << 10

_DETAIL_LENGTH = 160
_AT_PATH = re.compile(r" - at `(\$[^`]*)`$")
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_OWN = re.compile(r"(account_ids|until|withdraws): (.+)")


def read_feedback(kind: FeedbackKind, value: bytes | None) -> Feedback | Refusal:
    """Decode a record of that kind, or say what is wrong with it without quoting it."""
    if value is None:
        return Refusal(Reason.EMPTY, "$", f"a record of kind {kind} needs a value")
    if len(value) > MAX_FEEDBACK_BYTES:
        return Refusal(Reason.OVERSIZED, "$", f"more than {MAX_FEEDBACK_BYTES} bytes")
    if nested_too_deep(value):
        return Refusal(Reason.TOO_DEEP, "$", "arrays and objects nest too deep")
    try:
        return decode_feedback(kind, value)
    except msgspec.ValidationError as error:
        return _mismatch(str(error))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Refusal(Reason.INVALID_JSON, "$", "no JSON value")


def dead_letter(records: Records, index: int, refusal: Refusal) -> DeadLetter:
    """Give a refusal the coordinates of its record."""
    return DeadLetter(
        records.topic,
        records.partition,
        records.offsets[index],
        refusal.field,
        refusal.reason,
        refusal.detail,
        records.append_times_ms[index],
    )


def _mismatch(message: str) -> Refusal:
    at_path = _AT_PATH.search(message)
    path = at_path[1] if at_path else "$"
    expectation = message[: at_path.start()] if at_path else message
    if missing := _MISSING.fullmatch(expectation):
        return Refusal(Reason.MISSING_FIELD, f"{path}.{missing[1]}", "required field is missing")
    if path == "$" and expectation.startswith("Expected"):
        return Refusal(Reason.NOT_AN_OBJECT, path, "expected a JSON object")
    if own := _OWN.fullmatch(expectation):
        return Refusal(Reason.OUT_OF_RANGE, f"$.{own[1]}", own[2])
    if expectation.startswith("Expected"):
        return Refusal(Reason.WRONG_TYPE, path, expectation[:_DETAIL_LENGTH])
    return Refusal(Reason.OUT_OF_RANGE, path, "a field or value that the schema does not have")
