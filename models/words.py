"""Words of normalised text, the readable way; ``models.segment`` finds those of a whole batch.

A word is a maximal run of letters, digits and marks. A letter of a script written without spaces is a word of its own.
Words are cut after 48 code points, so that base64 or a long number costs what it weighs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from models.characters import CODE_BITS, COMPLEX, Kind, kind_of, packed_characters
from models.hashing import FNV_OFFSET, FNV_PRIME, join, mix
from models.text import decode_kernel

MAX_WORD_CODE_POINTS = 48

# Eight letters of Chinese carry about what five words of English do (its words are 1.6 letters long on average).
SPACED_WEIGHT = 8
ALONE_WEIGHT = 5

_MASK = 2**64 - 1
_DIGIT, _IGNORED = int(Kind.DIGIT), int(Kind.IGNORED)
_KIND_MASK, _CODE_MASK = COMPLEX - 1, np.uint32((1 << CODE_BITS) - 1)


class Word(NamedTuple):
    """One word as written after normalisation, and whether its script puts spaces between words."""

    text: str
    alone: bool

    @property
    def folded(self) -> str:
        """The word with every run of digits replaced by one ``0``."""
        kept: list[str] = []
        for character in self.text:
            digit = kind_of(character) is Kind.DIGIT
            if not (digit and kept and kept[-1] == ""):
                kept.append("" if digit else character)
        return "".join(character or "0" for character in kept)

    @property
    def weight(self) -> int:
        """Its share of a shell, in eighths of a spaced word."""
        return ALONE_WEIGHT if self.alone else SPACED_WEIGHT


class Words(NamedTuple):
    """The words of a batch of texts, one after another.

    ``hashes`` (uint64, per word): of the folded word. ``weights`` (uint8, per word). ``starts``, ``ends`` (int32, per
    word): its place in ``buffer`` (uint8, UTF-8 of the raw texts). ``offsets`` (int64, texts + 1): a text's first word.
    ``contents`` (uint64, per text): of all its words, digits as they are; 0 without words.
    """

    hashes: npt.NDArray[np.uint64]
    weights: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    buffer: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    contents: npt.NDArray[np.uint64]

    def folded(self, chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Return ``code_points`` of the folded texts of some words, given their places in ``hashes``."""
        starts, ends = self.starts[chosen], self.ends[chosen]
        codes = np.empty(int((ends - starts).sum()) + len(chosen), dtype=np.int32)
        return codes[: _fold(self.buffer, starts, ends, packed_characters(), codes)]


def code_points(words: Sequence[str]) -> npt.NDArray[np.int32]:
    r"""Code points of some words in one array, a line feed after each word; none holds one.

    >>> code_points(["ab", "é"]).tolist()
    [97, 98, 10, 233, 10]
    """
    return np.frombuffer("".join(f"{word}\n" for word in words).encode("utf-32-le"), dtype=np.int32)


def words_of(text: str) -> list[Word]:
    """Split normalised text into words.

    >>> [word.text for word in words_of("fix line 42, then 你好")]
    ['fix', 'line', '42', 'then', '你', '好']
    """
    words: list[Word] = []
    open_word = False
    for character in text:
        kind = kind_of(character)
        if kind is Kind.SEPARATOR:
            open_word = False
            continue
        continues = open_word and len(words[-1].text) < MAX_WORD_CODE_POINTS
        if continues and (kind is Kind.MARK or (kind is not Kind.ALONE and not words[-1].alone)):
            words[-1] = words[-1]._replace(text=words[-1].text + character)
        else:
            words.append(Word(character, kind is Kind.ALONE))
            open_word = True
    return words


def word_hash(word: str) -> int:
    """FNV-1a over code points, finalised; never 0."""
    hashed = FNV_OFFSET
    for character in word:
        hashed = (hashed ^ ord(character)) * FNV_PRIME & _MASK
    return mix(hashed) or 1


def content_hash(words: list[Word], key: int) -> int:
    """Hash of the sequence of words as written, under a key; 0 without words and never otherwise."""
    if not words:
        return 0
    hashed = key
    for word in words:
        hashed = join(hashed, word_hash(word.text))
    return hashed or 1


@njit(cache=True)
def _fold(
    buffer: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int32],
    ends: npt.NDArray[np.int32],
    characters: npt.NDArray[np.uint32],
    codes: npt.NDArray[np.int32],
) -> int:
    """Write the code points of some folded words, a line feed after each; returns how many that makes."""
    written = 0
    for word in range(len(starts)):
        at = np.uint64(starts[word])
        after_digit = False
        while at < np.uint64(ends[word]):
            raw, size = decode_kernel(buffer, at)
            at += np.uint64(size)
            entry = characters[raw]
            kind = np.int64(entry >> np.uint32(CODE_BITS)) & _KIND_MASK
            if kind == _IGNORED:
                continue
            digit = kind == _DIGIT
            if not (digit and after_digit):
                codes[written] = ord("0") if digit else entry & _CODE_MASK
                written += 1
            after_digit = digit
        codes[written] = ord("\n")
        written += 1
    return written
