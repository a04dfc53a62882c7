"""The kernel must give what the library gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xxhash import xxh3_64_intdigest

from models.scan.xxh3 import MAX_BYTES, xxh3_kernel


def _kernel(value: bytes, seed: int) -> int:
    buffer = np.frombuffer(b"before" + value + bytes(8), dtype=np.uint8)
    return int(xxh3_kernel(buffer, np.uint64(6), np.uint64(len(value)), np.uint64(seed)))


@pytest.mark.parametrize("length", range(1, MAX_BYTES + 1))
def test_every_length_hashes_as_in_the_library(length: int) -> None:
    """Each form of the hash, at each of its lengths."""
    value = bytes((7 * index + length) % 256 for index in range(length))
    assert _kernel(value, 0x9E3779B97F4A7C15) == xxh3_64_intdigest(value, 0x9E3779B97F4A7C15)


@settings(max_examples=300, deadline=None)
@given(value=st.binary(min_size=1, max_size=MAX_BYTES), seed=st.integers(0, 2**64 - 1))
def test_every_value_hashes_as_in_the_library(value: bytes, seed: int) -> None:
    """Whatever the bytes and the seed."""
    assert _kernel(value, seed) == xxh3_64_intdigest(value, seed)
