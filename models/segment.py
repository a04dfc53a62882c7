"""Splits texts into words and hashes them, a whole batch in one kernel: the same words as ``models.words`` gives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from numba.cpython.unsafe import numbers

from models.characters import CODE_BITS, COMPLEX, KIND_BITS, Kind, character_table, packed_characters
from models.hashing import FNV_OFFSET, FNV_PRIME, join_kernel, mix_kernel
from models.scan.bytes8 import word_kernel
from models.text import MAX_PROMPT_BYTES, Encoded, decode_kernel, encode_texts, join_encoded
from models.words import ALONE_WEIGHT, MAX_WORD_CODE_POINTS, SPACED_WEIGHT, Words

_SEPARATOR, _DIGIT, _ALONE, _MARK, _IGNORED = (
    int(kind) for kind in (Kind.SEPARATOR, Kind.DIGIT, Kind.ALONE, Kind.MARK, Kind.IGNORED)
)
_KIND_MASK, _CODE_MASK = COMPLEX - 1, np.uint32((1 << CODE_BITS) - 1)
_SIZE_SHIFT = CODE_BITS + KIND_BITS
_U_OFFSET, _U_PRIME = np.uint64(FNV_OFFSET), np.uint64(FNV_PRIME)
_U_ZERO, _U_ONE, _U_THREE, _U_DIGIT = np.uint64(0), np.uint64(1), np.uint64(3), np.uint64(ord("0"))

# Of eight bytes at once: the bit of lower case, the high bits, and what takes "a", or what follows "z", to them.
_EIGHT_ONES = np.uint64(0x0101010101010101)
_CASE_BITS, _HIGH_BITS, _BYTE = np.uint64(0x20) * _EIGHT_ONES, np.uint64(0x80) * _EIGHT_ONES, np.uint64(0xFF)
# Numba's type asks for an argument that no caller gives.
_trailing_zeros: Any = numbers.trailing_zeros
_TO_A, _BEHIND_Z = np.uint64(0x80 - ord("a")) * _EIGHT_ONES, np.uint64(0x7F - ord("z")) * _EIGHT_ONES

# Entries of ``_ascii`` below every lower-case letter.
_ASCII_SEPARATOR, _OTHER = 0, 1

# Han letters that are their own normal form; they and all others with these first bytes are no marks.
_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FFF
_FIRST_HAN_LEAD, _LAST_HAN_LEAD = 0xE4, 0xE9


def segment(texts: list[str], key: int, max_bytes: int = MAX_PROMPT_BYTES) -> Words:
    """Split a batch of raw texts into words; the same as ``words_of(normalise(text))`` for each.

    Cost: about 5 ns a byte. Memory: at most 10 bytes a byte of text.
    """
    return segment_encoded([encode_texts(texts, max_bytes)], key, max_bytes)


def segment_encoded(parts: Sequence[Encoded], key: int, max_bytes: int = MAX_PROMPT_BYTES) -> Words:
    """``segment`` of texts that went through ``models.text.encode_texts``, perhaps in several parts."""
    buffer, text_starts, text_ends = join_encoded(parts)
    words = _allocate(len(buffer) // 2, buffer, len(text_starts))
    count = _segment(
        buffer,
        text_starts,
        text_ends,
        np.uint64(key),
        max_bytes,
        packed_characters(),
        _ascii(),
        words.hashes,
        words.weights,
        words.starts,
        words.ends,
        words.offsets,
        words.contents,
    )
    return words._replace(
        hashes=words.hashes[:count],
        weights=words.weights[:count],
        starts=words.starts[:count],
        ends=words.ends[:count],
    )


def _allocate(words: int, buffer: npt.NDArray[np.uint8], texts: int) -> Words:
    return Words(
        hashes=np.empty(words, dtype=np.uint64),
        weights=np.empty(words, dtype=np.uint8),
        starts=np.empty(words, dtype=np.int32),
        ends=np.empty(words, dtype=np.int32),
        buffer=buffer,
        offsets=np.empty(texts + 1, dtype=np.int64),
        contents=np.empty(texts, dtype=np.uint64),
    )


@lru_cache(maxsize=1)
def _ascii() -> npt.NDArray[np.uint8]:
    """What each byte means where no word is open: a separator, the lower-case letter it stands for, or another."""
    codes, kinds, _ = character_table()
    meanings = np.full(256, _OTHER, dtype=np.uint8)
    meanings[:0x80][kinds[:0x80] == Kind.SEPARATOR] = _ASCII_SEPARATOR
    letters = np.flatnonzero(kinds[:0x80] == Kind.LETTER)
    meanings[letters] = codes[letters]
    return meanings


@njit(cache=True)
def _hash_letters(buffer: npt.NDArray[np.uint8], at: np.uint64) -> tuple[np.uint64, np.uint64]:
    """FNV-1a over the ASCII letters at ``at``, at most eight of them, lower case; and where they end.

    All eight steps are taken and those past the last letter dropped: a loop that ends where the word ends would be
    guessed wrong by the processor once a word, and that costs more.
    """
    raw = word_kernel(buffer, at)
    lower = raw | _CASE_BITS
    # In each byte the high bit: set from "a" on, and from behind "z" on. Seven bits, so that nothing is carried over.
    seven = lower & ~_HIGH_BITS
    letters = (seven + _TO_A) & ~(seven + _BEHIND_Z) & ~raw & _HIGH_BITS
    count = np.uint64(_trailing_zeros(letters ^ _HIGH_BITS)) >> _U_THREE
    hashed = _U_OFFSET
    for index in range(8):
        step = (hashed ^ (lower >> np.uint64(8 * index) & _BYTE)) * _U_PRIME
        hashed = step if np.uint64(index) < count else hashed
    return hashed, at + count


@njit(cache=True)
def _segment(
    buffer: npt.NDArray[np.uint8],
    text_starts: npt.NDArray[np.int64],
    text_ends: npt.NDArray[np.int64],
    key: np.uint64,
    max_bytes: int,
    characters: npt.NDArray[np.uint32],
    ascii_meanings: npt.NDArray[np.uint8],
    hashes: npt.NDArray[np.uint64],
    weights: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int32],
    ends: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    contents: npt.NDArray[np.uint64],
) -> int:
    """Fill the columns of ``Words``; returns the number of words.

    Indices are unsigned, so that none is asked whether it counts from the end. No loop over letters asks whether the
    text ends: a line feed stands there.
    """
    word = _U_ZERO
    for text in range(len(text_starts)):
        at = np.uint64(text_starts[text])
        # With the line feed, which ends the last word.
        end = np.uint64(text_ends[text]) + _U_ONE
        left_bytes = np.int64(max_bytes)
        width = 0
        alone = has_digit = after_digit = False
        folded = exact = _U_OFFSET
        content = key
        offsets[text] = word
        while at < end:
            if width == 0:
                # Most text is ASCII words between separators, or Han: they need none of the questions below.
                letter = ascii_meanings[buffer[at]]
                if letter == _ASCII_SEPARATOR:
                    at += _U_ONE
                    left_bytes -= 1
                    continue
                first = at
                if letter > _OTHER:
                    folded, at = _hash_letters(buffer, at)
                    letter = ascii_meanings[buffer[at]]
                    while letter > _OTHER:
                        folded = (folded ^ np.uint64(letter)) * _U_PRIME
                        at += _U_ONE
                        letter = ascii_meanings[buffer[at]]
                    size = int(np.int64(at - first))
                    if letter == _ASCII_SEPARATOR and size <= MAX_WORD_CODE_POINTS and size <= left_bytes:
                        hashed = max(mix_kernel(folded), _U_ONE)
                        hashes[word] = hashed
                        weights[word] = SPACED_WEIGHT
                        starts[word] = first
                        ends[word] = at
                        content = join_kernel(content, hashed)
                        word += _U_ONE
                        left_bytes -= size
                        continue
                    at = first
                elif _FIRST_HAN_LEAD <= buffer[at] <= _LAST_HAN_LEAD:
                    raw, size = decode_kernel(buffer, at)
                    after = buffer[at + _U_THREE]
                    unmarked = after < 0x80 or _FIRST_HAN_LEAD <= after <= _LAST_HAN_LEAD
                    if _FIRST_HAN <= raw <= _LAST_HAN and unmarked and size <= left_bytes:
                        hashed = max(mix_kernel((_U_OFFSET ^ np.uint64(raw)) * _U_PRIME), _U_ONE)
                        at += _U_THREE
                        hashes[word] = hashed
                        weights[word] = ALONE_WEIGHT
                        starts[word] = first
                        ends[word] = at
                        content = join_kernel(content, hashed)
                        word += _U_ONE
                        left_bytes -= size
                        continue
            place = at
            raw, size = decode_kernel(buffer, at)
            at += np.uint64(size)
            entry = characters[raw]
            kind = np.int64(entry >> np.uint32(CODE_BITS)) & _KIND_MASK
            if kind == _IGNORED:
                continue
            left_bytes -= np.int64(entry >> np.uint32(_SIZE_SHIFT))
            if left_bytes < 0:
                at = end
                kind = np.int64(_SEPARATOR)
            full = width == MAX_WORD_CODE_POINTS
            if width > 0 and (kind == _SEPARATOR or full or (kind != _MARK and (alone or kind == _ALONE))):
                hashed = max(mix_kernel(folded), _U_ONE)
                hashes[word] = hashed
                weights[word] = ALONE_WEIGHT if alone else SPACED_WEIGHT
                ends[word] = place
                content = join_kernel(content, max(mix_kernel(exact), _U_ONE) if has_digit else hashed)
                word += _U_ONE
                width = 0
            if kind == _SEPARATOR:
                continue
            if width == 0:
                starts[word] = place
                folded = _U_OFFSET
                alone = kind == _ALONE
                has_digit = after_digit = False
            width += 1
            point = np.uint64(entry & _CODE_MASK)
            digit = kind == _DIGIT
            if digit and not has_digit:
                has_digit = True
                exact = folded
            if has_digit:
                exact = (exact ^ point) * _U_PRIME
            if not (digit and after_digit):
                folded = (folded ^ (_U_DIGIT if digit else point)) * _U_PRIME
            after_digit = digit
        contents[text] = max(content, _U_ONE) if word > np.uint64(offsets[text]) else _U_ZERO
    offsets[len(text_starts)] = word
    return int(np.int64(word))
