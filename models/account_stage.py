"""The account stage: decode, featurise and the account models over one partition of the requests topic."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec
import numpy as np
import numpy.typing as npt

from models.account_row import evidence_of
from models.accounts import AccountSlab
from models.addressing import address
from models.candidate import AccountCandidate, CandidateBatch
from models.detection import DetectionSettings
from models.features import present
from models.featurise import Featuriser
from models.merge import NO_WATERMARK_MS, Int64s
from models.read import Reader, Run
from models.record import DeadLetter, Reason, Records
from models.stage import META_KEY, Outbound, Row
from models.standing import AccountStanding, account_standing
from models.trace import MAX_ACCOUNTS_PER_MESSAGE, MAX_OFFSET, TRACE, TraceBatch


class AccountMeta(msgspec.Struct, array_like=True):
    """The positions of one request partition; ``traces_sent`` by trace partition."""

    next_offset: int
    watermark_ms: int
    event_count: int
    traces_sent: list[int]
    candidates_sent: int
    sent_bucket: int


class AccountStage:
    """Reads requests, keeps a row an account, sends traces and candidates. Cost: about 20 microseconds an event."""

    def __init__(
        self,
        partition: int,
        settings: DetectionSettings,
        featuriser: Featuriser,
        latest_event_time_ms: int | None = None,
    ) -> None:
        self.partition = partition
        self._settings = settings
        self._reader = Reader(settings, featuriser, latest_event_time_ms)
        self._slab = AccountSlab(settings)
        self._meta = AccountMeta(0, NO_WATERMARK_MS, 0, [0] * settings.partitions, 0, 0)
        self._flushed_meta = b""
        #: Good events applied by this object, repeats among them, that had each watched field.
        self.present: Counter[str] = Counter()

    @property
    def next_offset(self) -> int:
        """The request offset after the last one applied."""
        return self._meta.next_offset

    @property
    def committable_offset(self) -> int:
        """Everything applied is in the rows, so the cut is where the stage stands."""
        return self._meta.next_offset

    @property
    def event_count(self) -> int:
        """Good events applied, duplicates left out."""
        return self._meta.event_count

    @property
    def watermark_ms(self) -> int:
        """Largest event time less the allowed lateness, or the latest tick."""
        return self._meta.watermark_ms

    @property
    def account_count(self) -> int:
        """Accounts held now."""
        return len(self._slab)

    def standing(self) -> Iterator[tuple[str, int, float | None]]:
        """Each account's id, events and evidence (nats, ``None`` while it warms up), in no particular order."""
        for account_id, events in self._slab.counts().items():
            row = self._slab.row_of(account_id)
            yield account_id, events, None if row is None else evidence_of(row)

    def standing_of(self, account_id: str) -> AccountStanding | None:
        """Explain one account as it stands, ``None`` if it is not held."""
        row = self._slab.row_of(account_id)
        return None if row is None else account_standing(account_id, row, self._settings)

    def apply(self, records: Records, next_offset: int) -> Outbound:
        """Apply a run of requests and ticks; see ``Stage.apply``."""
        records = _from_offset(records, self._meta.next_offset)
        run = self._reader.read(records)
        self.present.update(present(run.features))
        outbound = Outbound(dead_letters=list(run.dead_letters))
        effective_ms = self._effective_ms(records, run.positions, run.features["event_time_ms"])
        if run.account_ids:
            self._apply_events(records, run, effective_ms, next_offset, outbound)
        self._meta.next_offset = max(self._meta.next_offset, next_offset)
        self._speak(outbound)
        return outbound

    def _effective_ms(self, records: Records, positions: Int64s, own: Int64s) -> Int64s:
        """Effective time of each good event, and the partition's watermark moved past this run."""
        raised = np.full(len(records) + 1, NO_WATERMARK_MS, dtype=np.int64)
        raised[0] = self._meta.watermark_ms
        raised[positions + 1] = own - self._settings.lateness_ms
        for index, tick_ms in enumerate(records.ticks_ms if len(own) < len(records) else ()):
            if tick_ms is not None and self._credible(tick_ms, records.append_times_ms[index]):
                raised[index + 1] = tick_ms
        watermarks = np.maximum.accumulate(raised)
        self._meta.watermark_ms = int(watermarks[-1])
        return np.maximum(own, watermarks[positions + 1])

    def _credible(self, tick_ms: int, append_time_ms: int) -> bool:
        """A tick from the far future would make every later event late for ever."""
        return append_time_ms < 0 or tick_ms <= append_time_ms + self._settings.future_tolerance_ms

    def _apply_events(
        self,
        records: Records,
        run: Run,
        effective_ms: Int64s,
        next_offset: int,
        outbound: Outbound,
    ) -> None:
        offsets = np.asarray(records.offsets, dtype=np.int64)[run.positions]
        account_ids = run.account_ids
        update = self._slab.update(account_ids, run.features, effective_ms, offsets)
        self._meta.event_count += update.applied
        outbound.dead_letters.extend(
            DeadLetter(
                records.topic,
                records.partition,
                int(offsets[index]),
                "$.event_id",
                Reason.DUPLICATE,
                "one of the account's last 64 events had this event_id",
                records.append_times_ms[int(run.positions[index])],
            )
            for index in update.duplicates
        )
        outbound.dead_letters.sort(key=lambda letter: letter.offset)
        self._address(account_ids, offsets, update.traces, update.trace_events, next_offset, outbound)
        if update.candidates:
            outbound.candidates.append(self._candidate_batch(update.candidates, next_offset))

    def _address(
        self,
        account_ids: list[str],
        offsets: Int64s,
        traces: npt.NDArray[np.void],
        trace_events: Int64s,
        next_offset: int,
        outbound: Outbound,
    ) -> None:
        numbers: dict[str, int] = {}
        senders = np.array([numbers.setdefault(account_id, len(numbers)) for account_id in account_ids], dtype=np.int64)
        found = address(traces["key"], senders[trace_events], self._settings.partitions, len(numbers))
        known = list(numbers)
        for target in range(self._settings.partitions):
            chosen = slice(*found.bounds[target : target + 2].tolist())
            names = [known[number] for number in found.names[slice(*found.name_bounds[target : target + 2])].tolist()]
            if len(names) > MAX_ACCOUNTS_PER_MESSAGE:
                raise ValueError(f"{len(names)} accounts in one batch; lower the batch size below 65,536 records")
            if names:
                order = found.order[chosen]
                rows = traces[order]
                positions = offsets[trace_events[order]]
                if positions[-1] - self._meta.traces_sent[target] > MAX_OFFSET:
                    outbound.traces.append((target, self._nothing_before(target, int(positions[0]))))
                rows["offset"] = positions - self._meta.traces_sent[target]
                rows["account"] = found.numbers[chosen]
                outbound.traces.append((target, self._trace_batch(target, names, rows, next_offset)))

    def _nothing_before(self, target: int, position: int) -> TraceBatch:
        """Move on without traces: a topic may have dropped billions of records before the first that is read."""
        sent = self._meta.traces_sent
        none = np.empty(0, dtype=TRACE)
        batch = TraceBatch(self.partition, sent[target], position, NO_WATERMARK_MS, [], none)
        sent[target] = position
        return batch

    def _trace_batch(self, target: int, names: list[str], rows: npt.NDArray[np.void], next_offset: int) -> TraceBatch:
        sent = self._meta.traces_sent
        batch = TraceBatch(self.partition, sent[target], next_offset, self._meta.watermark_ms, names, rows)
        sent[target] = next_offset
        return batch

    def _candidate_batch(self, candidates: list[AccountCandidate], next_offset: int) -> CandidateBatch:
        batch = CandidateBatch(
            "account",
            self.partition,
            self._meta.candidates_sent,
            next_offset,
            self._meta.watermark_ms,
            list(candidates),
        )
        self._meta.candidates_sent = next_offset
        return batch

    def _speak(self, outbound: Outbound) -> None:
        """Tell every later stage the watermark when it enters another bucket, so that their buckets can close."""
        bucket = self._meta.watermark_ms // self._settings.bucket_ms
        if bucket == self._meta.sent_bucket:
            return
        self._meta.sent_bucket = bucket
        spoken = {target for target, _ in outbound.traces}
        none = np.empty(0, dtype=TRACE)
        outbound.traces.extend(
            (target, self._trace_batch(target, [], none, self._meta.next_offset))
            for target in range(self._settings.partitions)
            if target not in spoken
        )
        if not outbound.candidates:
            outbound.candidates.append(self._candidate_batch([], self._meta.next_offset))

    def dump_dirty(self) -> list[Row]:
        """Changed account rows and the meta row."""
        rows = self._slab.dump_dirty()
        meta = msgspec.msgpack.encode(self._meta)
        if meta != self._flushed_meta:
            self._flushed_meta = meta
            rows.append((META_KEY, meta))
        return rows

    def mark_clean(self) -> None:
        """The dumped rows are on their way to the changelog."""
        self._slab.mark_clean()

    def load(self, rows: Iterable[Row]) -> None:
        """Take recovered rows."""
        accounts: list[Row] = []
        for key, value in rows:
            if key != META_KEY:
                accounts.append((key, value))
            elif value is not None:
                self._meta = msgspec.msgpack.decode(value, type=AccountMeta)
                self._flushed_meta = value
        self._slab.load(accounts)


def _from_offset(records: Records, offset: int) -> Records:
    """The records at or after an offset: those before it were applied already."""
    first = bisect_left(records.offsets, offset)
    return records if first == 0 else records.cut(first, len(records))
