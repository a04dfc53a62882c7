"""Eight bytes at a time for kernels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Bytes = npt.NDArray[np.uint8]

_ONES, _HIGH_BITS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_QUOTES, _BACKSLASHES = np.uint64(ord('"')) * _ONES, np.uint64(ord("\\")) * _ONES
_SPACES = np.uint64(ord(" ")) * _ONES


@njit(cache=True)
def word_kernel(buffer: Bytes, at: np.uint64) -> np.uint64:
    """Eight bytes, little endian; written out, so that LLVM sees one load."""
    return (
        np.uint64(buffer[at])
        | np.uint64(buffer[at + np.uint64(1)]) << np.uint64(8)
        | np.uint64(buffer[at + np.uint64(2)]) << np.uint64(16)
        | np.uint64(buffer[at + np.uint64(3)]) << np.uint64(24)
        | np.uint64(buffer[at + np.uint64(4)]) << np.uint64(32)
        | np.uint64(buffer[at + np.uint64(5)]) << np.uint64(40)
        | np.uint64(buffer[at + np.uint64(6)]) << np.uint64(48)
        | np.uint64(buffer[at + np.uint64(7)]) << np.uint64(56)
    )


@njit(cache=True)
def is_plain_kernel(word: np.uint64) -> bool:
    """Whether none of eight bytes is a quote, a backslash, a control character or beyond ASCII.

    The test for a byte below a bound is Mycroft's (Hacker's Delight, section 6-1); what it takes for one too many
    stands beside a byte that is one.
    """
    quote, backslash = word ^ _QUOTES, word ^ _BACKSLASHES
    odd = (quote - _ONES) & ~quote | (backslash - _ONES) & ~backslash | (word - _SPACES) & ~word | word
    return bool(odd & _HIGH_BITS == 0)
