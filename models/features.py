"""The columns that featurise writes and every later step reads: one row an event."""

from __future__ import annotations

from enum import IntFlag

import numpy as np
import numpy.typing as npt

#: Sampled shell hashes an event may carry (head, tail and body of the prompt sampled apart).
SHELLS_PER_EVENT = 12

#: Dimensions of the prompt embedding.
EMBEDDING_DIMENSIONS = 64

#: Semantic cells of the codebook.
CELL_COUNT = 256


class Flag(IntFlag):
    """Yes-or-no properties of an event, one bit each in the ``flags`` column."""

    HAS_CONTENT = 1
    """Prompt text or an embedding was present."""
    MULTI_TURN = 2
    """``turn_count`` above one."""
    ELICITS_REASONING = 4
    """The prompt asks for the reasoning to be written out."""
    ASKS_FOR_FORMAT = 8
    """The prompt demands a machine-readable output (JSON only, fixed tags, a score)."""
    REFUSED = 16
    """The request was refused."""
    USES_TOOLS = 32
    """Tools were offered or called."""
    HAS_END_USER = 64
    """``end_user_hash`` was present."""


#: One row an event. Hash columns are 0 where the event lacks the field; ``cell`` is -1 without content.
FEATURES = np.dtype(
    [
        ("event_time_ms", np.int64),
        ("event_id", np.uint64),
        ("content", np.uint64),
        ("end_user", np.uint64),
        ("payment", np.uint64),
        ("address", np.uint64),
        ("organization", np.uint64),
        ("conversation", np.uint64),
        ("shells", np.uint64, (SHELLS_PER_EVENT,)),
        ("input_tokens", np.int64),
        ("output_tokens", np.int64),
        ("words", np.int32),
        ("cell", np.int16),
        ("flags", np.uint16),
    ]
)

#: Columns that tell, by being 0 in every row, that whoever sends the events stopped sending a field.
WATCHED_COLUMNS = ("content", "payment", "address", "conversation", "end_user")


def present(features: npt.NDArray[np.void]) -> dict[str, int]:
    """How many rows of ``FEATURES`` have each of the watched columns.

    >>> rows = np.zeros(3, dtype=FEATURES)
    >>> rows["payment"][1] = 7
    >>> present(rows)["payment"], present(rows)["content"]
    (1, 0)
    """
    return {name: int(np.count_nonzero(features[name])) for name in WATCHED_COLUMNS}
