"""Groups: accounts that share a rare anchor, pooled over one partition of the traces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from models.anchor import MAX_MEMBERS, Anchor, AnchorHead
from models.budget import PageBudget
from models.candidate import GroupCandidate, Member
from models.detection import DetectionSettings
from models.group_evidence import LABELS, GroupModel, Judgement
from models.row import decode_row, encode_row
from models.trace import Link
from models.use import TracedUse, Use
from models.waiting import WaitingAnchors, packed_uses

# A row's key: what it holds, the anchor (8 bytes of hash, one of link), for a use the account id.
_HEAD, _USE, _WAITING = b"g", b"u", b"w"
_ANCHOR_BYTES = 9

_EVICTED_PART = 16

#: A group of so many accounts that passed the low bar is told of below it too.
TOLD_ACCOUNTS = 100

#: That accounts pay by one means is no evidence, yet whoever pays with a campaign is of it: decisions have to know.
_NO_EVIDENCE = Judgement(0.0, [])

_HEAD_DECODER = msgspec.msgpack.Decoder(AnchorHead)
_USE_DECODER = msgspec.msgpack.Decoder(Use)


class GroupTable:
    """Pools traces by (anchor, link) and hands on the groups whose evidence passes the low bar.

    An anchor of fewer than ``settings.group_min_accounts`` accounts cannot be judged and waits as its bare traces
    (``models.waiting``); from that many accounts on it is a group of bounded size (``models.anchor``). Each of the two
    kinds is held at most ``settings.max_groups`` times: above it the sixteenth unseen for longest (by last seen, then
    key) is forgotten at the end of a bucket. What it returns depends on the traces alone. Cost: a microsecond a trace
    of an anchor that waits, about 10 of a group.
    """

    def __init__(self, settings: DetectionSettings, model: GroupModel) -> None:
        self._settings = settings
        self._model = model
        self.budget = PageBudget(settings.planned_groups // settings.partitions, 1.0 / settings.partitions)
        # One account alone shares nothing, and a group keeps no more than MAX_MEMBERS.
        self._waiting = WaitingAnchors(min(max(settings.group_min_accounts, 2), MAX_MEMBERS))
        self._groups: dict[int, Anchor] = {}
        self._touched: set[int] = set()
        # Dicts for their order, which is that of the rows in the changelog.
        self._dirty_waiting: dict[int, None] = {}
        self._dirty_heads: dict[int, None] = {}
        self._dirty_uses: dict[tuple[int, str], None] = {}

    def __len__(self) -> int:
        """Anchors held, groups and those that wait."""
        return len(self._waiting) + len(self._groups)

    def apply(self, account_ids: Sequence[str], traces: npt.NDArray[np.void]) -> None:
        """Take the traces (``TRACE`` rows) of one closed bucket, ordered by (effective time, source, offset).

        ``account_ids[i]`` is the account of row ``i``: a closed bucket may hold more accounts than the column
        ``account`` can number, so that column is not read.
        """
        keys, links, uses = traces["key"].tolist(), traces["link"].tolist(), packed_uses(traces)
        for account_id, key, link, packed in zip(account_ids, keys, links, uses, strict=True):
            anchor = key << 8 | link
            group = self._groups.get(anchor)
            if group is not None:
                self._observe(anchor, group, account_id, packed)
                continue
            self._dirty_waiting[anchor] = None
            accounts = self._waiting.observe(anchor, account_id, packed)
            if accounts is not None:
                self._found(anchor, accounts)
        self._evict()

    def _observe(self, anchor: int, group: Anchor, account_id: str, packed: bytes) -> None:
        if group.observe(account_id, TracedUse.unpack(packed)):
            self._dirty_uses[anchor, account_id] = None
        self._touched.add(anchor)
        self._dirty_heads[anchor] = None

    def _found(self, anchor: int, accounts: dict[str, bytes]) -> None:
        group = self._groups[anchor] = Anchor(Link(anchor & 0xFF), self._settings.member_min_uses)
        for account_id, packed in accounts.items():
            for traced in TracedUse.unpack_all(packed):
                group.observe(account_id, traced)
            self._dirty_uses[anchor, account_id] = None
        if self._model.judges(group.link):
            group.head.budget_share = self.budget.grant(group.head.last_seen_ms)
        self._touched.add(anchor)
        self._dirty_heads[anchor] = None

    def _evict(self) -> None:
        ceiling = self._settings.max_groups
        spared = ceiling - ceiling // _EVICTED_PART
        if len(self._waiting) > ceiling:
            self._dirty_waiting.update(dict.fromkeys(self._waiting.forget_oldest(len(self._waiting) - spared)))
        if len(self._groups) > ceiling:
            order = sorted(self._groups, key=lambda anchor: (self._groups[anchor].head.last_seen_ms, anchor))
            for anchor in order[: len(order) - spared]:
                self._dirty_uses.update(((anchor, account_id), None) for account_id in self._groups.pop(anchor).members)
                self._dirty_heads[anchor] = None
                self._touched.discard(anchor)

    def candidates(self, bucket_end_ms: int) -> list[GroupCandidate]:
        """Give the groups touched since the last call that pass the low bar, in key order; call it once a bucket.

        Those who pay by one means are told whatever they do, as soon as some of them are new or did more, and so are
        those at a large group that passed the bar before: a template that thousands fill looks ever less like the
        groups that trees were fitted on.
        """
        found = []
        for anchor in sorted(self._touched):
            group = self._groups[anchor]
            if group.account_count >= self._settings.group_min_accounts and group.look():
                candidate = self._weigh(anchor, group, bucket_end_ms - 1)
                if candidate is not None:
                    found.append(candidate)
                group.head.passing.clear()
            group.head.touched = False
            self._dirty_heads[anchor] = None
        self._touched.clear()
        return found

    def _weigh(self, anchor: int, group: Anchor, effective_ms: int) -> GroupCandidate | None:
        judgement = self.judge(anchor, group)
        if judgement is None and group.link == Link.PAYMENT:
            judgement = _NO_EVIDENCE
        elif judgement is None:
            return None
        passes = judgement.evidence_nats >= self._settings.candidate_bar_nats
        group.head.told = group.head.told or passes
        large = group.account_count >= TOLD_ACCOUNTS and group.head.told
        if not passes and not large and judgement is not _NO_EVIDENCE:
            return None
        members = self._tell(anchor, group)
        if not passes and not members:
            return None
        return GroupCandidate(
            key=f"{anchor >> 8:016x}",
            link=LABELS[group.link],
            effective_ms=effective_ms,
            position=effective_ms,
            evidence_nats=judgement.evidence_nats,
            signals=judgement.signals,
            members=members,
            account_count=group.account_count,
            event_count=group.event_count,
            member_event_count=group.member_event_count,
            output_tokens=group.output_tokens,
            budget_share=group.head.budget_share,
        )

    def judge(self, anchor: int, group: Anchor) -> Judgement | None:  # noqa: ARG002 - who fits a model needs to know it
        """Weigh a group at one look; fitting overrides it to keep what it sees."""
        return self._model.judge(group.statistics())

    def _tell(self, anchor: int, group: Anchor) -> list[Member]:
        members = []
        for account_id in sorted(group.untold):
            use = group.members[account_id]
            use.told_uses = use.uses
            members.append(use.as_member(account_id))
            self._dirty_uses[anchor, account_id] = None
        group.untold.clear()
        for account_id in sorted(group.head.passing):
            use = group.head.passing[account_id]
            if use.uses >= self._settings.member_min_uses:
                members.append(use.as_member(account_id))
        return members

    def dump_dirty(self) -> list[tuple[bytes, bytes | None]]:
        """Rows changed since ``mark_clean``, in the order of their first change; ``None`` where the row is gone."""
        return list(self._rows(self._dirty_waiting, self._dirty_heads, self._dirty_uses))

    def mark_clean(self) -> None:
        """Forget which rows were changed."""
        self._dirty_waiting.clear()
        self._dirty_heads.clear()
        self._dirty_uses.clear()

    def dump(self) -> list[tuple[bytes, bytes | None]]:
        """Every row, in key order."""
        uses = ((anchor, account_id) for anchor, group in self._groups.items() for account_id in group.members)
        return sorted(self._rows(self._waiting, self._groups, uses))

    def _rows(
        self, waiting: Iterable[int], heads: Iterable[int], uses: Iterable[tuple[int, str]]
    ) -> Iterator[tuple[bytes, bytes | None]]:
        for anchor in heads:
            group = self._groups.get(anchor)
            yield _key(_HEAD, anchor), encode_row(group.head) if group else None
        for anchor, account_id in uses:
            group = self._groups.get(anchor)
            use = group.members.get(account_id) if group else None
            yield _key(_USE, anchor) + account_id.encode(), encode_row(use) if use else None
        row = self._waiting.row
        for anchor in waiting:
            yield _key(_WAITING, anchor), row(anchor)

    def load(self, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Start from these rows, in log order, later ones winning; raises ``ValueError`` on another version's."""
        waiting: dict[int, tuple[bytes, bytes]] = {}
        uses: dict[int, list[tuple[str, Use]]] = {}
        self._groups = {}
        for key, value in dict(rows).items():
            anchor, account_id = int.from_bytes(key[1 : 1 + _ANCHOR_BYTES], "big"), key[1 + _ANCHOR_BYTES :].decode()
            if key[:1] not in (_HEAD, _USE, _WAITING):
                raise ValueError(f"changelog row {key!r}: no row of a group; this topic belongs to another stage")
            if value is None:
                continue
            if key[:1] == _WAITING:
                waiting[anchor] = key, value
            elif key[:1] == _USE:
                uses.setdefault(anchor, []).append((account_id, decode_row(key, value, _USE_DECODER)))
            else:
                group = self._groups[anchor] = Anchor(Link(anchor & 0xFF), self._settings.member_min_uses)
                group.head = decode_row(key, value, _HEAD_DECODER)
        for anchor, group in self._groups.items():
            for account_id, use in uses.pop(anchor, []):
                group.restore(account_id, use)
        if uses:
            raise ValueError(f"changelog: uses of {len(uses)} anchors without a head; reset the topic and replay")
        self._waiting.restore(waiting)
        self._touched = {anchor for anchor, group in self._groups.items() if group.head.touched}
        self.mark_clean()


def _key(kind: bytes, anchor: int) -> bytes:
    return kind + anchor.to_bytes(_ANCHOR_BYTES, "big")
