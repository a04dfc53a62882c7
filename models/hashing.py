"""64-bit hashes of words, phrases and identities, each as plain Python and as a kernel that gives the same numbers."""

from __future__ import annotations

import numpy as np
from numba import njit
from xxhash import xxh3_64_intdigest

_MASK = 2**64 - 1

#: FNV-1a, 64 bits (RFC 9923, section 5).
FNV_OFFSET = 0xCBF29CE484222325
FNV_PRIME = 0x100000001B3

#: The golden-ratio increment of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
GOLDEN = 0x9E3779B97F4A7C15

# MurmurHash3's fmix64 constants (Appleby, public domain); its two rounds avalanche every input bit.
_MIX_1 = 0xFF51AFD7ED558CCD
_MIX_2 = 0xC4CEB9FE1A85EC53
_U33, _U64_PRIME, _U64_GOLDEN = np.uint64(33), np.uint64(FNV_PRIME), np.uint64(GOLDEN)
_U64_MIX_1, _U64_MIX_2 = np.uint64(_MIX_1), np.uint64(_MIX_2)
_U64_UNMIX_1, _U64_UNMIX_2 = np.uint64(pow(_MIX_1, -1, 2**64)), np.uint64(pow(_MIX_2, -1, 2**64))

# SipHash's initial state (Aumasson and Bernstein, INDOCRYPT 2012) and the length byte of an 8-byte message.
_SIP = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_SIP_0, _SIP_1, _SIP_2, _SIP_3 = (np.uint64(word) for word in _SIP)
_EIGHT_BYTES = 8 << 56
_U64_EIGHT_BYTES = np.uint64(_EIGHT_BYTES)
_FINAL = np.uint64(0xFF)


def mix(value: int) -> int:
    """Spread the bits of a 64-bit value; a bijection.

    >>> hex(mix(1))
    '0xb456bcfc34c2cb2c'
    """
    value ^= value >> 33
    value = value * _MIX_1 & _MASK
    value ^= value >> 33
    value = value * _MIX_2 & _MASK
    return value ^ value >> 33


def join(hashed: int, word: int) -> int:
    """Extend the hash of a sequence of words by one word's hash; the order of the words matters."""
    return mix((hashed ^ word) * FNV_PRIME + GOLDEN & _MASK)


def fnv1a(data: bytes) -> int:
    """FNV-1a of some bytes, 64 bits, not finalised."""
    hashed = FNV_OFFSET
    for byte in data:
        hashed = (hashed ^ byte) * FNV_PRIME & _MASK
    return hashed


def seal(value: int, key: int) -> int:
    """SipHash-1-3 of a 64-bit value under a 64-bit key: without the key, nothing about the value can be told.

    The 128-bit key of SipHash is ``key`` and ``mix(key + GOLDEN)``, so a search takes 2**64 trials at most.
    """
    return siphash(value, key, mix(key + GOLDEN & _MASK))


def siphash(value: int, first: int, second: int) -> int:
    """SipHash-1-3 of the eight bytes of ``value`` (little endian) under the two halves of a 128-bit key."""
    state = [first ^ _SIP[0], second ^ _SIP[1], first ^ _SIP[2], second ^ _SIP[3]]
    for word in (value, _EIGHT_BYTES):
        state[3] ^= word
        _sip_round(state)
        state[0] ^= word
    state[2] ^= 0xFF
    for _ in range(3):
        _sip_round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def identity(value: str | None, seed: int) -> int:
    """Hash an identity (XXH3, 64 bits, seeded); 0 stands for an absent or empty one and for nothing else.

    >>> identity(None, 1), identity("", 1), identity("card-7", 1) == identity("card-7", 2)
    (0, 0, False)
    """
    return xxh3_64_intdigest(value.encode(), seed) or 1 if value else 0


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> 64 - bits) & _MASK


def _sip_round(state: list[int]) -> None:
    a, b, c, d = state
    a = a + b & _MASK
    c = c + d & _MASK
    b = _rotate(b, 13) ^ a
    d = _rotate(d, 16) ^ c
    a = _rotate(a, 32)
    c = c + b & _MASK
    a = a + d & _MASK
    b = _rotate(b, 17) ^ c
    d = _rotate(d, 21) ^ a
    state[:] = a, b, _rotate(c, 32), d


@njit(cache=True)
def mix_kernel(value: np.uint64) -> np.uint64:
    """``mix`` for kernels: uint64 in, uint64 out."""
    value ^= value >> _U33
    value *= _U64_MIX_1
    value ^= value >> _U33
    value *= _U64_MIX_2
    return value ^ (value >> _U33)


@njit(cache=True)
def unmix_kernel(value: np.uint64) -> np.uint64:
    """Undo ``mix_kernel``: a shift by more than half the bits is its own inverse, an odd factor has one."""
    value ^= value >> _U33
    value *= _U64_UNMIX_2
    value ^= value >> _U33
    value *= _U64_UNMIX_1
    return value ^ (value >> _U33)


@njit(cache=True)
def join_kernel(hashed: np.uint64, word: np.uint64) -> np.uint64:
    """``join`` for kernels: two uint64 in, uint64 out."""
    return mix_kernel((hashed ^ word) * _U64_PRIME + _U64_GOLDEN)


@njit(cache=True)
def _sip_round_kernel(
    a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    a += b
    c += d
    b = (b << np.uint64(13) | b >> np.uint64(51)) ^ a
    d = (d << np.uint64(16) | d >> np.uint64(48)) ^ c
    a = a << np.uint64(32) | a >> np.uint64(32)
    c += b
    a += d
    b = (b << np.uint64(17) | b >> np.uint64(47)) ^ c
    d = (d << np.uint64(21) | d >> np.uint64(43)) ^ a
    c = c << np.uint64(32) | c >> np.uint64(32)
    return a, b, c, d


@njit(cache=True)
def seal_kernel(value: np.uint64, key: np.uint64) -> np.uint64:
    """``seal`` for kernels: two uint64 in, uint64 out."""
    second = mix_kernel(key + _U64_GOLDEN)
    a, b, c, d = key ^ _SIP_0, second ^ _SIP_1, key ^ _SIP_2, second ^ _SIP_3
    d ^= value
    a, b, c, d = _sip_round_kernel(a, b, c, d)
    a ^= value
    d ^= _U64_EIGHT_BYTES
    a, b, c, d = _sip_round_kernel(a, b, c, d)
    a ^= _U64_EIGHT_BYTES
    c ^= _FINAL
    for _ in range(3):
        a, b, c, d = _sip_round_kernel(a, b, c, d)
    return a ^ b ^ c ^ d
