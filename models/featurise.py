"""Featurise: what the models see of each event, one row of ``models.features.FEATURES``; the text ends here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_intdigest

from models.codebook import Codebook, hyperplane_cell
from models.elicitation import elicitation, elicitation_one
from models.embedding import WordEmbedder
from models.event import Event
from models.features import SHELLS_PER_EVENT, Flag
from models.fields import EMBEDDING, Embedded, Fields, field_seeds, join_rows, read_fields
from models.record import Records
from models.scan.columns import Scanned, Scanner
from models.segment import segment, segment_encoded
from models.shells import shells, shells_one
from models.text import MAX_PROMPT_BYTES, Encoded, normalise
from models.words import content_hash, words_of

# Texts are taken in runs of about this many bytes, so that memory stays bounded whatever a batch holds.
_BYTES_PER_RUN = 1 << 21
_EVENTS_PER_PART = 128
_HAS_CONTENT = np.uint16(Flag.HAS_CONTENT)


class Featuriser:
    """Turns events into rows of ``FEATURES``; equal events give equal rows, whatever they are batched with.

    Cost: about 10 microseconds an event of 500 ASCII bytes in batches of 1,000 (tests/benchmarks/featurise_cost.py).

    Args:
        embedder: embeds prompt text.
        codebook: its cells; of the embedder's dimensions.
        key: 64 bits derived from a secret; all hashes depend on it.
        max_prompt_bytes: normalised prompt text beyond this many UTF-8 bytes is ignored.

    """

    def __init__(
        self, embedder: WordEmbedder, codebook: Codebook, key: int, max_prompt_bytes: int = MAX_PROMPT_BYTES
    ) -> None:
        if codebook.centroids.shape[1] != embedder.dimensions:
            raise ValueError(
                f"codebook: {codebook.centroids.shape[1]} dimensions, the embedder has {embedder.dimensions}; "
                "build the codebook again with `codebook`"
            )
        if not 0 <= key < 2**64:
            raise ValueError(f"key: {key.bit_length()} bits; need an unsigned 64-bit integer")
        self._embedder = embedder
        self._codebook = codebook
        self._key = key
        self._max_prompt_bytes = max_prompt_bytes
        self._seeds = field_seeds(key)
        self._scanner = Scanner(self._seeds, max_prompt_bytes)

    def featurise(self, events: Sequence[Event]) -> npt.NDArray[np.void]:
        """Rows of ``FEATURES``, one an event, in order.

        Hash columns are 0 for a field that is absent or empty, and only then. Prompt text is preferred over an
        embedding; an event with neither, or whose text holds no word, has no content but counts.
        """
        firsts = range(0, max(len(events), 1), _EVENTS_PER_PART)
        return self.complete([self.fields(events[first : first + _EVENTS_PER_PART]) for first in firsts])

    def remember(self, texts: list[str]) -> None:
        """Put the words of some texts into the cache of word vectors, which changes what later ones cost, no number."""
        self._embedder.embed(segment(texts, self._key, self._max_prompt_bytes))

    def scan(self, records: Records) -> Scanned:
        """What ``fields`` makes of the events that the scan understands, straight from their bytes."""
        return self._scanner.scan(records)

    def fields(self, events: Sequence[Event]) -> Fields:
        """Take from some events all that ``complete`` needs; they can go then."""
        return read_fields(events, self._seeds, self._max_prompt_bytes)

    def complete(self, parts: Sequence[Fields]) -> npt.NDArray[np.void]:
        """Rows of ``FEATURES`` of all events whose fields were taken, in order, as ``featurise`` gives them."""
        rows = join_rows(parts)
        first = 0
        for run in _runs(parts):
            last = first + sum(len(part.rows) for part in run)
            self._fill_text(rows[first:last], [part.texts for part in run])
            first = last
        first = 0
        for part in parts:
            for embedded in part.embedded:
                row = rows[first + embedded.row]
                if not row["words"]:
                    self._fill_embedding(row, embedded)
            first += len(part.rows)
        rows["flags"][rows["content"] != 0] |= _HAS_CONTENT
        return rows

    def featurise_one(self, event: Event) -> npt.NDArray[np.void]:
        """Make the row of one event the readable way: the same numbers, without word cache or kernels over a batch."""
        fields = self.fields([event])
        features = fields.rows
        words = words_of(normalise(event.prompt_text or "", self._max_prompt_bytes))
        if words:
            found = shells_one(words, self._key)
            features["words"] = len(words)
            features["content"] = content_hash(words, self._key)
            features["shells"][0] = found + [0] * (SHELLS_PER_EVENT - len(found))
            features["flags"] |= np.uint16(elicitation_one(words))
            features["cell"] = self._codebook.assign_one(self._embedder.embed_one(words))
        for embedded in [] if words else fields.embedded:
            self._fill_embedding(features[0], embedded)
        features["flags"][features["content"] != 0] |= _HAS_CONTENT
        return features

    def _fill_text(self, features: npt.NDArray[np.void], texts: Sequence[Encoded]) -> None:
        words = segment_encoded(texts, self._key, self._max_prompt_bytes)
        counts = np.diff(words.offsets)
        cells = self._codebook.assign(self._embedder.embed(words))
        features["words"] = counts
        features["content"] = words.contents
        features["shells"] = shells(words, self._key)
        features["flags"] |= elicitation(words)
        features["cell"] = np.where(counts > 0, cells, -1)

    def _fill_embedding(self, row: np.void, embedded: Embedded) -> None:
        """Content and cell of an embedding that came instead of text."""
        embedding = np.array(embedded.embedding, dtype=np.float64)
        row["content"] = xxh3_64_intdigest(embedding.tobytes(), self._seeds[EMBEDDING]) or 1
        row["cell"] = hyperplane_cell(embedding, embedded.model)


def _runs(parts: Sequence[Fields]) -> Iterator[list[Fields]]:
    """Group parts into runs of about ``_BYTES_PER_RUN`` bytes of text."""
    run: list[Fields] = []
    size = 0
    for part in parts:
        if run and size + len(part.texts.buffer) > _BYTES_PER_RUN:
            yield run
            run, size = [], 0
        run.append(part)
        size += len(part.texts.buffer)
    if run:
        yield run
