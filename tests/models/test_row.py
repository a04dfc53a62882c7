"""Changelog row values."""

import msgspec
import pytest

from models.row import decode_row, encode_row

DECODER = msgspec.msgpack.Decoder(list[int])


def test_a_row_comes_back_as_it_was() -> None:
    """Decoding gives what was encoded."""
    assert decode_row(b"k", encode_row([1, 2, 3]), DECODER) == [1, 2, 3]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"", "version byte missing"),
        (b"\x02\x93\x01\x02\x03", "version byte 02, this build reads 01"),
        (b"\x01\x93\x01", "row is damaged"),
        (b"\x01\xa1x", "row is damaged"),
    ],
)
def test_another_version_or_damage_is_refused_by_name(value: bytes, message: str) -> None:
    """The error names the row and what is wrong with it."""
    with pytest.raises(ValueError, match=message) as caught:
        decode_row(b"some-key", value, DECODER)
    assert "some-key" in str(caught.value)
