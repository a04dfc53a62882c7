"""Featurise: what the models see of each event, one row of ``models.features.FEATURES``; the text ends here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_intdigest

from models.codebook import Codebook, hyperplane_cell
from models.elicitation import elicitation, elicitation_one
from models.embedding import WordEmbedder
from models.event import Event
from models.features import FEATURES, SHELLS_PER_EVENT, Flag
from models.hashing import GOLDEN, mix
from models.shells import shells, shells_one
from models.text import MAX_PROMPT_BYTES, normalise
from models.words import content_hash, segment, words_of

# Texts are taken in runs of about this many characters, so that memory stays bounded whatever a batch holds.
_CHARACTERS_PER_RUN = 1 << 21
_HAS_CONTENT = np.uint16(Flag.HAS_CONTENT)
# Plain numbers, since an attribute of an enumeration costs as much as the test beside it.
_MULTI_TURN, _REFUSED = int(Flag.MULTI_TURN), int(Flag.REFUSED)
_EMBEDDING_SEED = 5
_USES_TOOLS, _HAS_END_USER = int(Flag.USES_TOOLS), int(Flag.HAS_END_USER)


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
        # One seed a column: the same string as payment and as address must not look like one anchor.
        self._seeds = [mix(key + (column + 1) * GOLDEN & 2**64 - 1) for column in range(7)]

    def featurise(self, events: Sequence[Event]) -> npt.NDArray[np.void]:
        """Rows of ``FEATURES``, one an event, in order.

        Hash columns are 0 for a field that is absent or empty, and only then. Prompt text is preferred over an
        embedding; an event with neither, or whose text holds no word, has no content but counts.
        """
        features = np.zeros(len(events), dtype=FEATURES)
        self._fill_fields(features, events)
        texts = {index: event.prompt_text for index, event in enumerate(events) if event.prompt_text}
        for run in _runs(texts):
            self._fill_text(features, np.array(run), [texts[index] for index in run])
        for index in np.flatnonzero(features["words"] == 0).tolist():
            self._fill_embedding(features[index : index + 1], events[index])
        features["flags"][features["content"] != 0] |= _HAS_CONTENT
        return features

    def featurise_one(self, event: Event) -> npt.NDArray[np.void]:
        """Make the row of one event the readable way: the same numbers, without word cache or kernels over a batch."""
        features = np.zeros(1, dtype=FEATURES)
        self._fill_fields(features, [event])
        words = words_of(normalise(event.prompt_text or "", self._max_prompt_bytes))
        if words:
            found = shells_one(words, self._key)
            features["words"] = len(words)
            features["content"] = content_hash(words, self._key)
            features["shells"][0] = found + [0] * (SHELLS_PER_EVENT - len(found))
            features["flags"] |= np.uint16(elicitation_one(words))
            features["cell"] = self._codebook.assign_one(self._embedder.embed_one(words))
        else:
            self._fill_embedding(features, event)
        features["flags"][features["content"] != 0] |= _HAS_CONTENT
        return features

    def _fill_fields(self, features: npt.NDArray[np.void], events: Sequence[Event]) -> None:
        event_id, end_user, payment, address, conversation, _, organization = self._seeds
        features["event_time_ms"] = _integers([event.event_time_ms for event in events])
        features["event_id"] = _identities([event.event_id for event in events], event_id)
        features["end_user"] = _identities([event.end_user_hash for event in events], end_user)
        features["payment"] = _identities([event.payment_hash for event in events], payment)
        features["address"] = _identities([event.ip_prefix_hash or event.ip_hash for event in events], address)
        features["organization"] = _identities([event.organization_id for event in events], organization)
        features["conversation"] = _identities(
            [event.conversation_id or event.root_hash for event in events], conversation
        )
        features["input_tokens"] = _integers([event.input_tokens for event in events])
        features["output_tokens"] = _integers([event.output_tokens for event in events])
        features["cell"] = -1
        features["flags"] = _integers(
            [
                (_MULTI_TURN if (event.turn_count or 0) > 1 else 0)
                | (_REFUSED if event.refused else 0)
                | (_USES_TOOLS if event.tool_count or event.tool_call_count else 0)
                | (_HAS_END_USER if event.end_user_hash else 0)
                for event in events
            ]
        )

    def _fill_text(self, features: npt.NDArray[np.void], rows: npt.NDArray[np.int64], texts: list[str]) -> None:
        words = segment(texts, self._key, self._max_prompt_bytes)
        counts = np.diff(words.offsets)
        cells = self._codebook.assign(self._embedder.embed(words))
        features["words"][rows] = counts
        features["content"][rows] = words.contents
        features["shells"][rows] = shells(words, self._key)
        features["flags"][rows] |= elicitation(words)
        features["cell"][rows] = np.where(counts > 0, cells, -1)

    def _fill_embedding(self, row: npt.NDArray[np.void], event: Event) -> None:
        """Content and cell of an embedding that came instead of text."""
        if event.prompt_embedding is None:
            return
        embedding = np.array(event.prompt_embedding, dtype=np.float64)
        row["content"] = xxh3_64_intdigest(embedding.tobytes(), self._seeds[_EMBEDDING_SEED]) or 1
        row["cell"] = hyperplane_cell(embedding, event.embedding_model or "")


def _integers(values: Sequence[int]) -> npt.NDArray[np.int64]:
    # Told the type and the length, NumPy takes half as long as when it finds them out.
    return np.fromiter(values, dtype=np.int64, count=len(values))


def _identities(values: Sequence[str | None], seed: int) -> npt.NDArray[np.uint64]:
    """``models.hashing.identity`` of each value, without a call a value."""
    hashed = [xxh3_64_intdigest(value.encode(), seed) or 1 if value else 0 for value in values]
    return np.fromiter(hashed, dtype=np.uint64, count=len(values))


def _runs(texts: Mapping[int, str]) -> Iterator[list[int]]:
    """Cut rows into runs whose texts have about ``_CHARACTERS_PER_RUN`` characters; a longer text is its own run."""
    run: list[int] = []
    size = 0
    for row, text in texts.items():
        if run and size + len(text) > _CHARACTERS_PER_RUN:
            yield run
            run, size = [], 0
        run.append(row)
        size += len(text)
    if run:
        yield run
