"""Subwords: byte-pair encoding of words by a vocabulary's ranked merges (Sennrich, Haddow and Birch, ACL 2016).

SentencePiece's form of it (Kudo and Richardson, EMNLP 2018): a mark stands where a word begins, and a character that is
no token becomes the tokens of its UTF-8 bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from numba import njit

from models.hashing import mix_kernel

#: SentencePiece's mark of a word's beginning.
WORD_START = "▁"

_END = ord("\n")
_NO_TOKEN = -1
_U_ZERO, _U_ONE, _U_HALF, _U_LOW = np.uint64(0), np.uint64(1), np.uint64(32), np.uint64(2**32 - 1)
_NO_MERGE = np.uint64(2**64 - 1)


class Subwords:
    """Token ids of words, each as if it stood by itself after a space, without a bare mark of its beginning.

    In running text the mark seldom stands alone; kept, it would be half of every Chinese sentence.

    Cost: about a microsecond a word. Memory: about 3 MB for 61,000 merges.

    Args:
        ids: of each token by its text; the mark and ``<0x00>`` to ``<0xFF>`` must be among them.
        merges: pairs of tokens, the first merged first; each pair and what it makes are tokens.

    >>> from models.words import code_points
    >>> bytewise = {f"<0x{byte:02X}>": byte for byte in range(256)}
    >>> subwords = Subwords(bytewise | {"▁": 256, "a": 257, "b": 258, "▁a": 259}, [("▁", "a")])
    >>> [part.tolist() for part in subwords(code_points(["ab", "bé"]))]
    [[259, 258, 258, 195, 169], [2, 3]]

    """

    def __init__(self, ids: Mapping[str, int], merges: Sequence[tuple[str, str]]) -> None:
        try:
            self._mark = ids[WORD_START]
            self._bytes = np.array([ids[f"<0x{byte:02X}>"] for byte in range(256)], dtype=np.int32)
            made = [(ids[left], ids[right], ids[left + right]) for left, right in merges]
        except KeyError as error:
            raise ValueError(f"ids: no token {error}, which byte-pair encoding with these merges needs") from error
        single = {ord(token): number for token, number in ids.items() if len(token) == 1}
        self._characters = np.full(max(single) + 1, _NO_TOKEN, dtype=np.int32)
        self._characters[list(single)] = list(single.values())
        self._merges = _table(np.array(made, dtype=np.uint64).reshape(-1, 3))

    def __call__(self, codes: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """Tokens of some words, one word after another (int32), and how many each word has (int64, at least 1 each).

        ``codes`` are ``models.words.code_points`` of the words: no strings are made of words that come from a batch.
        """
        ends = np.flatnonzero(codes == _END)
        counts = np.empty(len(ends), dtype=np.int64)
        # The mark takes the place of the line feed, and a character is four bytes at most.
        tokens = np.empty(4 * len(codes), dtype=np.int32)
        longest = 4 * int(np.diff(ends, prepend=-1).max(initial=0)) + 1
        used = _split(codes, self._characters, self._bytes, self._mark, self._merges, longest, tokens, counts)
        return tokens[:used], counts


def _table(merges: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Open addressing, at most a third full: a pair of tokens, and the merge's rank with the token that it makes."""
    slots = np.zeros((1 << (3 * len(merges)).bit_length(), 2), dtype=np.uint64)
    slots[:, 1] = _NO_MERGE
    _fill(merges, slots)
    return slots


@njit(cache=True)
def _fill(merges: npt.NDArray[np.uint64], slots: npt.NDArray[np.uint64]) -> None:
    last = np.uint64(len(slots) - 1)
    for rank in range(len(merges)):
        pair = merges[rank, 0] << _U_HALF | merges[rank, 1]
        slot = mix_kernel(pair) & last
        while slots[slot, 1] != _NO_MERGE and slots[slot, 0] != pair:
            slot = (slot + _U_ONE) & last
        if slots[slot, 1] == _NO_MERGE:
            slots[slot, 0] = pair
            slots[slot, 1] = np.uint64(rank) << _U_HALF | merges[rank, 2]


@njit(cache=True)
def _merge_of(slots: npt.NDArray[np.uint64], left: int, right: int) -> np.uint64:
    """Rank and token of the merge of two neighbours, the least where merged first; all ones where there is none."""
    last = np.uint64(len(slots) - 1)
    pair = np.uint64(left) << _U_HALF | np.uint64(right)
    slot = mix_kernel(pair) & last
    while slots[slot, 0] != pair and slots[slot, 1] != _NO_MERGE:
        slot = (slot + _U_ONE) & last
    merge: np.uint64 = slots[slot, 1]
    return merge


@njit(cache=True)
def _symbols(
    codes: npt.NDArray[np.int32],
    at: int,
    characters: npt.NDArray[np.int32],
    byte_tokens: npt.NDArray[np.int32],
    symbols: npt.NDArray[np.int32],
) -> tuple[int, int]:
    """Write the tokens of a word's characters behind the mark; returns where the word ends and how many there are."""
    count = 1
    while codes[at] != _END:
        code = codes[at]
        token = characters[code] if code < len(characters) else _NO_TOKEN
        if token != _NO_TOKEN:
            symbols[count] = token
            count += 1
        else:
            # UTF-8 (RFC 3629).
            size = 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
            lead = 0 if size == 1 else 0xF00 >> size & 0xFF
            for index in range(size):
                bits = code >> 6 * (size - 1 - index)
                symbols[count] = byte_tokens[lead | bits if index == 0 else 0x80 | bits & 0x3F]
                count += 1
        at += 1
    return at, count


@njit(cache=True)
def _split(
    codes: npt.NDArray[np.int32],
    characters: npt.NDArray[np.int32],
    byte_tokens: npt.NDArray[np.int32],
    mark: int,
    slots: npt.NDArray[np.uint64],
    longest: int,
    tokens: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int64],
) -> int:
    """Fill tokens and counts; returns the number of tokens. A word of n symbols takes at most n squared steps."""
    symbols = np.empty(longest, dtype=np.int32)
    merges = np.empty(longest, dtype=np.uint64)
    at = used = 0
    for word in range(len(counts)):
        symbols[0] = mark
        at, count = _symbols(codes, at, characters, byte_tokens, symbols)
        at += 1
        for index in range(count - 1):
            merges[index] = _merge_of(slots, symbols[index], symbols[index + 1])
        while count > 1:
            # The first of equals: of one rank the leftmost pair is merged first.
            first = 0
            for index in range(1, count - 1):
                first = index if merges[index] < merges[first] else first
            if merges[first] == _NO_MERGE:
                break
            symbols[first] = np.int32(merges[first] & _U_LOW)
            count -= 1
            for index in range(first + 1, count):
                symbols[index] = symbols[index + 1]
                merges[index - 1] = merges[index]
            if first > 0:
                merges[first - 1] = _merge_of(slots, symbols[first - 1], symbols[first])
            if first < count - 1:
                merges[first] = _merge_of(slots, symbols[first], symbols[first + 1])
        bare = 1 if count > 1 and symbols[0] == mark else 0
        counts[word] = count - bare
        for index in range(bare, count):
            tokens[used] = symbols[index]
            used += 1
    return used
