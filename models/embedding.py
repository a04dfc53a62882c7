"""Prompt embeddings from cached word vectors: the mean of static token vectors, as WordLlama makes it, per word.

Every word is tokenised by itself, so a prompt's sum of token vectors is the sum over its words, and a word seen before
costs one look-up. Vectors are whole numbers of 16 bits: half the memory to wait for, and sums are exact in any order
(of 18,000 prompts three fell into another cell than with floats). Source of the vectors: WordLlama (Miller, 2024), cut
short as Matryoshka embeddings allow (Kusupati et al., NeurIPS 2022).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numba import njit

from models.prefetch import prefetch_row
from models.words import Word, Words, code_points

#: Of the ``models.words.code_points`` of some words: token ids, one word after another (int32), and how many each word
#: has (int64, at least 1 each), as ``models.subwords.Subwords`` gives them.
Tokenise = Callable[[npt.NDArray[np.int32]], tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]]

DEFAULT_CAPACITY = 200_000

#: The largest component of any token vector as a whole number; a word's sum is cut at eight times as much.
_LARGEST = 1 << 12
_WORD_BOUND = (1 << 15) - 1
_FIRST_SLOTS = 1 << 10

_U_ONE, _U_TWO, _U_THREE, _U_FOUR = (np.uint64(number) for number in range(1, 5))
# Words between what is added now and what is fetched; some hundred nanoseconds, as long as main memory takes.
_AHEAD = 12
#: So many words' sums fit 32 bits.
_U_SAFE = np.uint64(1 << 16)


class WordEmbedder:
    """Embeds batches of words; the cache changes the cost, never a number.

    Cost: about 15 ns a cached word, 2 microseconds a new one. Memory: 128 bytes a cached word at 64 dimensions.

    Args:
        token_vectors: float32 of shape (tokens, dimensions), finite; only their proportions matter.
        tokenise: token ids of words, each word as if it stood by itself.
        capacity: words the cache may hold; when it is full it is emptied.

    Attributes:
        words_tokenised: words that were not in the cache so far.

    """

    def __init__(
        self, token_vectors: npt.NDArray[np.float32], tokenise: Tokenise, capacity: int = DEFAULT_CAPACITY
    ) -> None:
        if capacity < 1:
            raise ValueError(f"capacity: {capacity} words; the cache must hold at least one")
        if not np.isfinite(token_vectors).all():
            raise ValueError("token_vectors: not all finite; the weights file is damaged")
        largest = float(np.abs(token_vectors).max(initial=0.0)) or 1.0
        scaled = np.rint(token_vectors.astype(np.float64) * (_LARGEST / largest))
        self._token_vectors = np.array(scaled, dtype=np.int16, order="C")
        self._tokenise = tokenise
        self._capacity = capacity
        # A word's hash and its row side by side, so that a look-up touches one cache line.
        self._slots = np.zeros((_FIRST_SLOTS, 2), dtype=np.uint64)
        self._vectors = np.zeros((capacity, self.dimensions), dtype=np.int16)
        self._used = 0
        self.words_tokenised = 0

    @property
    def dimensions(self) -> int:
        """Length of an embedding."""
        return int(self._token_vectors.shape[1])

    def embed(self, words: Words) -> npt.NDArray[np.float32]:
        """Embed a batch: float32 of shape (texts, dimensions), each row of unit length or, without words, zero."""
        sums = np.zeros((len(words.contents), self.dimensions), dtype=np.int64)
        rows = np.empty(len(words.hashes), dtype=np.int32)
        missing = np.empty(min(self._capacity, len(rows)), dtype=np.int64)
        done = 0
        while done < len(rows):
            room = min(self._capacity, len(self._slots) // 2)
            stop, absent = _locate(words.hashes, done, self._slots, self._used, room, rows, missing)
            self._add(words, missing[:absent])
            _accumulate(words.offsets, rows, done, stop, self._vectors, sums)
            if stop < len(rows):
                self._make_room()
            done = stop
        return _unit_rows(sums)

    def embed_one(self, words: list[Word]) -> npt.NDArray[np.float32]:
        """Embed one prompt without the cache: the same numbers, the readable way."""
        total = np.zeros(self.dimensions, dtype=np.int64)
        for word in words:
            tokens, _ = self._tokenise(code_points([word.folded]))
            vector = np.zeros(self.dimensions, dtype=np.int64)
            for token in tokens:
                vector += self._token_vectors[token]
            total += np.clip(vector, -_WORD_BOUND, _WORD_BOUND)
        squares = sum(float(value) * float(value) for value in total.tolist())
        embedding: npt.NDArray[np.float32] = (total / np.sqrt(squares or 1.0)).astype(np.float32)
        return embedding

    def _add(self, words: Words, missing: npt.NDArray[np.int64]) -> None:
        """Tokenise words that ``_locate`` has given the next free rows."""
        if len(missing) == 0:
            return
        try:
            tokens, counts = self._tokenise(words.folded(missing))
            _sum_tokens(tokens, counts, self._token_vectors, self._vectors[self._used : self._used + len(missing)])
        except BaseException:
            self._empty()
            raise
        self._used += len(missing)
        self.words_tokenised += len(missing)

    def _make_room(self) -> None:
        """More slots while the cache may grow, so that few words need few cache lines; then a new beginning."""
        if self._used == self._capacity:
            self._empty()
            return
        slots = np.zeros((2 * len(self._slots), 2), dtype=np.uint64)
        _refill(self._slots, slots)
        self._slots = slots

    def _empty(self) -> None:
        self._slots[:] = 0
        self._used = 0


@njit(cache=True)
def _locate(
    hashes: npt.NDArray[np.uint64],
    first: int,
    slots: npt.NDArray[np.uint64],
    used: int,
    capacity: int,
    rows: npt.NDArray[np.int32],
    missing: npt.NDArray[np.int64],
) -> tuple[int, int]:
    """Row of each word from ``first`` on; new words get the next free rows, until there is none.

    Returns the first word without a row, and how many words are new.
    """
    last_slot = np.uint64(len(slots) - 1)
    absent = 0
    for word in range(np.uint64(first), np.uint64(len(hashes))):
        hashed = hashes[word]
        prefetch_row(slots, hashes[min(word + np.uint64(_AHEAD), np.uint64(len(hashes) - 1))] & last_slot)
        slot = hashed & last_slot
        key = slots[slot, 0]
        while key != hashed and key != 0:
            slot = (slot + np.uint64(1)) & last_slot
            key = slots[slot, 0]
        if key == 0:
            if used + absent == capacity:
                return int(np.int64(word)), absent
            slots[slot, 0] = hashed
            slots[slot, 1] = used + absent
            missing[absent] = word
            absent += 1
        rows[word] = slots[slot, 1]
    return len(hashes), absent


@njit(cache=True)
def _refill(slots: npt.NDArray[np.uint64], larger: npt.NDArray[np.uint64]) -> None:
    """Put every word of a table into a larger, empty one."""
    last_slot = np.uint64(len(larger) - 1)
    for old in range(len(slots)):
        if slots[old, 0] == 0:
            continue
        slot = slots[old, 0] & last_slot
        while larger[slot, 0] != 0:
            slot = (slot + np.uint64(1)) & last_slot
        larger[slot, 0], larger[slot, 1] = slots[old, 0], slots[old, 1]


@njit(cache=True)
def _sum_tokens(
    tokens: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int64],
    token_vectors: npt.NDArray[np.int16],
    vectors: npt.NDArray[np.int16],
) -> None:
    """Write the sum of each word's token vectors, cut at ``_WORD_BOUND``; each vector is read once, from end to end."""
    total = np.empty(vectors.shape[1], dtype=np.int64)
    at = np.uint64(0)
    for word in range(len(counts)):
        end = at + np.uint64(counts[word])
        total[:] = 0
        while at < end:
            prefetch_row(token_vectors, np.uint64(tokens[min(at + _U_TWO, np.uint64(len(tokens) - 1))]))
            vector = token_vectors[np.uint64(tokens[at])]
            for dimension in range(len(total)):
                total[dimension] += vector[dimension]
            at += _U_ONE
        for dimension in range(len(total)):
            vectors[word, dimension] = min(max(total[dimension], -_WORD_BOUND), _WORD_BOUND)


