"""The campaign stage: puts traces in order and pools them by anchor, over one partition of the traces topic."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np
import numpy.typing as npt

from models.budget import Ledger
from models.candidate import CandidateBatch, GroupCandidate
from models.detection import DetectionSettings
from models.group import GroupTable
from models.group_evidence import GroupModel
from models.merge import Arrival, Bucket, BucketMerge, MergeState
from models.record import Records
from models.stage import META_KEY, Outbound, Row
from models.trace import TRACE, TraceBatch, effective_ms, unpack

_OPAQUE_TRACE = np.dtype(f"V{TRACE.itemsize}")


class CampaignMeta(msgspec.Struct, array_like=True):
    """Where the merge stood, through which bucket candidates were sent on, and what is left of the false pages."""

    merge: MergeState
    event_count: int
    candidates_sent_ms: int
    budget: Ledger


class CampaignStage:
    """Reads traces of every request partition, keeps groups, sends candidates. Cost: a few microseconds a trace."""

    def __init__(self, partition: int, settings: DetectionSettings, model: GroupModel) -> None:
        self.partition = partition
        self._settings = settings
        self._merge: BucketMerge[TraceBatch] = BucketMerge(settings.partitions, settings.bucket_ms)
        self._groups = GroupTable(settings, model)
        self._event_count = 0
        self._sent_ms = 0
        self._flushed_meta = b""

    @property
    def next_offset(self) -> int:
        """The trace offset after the last message taken."""
        return self._merge.next_offset

    @property
    def committable_offset(self) -> int:
        """The first message that still holds a trace of an open bucket."""
        return self._merge.state().next_offset

    @property
    def event_count(self) -> int:
        """Traces applied."""
        return self._event_count

    @property
    def newest_watermark_ms(self) -> int:
        """The largest watermark of all request partitions, as their traces told it."""
        return self._merge.newest_watermark_ms

    @property
    def group_count(self) -> int:
        """Anchors held now."""
        return len(self._groups)

    @property
    def budget_left(self) -> float:
        """Part of the week's false pages that is not granted yet; over all partitions it is at most 1."""
        return min(self._groups.budget.ledger.left, 1.0 / self._settings.partitions)

    def apply(self, records: Records, next_offset: int) -> Outbound:
        """Apply a run of trace messages; raises ``ValueError`` on a message this build cannot read."""
        for offset, value in zip(records.offsets, records.values, strict=True):
            if value is not None:
                batch = unpack(value)
                self._merge.push(_arrival(offset, batch))
        self._merge.skip_to(next_offset)
        candidates: list[GroupCandidate] = []
        before_ms = self._merge.closed_through_ms
        for bucket in self._merge.close():
            candidates += self._pool(bucket)
        outbound = Outbound()
        if self._merge.closed_through_ms > before_ms:
            outbound.candidates.append(self._candidate_batch(candidates))
        return outbound

    def _pool(self, bucket: Bucket[TraceBatch]) -> list[GroupCandidate]:
        accounts, traces = _gather(bucket)
        self._event_count += len(traces)
        self._groups.apply(accounts, traces)
        return self._groups.candidates(bucket.end_ms)

    def _candidate_batch(self, candidates: list[GroupCandidate]) -> CandidateBatch:
        through_ms = self._merge.closed_through_ms
        batch = CandidateBatch("campaign", self.partition, self._sent_ms, through_ms, through_ms, list(candidates))
        self._sent_ms = through_ms
        return batch

    def dump_dirty(self) -> list[Row]:
        """Changed groups and the meta row."""
        rows = self._groups.dump_dirty()
        meta = msgspec.msgpack.encode(
            CampaignMeta(self._merge.state(), self._event_count, self._sent_ms, self._groups.budget.ledger)
        )
        if meta != self._flushed_meta:
            self._flushed_meta = meta
            rows.append((META_KEY, meta))
        return rows

    def mark_clean(self) -> None:
        """The dumped rows are on their way to the changelog."""
        self._groups.mark_clean()

    def load(self, rows: Iterable[Row]) -> None:
        """Take recovered rows."""
        groups: list[Row] = []
        for key, value in rows:
            if key != META_KEY:
                groups.append((key, value))
            elif value is not None:
                meta = msgspec.msgpack.decode(value, type=CampaignMeta)
                self._merge.restore(meta.merge)
                self._event_count, self._sent_ms = meta.event_count, meta.candidates_sent_ms
                self._groups.budget.ledger = meta.budget
                self._flushed_meta = value
        self._groups.load(groups)


def _gather(bucket: Bucket[TraceBatch]) -> tuple[list[str], npt.NDArray[np.void]]:
    """Account id of each trace of a bucket, and the traces, in order."""
    account_ids: list[str] = []
    first_id, first_trace, every = [], [], []
    held = 0
    for batch in bucket.payloads:
        first_id.append(len(account_ids))
        first_trace.append(held)
        account_ids += batch.account_ids
        # As bytes before they are gathered: field by field they would take ten times as long.
        every.append(batch.traces.view(_OPAQUE_TRACE))
        held += len(batch.traces)
    traces = np.concatenate(every)[np.array(first_trace)[bucket.numbers] + bucket.indices].view(TRACE)
    places = np.array(first_id)[bucket.numbers] + traces["account"]
    return [account_ids[place] for place in places.tolist()], traces


def _arrival(offset: int, batch: TraceBatch) -> Arrival[TraceBatch]:
    return Arrival(
        offset,
        batch.source,
        batch.from_position,
        batch.through_position,
        batch.watermark_ms,
        effective_ms(batch.traces),
        batch.positions,
        batch,
    )
