"""What the baselines see of a scenario: one column a property, rows grouped by account and in time order within."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from models.event import Event
from models.segment import segment
from streams.weights import load_codebook, load_embedder

# Hashes stay inside one run and are compared only with each other: no secret is needed.
_HASH_KEY = 0
# Texts are embedded in runs of about this many characters, so that memory stays bounded whatever a batch holds.
_CHARACTERS_PER_RUN = 1 << 21


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """All events of a scenario; ``begins[a]:begins[a + 1]`` are the rows of ``account_ids[a]``, in time order.

    Events at the same millisecond keep the order of the stream. Memory: about 300 bytes an event.
    """

    account_ids: list[str]
    begins: npt.NDArray[np.int64]
    time_ms: npt.NDArray[np.int64]
    content: npt.NDArray[np.uint64]
    """Hash of the prompt's words; 0 without text."""
    cell: npt.NDArray[np.int16]
    """Semantic cell of the prompt; -1 without text."""
    input_tokens: npt.NDArray[np.int64]
    output_tokens: npt.NDArray[np.int64]
    embedding: npt.NDArray[np.float32]
    """Shape (events, 64), unit length; zero without text. An embedding that came in place of text is not used, since
    distances between vectors of two embedding models mean nothing."""
    cpu_s: float
    """CPU time that making these columns took."""

    def weeks(self) -> float:
        """Time between the first event and the last, in weeks."""
        if not len(self.time_ms):
            return 0.0
        return float(self.time_ms.max() - self.time_ms.min()) / (7 * 86_400_000)

    def accounts(self) -> npt.NDArray[np.int64]:
        """Index into ``account_ids`` of each row."""
        return np.repeat(np.arange(len(self.account_ids)), np.diff(self.begins))


class ColumnsBuilder:
    """Gathers columns from batches of events; the text is dropped with its batch.

    Cost: about 15 microseconds an event in batches of 1,000.
    """

    def __init__(self) -> None:
        self._embedder = load_embedder()
        self._codebook = load_codebook()
        self._numbers: dict[str, int] = {}
        self._parts: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]] = []
        self._text_parts: list[tuple[npt.NDArray[np.uint64], npt.NDArray[np.int16]]] = []
        self._cpu_s = 0.0

    def add(self, events: Sequence[Event]) -> None:
        """Take the next events of the stream."""
        started = time.process_time()
        numbers = self._numbers
        fields = np.array(
            [
                (
                    numbers.setdefault(event.account_id, len(numbers)),
                    event.event_time_ms,
                    event.input_tokens,
                    event.output_tokens,
                )
                for event in events
            ],
            dtype=np.int64,
        ).reshape(-1, 4)
        content = np.zeros(len(events), dtype=np.uint64)
        cell = np.full(len(events), -1, dtype=np.int16)
        embedding = np.zeros((len(events), self._embedder.dimensions), dtype=np.float32)
        rows = [row for row, event in enumerate(events) if event.prompt_text]
        texts = [events[row].prompt_text or "" for row in rows]
        for first, stop in pairwise(_cuts(texts)):
            words = segment(texts[first:stop], _HASH_KEY)
            vectors = self._embedder.embed(words)
            into = np.array(rows[first:stop])
            content[into] = words.contents
            embedding[into] = vectors
            cell[into] = np.where(np.diff(words.offsets) > 0, self._codebook.assign(vectors), -1)
        self._parts.append((fields, embedding))
        self._text_parts.append((content, cell))
        self._cpu_s += time.process_time() - started

    def columns(self) -> Columns:
        """All events taken so far, sorted by account (in order of first appearance) and time."""
        started = time.process_time()
        if not self._parts:
            self.add([])
        fields = np.concatenate([part[0] for part in self._parts])
        order = np.lexsort((fields[:, 1], fields[:, 0]))
        counts = np.bincount(fields[:, 0], minlength=len(self._numbers))
        fields = fields[order]
        return Columns(
            account_ids=list(self._numbers),
            begins=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
            time_ms=fields[:, 1].copy(),
            content=np.concatenate([part[0] for part in self._text_parts])[order],
            cell=np.concatenate([part[1] for part in self._text_parts])[order],
            input_tokens=fields[:, 2].copy(),
            output_tokens=fields[:, 3].copy(),
            embedding=np.concatenate([part[1] for part in self._parts])[order],
            cpu_s=self._cpu_s + time.process_time() - started,
        )


def _cuts(texts: list[str]) -> list[int]:
    """Positions that cut texts into runs of about ``_CHARACTERS_PER_RUN`` characters; the ends are among them."""
    cuts = [0]
    size = 0
    for position, text in enumerate(texts):
        if size and size + len(text) > _CHARACTERS_PER_RUN:
            cuts.append(position)
            size = 0
        size += len(text)
    if texts:
        cuts.append(len(texts))
    return cuts
