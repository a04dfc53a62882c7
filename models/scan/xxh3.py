"""XXH3 of short strings for kernels: the 64 bits that ``xxhash.xxh3_64_intdigest`` gives, without an object a string.

Source: XXH3, "xxHash fast digest algorithm" specification (Collet, version 0.2), inputs of 1 to 128 bytes.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from models.scan.bytes8 import Bytes, word_kernel

#: Longer strings take another form of XXH3, which is not here.
MAX_BYTES = 128

# The first 128 bytes of the specification's secret, as little-endian words.
_SECRET = np.array(
    [
        *(0xBE4BA423396CFEB8, 0x1CAD21F72C81017C, 0xDB979083E96DD4DE, 0x1F67B3B7A4A44072),
        *(0x78E5C0CC4EE679CB, 0x2172FFCC7DD05A82, 0x8E2443F7744608B8, 0x4C263A81E69035E0),
        *(0xCB00C391BB52283C, 0xA32E531B8B65D088, 0x4EF90DA297486471, 0xD8ACDEA946EF1938),
        *(0x3F349CE33F76FAA8, 0x1D4F0BC7C7BBDCF9, 0x3159B4CD4BE0518A, 0x647378D9C97E9FC8),
    ],
    dtype=np.uint64,
)
_PRIME_1, _PRIME_2 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F)
_PRIME_3 = np.uint64(0x165667B19E3779F9)
_MIX_1, _MIX_2 = np.uint64(0x165667919E3779F9), np.uint64(0x9FB21C651E98DF25)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_EIGHT, _SIXTEEN, _HALF_BITS = np.uint64(8), np.uint64(16), np.uint64(32)


@njit(cache=True)
def _swap(value: np.uint64) -> np.uint64:
    """The eight bytes in reverse order."""
    swapped = np.uint64(0)
    for _ in range(8):
        swapped = swapped << _EIGHT | value & np.uint64(0xFF)
        value >>= _EIGHT
    return swapped


@njit(cache=True)
def _fold(one: np.uint64, other: np.uint64) -> np.uint64:
    """Both halves of the 128-bit product, exclusive or."""
    low_low = (one & _LOW_HALF) * (other & _LOW_HALF)
    high_low = (one >> _HALF_BITS) * (other & _LOW_HALF)
    low_high = (one & _LOW_HALF) * (other >> _HALF_BITS)
    high_high = (one >> _HALF_BITS) * (other >> _HALF_BITS)
    cross = (low_low >> _HALF_BITS) + (high_low & _LOW_HALF) + low_high
    return (high_low >> _HALF_BITS) + (cross >> _HALF_BITS) + high_high ^ (cross << _HALF_BITS | low_low & _LOW_HALF)


@njit(cache=True)
def _avalanche(hashed: np.uint64) -> np.uint64:
    hashed = (hashed ^ hashed >> np.uint64(37)) * _MIX_1
    return hashed ^ hashed >> _HALF_BITS


@njit(cache=True)
def _to_3(buffer: Bytes, at: np.uint64, length: np.uint64, seed: np.uint64) -> np.uint64:
    first, last = np.uint64(buffer[at]), np.uint64(buffer[at + length - np.uint64(1)])
    middle = np.uint64(buffer[at + (length >> np.uint64(1))])
    joined = first << np.uint64(16) | middle << np.uint64(24) | last | length << _EIGHT
    hashed = joined ^ ((_SECRET[0] & _LOW_HALF ^ _SECRET[0] >> _HALF_BITS) + seed)
    hashed = (hashed ^ hashed >> np.uint64(33)) * _PRIME_2
    hashed = (hashed ^ hashed >> np.uint64(29)) * _PRIME_3
    return np.uint64(hashed ^ hashed >> _HALF_BITS)


@njit(cache=True)
def _to_8(buffer: Bytes, at: np.uint64, length: np.uint64, seed: np.uint64) -> np.uint64:
    seed ^= _swap(seed & _LOW_HALF)
    last = word_kernel(buffer, at + length - np.uint64(4)) & _LOW_HALF
    hashed = last + (word_kernel(buffer, at) << _HALF_BITS) ^ ((_SECRET[1] ^ _SECRET[2]) - seed)
    hashed ^= (hashed << np.uint64(49) | hashed >> np.uint64(15)) ^ (hashed << np.uint64(24) | hashed >> np.uint64(40))
    hashed *= _MIX_2
    hashed ^= (hashed >> np.uint64(35)) + length
    hashed *= _MIX_2
    return np.uint64(hashed ^ hashed >> np.uint64(28))


@njit(cache=True)
def _to_16(buffer: Bytes, at: np.uint64, length: np.uint64, seed: np.uint64) -> np.uint64:
    low = word_kernel(buffer, at) ^ ((_SECRET[3] ^ _SECRET[4]) + seed)
    high = word_kernel(buffer, at + length - _EIGHT) ^ ((_SECRET[5] ^ _SECRET[6]) - seed)
    return _avalanche(length + _swap(low) + high + _fold(low, high))


@njit(cache=True)
def _mix_16(buffer: Bytes, at: np.uint64, secret: np.uint64, seed: np.uint64) -> np.uint64:
    low = word_kernel(buffer, at) ^ (_SECRET[secret] + seed)
    high = word_kernel(buffer, at + _EIGHT) ^ (_SECRET[secret + np.uint64(1)] - seed)
    return _fold(low, high)


@njit(cache=True)
def _to_128(buffer: Bytes, at: np.uint64, length: np.uint64, seed: np.uint64) -> np.uint64:
    hashed = length * _PRIME_1
    stop = at + length - _SIXTEEN
    for pair in range((length - np.uint64(1)) >> np.uint64(5), -1, -1):
        step = np.uint64(pair) * _SIXTEEN
        secret = np.uint64(pair) << np.uint64(2)
        hashed += _mix_16(buffer, at + step, secret, seed)
        hashed += _mix_16(buffer, stop - step, secret + np.uint64(2), seed)
    return _avalanche(hashed)


@njit(cache=True)
def xxh3_kernel(buffer: Bytes, at: np.uint64, length: np.uint64, seed: np.uint64) -> np.uint64:
    """``xxh3_64_intdigest(buffer[at : at + length], seed)`` for 1 to ``MAX_BYTES`` bytes. Cost: 5 to 25 ns.

    Loads up to seven bytes past the string's end, which change nothing.
    """
    if length > _SIXTEEN:
        return _to_128(buffer, at, length, seed)
    if length > _EIGHT:
        return _to_16(buffer, at, length, seed)
    return _to_8(buffer, at, length, seed) if length > np.uint64(3) else _to_3(buffer, at, length, seed)
