"""Words of normalised text: what they are (readable form) and their hashes for a whole batch (kernel).

A word is a maximal run of letters, digits and marks. A letter of a script written without spaces is a word of its own.
Words are cut after 48 code points, so that base64 or a long number costs what it weighs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from models.characters import COMPLEX, Kind, character_table, kind_of
from models.hashing import FNV_OFFSET, FNV_PRIME, GOLDEN, join, join_kernel, mix, mix_kernel
from models.text import MAX_PROMPT_BYTES, decode_kernel, encode_batch

MAX_WORD_CODE_POINTS = 48

# Eight letters of Chinese carry about what five words of English do (its words are 1.6 letters long on average).
SPACED_WEIGHT = 8
ALONE_WEIGHT = 5

_MASK = 2**64 - 1
_SEPARATOR, _LETTER, _DIGIT, _ALONE = int(Kind.SEPARATOR), int(Kind.LETTER), int(Kind.DIGIT), int(Kind.ALONE)
_MARK, _IGNORED = int(Kind.MARK), int(Kind.IGNORED)
_KIND_BITS = COMPLEX - 1
_U_OFFSET, _U_PRIME, _U_GOLDEN = np.uint64(FNV_OFFSET), np.uint64(FNV_PRIME), np.uint64(GOLDEN)
_U_ZERO, _U_ONE, _U_DIGIT = np.uint64(0), np.uint64(1), np.uint64(ord("0"))


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

    ``hashes`` (uint64, per word): of the folded word. ``weights`` (uint8, per word). ``starts``, ``lengths`` (int64,
    int32, per word): place of the folded word in ``codes`` (int32 code points). ``offsets`` (int64, texts + 1): a
    text's first word. ``contents`` (uint64, per text): of all its words, digits as they are; 0 without words.
    """

    hashes: npt.NDArray[np.uint64]
    weights: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int32]
    codes: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    contents: npt.NDArray[np.uint64]

    def folded(self, chosen: npt.NDArray[np.int64]) -> list[str]:
        """Return the folded texts of some words, given their places in ``hashes``."""
        if len(chosen) == 0:
            return []
        lengths = self.lengths[chosen]
        codes = np.full(int(lengths.sum()) + len(chosen), ord("\n"), dtype=np.int32)
        _gather(self.codes, self.starts[chosen], lengths, codes)
        return codes[:-1].tobytes().decode("utf-32-le").split("\n")


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


def segment(texts: list[str], key: int, max_bytes: int = MAX_PROMPT_BYTES) -> Words:
    """Split a batch of raw texts into words; the same as ``words_of(normalise(text))`` for each.

    Cost: about 4 ns a byte. Memory: at most 17 bytes a byte of text, most of it never touched.
    """
    buffer, raw_offsets = encode_batch(texts, max_bytes)
    words = _allocate(len(buffer) // 2 + len(texts) + 1, len(buffer) + 1, len(texts))
    count = _segment(
        buffer,
        raw_offsets,
        np.uint64(key),
        max_bytes,
        *character_table(),
        words.hashes,
        words.weights,
        words.starts,
        words.lengths,
        words.codes,
        words.offsets,
        words.contents,
    )
    return words._replace(
        hashes=words.hashes[:count],
        weights=words.weights[:count],
        starts=words.starts[:count],
        lengths=words.lengths[:count],
    )


def _allocate(words: int, codes: int, texts: int) -> Words:
    """Make the columns of ``Words`` as views of one block: seven blocks go back to the system and are paged in anew."""
    columns = {
        "hashes": (np.uint64, words),
        "starts": (np.int64, words),
        "offsets": (np.int64, texts + 1),
        "contents": (np.uint64, texts),
        "lengths": (np.int32, words),
        "codes": (np.int32, codes),
        "weights": (np.uint8, words),
    }
    block = np.empty(sum(np.dtype(kind).itemsize * length for kind, length in columns.values()), dtype=np.uint8)
    views = {}
    start = 0
    for name, (kind, length) in columns.items():
        stop = start + np.dtype(kind).itemsize * length
        views[name] = block[start:stop].view(kind)
        start = stop
    return Words(**views)


@njit(cache=True)
def _gather(
    codes: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int32],
    gathered: npt.NDArray[np.int32],
) -> None:
    """Copy words one after another, leaving one code point between them as it is."""
    at = 0
    for word in range(len(starts)):
        for place in range(starts[word], starts[word] + lengths[word]):
            gathered[at] = codes[place]
            at += 1
        at += 1


