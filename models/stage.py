"""What a stage is: the state of one partition of one step, and what its step sends on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from models.alert import Alert
from models.candidate import CandidateBatch
from models.record import DeadLetter, Records
from models.trace import TraceBatch

#: One changelog record: key and value, ``None`` for a tombstone.
Row = tuple[bytes, bytes | None]

#: Key under which every stage keeps its positions and watermarks; no account id or anchor can start with a NUL.
META_KEY = b"\x00meta"


class Outbound(msgspec.Struct):
    """What one ``apply`` sends on, each list in order: (target partition, batch), candidates, alerts, dead letters."""

    traces: list[tuple[int, TraceBatch]] = msgspec.field(default_factory=list)
    candidates: list[CandidateBatch] = msgspec.field(default_factory=list)
    alerts: list[Alert] = msgspec.field(default_factory=list)
    dead_letters: list[DeadLetter] = msgspec.field(default_factory=list)


class Stage(Protocol):
    """One partition of one step. A single task owns it; no method blocks or awaits.

    ``apply`` is total: bad input becomes a dead letter. What it returns depends on the records alone, not on how they
    were cut into batches, and a record below ``next_offset`` is passed over.
    """

    partition: int

    @property
    def next_offset(self) -> int:
        """The input offset after the last one applied."""

    @property
    def committable_offset(self) -> int:
        """The input offset from which reading on, with the state of ``dump_dirty``, repeats and loses nothing."""

    @property
    def event_count(self) -> int:
        """Events applied since the partition's log began."""

    def apply(self, records: Records, next_offset: int) -> Outbound:
        """Apply a run of records and move to ``next_offset`` (past transaction markers as well)."""

    def dump_dirty(self) -> list[Row]:
        """Rows changed since ``mark_clean``, the meta row included; together one consistent cut."""

    def mark_clean(self) -> None:
        """Called in the same step as ``dump_dirty``, before anything else is applied."""

    def load(self, rows: Iterable[Row]) -> None:
        """Start from all rows of a changelog, one a key. Raises ``ValueError`` on another version's rows."""
