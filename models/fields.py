"""What an event gives without a look at its words: columns of ``FEATURES``, and its text as UTF-8.

This is the readable way, for what the scan (``models.scan``) leaves and for events that were decoded anyhow.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import repeat
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec.structs import astuple
from xxhash import xxh3_64_intdigest

from models.event import Event, epoch_ms
from models.features import FEATURES, Flag
from models.hashing import GOLDEN, mix
from models.text import Encoded, encode_texts

# Plain numbers, since an attribute of an enumeration costs as much as the test beside it.
_MULTI_TURN, _REFUSED = int(Flag.MULTI_TURN), int(Flag.REFUSED)
_USES_TOOLS, _HAS_END_USER = int(Flag.USES_TOOLS), int(Flag.HAS_END_USER)

_READ = (
    *("event_time", "event_id", "end_user_hash", "payment_hash", "ip_prefix_hash", "ip_hash"),
    *(
        "conversation_id",
        "root_hash",
        "organization_id",
        "input_tokens",
        "output_tokens",
        "prompt_text",
        "prompt_embedding",
    ),
    *("turn_count", "refused", "tool_count", "tool_call_count"),
)
# Of a tuple of all fields, because each look at an attribute costs more than its share of that tuple.
_COLUMNS = itemgetter(*map(Event.__struct_fields__.index, _READ))
_ROW_BYTES = f"V{FEATURES.itemsize}"


#: Which of ``field_seeds`` each hash takes.
EVENT_ID, END_USER, PAYMENT, ADDRESS, CONVERSATION, EMBEDDING, ORGANIZATION = range(7)


class Embedded(NamedTuple):
    """An embedding that came with event ``row``, and what made it."""

    row: int
    embedding: list[float]
    model: str


class Fields(NamedTuple):
    """``rows`` (``FEATURES``, what words tell still 0 and ``cell`` -1), ``texts`` (one an event) and embeddings."""

    rows: npt.NDArray[np.void]
    texts: Encoded
    embedded: list[Embedded]


def field_seeds(key: int) -> list[int]:
    """One seed a hash column, the sixth for embeddings.

    The same string as payment and as address must not look like one anchor.
    """
    return [mix(key + (column + 1) * GOLDEN & 2**64 - 1) for column in range(7)]


def read_fields(events: Sequence[Event], seeds: Sequence[int], max_prompt_bytes: int) -> Fields:
    """Read the fields of some events, column by column. Cost: 2 microseconds an event, a third of it hashing."""
    rows = np.zeros(len(events), dtype=FEATURES)
    if not events:
        return Fields(rows, encode_texts([]), [])
    columns = zip(*map(_COLUMNS, map(astuple, events)), strict=True)
    times, ids, users, payments, prefixes, addresses, conversations, roots, organizations, *others = columns
    tokens_in, tokens_out, texts, given, *asked = others
    rows["event_time_ms"] = _times_ms(times)
    rows["event_id"] = _identities(ids, seeds[EVENT_ID])
    rows["end_user"] = _identities(users, seeds[END_USER])
    rows["payment"] = _identities(payments, seeds[PAYMENT])
    rows["address"] = _identities(_either(prefixes, addresses), seeds[ADDRESS])
    rows["conversation"] = _identities(_either(conversations, roots), seeds[CONVERSATION])
    rows["organization"] = _identities(organizations, seeds[ORGANIZATION])
    rows["input_tokens"] = np.fromiter(tokens_in, dtype=np.int64, count=len(events))
    rows["output_tokens"] = np.fromiter(tokens_out, dtype=np.int64, count=len(events))
    rows["cell"] = -1
    rows["flags"] = _flags(users, *asked)
    embedded = (
        [
            Embedded(row, embedding, events[row].embedding_model or "")
            for row, embedding in enumerate(given)
            if embedding is not None
        ]
        if any(given)
        else []
    )
    return Fields(rows, encode_texts([text or "" for text in texts], max_prompt_bytes), embedded)


def join_rows(parts: Sequence[Fields]) -> npt.NDArray[np.void]:
    """Put the rows of all parts one after another."""
    if len(parts) == 1:
        return parts[0].rows
    # As bytes, because field by field they would take ten times as long.
    whole = np.concatenate([np.zeros(0, dtype=_ROW_BYTES), *(part.rows.view(_ROW_BYTES) for part in parts)])
    return whole.view(FEATURES)


def _times_ms(times: Sequence[int | datetime]) -> npt.NDArray[np.int64]:
    # Decoded events hold their time as an integer.
    if datetime in map(type, times):
        times = [time if isinstance(time, int) else epoch_ms(time) for time in times]
    return np.fromiter(times, dtype=np.int64, count=len(times))


def _flags(
    users: Sequence[str | None],
    turns: Sequence[int | None],
    refused: Sequence[bool | None],
    offered: Sequence[int | None],
    called: Sequence[int | None],
) -> npt.NDArray[np.uint16]:
    flags = np.zeros(len(users), dtype=np.uint16)
    raised = (
        (_REFUSED, refused),
        (_USES_TOOLS, offered),
        (_USES_TOOLS, called),
        (_HAS_END_USER, users),
    )
    for flag, column in raised:
        if any(column):
            flags[[bool(value) for value in column]] |= flag
    flags[[turn is not None and turn > 1 for turn in turns]] |= _MULTI_TURN
    return flags


def _either(values: Sequence[str | None], others: Sequence[str | None]) -> Sequence[str | None]:
    return values if all(values) else [value or other for value, other in zip(values, others, strict=True)]


def _identities(values: Sequence[str | None], seed: int) -> npt.NDArray[np.uint64]:
    """``models.hashing.identity`` of each value, without a call of ours a value."""
    if not any(values):
        return np.zeros(len(values), dtype=np.uint64)
    present = [value.encode() for value in values if value]
    hashed = np.fromiter(map(xxh3_64_intdigest, present, repeat(seed)), dtype=np.uint64, count=len(present))
    np.maximum(hashed, np.uint64(1), out=hashed)
    if len(present) == len(values):
        return hashed
    identities = np.zeros(len(values), dtype=np.uint64)
    identities[[bool(value) for value in values]] = hashed
    return identities
