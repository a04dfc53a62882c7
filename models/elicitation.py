"""Phrases that ask a model to write its reasoning out, or to answer in a form that a program reads.

Asking for reasoning is how traces for distillation are drawn, but answers alone can be harvested too, and innocent
people ask for both: a flag is weak evidence, worth something only when pooled. Phrases (``models.lexicon``) are
compared as whole words after normalisation, with runs of digits folded to ``0``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from models.features import Flag
from models.hashing import join, join_kernel
from models.lexicon import FORMAT, REASONING
from models.text import normalise
from models.words import Word, Words, word_hash, words_of

# Common words begin phrases, so nine words of a long prompt do; hardly any two words in a row do. Of others one pair
# in eighty and one word in a hundred are looked up for nothing, and both columns stay cached.
_PAIRS, _SINGLES = 1 << 14, 1 << 10
_SECOND_SHIFT = 16
_U_SECOND_SHIFT, _U_ONE = np.uint64(_SECOND_SHIFT), np.uint64(1)


class PhraseTable(NamedTuple):
    """Open-addressing hash table (linear probing) of the phrases and of their beginnings.

    ``keys`` (uint64, a power of two long; 0 is an empty slot): hash of a sequence of folded words. ``flags`` (uint16):
    what a prompt that holds the sequence asks for; 0 where it only begins a phrase. ``pairs`` (bool, a power of two
    long): whether a phrase may begin with two words, by some bits of both hashes. ``singles`` (likewise): whether a
    word may be a phrase.
    """

    keys: npt.NDArray[np.uint64]
    flags: npt.NDArray[np.uint16]
    pairs: npt.NDArray[np.bool_]
    singles: npt.NDArray[np.bool_]


@lru_cache(maxsize=1)
def phrases() -> dict[tuple[str, ...], Flag]:
    """Fold every phrase of the lexicon: its words, and the flags that it raises."""
    found: dict[tuple[str, ...], Flag] = {}
    for lexicon, flag in ((REASONING, Flag.ELICITS_REASONING), (FORMAT, Flag.ASKS_FOR_FORMAT)):
        for entries in lexicon.values():
            for phrase in entries:
                words = tuple(word.folded for word in words_of(normalise(phrase)))
                found[words] = found.get(words, Flag(0)) | flag
    return found


@lru_cache(maxsize=1)
def phrase_table() -> PhraseTable:
    """Make the table (a few milliseconds, once)."""
    entries: dict[int, int] = {}
    for words, flag in phrases().items():
        hashed = 0
        for word in words:
            hashed = join(hashed, word_hash(word))
            entries.setdefault(hashed, 0)
        entries[hashed] |= int(flag)
    table = PhraseTable(
        keys=np.zeros(1 << (2 * len(entries)).bit_length(), dtype=np.uint64),
        flags=np.zeros(1 << (2 * len(entries)).bit_length(), dtype=np.uint16),
        pairs=np.zeros(_PAIRS, dtype=np.bool_),
        singles=np.zeros(_SINGLES, dtype=np.bool_),
    )
    for words in phrases():
        first, second = (word_hash(word) for word in (*words, "")[:2])
        if len(words) > 1:
            table.pairs[(first ^ second >> _SECOND_SHIFT) % _PAIRS] = True
        else:
            table.singles[first % _SINGLES] = True
    last = len(table.keys) - 1
    for key, value in entries.items():
        slot = key & last
        while table.keys[slot]:
            slot = slot + 1 & last
        table.keys[slot], table.flags[slot] = key, value
    return table


def elicitation_one(words: list[Word]) -> Flag:
    """Tell what one prompt asks for: ``ELICITS_REASONING``, ``ASKS_FOR_FORMAT``, both or neither.

    >>> elicitation_one(words_of("think step by step and answer in json"))
    <Flag.ELICITS_REASONING|ASKS_FOR_FORMAT: 12>
    """
    folded = tuple(word.folded for word in words)
    found = Flag(0)
    for phrase, flag in phrases().items():
        for first in range(len(folded) - len(phrase) + 1):
            if folded[first : first + len(phrase)] == phrase:
                found |= flag
    return found


def elicitation(words: Words) -> npt.NDArray[np.uint16]:
    """Tell what each text of a batch asks for: uint16 of shape (texts,), as ``elicitation_one``. Cost: 1 ns a word."""
    flags = np.zeros(len(words.contents), dtype=np.uint16)
    _elicitation(words.hashes, words.offsets, *phrase_table(), flags)
    return flags


@njit(cache=True)
def _beginnings(
    hashes: npt.NDArray[np.uint64],
    pairs: npt.NDArray[np.bool_],
    singles: npt.NDArray[np.bool_],
    places: npt.NDArray[np.uint32],
) -> int:
    """Write where a phrase may begin, and return in how many places: no branch to be guessed for every word."""
    last_pair, last_single = np.uint64(len(pairs) - 1), np.uint64(len(singles) - 1)
    last = np.uint64(len(hashes) - 1)
    count = np.uint64(0)
    for word in range(np.uint64(len(hashes))):
        second = hashes[min(word + _U_ONE, last)]
        places[count] = word
        count += np.uint64(
            pairs[(hashes[word] ^ second >> _U_SECOND_SHIFT) & last_pair] | singles[hashes[word] & last_single]
        )
    return int(np.int64(count))


@njit(cache=True)
def _elicitation(
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    keys: npt.NDArray[np.uint64],
    key_flags: npt.NDArray[np.uint16],
    pairs: npt.NDArray[np.bool_],
    singles: npt.NDArray[np.bool_],
    flags: npt.NDArray[np.uint16],
) -> None:
    last_slot = np.uint64(len(keys) - 1)
    places = np.empty(len(hashes) + 1, dtype=np.uint32)
    text = 0
    for first in places[: _beginnings(hashes, pairs, singles, places)]:
        while first >= offsets[text + 1]:
            text += 1
        hashed = np.uint64(0)
        for word in range(np.uint64(first), np.uint64(offsets[text + 1])):
            hashed = join_kernel(hashed, hashes[word])
            slot = hashed & last_slot
            while keys[slot] != 0 and keys[slot] != hashed:
                slot = (slot + _U_ONE) & last_slot
            if keys[slot] == 0:
                break
            flags[text] |= key_flags[slot]
