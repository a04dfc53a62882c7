"""Puts the candidates of all account and campaign partitions into the one order in which they are decided."""

from __future__ import annotations

import msgspec
import numpy as np

from models.awaited import AwaitedFeedback
from models.candidate import Candidate, CandidateBatch
from models.detection import DetectionSettings
from models.feedback import dead_letter, read_feedback
from models.merge import Arrival, BucketMerge, MergeState
from models.record import DeadLetter, Records
from models.refusal import Refusal
from models.verdict import kind_of_key


class Ordered(msgspec.Struct, frozen=True):
    """Candidates whose turn has come, in order; none that follows is effective before ``through_ms``.

    ``feedback`` was read with them, in log order, and is to be received before they are decided: none of it takes
    effect before what was decided already.
    """

    candidates: list[Candidate]
    through_ms: int
    feedback: list[AwaitedFeedback] = msgspec.field(default_factory=list)
    dead_letters: list[DeadLetter] = msgspec.field(default_factory=list)


class CandidateOrder:
    """Sorts by (effective time, source, position) within buckets that all sources have passed."""

    def __init__(self, settings: DetectionSettings) -> None:
        self._partitions = settings.partitions
        self._merge: BucketMerge[CandidateBatch] = BucketMerge(2 * settings.partitions, settings.bucket_ms)

    @property
    def next_offset(self) -> int:
        """The candidate offset after the last message taken."""
        return self._merge.next_offset

    @property
    def closed_through_ms(self) -> int:
        """Everything effective before this instant has been released."""
        return self._merge.closed_through_ms

    def take(self, records: Records, next_offset: int) -> Ordered:
        """Take a run of candidate messages; raises ``msgspec.DecodeError`` on one this build cannot read."""
        feedback: list[AwaitedFeedback] = []
        letters: list[DeadLetter] = []
        first = self._merge.next_offset
        for index, (offset, key, value) in enumerate(zip(records.offsets, records.keys, records.values, strict=True)):
            kind = kind_of_key(key)
            if kind is None:
                if value is not None:
                    self._merge.push(self._arrival(offset, _DECODER.decode(value)))
            elif offset >= first:
                read = read_feedback(kind, value)
                if isinstance(read, Refusal):
                    letters.append(dead_letter(records, index, read))
                else:
                    feedback.append(AwaitedFeedback(offset, self._merge.closable_ms, read))
        self._merge.skip_to(next_offset)
        released = [batch.candidates[index] for bucket in self._merge.close() for batch, index in bucket.items]
        return Ordered(released, self._merge.closed_through_ms, feedback, letters)

    def _arrival(self, offset: int, batch: CandidateBatch) -> Arrival[CandidateBatch]:
        source = batch.partition + (self._partitions if batch.stage == "campaign" else 0)
        count = len(batch.candidates)
        return Arrival(
            offset,
            source,
            batch.from_position,
            batch.through_position,
            batch.watermark_ms,
            np.fromiter((candidate.effective_ms for candidate in batch.candidates), np.int64, count),
            np.fromiter((candidate.position for candidate in batch.candidates), np.int64, count),
            batch,
        )

    def state(self) -> MergeState:
        """Where the order stood, so that reading on repeats and loses nothing."""
        return self._merge.state()

    def restore(self, state: MergeState) -> None:
        """Go on from a state."""
        self._merge.restore(state)


_DECODER = msgspec.json.Decoder(CandidateBatch)