@njit(cache=True)
def _accumulate(
    offsets: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int32],
    first: int,
    stop: int,
    vectors: npt.NDArray[np.int16],
    sums: npt.NDArray[np.int64],
) -> None:
    """Add the vectors of words ``first`` to ``stop`` to their texts' sums.

    Four words at a time, so that a sum is stored once for four; in 32 bits as long as no sum can overflow.
    """
    total = np.empty(vectors.shape[1], dtype=np.int32)
    last_word = np.uint64(stop - 1)
    for text in range(len(offsets) - 1):
        word, last = np.uint64(max(first, offsets[text])), np.uint64(min(stop, offsets[text + 1]))
        while word < last:
            end = min(last, word + _U_SAFE)
            for dimension in range(len(total)):
                total[dimension] = 0
            # Views of the vectors: LLVM does not vectorise the loop over the array itself.
            while word + _U_FOUR <= end:
                for ahead in range(_AHEAD, _AHEAD + 4):
                    prefetch_row(vectors, np.uint64(rows[min(word + np.uint64(ahead), last_word)]))
                one = vectors[np.uint64(rows[word])]
                two = vectors[np.uint64(rows[word + _U_ONE])]
                three = vectors[np.uint64(rows[word + _U_TWO])]
                four = vectors[np.uint64(rows[word + _U_THREE])]
                for dimension in range(len(total)):
                    total[dimension] += (
                        np.int32(one[dimension])
                        + np.int32(two[dimension])
                        + np.int32(three[dimension])
                        + np.int32(four[dimension])
                    )
                word += _U_FOUR
            while word < end:
                vector = vectors[np.uint64(rows[word])]
                for dimension in range(len(total)):
                    total[dimension] += np.int32(vector[dimension])
                word += _U_ONE
            for dimension in range(len(total)):
                sums[text, dimension] += total[dimension]


@njit(cache=True)
def _unit_rows(sums: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    rows = np.zeros(sums.shape, dtype=np.float32)
    for text in range(len(sums)):
        squares = 0.0
        for dimension in range(sums.shape[1]):
            squares += np.float64(sums[text, dimension]) * np.float64(sums[text, dimension])
        if squares > 0.0:
            length = np.sqrt(squares)
            for dimension in range(sums.shape[1]):
                rows[text, dimension] = np.float32(np.float64(sums[text, dimension]) / length)
    return rows
