"""Traces: what a request leaves at a shared anchor, packed in batches for the campaign stage.

One message carries every trace that one run of one request partition sends to one trace partition:

``header (little endian) | account-id lengths (u2 each) | account ids (UTF-8) | traces (40 bytes each)``
"""

from __future__ import annotations

from enum import IntEnum

import msgspec
import numpy as np
import numpy.typing as npt


class Link(IntEnum):
    """What kind of anchor a trace points at."""

    SHELL = 1
    PAYMENT = 2
    ADDRESS = 3


#: 40 bytes a trace. ``key`` is the anchor's hash; ``offset`` counts from the message's ``from_position``; ``account``
#: indexes the message's account ids; ``uses`` counts the account's uses of the anchor with different content so far,
#: ``events`` all its events so far (both saturate). ``organization`` holds the low bits of a keyed hash, 0 for unknown:
#: enough to tell how many a group has, too few to follow one. ``known_shells`` of the event's shells the account had
#: used before; ``companion`` holds the low bits of the least of them that is not the anchor itself, 0 if there is none.
#: Of one template all accounts have the same companion; of a common phrase each account has another. ``flags`` holds
#: ``Flag``s, ``habits`` what the account does at large (``models.habits``). The effective time is told in whole seconds
#: since the epoch and the milliseconds beyond them (``effective_ms``). A request without content leaves traces of its
#: payment and address alone; ``content`` holds the low bits of its id's hash then, so that each counts as different.
TRACE = np.dtype(
    [
        ("key", "<u8"),
        ("effective_s", "<u4"),
        ("offset", "<u4"),
        ("content", "<u4"),
        ("effective_rest_ms", "<u2"),
        ("habits", "<u2"),
        ("uses", "<u2"),
        ("account", "<u2"),
        ("events", "<u2"),
        ("output_tokens", "<u2"),
        ("organization", "<u2"),
        ("companion", "<u2"),
        ("cell", "u1"),
        ("link", "u1"),
        ("flags", "u1"),
        ("known_shells", "u1"),
    ]
)

MAX_ACCOUNTS_PER_MESSAGE = 2**16 - 1

#: Furthest a trace may lie beyond its message's ``from_position``.
MAX_OFFSET = 2**32 - 1

_HEADER = np.dtype(
    [
        ("version", "<u2"),
        ("source", "<u2"),
        ("accounts", "<u4"),
        ("from_position", "<i8"),
        ("through_position", "<i8"),
        ("watermark_ms", "<i8"),
    ]
)
_VERSION = 4


class TraceBatch(msgspec.Struct, frozen=True):
    """Traces of request partition ``source`` for offsets ``from_position <= offset < through_position``.

    ``watermark_ms`` is the source's watermark after ``through_position``: no later trace of it is effective earlier.
    """

    source: int
    from_position: int
    through_position: int
    watermark_ms: int
    account_ids: list[str]
    traces: npt.NDArray[np.void]

    @property
    def positions(self) -> npt.NDArray[np.int64]:
        """Request offset of each trace."""
        return self.from_position + self.traces["offset"].astype(np.int64)


def effective_ms(traces: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
    """Effective time of each trace (epoch ms)."""
    times: npt.NDArray[np.int64] = traces["effective_s"].astype(np.int64) * 1_000 + traces["effective_rest_ms"]
    return times


def pack(batch: TraceBatch) -> bytes:
    """Encode a batch as one message value; raises ``ValueError`` above ``MAX_ACCOUNTS_PER_MESSAGE`` accounts."""
    if len(batch.account_ids) > MAX_ACCOUNTS_PER_MESSAGE:
        raise ValueError(f"account_ids: {len(batch.account_ids)} accounts in one trace message; split the batch")
    names = [account_id.encode() for account_id in batch.account_ids]
    header = np.array(
        (_VERSION, batch.source, len(names), batch.from_position, batch.through_position, batch.watermark_ms),
        dtype=_HEADER,
    )
    lengths = np.fromiter((len(name) for name in names), dtype="<u2", count=len(names))
    return b"".join([header.tobytes(), lengths.tobytes(), *names, batch.traces.tobytes()])


def unpack(value: bytes) -> TraceBatch:
    """Decode one message value; raises ``ValueError`` on another version or a truncated message."""
    if len(value) < _HEADER.itemsize:
        raise ValueError(f"trace message: {len(value)} bytes, shorter than its {_HEADER.itemsize}-byte header")
    header = np.frombuffer(value, dtype=_HEADER, count=1)[0]
    if header["version"] != _VERSION:
        raise ValueError(f"trace message: version {header['version']}, this build reads {_VERSION}")
    at = _HEADER.itemsize
    lengths = np.frombuffer(value, dtype="<u2", count=int(header["accounts"]), offset=at)
    at += lengths.nbytes
    account_ids = []
    for length in lengths.tolist():
        account_ids.append(value[at : at + length].decode())
        at += length
    if (len(value) - at) % TRACE.itemsize:
        raise ValueError(f"trace message: {len(value) - at} bytes of traces, no multiple of {TRACE.itemsize}")
    return TraceBatch(
        source=int(header["source"]),
        from_position=int(header["from_position"]),
        through_position=int(header["through_position"]),
        watermark_ms=int(header["watermark_ms"]),
        account_ids=account_ids,
        traces=np.frombuffer(value, dtype=TRACE, offset=at),
    )
