"""A worker whose commits stall must end; one that works, idles or waits out an outage must not."""

from __future__ import annotations

import pytest
from faust.types import TP

from streams.cuts import Cuts
from streams.stall import CommitWatch


def left_at(flushes: list[tuple[float, bool, float]], flush_interval_s: float = 2.0) -> list[float]:
    """Times at which a watch left, of flushes as (now, uncommitted, committed at)."""
    left: list[float] = []
    now_s = 0.0
    watch = CommitWatch(flush_interval_s, lambda: left.append(now_s))
    for now_s, uncommitted, committed_at_s in flushes:
        watch.flushed(uncommitted=uncommitted, committed_at_s=committed_at_s, now_s=now_s)
    return left


def test_it_leaves_when_flushes_go_on_for_a_minute_without_a_commit() -> None:
    """The last commit was at 100 s; flushes every 2 s end the worker soon after 160 s, not before."""
    assert left_at([(float(now), True, 100.0) for now in range(100, 164, 2)]) == [162.0]


def test_a_long_flush_interval_is_no_outage_and_gets_more_time() -> None:
    """With flushes every minute a worker is ended after five of them without a commit."""
    assert left_at([(60.0 * minute, True, 60.0) for minute in range(1, 8)], 60.0) == [420.0]


@pytest.mark.parametrize(
    "flushes",
    [
        pytest.param([(float(now), True, now - 3.0) for now in range(100, 400, 2)], id="commits follow flushes"),
        pytest.param([(float(now), False, 100.0) for now in range(100, 400, 2)], id="nothing to commit"),
        pytest.param([(float(now), now > 350, 100.0) for now in range(100, 400, 2)], id="idle before it"),
        pytest.param(
            [(float(now), True, 100.0) for now in (100, 102, 700, 702, 704)], id="brokers were away for ten minutes"
        ),
        pytest.param([(float(now), True, 0.0) for now in range(500, 560, 2)], id="just started"),
    ],
)
def test_it_stays(flushes: list[tuple[float, bool, float]]) -> None:
    """Whatever lets commits wait for a good reason does not end the worker."""
    assert left_at(flushes) == []


def test_cuts_are_past_what_is_committed_until_it_reaches_them() -> None:
    """A partition without a commit is behind from its first cut on, also at offset 0."""
    cuts, tp = Cuts(), TP("requests.v1", 0)
    assert not cuts.past({})
    cuts.allow(tp, 0)
    assert cuts.past({})
    assert cuts.past({tp: None})
    assert not cuts.past({tp: 0})
    cuts.allow(tp, 7)
    assert cuts.past({tp: 6})
    assert not cuts.past({tp: 7})
