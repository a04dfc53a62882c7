"""Anchors that too few accounts share to be judged: their traces, kept as bytes until enough accounts came."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec
import numpy as np
import numpy.typing as npt

from models.row import decode_row, encode_row
from models.trace import effective_ms
from models.use import TRACED_USE_BYTES, TracedUse

#: Traces kept of one account: as many as milestones lie below the 65,535 uses an account's row can count.
MAX_TRACES = 32

_MAX_BYTES = MAX_TRACES * TRACED_USE_BYTES

#: Fields of ``TracedUse`` in their order, named as in ``TRACE``.
_PACKED = np.dtype(
    [
        ("effective_ms", "<i8"),
        ("uses", "<u2"),
        ("events", "<u2"),
        ("output_tokens", "<u2"),
        ("content", "<u4"),
        ("cell", "u1"),
        ("flags", "u1"),
        ("organization", "<u2"),
        ("companion", "<u2"),
        ("known_shells", "u1"),
        ("habits", "<u2"),
    ]
)

# Account id and packed traces.
_Use = tuple[str, bytes]
_Row = list[_Use]
_ROW_DECODER = msgspec.msgpack.Decoder(_Row)


def packed_uses(traces: npt.NDArray[np.void]) -> list[bytes]:
    """What each of some ``TRACE`` rows says about its account, ``TRACED_USE_BYTES`` bytes a trace."""
    packed = np.empty(len(traces), dtype=_PACKED)
    for name in _PACKED.names or ():
        packed[name] = effective_ms(traces) if name == "effective_ms" else traces[name]
    uses: list[bytes] = packed.view(f"V{TRACED_USE_BYTES}").tolist()
    return uses


class WaitingAnchors:
    """Traces by anchor and account, the anchor that waited longest first.

    Nearly every anchor is one account's own and stays so: it costs one tuple of its account and 25 bytes a trace,
    200 to 300 bytes in all, and nothing is computed from it. Traces must come in order of effective time; of each
    account the last ``MAX_TRACES`` are kept. Cost: about a microsecond a trace; to forget an anchor, as much again.
    """

    def __init__(self, enough: int) -> None:
        self._enough = enough
        # Of several accounts a list, few as they are: a row is written of it as it stands.
        self._held: dict[int, _Use | _Row] = {}

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[int]:
        return iter(self._held)

    def observe(self, anchor: int, account_id: str, packed: bytes) -> dict[str, bytes] | None:
        """Take one packed trace; give the traces of all accounts, and forget the anchor, once they are enough."""
        # Taken out and put back, so that the order of the dict is that of the last trace.
        held = self._held.pop(anchor, None)
        if held is None:
            self._held[anchor] = (account_id, packed)
            return None
        if isinstance(held, tuple):
            if held[0] == account_id:
                self._held[anchor] = (account_id, (held[1] + packed)[-_MAX_BYTES:])
                return None
            held = [held]
        for place, use in enumerate(held):
            if use[0] == account_id:
                held[place] = (account_id, (use[1] + packed)[-_MAX_BYTES:])
                break
        else:
            held.append((account_id, packed))
            if len(held) >= self._enough:
                return dict(held)
        self._held[anchor] = held
        return None

    def forget_oldest(self, count: int) -> list[int]:
        """Forget the ``count`` anchors unseen for longest (by last seen, then key); returns them."""
        oldest = list(islice(self._held, count))
        latest_ms = self._last_seen_ms(oldest[-1])
        earlier = count - 1
        while earlier > 0 and self._last_seen_ms(oldest[earlier - 1]) == latest_ms:
            earlier -= 1
        ties = oldest[earlier:]
        for anchor in islice(self._held, count, None):
            if self._last_seen_ms(anchor) > latest_ms:
                break
            ties.append(anchor)
        forgotten = oldest[:earlier] + sorted(ties)[: count - earlier]
        for anchor in forgotten:
            del self._held[anchor]
        return forgotten

    def _last_seen_ms(self, anchor: int) -> int:
        return max(TracedUse.unpack(packed[-TRACED_USE_BYTES:]).effective_ms for _, packed in self._accounts(anchor))

    def _accounts(self, anchor: int) -> _Row:
        held = self._held[anchor]
        return [held] if isinstance(held, tuple) else held

    def row(self, anchor: int) -> bytes | None:
        """Give the changelog value of an anchor, ``None`` if it is not held."""
        held = self._held.get(anchor)
        if held is None:
            return None
        return encode_row((held,) if isinstance(held, tuple) else held)

    def restore(self, rows: dict[int, tuple[bytes, bytes]]) -> None:
        """Start from the changelog keys and values of anchors; raises ``ValueError`` on another version's."""
        held = {anchor: decode_row(key, value, _ROW_DECODER) for anchor, (key, value) in rows.items()}
        self._held = {anchor: row[0] if len(row) == 1 else row for anchor, row in held.items()}
        order = sorted(self._held, key=lambda anchor: (self._last_seen_ms(anchor), anchor))
        self._held = {anchor: self._held[anchor] for anchor in order}
