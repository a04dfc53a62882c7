"""Puts the batches of several sources into one order that does not depend on when they arrived."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from typing import Generic, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

Payload = TypeVar("Payload")
Int64s = npt.NDArray[np.int64]

#: The watermark of a source that has not spoken yet (every event is later than 1970).
NO_WATERMARK_MS = 0


class Arrival(msgspec.Struct, Generic[Payload], frozen=True, gc=False):
    """One message of one source: items with their effective times (ms) and source positions, both in source order.

    ``input_offset`` is the message's own offset in the topic it was read from. The message covers the source's
    positions ``from_position <= position < through_position``; after it no item is effective before ``watermark_ms``.
    """

    input_offset: int
    source: int
    from_position: int
    through_position: int
    watermark_ms: int
    effective_ms: Int64s
    positions: Int64s
    payload: Payload


class MergeState(msgspec.Struct, array_like=True):
    """What a merge must remember so that reading on from ``next_offset`` repeats and loses nothing."""

    next_offset: int
    closed_through_ms: int
    positions: list[int]
    watermarks_ms: list[int]


class Bucket(msgspec.Struct, Generic[Payload], frozen=True, gc=False):
    """One closed bucket: item ``i`` is at ``indices[i]`` in ``payloads[numbers[i]]``.

    Items are ordered by (time, source, position); every payload has at least one.
    """

    end_ms: int
    payloads: list[Payload]
    numbers: Int64s
    indices: Int64s

    @property
    def items(self) -> list[tuple[Payload, int]]:
        """Each item's payload and its index there, for the few items that are not gathered by column."""
        pairs = zip(self.numbers.tolist(), self.indices.tolist(), strict=True)
        return [(self.payloads[number], index) for number, index in pairs]


