"""Shells: keyed hashes of short runs of a prompt's words, sampled so that prompts of one template share some.

A shell is a run of five words, digits folded, or of eight letters where a script puts no space between words (or a mix
of like weight). Head, tail and whole are sampled apart by the smallest keyed hashes (bottom-k sketches; Broder,
SEQUENCES 1997; Cohen and Kaplan, PODC 2007): a template's constant part may stand before or after what fills it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from models.features import SHELLS_PER_EVENT
from models.hashing import GOLDEN, mix, mix_kernel, seal, seal_kernel, unmix_kernel
from models.words import ALONE_WEIGHT, SPACED_WEIGHT, Word, Words, word_hash

#: Weight of one shell: five spaced words, or eight letters of a spaceless script.
SHELL_WEIGHT = 5 * SPACED_WEIGHT

#: Weight of the head and of the tail that are sampled apart: 24 spaced words.
EDGE_WEIGHT = 24 * SPACED_WEIGHT

#: Shells kept of each of head, tail and whole.
KEPT = SHELLS_PER_EVENT // 3

# Word hashes are well mixed, so a polynomial modulo 2**64 keeps runs apart; the factor is Knuth's MMIX multiplier.
_RUN_FACTOR = 6364136223846793005
_MASK = 2**64 - 1
_U_RUN_FACTOR = np.uint64(_RUN_FACTOR)
_U_ZERO, _U_ONE, _U_GOLDEN = np.uint64(0), np.uint64(1), np.uint64(GOLDEN)

# Words of a shell, and shells of the head or the tail, where all words are spaced or all stand alone.
_SPACED_WORDS, _ALONE_WORDS = SHELL_WEIGHT // SPACED_WEIGHT, SHELL_WEIGHT // ALONE_WEIGHT
_SPACED_EDGE = (EDGE_WEIGHT - SHELL_WEIGHT) // SPACED_WEIGHT + 1
_ALONE_EDGE = (EDGE_WEIGHT - SHELL_WEIGHT) // ALONE_WEIGHT + 1

# Places are kept with their highest bit turned over, as signed numbers, which processors compare several at a time;
# the largest stands where there is no shell. Room for the longest head or tail, and a whole number of vectors.
_TOP_BIT, _NO_PLACE = np.uint64(1 << 63), np.int64(2**63 - 1)
_EDGE_ROOM = 32
_U_EDGE_ROOM = np.uint64(_EDGE_ROOM)

Places = npt.NDArray[np.int64]


def shells_one(words: list[Word], key: int) -> list[int]:
    """Sample the shells of one prompt: at most ``SHELLS_PER_EVENT`` distinct non-zero hashes, head before tail first.

    Cost: linear in words. Without the key a hash cannot be searched for its words (``models.hashing.seal``).

    >>> from models.words import words_of
    >>> len(shells_one(words_of("translate the following text to"), key=1))
    1
    >>> shells_one(words_of("too short a prompt"), key=1)
    []
    """
    total = sum(word.weight for word in words)
    parts: tuple[list[tuple[int, int]], ...] = ([], [], [])
    start = 0
    for first in range(len(words)):
        last, end, run = first, start, 0
        while last < len(words) and end < start + SHELL_WEIGHT:
            run = run * _RUN_FACTOR + word_hash(words[last].folded) & _MASK
            end += words[last].weight
            last += 1
        if end < start + SHELL_WEIGHT:
            break
        place = mix(run ^ mix(key + GOLDEN & _MASK))
        for part, inside in zip(parts, (end <= EDGE_WEIGHT, start >= total - EDGE_WEIGHT, True), strict=True):
            if inside:
                part.append((place, run))
        start += words[first].weight
    sampled = [run for part in parts for _, run in sorted(set(part))[:KEPT]]
    return [seal(run, key) or 1 for run in dict.fromkeys(sampled)]


def shells(words: Words, key: int) -> npt.NDArray[np.uint64]:
    """Sample the shells of a batch: uint64 of shape (texts, ``SHELLS_PER_EVENT``), each row filled up with zeros.

    The same as ``shells_one`` for each text. Cost: about 7 ns a word.
    """
    sampled = np.empty((len(words.contents), SHELLS_PER_EVENT), dtype=np.uint64)
    _shells(words.hashes, words.weights, words.offsets, np.uint64(key), sampled)
    return sampled


@njit(cache=True)
def _place_alike(
    hashes: npt.NDArray[np.uint64],
    first: np.uint64,
    stop: np.uint64,
    length: np.uint64,
    salt: np.uint64,
    places: Places,
) -> np.uint64:
    """Write the place of each run of ``length`` words, at least one of them; returns how many there are."""
    run, leaving = _U_ZERO, _U_ONE
    for word in range(first, first + length):
        run = run * _U_RUN_FACTOR + hashes[word]
        leaving *= _U_RUN_FACTOR
    places[0] = np.int64(mix_kernel(run ^ salt) ^ _TOP_BIT)
    for word in range(first + length, stop):
        run = run * _U_RUN_FACTOR + (hashes[word] - hashes[word - length] * leaving)
        places[word - length - first + _U_ONE] = np.int64(mix_kernel(run ^ salt) ^ _TOP_BIT)
    return stop - length - first + _U_ONE


@njit(cache=True)
def _place_mixed(
    hashes: npt.NDArray[np.uint64],
    weights: npt.NDArray[np.uint8],
    first: np.uint64,
    stop: np.uint64,
    total: np.int64,
    salt: np.uint64,
    places: Places,
) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Write the place of each run; returns how many there are, how many of them are the head's, and not the tail's."""
    powers = np.ones(_ALONE_WORDS, dtype=np.uint64)
    for power in range(1, len(powers)):
        powers[power] = powers[power - 1] * _U_RUN_FACTOR
    start = end = np.int64(0)
    last = first
    run = count = head = before_tail = _U_ZERO
    while first < stop:
        while last < stop and end < start + SHELL_WEIGHT:
            run = run * _U_RUN_FACTOR + hashes[last]
            end += weights[last]
            last += _U_ONE
        if end < start + SHELL_WEIGHT:
            break
        places[count] = np.int64(mix_kernel(run ^ salt) ^ _TOP_BIT)
        count += _U_ONE
        head += np.uint64(end <= EDGE_WEIGHT)
        before_tail += np.uint64(start < total - EDGE_WEIGHT)
        run -= hashes[first] * powers[last - first - _U_ONE]
        start += weights[first]
        first += _U_ONE
    return count, head, before_tail


