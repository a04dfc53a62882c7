"""What an event gives without a look at its words: columns of ``FEATURES``, and its text as UTF-8.

A worker does this a hundred events at a time, while decoded events are still in the processor's nearest cache; what
works on words wants more of them at once (``models.featurise``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_intdigest

from models.event import Event, epoch_ms
from models.features import FEATURES, Flag
from models.hashing import GOLDEN, mix
from models.text import encode_texts

# Plain numbers, since an attribute of an enumeration costs as much as the test beside it.
_MULTI_TURN, _REFUSED = int(Flag.MULTI_TURN), int(Flag.REFUSED)
_USES_TOOLS, _HAS_END_USER = int(Flag.USES_TOOLS), int(Flag.HAS_END_USER)

_COLUMNS = attrgetter(
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


#: Which of ``field_seeds`` embeddings take.
EMBEDDING_SEED = 5


class Embedded(NamedTuple):
    """An embedding that came with event ``row``, and what made it."""

    row: int
    embedding: list[float]
    model: str


class Fields(NamedTuple):
    """``rows`` (``FEATURES``, what words tell still 0 and ``cell`` -1), ``texts`` (one an event) and embeddings."""

    rows: npt.NDArray[np.void]
    texts: list[bytes]
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
        return Fields(rows, [], [])
    columns = zip(*map(_COLUMNS, events), strict=True)
    times, ids, users, payments, prefixes, addresses, conversations, roots, organizations, *others = columns
    tokens_in, tokens_out, texts, given, *asked = others
    event_id, end_user, payment, address, conversation, _, organization = seeds
    rows["event_time_ms"] = [time if isinstance(time, int) else epoch_ms(time) for time in times]
    rows["event_id"] = _identities(ids, event_id)
    rows["end_user"] = _identities(users, end_user)
    rows["payment"] = _identities(payments, payment)
    rows["address"] = _identities(_either(prefixes, addresses), address)
    rows["conversation"] = _identities(_either(conversations, roots), conversation)
    rows["organization"] = _identities(organizations, organization)
    rows["input_tokens"] = tokens_in
    rows["output_tokens"] = tokens_out
    rows["cell"] = -1
    rows["flags"] = [
        (_MULTI_TURN if (turns or 0) > 1 else 0)
        | (_REFUSED if refused else 0)
        | (_USES_TOOLS if offered or called else 0)
        | (_HAS_END_USER if user else 0)
        for turns, refused, offered, called, user in zip(*asked, users, strict=True)
    ]
    embedded = [
        Embedded(row, embedding, events[row].embedding_model or "")
        for row, embedding in enumerate(given)
        if embedding is not None
    ]
    return Fields(rows, encode_texts([text or "" for text in texts], max_prompt_bytes), embedded)


def join_fields(parts: Sequence[Fields]) -> Fields:
    """Put the fields of one run after those of another."""
    if len(parts) == 1:
        return parts[0]
    texts: list[bytes] = []
    embedded: list[Embedded] = []
    for part in parts:
        embedded.extend(each._replace(row=len(texts) + each.row) for each in part.embedded)
        texts.extend(part.texts)
    return Fields(np.concatenate([np.zeros(0, dtype=FEATURES), *(part.rows for part in parts)]), texts, embedded)


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