class BucketMerge(Generic[Payload]):
    """Buffers arrivals and releases them bucket by bucket of event time, each in (time, source, position) order.

    A bucket closes when the watermark of every source has passed its end, so its content is the same whatever the
    arrival order. Repeats (a source that was replayed after a crash sends the same positions again) are dropped by
    position. Nothing buffered needs to be saved: ``state()`` names the input offset from which reading on rebuilds it.

    Cost: O(buffered messages) per call of ``close`` that closes something; memory: the items of the open buckets.
    """

    def __init__(self, sources: int, bucket_ms: int, state: MergeState | None = None) -> None:
        if sources < 1 or bucket_ms < 1:
            raise ValueError(f"sources={sources}, bucket_ms={bucket_ms}: both must be at least 1")
        self._bucket_ms = bucket_ms
        self._pending: deque[Arrival[Payload]] = deque()
        self.restore(state or MergeState(0, 0, [0] * sources, [NO_WATERMARK_MS] * sources))

    def restore(self, state: MergeState) -> None:
        """Start over from a saved state; whatever was buffered is forgotten and must be read again."""
        self._pending.clear()
        self._released = MergeState(
            state.next_offset, state.closed_through_ms, list(state.positions), list(state.watermarks_ms)
        )
        self._positions = list(state.positions)
        self._watermarks_ms = list(state.watermarks_ms)
        self._next_offset = state.next_offset
        self._closed_through_ms = state.closed_through_ms

    @property
    def next_offset(self) -> int:
        """The input offset after the last one pushed."""
        return self._next_offset

    @property
    def closed_through_ms(self) -> int:
        """Every item effective before this instant was released."""
        return self._closed_through_ms

    @property
    def closable_ms(self) -> int:
        """Every item effective before this instant was released, or is as soon as ``close`` is called."""
        return max(self._closed_through_ms, min(self._watermarks_ms) // self._bucket_ms * self._bucket_ms)

    @property
    def newest_watermark_ms(self) -> int:
        """The largest watermark any source has sent (the time of a tick for an idle source)."""
        return max(self._watermarks_ms)

    @property
    def pending(self) -> int:
        """Messages still buffered."""
        return len(self._pending)

    def state(self) -> MergeState:
        """The state as of the first message that is still needed."""
        return MergeState(
            self._pending[0].input_offset if self._pending else self._next_offset,
            self._closed_through_ms,
            list(self._released.positions),
            list(self._released.watermarks_ms),
        )

    def skip_to(self, next_offset: int) -> None:
        """Move past input offsets that held no message (transaction markers, refused messages)."""
        self._next_offset = max(self._next_offset, next_offset)

    def push(self, arrival: Arrival[Payload]) -> None:
        """Take the next message of the input; one at an offset already taken is ignored."""
        if arrival.input_offset < self._next_offset:
            return
        source = arrival.source
        if not 0 <= source < len(self._positions):
            raise ValueError(f"source={source}: this topic has {len(self._positions)} sources; check `partitions`")
        if arrival.from_position > self._positions[source] > 0:
            raise ValueError(
                f"source {source}: message at offset {arrival.input_offset} starts at position "
                f"{arrival.from_position}, but positions from {self._positions[source]} on were never received"
            )
        fresh = (arrival.positions >= self._positions[source]) & (arrival.effective_ms >= self._closed_through_ms)
        kept = np.flatnonzero(fresh)
        self._pending.append(
            Arrival(
                arrival.input_offset,
                source,
                arrival.from_position,
                arrival.through_position,
                arrival.watermark_ms,
                arrival.effective_ms[kept],
                kept,
                arrival.payload,
            )
        )
        self._next_offset = arrival.input_offset + 1
        self._positions[source] = max(self._positions[source], arrival.through_position)
        self._watermarks_ms[source] = max(self._watermarks_ms[source], arrival.watermark_ms)

    def close(self) -> Iterator[Bucket[Payload]]:
        """Yield the buckets that every source has passed, in order; empty ones are passed over.

        The caller must consume the iterator before it calls anything else on this object.
        """
        boundary_ms = min(self._watermarks_ms) // self._bucket_ms * self._bucket_ms
        if boundary_ms <= self._closed_through_ms:
            return
        for bucket in self._buckets_before(boundary_ms):
            self._closed_through_ms = bucket.end_ms
            yield bucket
        self._closed_through_ms = boundary_ms
        self._release()

    def _buckets_before(self, boundary_ms: int) -> Iterator[Bucket[Payload]]:
        pending = list(self._pending)
        if not pending:
            return
        effective = np.concatenate([arrival.effective_ms for arrival in pending])
        due = np.flatnonzero((effective < boundary_ms) & (effective >= self._closed_through_ms))
        if not len(due):
            return
        times = effective[due]
        numbers = np.repeat(np.arange(len(pending)), [len(arrival.positions) for arrival in pending])[due]
        # lexsort is stable and arrivals stand in source order, so ties keep the order of their positions.
        order = np.lexsort((np.array([arrival.source for arrival in pending])[numbers], times))
        items = np.concatenate([arrival.positions for arrival in pending])[due[order]]
        times, numbers = times[order], numbers[order]
        starts = times // self._bucket_ms * self._bucket_ms
        cuts = [0, *(np.flatnonzero(np.diff(starts)) + 1).tolist(), len(starts)]
        place = np.empty(len(pending), dtype=np.int64)
        for first, last in pairwise(cuts):
            used = np.flatnonzero(np.bincount(numbers[first:last]))
            place[used] = np.arange(len(used))
            payloads = [pending[number].payload for number in used.tolist()]
            yield Bucket(int(starts[first]) + self._bucket_ms, payloads, place[numbers[first:last]], items[first:last])

    def _release(self) -> None:
        while self._pending and (self._pending[0].effective_ms < self._closed_through_ms).all():
            arrival = self._pending.popleft()
            source = arrival.source
            self._released.positions[source] = max(self._released.positions[source], arrival.through_position)
            self._released.watermarks_ms[source] = max(self._released.watermarks_ms[source], arrival.watermark_ms)
