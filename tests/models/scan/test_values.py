"""Pieces of JSON that the kernels read must be what a JSON parser reads."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.scan.bytes8 import is_plain_kernel, word_kernel
from models.scan.values import after_decimal, after_integer, after_plain, after_text


def _buffer(raw: bytes) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Bytes that a kernel may write to, with a NUL and room to look ahead behind them."""
    return np.frombuffer(bytearray(raw + bytes(64)), dtype=np.uint8)


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.characters(codec="utf-8"), max_size=60), ascii_only=st.booleans())
def test_any_text_is_unescaped_as_json_does_it(text: str, ascii_only: bool) -> None:
    """Escaped or raw, of one byte a character or of four; and told to be ASCII only when it is."""
    raw = json.dumps(text, ensure_ascii=ascii_only).encode()
    buffer = _buffer(raw)
    end, stop, is_ascii = after_text(buffer, np.uint64(1))
    assert int(end) == len(raw)
    assert buffer[1 : int(stop)].tobytes().decode() == text
    assert is_ascii == text.isascii()


@settings(max_examples=300, deadline=None)
@given(raw=st.binary(max_size=24).map(lambda raw: raw.replace(b"\0", b"").replace(b'"', b"")))
def test_bytes_that_are_no_json_string_are_left(raw: bytes) -> None:
    """The kernel reads a string to its end exactly where a strict parser finds the same string."""
    value = b'"' + raw + b'"'
    buffer = _buffer(value)
    end, stop, _ = after_text(buffer, np.uint64(1))
    try:
        parsed = json.loads(value.decode())
        parsed.encode()
    except (ValueError, UnicodeError):
        assert int(end) == 0
        return
    assert int(end) == len(value)
    assert buffer[1 : int(stop)].tobytes().decode() == parsed


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(min_size=8, max_size=8))
def test_eight_plain_bytes_are_told_from_others(raw: bytes) -> None:
    """Printable ASCII without quote and backslash, and nothing else, a delete character aside."""
    plain = all(0x20 <= byte <= 0x7F and byte not in b'"\\' for byte in raw)
    assert is_plain_kernel(np.uint64(word_kernel(_buffer(raw), np.uint64(0)))) == plain


@pytest.mark.parametrize(("raw", "end"), [(b'abc"', 3), (b'"', 0), (b'a\\"', 0), (b'a\xc3\xa9"', 0), (b'a\n"', 0)])
def test_a_plain_string_ends_at_its_quote(raw: bytes, end: int) -> None:
    """An escape, a control character or one beyond ASCII before it makes the kernel give up."""
    assert int(after_plain(_buffer(b"x" + raw), np.uint64(1))) == (end + 1 if end or raw == b'"' else 0)


@settings(max_examples=200, deadline=None)
@given(value=st.integers(-(10**18) + 1, 10**18 - 1))
def test_whole_numbers_are_read(value: int) -> None:
    """With up to eighteen digits, and a minus sign."""
    raw = str(value).encode()
    end, read = after_integer(_buffer(b"," + raw + b","), np.uint64(1))
    assert (int(end), int(read)) == (1 + len(raw), value)


@pytest.mark.parametrize("raw", [b"", b"-", b"-0", b"01", b"+1", b"1" * 19, b"x"])
def test_other_numbers_are_left(raw: bytes) -> None:
    """What JSON forbids, what may not fit, and the zero with a sign."""
    assert int(after_integer(_buffer(b"," + raw + b","), np.uint64(1))[0]) == 0


@pytest.mark.parametrize(("raw", "whole", "more"), [(b"0.5", 0, True), (b"1.000", 1, False), (b"12", 12, False)])
def test_decimals_tell_their_whole_part_and_whether_more_follows(raw: bytes, whole: int, more: bool) -> None:
    """That is enough to hold a number against bounds that are whole."""
    end, read, follows = after_decimal(_buffer(b"," + raw + b","), np.uint64(1))
    assert (int(end), int(read), bool(follows)) == (1 + len(raw), whole, more)
