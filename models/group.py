"""Groups: accounts that share a rare anchor, pooled over one partition of the traces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from models.anchor import Anchor, AnchorHead, TracedUse, Use
from models.candidate import GroupCandidate, LinkLabel, Member
from models.detection import DetectionSettings
from models.group_evidence import group_signals
from models.row import decode_row, encode_row
from models.trace import Link

_LABELS: dict[Link, LinkLabel] = {Link.SHELL: "shell", Link.PAYMENT: "payment", Link.ADDRESS: "address"}

# A row's key: what it holds, the anchor (8 bytes of hash, one of link), for a use the account id.
_HEAD, _USE = b"g", b"u"
_ANCHOR_BYTES = 9

_EVICTED_PART = 16

_Held = TypeVar("_Held")

_HEAD_DECODER = msgspec.msgpack.Decoder(AnchorHead)
_USE_DECODER = msgspec.msgpack.Decoder(Use)


class GroupTable:
    """Pools traces by (anchor, link) and hands on the groups whose evidence passes the low bar.

    An anchor with one account so far costs one small tuple; from the second account on it is a group of bounded size
    (``models.anchor``). Each of the two kinds is held at most ``settings.max_groups`` times: above it the sixteenth
    unseen for longest (by last seen, then key) is forgotten at the end of a bucket.
    What it returns depends on the traces alone. Cost: 5 to 10 microseconds a trace.
    """

    def __init__(self, settings: DetectionSettings) -> None:
        self._settings = settings
        self._lone: dict[int, tuple[str, Use]] = {}
        self._groups: dict[int, Anchor] = {}
        self._touched: set[int] = set()
        self._dirty: set[bytes] = set()

    def __len__(self) -> int:
        """Anchors held, with one account or several."""
        return len(self._lone) + len(self._groups)

    def apply(self, account_ids: Sequence[str], traces: npt.NDArray[np.void]) -> None:
        """Take the traces (``TRACE`` rows) of one closed bucket, ordered by (effective time, source, offset).

        ``account_ids[i]`` is the account of row ``i``: a closed bucket may hold more accounts than the column
        ``account`` can number, so that column is not read.
        """
        keys, links = traces["key"].tolist(), traces["link"].tolist()
        columns = ("effective_ms", "uses", "events", "output_tokens", "content", "cell")
        rows = zip(*(traces[column].tolist() for column in columns), strict=True)
        for account_id, key, link, traced in zip(account_ids, keys, links, map(TracedUse._make, rows), strict=True):
            self._observe(key << 8 | link, account_id, traced)
        self._evict()

    def _observe(self, anchor: int, account_id: str, traced: TracedUse) -> None:
        group = self._groups.get(anchor)
        if group is None:
            lone_id, use = self._lone.setdefault(anchor, (account_id, Use(traced.effective_ms, traced.effective_ms)))
            if lone_id == account_id:
                use.observe(traced)
                use.sample(traced.content, traced.cell)
                self._dirty.add(_use_key(anchor, account_id))
                return
            group = self._found(anchor, lone_id, use)
        if group.observe(account_id, traced):
            self._dirty.add(_use_key(anchor, account_id))
        self._touched.add(anchor)
        self._dirty.add(_head_key(anchor))

    def _found(self, anchor: int, account_id: str, use: Use) -> Anchor:
        self._lone.pop(anchor, None)
        group = Anchor(Link(anchor & 0xFF), self._settings.member_min_uses)
        group.restore(account_id, use)
        group.head.last_seen_ms = use.last_seen_ms
        self._groups[anchor] = group
        return group

    def _evict(self) -> None:
        for anchor in _longest_unseen(self._lone, self._settings.max_groups, lambda entry: entry[1].last_seen_ms):
            account_id, _ = self._lone.pop(anchor)
            self._dirty.add(_use_key(anchor, account_id))
        for anchor in _longest_unseen(self._groups, self._settings.max_groups, lambda group: group.head.last_seen_ms):
            self._dirty.update(_use_key(anchor, account_id) for account_id in self._groups.pop(anchor).members)
            self._dirty.add(_head_key(anchor))
            self._touched.discard(anchor)

    def candidates(self, bucket_end_ms: int) -> list[GroupCandidate]:
        """Give the groups touched since the last call that pass the low bar, in key order; call it once a bucket."""
        found = []
        for anchor in sorted(self._touched):
            group = self._groups[anchor]
            candidate = self._weigh(anchor, group, bucket_end_ms - 1)
            if candidate is not None:
                found.append(candidate)
            group.head.touched = False
            group.head.passing.clear()
            self._dirty.add(_head_key(anchor))
        self._touched.clear()
        return found

    def _weigh(self, anchor: int, group: Anchor, effective_ms: int) -> GroupCandidate | None:
        if group.account_count < self._settings.group_min_accounts:
            return None
        signals = group_signals(group.statistics())
        evidence_nats = sum(signal.nats for signal in signals)
        if evidence_nats < self._settings.candidate_bar_nats:
            return None
        return GroupCandidate(
            key=f"{anchor >> 8:016x}",
            link=_LABELS[group.link],
            effective_ms=effective_ms,
            position=effective_ms,
            evidence_nats=evidence_nats,
            signals=signals,
            members=self._tell(anchor, group),
            account_count=group.account_count,
            event_count=group.event_count,
            member_event_count=group.member_event_count,
            output_tokens=group.output_tokens,
        )

    def _tell(self, anchor: int, group: Anchor) -> list[Member]:
        members = []
        for account_id in sorted(group.untold):
            use = group.members[account_id]
            use.told_uses = use.uses
            members.append(use.as_member(account_id))
            self._dirty.add(_use_key(anchor, account_id))
        group.untold.clear()
        for account_id in sorted(group.head.passing):
            use = group.head.passing[account_id]
            if use.uses >= self._settings.member_min_uses:
                members.append(use.as_member(account_id))
        return members

    def dump_dirty(self) -> list[tuple[bytes, bytes | None]]:
        """Rows changed since ``mark_clean``, in key order; ``None`` where the row is gone."""
        return [(key, self._row(key)) for key in sorted(self._dirty)]

    def mark_clean(self) -> None:
        """Forget which rows were changed."""
        self._dirty.clear()

    def dump(self) -> list[tuple[bytes, bytes | None]]:
        """Every row, in key order."""
        keys = [_use_key(anchor, account_id) for anchor, (account_id, _) in self._lone.items()]
        for anchor, group in self._groups.items():
            keys.append(_head_key(anchor))
            keys += [_use_key(anchor, account_id) for account_id in group.members]
        return [(key, self._row(key)) for key in sorted(keys)]

    def _row(self, key: bytes) -> bytes | None:
        anchor, account_id = int.from_bytes(key[1 : 1 + _ANCHOR_BYTES], "big"), key[1 + _ANCHOR_BYTES :].decode()
        group = self._groups.get(anchor)
        if key[:1] == _HEAD:
            return encode_row(group.head) if group else None
        if group:
            use = group.members.get(account_id)
        else:
            lone_id, lone_use = self._lone.get(anchor, (None, None))
            use = lone_use if lone_id == account_id else None
        return encode_row(use) if use else None

    def load(self, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Start from these rows, in log order, later ones winning; raises ``ValueError`` on another version's."""
        last = dict(rows)
        heads: dict[int, AnchorHead] = {}
        uses: dict[int, list[tuple[str, Use]]] = {}
        for key, value in last.items():
            anchor = int.from_bytes(key[1 : 1 + _ANCHOR_BYTES], "big")
            if value is None:
                continue
            if key[:1] == _HEAD:
                heads[anchor] = decode_row(key, value, _HEAD_DECODER)
            elif key[:1] == _USE:
                use = decode_row(key, value, _USE_DECODER)
                uses.setdefault(anchor, []).append((key[1 + _ANCHOR_BYTES :].decode(), use))
            else:
                raise ValueError(f"changelog row {key!r}: no row of a group; this topic belongs to another stage")
        self._lone = {anchor: held[0] for anchor, held in uses.items() if anchor not in heads}
        self._groups = {}
        for anchor, head in heads.items():
            group = self._groups[anchor] = Anchor(Link(anchor & 0xFF), self._settings.member_min_uses)
            for account_id, use in uses.get(anchor, []):
                group.restore(account_id, use)
            group.head = head
        self._touched = {anchor for anchor, head in heads.items() if head.touched}
        self._dirty.clear()


def _head_key(anchor: int) -> bytes:
    return _HEAD + anchor.to_bytes(_ANCHOR_BYTES, "big")


def _use_key(anchor: int, account_id: str) -> bytes:
    return _USE + anchor.to_bytes(_ANCHOR_BYTES, "big") + account_id.encode()


def _longest_unseen(held: dict[int, _Held], ceiling: int, last_seen_ms: Callable[[_Held], int]) -> list[int]:
    if len(held) <= ceiling:
        return []
    order = sorted(held, key=lambda anchor: (last_seen_ms(held[anchor]), anchor))
    return order[: len(held) - ceiling + ceiling // _EVICTED_PART]