@njit(cache=True)
def _keep_least(places: Places, count: np.uint64, kept: Places, at: int) -> None:
    """Write the least ``KEPT`` distinct of some places, in order: one pass each, without a branch to be guessed."""
    least = _NO_PLACE
    for index in range(count):
        least = min(least, places[index])
    kept[at] = least
    for slot in range(1, KEPT):
        floor, least = least, _NO_PLACE
        for index in range(count):
            place = places[index] if places[index] > floor else _NO_PLACE
            least = min(least, place)
        kept[at + slot] = least


@njit(cache=True)
def _keep_edge(places: Places, first: np.uint64, count: np.uint64, edge: Places, kept: Places, at: int) -> None:
    for index in range(_U_EDGE_ROOM):
        edge[index] = places[first + index] if index < count else _NO_PLACE
    _keep_least(edge, _U_EDGE_ROOM, kept, at)


@njit(cache=True)
def _seal_kept(kept: Places, salt: np.uint64, key: np.uint64, sealed: npt.NDArray[np.uint64]) -> None:
    """Seal the runs whose places were kept, each once; a place tells its run, since mixing loses nothing."""
    count = 0
    for index in range(SHELLS_PER_EVENT):
        # Those of one part are distinct.
        dropped = kept[index] == _NO_PLACE
        for other in range(index // KEPT * KEPT):
            dropped |= kept[other] == kept[index]
        if not dropped:
            run = unmix_kernel(np.uint64(kept[index]) ^ _TOP_BIT) ^ salt
            sealed[count] = max(seal_kernel(run, key), _U_ONE)
            count += 1
    sealed[count:] = _U_ZERO


@njit(cache=True)
def _shells(
    hashes: npt.NDArray[np.uint64],
    weights: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    key: np.uint64,
    sampled: npt.NDArray[np.uint64],
) -> None:
    salt = mix_kernel(key + _U_GOLDEN)
    places = np.empty(np.max(np.diff(offsets)) + _EDGE_ROOM if len(offsets) > 1 else 0, dtype=np.int64)
    edge, kept = np.empty(_EDGE_ROOM, dtype=np.int64), np.empty(SHELLS_PER_EVENT, dtype=np.int64)
    for text in range(len(offsets) - 1):
        # Unsigned, so that no index is asked whether it counts from the end.
        first, stop = np.uint64(offsets[text]), np.uint64(offsets[text + 1])
        total = np.int64(0)
        for word in range(first, stop):
            total += weights[word]
        if total < SHELL_WEIGHT:
            sampled[text] = _U_ZERO
            continue
        words = np.int64(stop - first)
        if total == words * SPACED_WEIGHT or total == words * ALONE_WEIGHT:
            spaced = total == words * SPACED_WEIGHT
            length = np.uint64(_SPACED_WORDS if spaced else _ALONE_WORDS)
            count = _place_alike(hashes, first, stop, length, salt, places)
            head = min(count, np.uint64(_SPACED_EDGE if spaced else _ALONE_EDGE))
            before_tail = count - head
        else:
            count, head, before_tail = _place_mixed(hashes, weights, first, stop, total, salt, places)
        for index in range(_U_EDGE_ROOM):
            places[count + index] = _NO_PLACE
        _keep_edge(places, _U_ZERO, head, edge, kept, 0)
        _keep_edge(places, before_tail, count - before_tail, edge, kept, KEPT)
        _keep_least(places, (count + _U_EDGE_ROOM - _U_ONE) & ~(_U_EDGE_ROOM - _U_ONE), kept, 2 * KEPT)
        _seal_kept(kept, salt, key, sampled[text])
