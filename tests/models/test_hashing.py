from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.hashing import identity, join, join_kernel, mix, mix_kernel, seal, seal_kernel, siphash, unmix_kernel
from tests.models.prompts import compiles

words = st.integers(0, 2**64 - 1)


@compiles
@given(words, words)
def test_kernels_agree_with_python(a: int, b: int) -> None:
    """Every kernel gives the number that its readable form gives."""
    assert mix(a) == int(mix_kernel(np.uint64(a)))
    assert int(unmix_kernel(np.uint64(mix(a)))) == a
    assert join(a, b) == int(join_kernel(np.uint64(a), np.uint64(b)))
    assert seal(a, b) == int(seal_kernel(np.uint64(a), np.uint64(b)))


@pytest.mark.skipif(sys.hash_info.algorithm != "siphash13", reason="this Python hashes bytes in another way")
def test_siphash_is_the_published_one() -> None:
    """SipHash-1-3 under the zero key gives what CPython's own implementation gives."""
    code = "print(hash(b'12345678') % 2**64)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == siphash(int.from_bytes(b"12345678", "little"), 0, 0)


@compiles
@given(st.text(min_size=1), words, words)
def test_identity_is_keyed_and_never_zero(value: str, seed: int, other: int) -> None:
    """A present identity hashes to a non-zero number that depends on the seed; equal ones to the same."""
    assert identity(value, seed) != 0
    assert identity(value, seed) == identity(value, seed)
    assert seed == other or identity(value, seed) != identity(value, other)


@pytest.mark.parametrize("absent", [None, ""])
def test_absent_identity_is_zero(absent: str | None) -> None:
    """A missing identity and an empty one are both 0: an empty payment hash must not link accounts."""
    assert identity(absent, 1) == 0
