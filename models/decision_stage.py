"""The decision stage: puts the candidates of all partitions in order and turns them into alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from models.alert import Kind, SeverityLabel
from models.candidate_order import CandidateOrder
from models.decide import Decision
from models.detection import DetectionSettings
from models.feedback import dead_letter
from models.merge import MergeState
from models.record import Reason, Records
from models.refusal import Refusal
from models.stage import META_KEY, Outbound, Row
from models.standing import CampaignStanding
from models.surprise import Surprise

_NO_ROOM = Refusal(Reason.OUT_OF_RANGE, "$", "too many records wait for their time; give it again later")


class DecisionMeta(msgspec.Struct, array_like=True):
    """Where the merge of candidates stood."""

    merge: MergeState
    event_count: int


class DecisionStage:
    """Reads candidates of all account and campaign partitions, and feedback; alone writes alerts, in one partition."""

    def __init__(self, settings: DetectionSettings, model_version: str, pooled: Surprise | None = None) -> None:
        self.partition = 0
        self._order = CandidateOrder(settings)
        self._decision = Decision(settings, model_version, pooled)
        self._event_count = 0
        self._flushed_meta = b""

    @property
    def next_offset(self) -> int:
        """The candidate offset after the last message taken."""
        return self._order.next_offset

    @property
    def committable_offset(self) -> int:
        """The first message that still holds a candidate of an open bucket."""
        return self._order.state().next_offset

    @property
    def event_count(self) -> int:
        """Candidates decided."""
        return self._event_count

    @property
    def closed_through_ms(self) -> int:
        """Everything effective before this instant has been decided."""
        return self._order.closed_through_ms

    def open_counts(self) -> Counter[tuple[Kind, SeverityLabel]]:
        """Alerts open now, by kind and severity. Cost: O(open alerts)."""
        return self._decision.open_counts()

    def standing_of(self, name: str, most: int) -> CampaignStanding | None:
        """Explain an open campaign, by its own id or its alert's, with at most ``most`` groups and members."""
        return self._decision.standing_of(name, self.closed_through_ms, most)

    def apply(self, records: Records, next_offset: int) -> Outbound:
        """Apply a run of candidate messages; raises ``msgspec.DecodeError`` on one this build cannot read."""
        ordered = self._order.take(records, next_offset)
        self._event_count += len(ordered.candidates)
        outbound = Outbound(dead_letters=ordered.dead_letters)
        for read in self._decision.receive(ordered.feedback):
            index = records.offsets.index(read.offset)
            outbound.dead_letters.append(dead_letter(records, index, _NO_ROOM))
        outbound.alerts += self._decision.apply_all(ordered)
        return outbound

    def dump_dirty(self) -> list[Row]:
        """Changed alerts and the meta row."""
        rows = self._decision.dump_dirty()
        meta = msgspec.msgpack.encode(DecisionMeta(self._order.state(), self._event_count))
        if meta != self._flushed_meta:
            self._flushed_meta = meta
            rows.append((META_KEY, meta))
        return rows

    def mark_clean(self) -> None:
        """The dumped rows are on their way to the changelog."""
        self._decision.mark_clean()

    def load(self, rows: Iterable[Row]) -> None:
        """Take recovered rows."""
        alerts: list[Row] = []
        for key, value in rows:
            if key != META_KEY:
                alerts.append((key, value))
            elif value is not None:
                meta = msgspec.msgpack.decode(value, type=DecisionMeta)
                self._order.restore(meta.merge)
                self._event_count = meta.event_count
                self._flushed_meta = value
        self._decision.load(alerts)
