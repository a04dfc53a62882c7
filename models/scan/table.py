"""The event's fields as arrays: what a kernel has to know of ``models.event.Event`` to read one, taken from there."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import inspect

from models.event import LAST_INSTANT_MS, Event

#: More than the longest string that is read here without a look at its characters.
_NO_BOUND = 2**62


class Kind(IntEnum):
    """How a field's value is read."""

    STRING = 0
    TEXT = 1
    INTEGER = 2
    DECIMAL = 3
    BOOL = 4
    BOOL_OR_INTEGER = 5
    INSTANT = 6
    STRINGS = 7
    OTHER = 8
    """Only its absence is understood."""


class EventTable(NamedTuple):
    """One entry a field, in the event's order.

    ``names`` (uint64, fields by 4): a name with its quotes, little endian; ``masks``: the bytes of these that it takes;
    ``sizes``: how many.
    ``least``, ``most``: bounds of a number, or of a string's length. ``slots``: fields by the hash of their name, open
    addressing, -1 where there is none. ``required``: one bit a field.
    """

    names: npt.NDArray[np.uint64]
    masks: npt.NDArray[np.uint64]
    sizes: npt.NDArray[np.uint64]
    kinds: npt.NDArray[np.uint8]
    least: npt.NDArray[np.int64]
    most: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int8]
    required: np.uint64


SLOTS = 256
_NAME_BYTES = 32


def name_hash(name: bytes) -> int:
    """Slot of a name; the kernel computes the same."""
    hashed = len(name)
    for byte in name:
        hashed = hashed * 31 + byte & 0xFFFFFFFF
    return (hashed ^ hashed >> 8) % SLOTS


@lru_cache(maxsize=1)
def event_table() -> EventTable:
    """Build the table; 1 ms, once."""
    information = inspect.type_info(Event)
    if not isinstance(information, inspect.StructType) or len(information.fields) > 64:
        raise TypeError("Event: more than 64 fields; the kernel keeps one bit a field")
    fields = information.fields
    names = [f'"{field.name}"'.encode() for field in fields]
    if max(map(len, names)) > _NAME_BYTES:
        raise TypeError(f"Event: a name of more than {_NAME_BYTES - 2} bytes; make room for it here")
    slots = np.full(SLOTS, -1, dtype=np.int8)
    for number, name in enumerate(names):
        slot = name_hash(name[1:-1])
        while slots[slot] >= 0:
            slot = (slot + 1) % SLOTS
        slots[slot] = number
    read = [_reading(field.type) for field in fields]
    return EventTable(
        names=_words(names),
        masks=_words([b"\xff" * len(name) for name in names]),
        sizes=np.array([len(name) for name in names], dtype=np.uint64),
        kinds=np.array([kind for kind, _, _ in read], dtype=np.uint8),
        least=np.array([least for _, least, _ in read], dtype=np.int64),
        most=np.array([most for _, _, most in read], dtype=np.int64),
        slots=slots,
        required=np.uint64(sum(1 << number for number, field in enumerate(fields) if field.required)),
    )


def _words(strings: list[bytes]) -> npt.NDArray[np.uint64]:
    padded = b"".join(string.ljust(_NAME_BYTES, b"\0") for string in strings)
    return np.frombuffer(padded, dtype="<u8").astype(np.uint64).reshape(len(strings), -1)


def number_of(name: str) -> int:
    """Place of a field in the table."""
    return Event.__struct_fields__.index(name)


def _reading(declared: Any) -> tuple[Kind, int, int]:
    """Kind and bounds of one declared type; whatever is not known here is left to msgspec."""
    if isinstance(declared, inspect.Metadata):
        declared = declared.type
    kinds = declared.types if isinstance(declared, inspect.UnionType) else (declared,)
    kinds = tuple(kind for kind in kinds if not isinstance(kind, inspect.NoneType))
    one = kinds[0]
    numbers = [kind for kind in kinds if isinstance(kind, inspect.IntType)]
    if isinstance(one, inspect.DateTimeType) and numbers:
        return Kind.INSTANT, 0, LAST_INSTANT_MS
    if isinstance(one, inspect.BoolType) and numbers:
        return Kind.BOOL_OR_INTEGER, *_bounds(numbers[0])
    if len(kinds) > 1:
        return Kind.OTHER, 0, 0
    if isinstance(one, inspect.StrType):
        bounds = one.min_length or 0, one.max_length or _NO_BOUND
        return (Kind.STRING, *bounds) if one.max_length is not None else (Kind.TEXT, *bounds)
    if isinstance(one, inspect.LiteralType) and len(one.values) == 1 and isinstance(one.values[0], int):
        return Kind.INTEGER, one.values[0], one.values[0]
    if isinstance(one, inspect.IntType):
        return Kind.INTEGER, *_bounds(one)
    if isinstance(one, inspect.FloatType):
        return Kind.DECIMAL, *_bounds(one)
    if isinstance(one, inspect.BoolType):
        return Kind.BOOL, 0, 1
    if isinstance(one, inspect.ListType) and isinstance(one.item_type, inspect.StrType | inspect.Metadata):
        return _strings(one)
    return Kind.OTHER, 0, 0


def _strings(declared: inspect.ListType) -> tuple[Kind, int, int]:
    item = declared.item_type.type if isinstance(declared.item_type, inspect.Metadata) else declared.item_type
    if not isinstance(item, inspect.StrType) or item.max_length is None or declared.max_length is None:
        return Kind.OTHER, 0, 0
    return Kind.STRINGS, item.max_length, declared.max_length


def _bounds(declared: inspect.IntType | inspect.FloatType) -> tuple[int, int]:
    if declared.ge is None or declared.le is None:
        raise TypeError(f"Event: {declared} has no bounds on both sides; give it ge and le")
    return int(declared.ge), int(declared.le)