@njit(cache=True)
def _segment(
    buffer: npt.NDArray[np.uint8],
    raw_offsets: npt.NDArray[np.int64],
    key: np.uint64,
    max_bytes: int,
    to_code: npt.NDArray[np.int32],
    to_kind: npt.NDArray[np.uint8],
    to_size: npt.NDArray[np.uint8],
    hashes: npt.NDArray[np.uint64],
    weights: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int32],
    codes: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    contents: npt.NDArray[np.uint64],
) -> int:
    """Fill the columns of ``Words``; returns the number of words."""
    lowered = np.zeros(256, dtype=np.uint8)
    separates = np.zeros(256, dtype=np.bool_)
    for code in range(0x80):
        separates[code] = to_kind[code] == _SEPARATOR
        if to_kind[code] == _LETTER:
            lowered[code] = to_code[code]
    word = 0
    written = 0
    raw = np.int64(0)
    for text in range(len(raw_offsets) - 1):
        at = raw_offsets[text]
        end = raw_offsets[text + 1]
        left_bytes = np.int64(max_bytes)
        width = 0
        alone = has_digit = after_digit = False
        folded = exact = _U_OFFSET
        content = key
        offsets[text] = word
        while at <= end:
            if width == 0 and at < end and lowered[buffer[at]]:
                # Most text is ASCII words between separators: they need none of the questions below, nor (hence the
                # unsigned indices) whether an index counts from the end. A function of its own costs a third more.
                stop = at + min(MAX_WORD_CODE_POINTS, end - at, left_bytes)
                starts[word] = written
                alone = has_digit = after_digit = False
                folded = _U_OFFSET
                byte, last, place = np.uint64(at), np.uint64(stop), np.uint64(written)
                while byte < last:
                    letter = lowered[buffer[byte]]
                    if letter == 0:
                        break
                    folded = (folded ^ np.uint64(letter)) * _U_PRIME
                    codes[place] = letter
                    place += _U_ONE
                    byte += _U_ONE
                width = np.int64(byte) - at
                at += width
                written += width
                left_bytes -= width
                if at < stop and separates[buffer[at]]:
                    hashed = max(mix_kernel(folded), _U_ONE)
                    hashes[word] = hashed
                    weights[word] = SPACED_WEIGHT
                    lengths[word] = width
                    content = join_kernel(content, hashed)
                    word += 1
                    width = 0
                    at += 1
                    left_bytes -= 1
                    continue
            kind = np.int64(_SEPARATOR)
            if at < end:
                raw, size = decode_kernel(buffer, at)
                at += size
                kind = np.int64(to_kind[raw]) & _KIND_BITS
                if kind == _IGNORED:
                    continue
                left_bytes -= np.int64(to_size[raw])
                if left_bytes < 0:
                    at = end + 1
                    kind = np.int64(_SEPARATOR)
            else:
                at = end + 1
            ends = kind == _SEPARATOR or width == MAX_WORD_CODE_POINTS or (kind != _MARK and (alone or kind == _ALONE))
            if ends and width > 0:
                hashed = max(mix_kernel(folded), _U_ONE)
                hashes[word] = hashed
                weights[word] = ALONE_WEIGHT if alone else SPACED_WEIGHT
                lengths[word] = written - starts[word]
                content = join_kernel(content, max(mix_kernel(exact), _U_ONE) if has_digit else hashed)
                word += 1
                width = 0
            if kind == _SEPARATOR:
                continue
            if width == 0:
                starts[word] = written
                folded = _U_OFFSET
                alone = kind == _ALONE
                has_digit = after_digit = False
            width += 1
            point = np.uint64(to_code[raw])
            digit = kind == _DIGIT
            if digit and not has_digit:
                has_digit = True
                exact = folded
            if has_digit:
                exact = (exact ^ point) * _U_PRIME
            if not (digit and after_digit):
                if digit:
                    point = _U_DIGIT
                folded = (folded ^ point) * _U_PRIME
                codes[written] = np.int32(point)
                written += 1
            after_digit = digit
        contents[text] = max(content, _U_ONE) if word > offsets[text] else _U_ZERO
    offsets[len(raw_offsets) - 1] = word
    return word
