"""Runs that were fetched and reached no stage: the position lies past them, and no later record tells that they miss.

A later record of the partition would (``Step.run`` goes back for what a fetch skipped). At the end of a log nothing
comes, and both the stage and the consumer would stand there until the next restart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from faust.types import TP

from streams.feed import Feed
from streams.metrics import Metrics
from streams.step import Step

log = structlog.get_logger(__name__)

_STILL_S = 15.0
# Time alone would be up at once on a machine that stood still.
_LOOKS = 3


class _Stand(NamedTuple):
    offset: int
    since_s: float
    looks: int


class Standstill:
    """Finds partitions that stood still for 15 s (three looks) although the consumer's position lies past them."""

    def __init__(self) -> None:
        self._stands: dict[TP, _Stand] = {}
        self._told: dict[TP, tuple[int, int]] = {}

    def look(
        self, standing: Mapping[TP, int], position_of: Callable[[TP], int | None], now_s: float
    ) -> dict[TP, tuple[int, int]]:
        """Offset to go back to and position of each partition that is due; the same two are told once only.

        What was deleted from a log leaves no run to read again, and the position would come to lie there each time.
        Transaction markers do not: a run without records moves a stage past them. Cost: O(partitions).
        """
        due: dict[TP, tuple[int, int]] = {}
        stands: dict[TP, _Stand] = {}
        for tp, offset in standing.items():
            position = position_of(tp)
            if position is None or position <= offset:
                continue
            before = self._stands.get(tp)
            still = before is not None and before.offset == offset
            stand = _Stand(offset, before.since_s, before.looks + 1) if before and still else _Stand(offset, now_s, 1)
            stands[tp] = stand
            if stand.looks < _LOOKS or now_s - stand.since_s < _STILL_S or self._told.get(tp) == (offset, position):
                continue
            due[tp] = self._told[tp] = offset, position
            del stands[tp]
        self._stands = stands
        self._told = {tp: told for tp, told in self._told.items() if tp in standing}
        return due


class UnreadWatch:
    """Goes back for runs that reached no stage; stages and the decision drop what they know already.

    A look follows a flush, and a flush waits its turn among the batches of each stage: who stands still over several
    has no batch waiting. If one had, its records would be read twice, and passed over the second time.
    """

    def __init__(self, readers: Sequence[Step | Feed], metrics: Metrics) -> None:
        self._readers = readers
        self._metrics = metrics
        self._standstill = Standstill()

    async def look(self, consumer: Any, now_s: float) -> None:
        """Look at every partition read here; ``now_s`` is monotonic."""
        owned, committed = set(consumer.assignment()), consumer.committed()
        names: dict[TP, str] = {}
        standing: dict[TP, int] = {}
        for reader in self._readers:
            stands = reader.standing(owned, committed)
            standing |= stands
            names |= dict.fromkeys(stands, reader.name)
        for tp, (offset, position) in self._standstill.look(standing, consumer.position_now, now_s).items():
            log.warning(
                "records_reached_no_stage",
                topic=tp.topic,
                partition=tp.partition,
                from_offset=offset,
                to_offset=position,
                mend="none needed: they are read again",
            )
            self._metrics.holes.labels(names[tp]).inc()
            await consumer.seek(tp, offset)
