"""The accounts of one request partition: a packed array of rows, found by account id, dumped when dirty."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.account_evidence import named
from models.account_kernel import PART_BYTES, REPORT, update_rows
from models.account_row import ACCOUNT_ROW, ROW_VERSION, Rows, blank_rows
from models.account_traces import TRACES_PER_EVENT
from models.candidate import AccountCandidate
from models.detection import DetectionSettings
from models.trace import TRACE

Array = npt.NDArray[np.void]
Int64s = npt.NDArray[np.int64]

_FIRST_CAPACITY = 1_024
_EVICTED_SHARE = 16
_SHORT_LIMIT = 2**16


class AccountUpdate(NamedTuple):
    """What a batch left behind.

    ``duplicates`` and ``trace_events`` are indices of events of the batch, ascending; ``trace_events[i]`` is the event
    of ``traces[i]``, whose ``account`` column is 0.
    """

    applied: int
    duplicates: list[int]
    traces: Array
    trace_events: Int64s
    candidates: list[AccountCandidate]


class AccountSlab:
    """Rows of the accounts of one partition, 1,744 bytes each and about 100 for the id; not thread-safe.

    When ``settings.max_accounts`` rows are held and another account appears, the sixteenth of them that was unseen
    longest (by last effective time, then account id) is evicted first. That depends on the events before alone, so a
    batch is cut at the event that overflows. Raises ``ValueError`` for settings that the rows cannot hold.
    """

    def __init__(self, settings: DetectionSettings) -> None:
        if not 2 <= settings.halving_events < _SHORT_LIMIT:
            raise ValueError(
                f"halving_events: {settings.halving_events} is outside 2 to {_SHORT_LIMIT - 1}; counts have 16 bits"
            )
        if settings.max_accounts < 1:
            raise ValueError(f"max_accounts: {settings.max_accounts} leaves no room for a row; set at least 1")
        self._settings = settings
        self._rows = blank_rows(min(_FIRST_CAPACITY, settings.max_accounts))
        self._index: dict[str, int] = {}
        self._ids: list[str] = []
        self._free: list[int] = []
        self._dirty = np.zeros(self._rows.size, dtype=np.bool_)
        self._evicted: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._index)

    @property
    def rows(self) -> Rows:
        """The packed array; a new one takes its place when it grows."""
        return self._rows

    def rows_of(self, account_ids: Sequence[str]) -> Int64s:
        """Row numbers of a leading run of ``account_ids``, missing rows created; all of them unless the slab is full.

        A shorter answer ends before the account that found no room: apply those events, then ask for the rest. That
        account, first in line then, evicts. Cost: about 0.1 microseconds an id.
        """
        index = self._index
        try:
            return np.fromiter(map(index.__getitem__, account_ids), np.int64, len(account_ids))
        except KeyError:
            held = list(map(index.get, account_ids))
        missing = held.count(None)
        if missing and len(index) + missing <= self._settings.max_accounts:
            for position, row in enumerate(held):
                if row is None:
                    account_id = account_ids[position]
                    found_row = index.get(account_id)
                    held[position] = self._create(account_id) if found_row is None else found_row
            missing = 0
        if not missing:
            return np.array(held, dtype=np.int64)
        found = np.empty(len(account_ids), dtype=np.int64)
        for position, account_id in enumerate(account_ids):
            row = index.get(account_id)
            if row is None:
                if len(index) >= self._settings.max_accounts:
                    if position:
                        return found[:position]
                    self._evict()
                row = self._create(account_id)
            found[position] = row
        return found

    def update(
        self, account_ids: Sequence[str], features: Array, effective_ms: Int64s, offsets: Int64s
    ) -> AccountUpdate:
        """Apply events in offset order: ``FEATURES`` rows, effective times (epoch ms) and offsets, one an event."""
        whole: list[AccountUpdate] = []
        start = 0
        while start < len(account_ids) or not whole:
            row_index = self.rows_of(account_ids[start:])
            end = start + row_index.size
            self._dirty[row_index] = True
            chunk = slice(start, end)
            whole.append(
                self._apply(row_index, account_ids[chunk], features[chunk], effective_ms[chunk], offsets[chunk], start)
            )
            start = end
        if len(whole) == 1:
            return whole[0]
        return AccountUpdate(
            sum(part.applied for part in whole),
            [index for part in whole for index in part.duplicates],
            np.concatenate([part.traces for part in whole]),
            np.concatenate([part.trace_events for part in whole]),
            [candidate for part in whole for candidate in part.candidates],
        )

    def _apply(
        self,
        row_index: Int64s,
        account_ids: Sequence[str],
        features: Array,
        effective_ms: Int64s,
        offsets: Int64s,
        start: int,
    ) -> AccountUpdate:
        count = row_index.size
        duplicates = np.empty(count, dtype=np.int64)
        traces = np.empty(count * TRACES_PER_EVENT, dtype=TRACE)
        trace_events = np.empty(count * TRACES_PER_EVENT, dtype=np.int64)
        reports = np.empty(count, dtype=REPORT)
        applied, duplicated, traced, reported = update_rows(
            self._rows,
            self._rows.view(np.uint8).reshape(-1, PART_BYTES),
            row_index,
            features,
            effective_ms,
            offsets,
            self._settings.halving_events,
            self._settings.warm_up_events,
            self._settings.candidate_bar_nats,
            duplicates,
            traces,
            trace_events,
            reports,
        ).tolist()
        return AccountUpdate(
            applied,
            (duplicates[:duplicated] + start).tolist(),
            traces[:traced].copy(),
            trace_events[:traced] + start,
            [_candidate(report, account_ids[report["event"]], effective_ms, offsets) for report in reports[:reported]],
        )

    def dump_dirty(self) -> list[tuple[bytes, bytes | None]]:
        """Changelog records of the rows changed since ``mark_clean``: account id, and row or ``None`` if evicted."""
        records: list[tuple[bytes, bytes | None]] = [(account_id.encode(), None) for account_id in self._evicted]
        changed = np.flatnonzero(self._dirty)
        # As bytes before they are gathered: field by field, what stands between the fields would not be copied.
        rows: list[bytes] = self._rows.view(f"V{ACCOUNT_ROW.itemsize}")[changed].tolist()
        records.extend((self._ids[row].encode(), value) for row, value in zip(changed.tolist(), rows, strict=True))
        return records

    def mark_clean(self) -> None:
        """Take what ``dump_dirty`` gave as written; nothing may be applied between the two."""
        self._dirty[:] = False
        self._evicted.clear()

    def load(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Take changelog records, later ones over earlier; raises ``ValueError`` on a row of another version."""
        for key, value in records:
            account_id = key.decode()
            if value is not None:
                row = self._index.get(account_id)
                if row is None:
                    row = self._create(account_id)
                self._rows[row] = read_row(key, value)
                self._dirty[row] = False
            elif account_id in self._index:
                self._release(account_id)

    def counts(self) -> dict[str, int]:
        """Events applied by account id."""
        return {account_id: int(self._rows[row]["events"]) for account_id, row in self._index.items()}

    def row_of(self, account_id: str) -> np.void | None:
        """Return a copy of an account's row, ``None`` if it is not held."""
        row = self._index.get(account_id)
        return None if row is None else self._rows[row].copy()

    def _create(self, account_id: str) -> int:
        row = self._free.pop() if self._free else len(self._index)
        if row >= self._rows.size:
            self._rows = np.concatenate([self._rows, blank_rows(self._rows.size)])
            self._dirty = np.concatenate([self._dirty, np.zeros(self._dirty.size, dtype=np.bool_)])
        self._index[account_id] = row
        if row == len(self._ids):
            self._ids.append(account_id)
        else:
            self._ids[row] = account_id
        self._evicted.pop(account_id, None)
        return row

    def _release(self, account_id: str) -> None:
        row = self._index.pop(account_id)
        self._rows[row] = blank_rows(1)[0]
        self._dirty[row] = False
        self._free.append(row)

    def _evict(self) -> None:
        held = np.fromiter(self._index.values(), np.int64, len(self._index))
        seen_ms = self._rows["last_seen_ms"][held]
        count = max(1, len(held) // _EVICTED_SHARE)
        latest_ms = np.partition(seen_ms, count - 1)[count - 1]
        account_ids = list(self._index)
        unseen = [account_ids[position] for position in np.flatnonzero(seen_ms < latest_ms).tolist()]
        ties = sorted(account_ids[position] for position in np.flatnonzero(seen_ms == latest_ms).tolist())
        for account_id in [*sorted(unseen), *ties[: count - len(unseen)]]:
            self._release(account_id)
            self._evicted[account_id] = None


def read_row(key: bytes, value: bytes) -> np.void:
    """One changelog value as an ``ACCOUNT_ROW``; raises ``ValueError`` on another version or length."""
    if value[:1] != bytes([ROW_VERSION]) or len(value) != ACCOUNT_ROW.itemsize:
        raise ValueError(
            f"changelog row {key!r}: version {value[0] if value else 'missing'} with {len(value)} bytes, this build "
            f"reads version {ROW_VERSION} with {ACCOUNT_ROW.itemsize}; start the build that wrote it, or reset the "
            "changelog topic and replay"
        )
    return np.frombuffer(value, dtype=ACCOUNT_ROW)[0]  # type: ignore[no-any-return]  # numpy types an element as Any


def _candidate(report: np.void, account_id: str, effective_ms: Int64s, offsets: Int64s) -> AccountCandidate:
    event = int(report["event"])
    return AccountCandidate(
        account_id=account_id,
        effective_ms=int(effective_ms[event]),
        position=int(offsets[event]),
        evidence_nats=float(report["evidence_nats"]),
        signals=named(report["signals"]),
        first_seen_ms=int(report["first_seen_ms"]),
        last_seen_ms=int(report["last_seen_ms"]),
        event_count=int(report["events"]),
        output_tokens=int(report["output_tokens"]),
    )
