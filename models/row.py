"""Values of changelog rows: one version byte, then MessagePack."""

from __future__ import annotations

from typing import TypeVar

import msgspec

Content = TypeVar("Content")

_VERSION = b"\x01"
_ENCODER = msgspec.msgpack.Encoder()


def encode_row(content: object) -> bytes:
    """Encode a row's content; equal contents give equal bytes as long as they hold no unordered sets.

    >>> encode_row([1, 2]).hex()
    '01920102'
    """
    return _VERSION + _ENCODER.encode(content)


def decode_row(key: bytes, value: bytes, decoder: msgspec.msgpack.Decoder[Content]) -> Content:
    """Decode a row's content; raises ``ValueError`` on another version or a damaged row, naming its key."""
    if value[:1] != _VERSION:
        raise ValueError(
            f"changelog row {key!r}: version byte {value[:1].hex() or 'missing'}, this build reads {_VERSION.hex()}; "
            "start the build that wrote it, or reset the changelog topic and replay"
        )
    try:
        return decoder.decode(memoryview(value)[1:])
    except msgspec.DecodeError as error:
        raise ValueError(f"changelog row {key!r}: {error}; the row is damaged, reset the topic and replay") from error
