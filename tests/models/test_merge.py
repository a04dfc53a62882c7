"""The merge of several sources."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.merge import Arrival, BucketMerge

BUCKET_MS = 10


def arrival(
    offset: int, source: int, start: int, times: list[int], watermark_ms: int, through: int | None = None
) -> Arrival[str]:
    """A message with one item a position, named by source and position."""
    through = start + len(times) if through is None else through
    positions = np.arange(start, start + len(times))
    return Arrival(
        offset, source, start, through, watermark_ms, np.array(times, dtype=np.int64), positions, f"{source}@{start}"
    )


def closed(merge: BucketMerge[str]) -> list[tuple[int, list[tuple[str, int]]]]:
    """What closes now, as plain values."""
    return [(bucket.end_ms, bucket.items) for bucket in merge.close()]


def test_a_bucket_waits_for_every_source() -> None:
    """A bucket closes only when the slowest source's watermark has passed its end."""
    merge: BucketMerge[str] = BucketMerge(2, BUCKET_MS)
    merge.push(arrival(0, 0, 0, [1, 3], 25))
    assert closed(merge) == []
    merge.push(arrival(1, 1, 0, [2], 10))
    assert closed(merge) == [(10, [("0@0", 0), ("1@0", 0), ("0@0", 1)])]


def test_ties_follow_source_then_position() -> None:
    """Items effective at the same instant come in the order of their sources, then of their positions."""
    merge: BucketMerge[str] = BucketMerge(2, BUCKET_MS)
    merge.push(arrival(0, 1, 0, [5, 5], 10))
    merge.push(arrival(1, 0, 0, [5], 10))
    assert closed(merge) == [(10, [("0@0", 0), ("1@0", 0), ("1@0", 1)])]


def test_repeated_positions_are_dropped() -> None:
    """A source that sends positions again after a crash, cut into other messages, adds nothing."""
    merge: BucketMerge[str] = BucketMerge(1, BUCKET_MS)
    merge.push(arrival(0, 0, 0, [1, 2, 3], 3))
    merge.push(arrival(1, 0, 1, [2, 3, 4], 10))
    assert closed(merge) == [(10, [("0@0", 0), ("0@0", 1), ("0@0", 2), ("0@1", 2)])]


def test_a_hole_in_a_source_is_an_error() -> None:
    """Positions that were never received stop the merge instead of being passed over."""
    merge: BucketMerge[str] = BucketMerge(1, BUCKET_MS)
    merge.push(arrival(0, 0, 0, [1], 3))
    with pytest.raises(ValueError, match="positions from 1 on were never received"):
        merge.push(arrival(1, 0, 2, [4], 10))


def test_an_unknown_source_is_an_error() -> None:
    """A source number beyond the configured partitions names the setting to check."""
    merge: BucketMerge[str] = BucketMerge(1, BUCKET_MS)
    with pytest.raises(ValueError, match="check `partitions`"):
        merge.push(arrival(0, 1, 0, [1], 3))


@st.composite
def sources(draw: st.DrawFn) -> list[list[Arrival[str]]]:
    """Messages of two sources, items late by at most the watermark's distance."""
    made = []
    for source in range(2):
        messages, position, watermark = [], 0, 0
        for _ in range(draw(st.integers(1, 6))):
            times = draw(st.lists(st.integers(watermark, watermark + 40), max_size=4))
            watermark += draw(st.integers(0, 30))
            times = [max(time, watermark) if draw(st.booleans()) else time for time in times]
            messages.append(arrival(0, source, position, times, watermark))
            position += len(times)
        made.append(messages)
    return made


def interleaved(data: st.DataObject, messages: list[list[Arrival[str]]]) -> list[Arrival[str]]:
    """One order of arrival that keeps each source's own."""
    queues = [list(queue) for queue in messages]
    order: list[Arrival[str]] = []
    while any(queues):
        queue = data.draw(st.sampled_from([queue for queue in queues if queue]))
        message = queue.pop(0)
        order.append(
            Arrival(
                len(order), message.source, message.from_position, message.through_position, message.watermark_ms,
                message.effective_ms, message.positions, message.payload,
            )
        )  # fmt: skip
    return order


@given(sources(), st.data())
def test_arrival_order_changes_nothing(messages: list[list[Arrival[str]]], data: st.DataObject) -> None:
    """Whatever the interleaving of the sources and the moments of closing, the same items come in the same order."""
    outcomes = []
    for _ in range(2):
        merge: BucketMerge[str] = BucketMerge(2, BUCKET_MS)
        items: list[tuple[str, int]] = []
        for message in interleaved(data, messages):
            merge.push(message)
            if data.draw(st.booleans()):
                items += [item for _, bucket in closed(merge) for item in bucket]
        items += [item for _, bucket in closed(merge) for item in bucket]
        outcomes.append(items)
    assert outcomes[0] == outcomes[1]


@given(sources(), st.data())
def test_restoring_repeats_and_loses_nothing(messages: list[list[Arrival[str]]], data: st.DataObject) -> None:
    """A merge restored from its state, fed again from the state's offset on, continues where the other stood."""
    order = interleaved(data, messages)
    whole: BucketMerge[str] = BucketMerge(2, BUCKET_MS)
    expected = []
    for message in order:
        whole.push(message)
        expected += [item for _, bucket in closed(whole) for item in bucket]
    cut = data.draw(st.integers(0, len(order)))
    first: BucketMerge[str] = BucketMerge(2, BUCKET_MS)
    found = []
    for message in order[:cut]:
        first.push(message)
        found += [item for _, bucket in closed(first) for item in bucket]
    second: BucketMerge[str] = BucketMerge(2, BUCKET_MS, first.state())
    for message in order[first.state().next_offset :]:
        second.push(message)
        found += [item for _, bucket in closed(second) for item in bucket]
    assert found == expected
