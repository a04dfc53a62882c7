"""Anchors that wait for enough accounts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.trace import TRACE
from models.use import TRACED_USE_BYTES, TracedUse
from models.waiting import MAX_TRACES, WaitingAnchors, packed_uses
from tests.models.synthetic_traces import stamp


def packed(effective_ms: int, uses: int = 2) -> bytes:
    """One packed trace at a time."""
    traces = np.zeros(1, dtype=TRACE)
    traces["uses"] = uses
    stamp(traces, [effective_ms])
    return packed_uses(traces)[0]


def test_a_packed_trace_is_read_as_it_was_written() -> None:
    """Every field keeps its place and its largest value, and zeros at the end are kept."""
    traces = np.zeros(2, dtype=TRACE)
    named = {
        "content": 2**32 - 1, "uses": 65_535, "events": 65_534, "output_tokens": 65_533,
        "organization": 65_532, "companion": 65_531, "cell": 255, "flags": 254, "known_shells": 253,
        "habits": 65_530,
    }  # fmt: skip
    for column, value in named.items():
        traces[0][column] = value
    stamp(traces, [1_000 * 2**31 + 999, 0])
    first, second = packed_uses(traces)
    assert len(first) == TRACED_USE_BYTES == 27
    assert TracedUse.unpack(first) == TracedUse(
        1_000 * 2**31 + 999,
        65_535,
        65_534,
        65_533,
        2**32 - 1,
        255,
        flags=254,
        organization=65_532,
        companion=65_531,
        known_shells=253,
        habits=65_530,
    )
    assert TracedUse.unpack_all(first + second) == [TracedUse.unpack(first), TracedUse(0, 0, 0, 0, 0, 0)]


def test_the_traces_of_enough_accounts_are_given_back_once() -> None:
    """They come in order, by account, with the trace that made them enough; the anchor then starts anew."""
    waiting = WaitingAnchors(enough=2)
    assert waiting.observe(7, "a", packed(1)) is None
    assert waiting.observe(7, "a", packed(2)) is None
    assert waiting.observe(7, "b", packed(3)) == {"a": packed(1) + packed(2), "b": packed(3)}
    assert len(waiting) == 0


def test_an_account_is_kept_by_its_last_traces() -> None:
    """However many traces an account leaves, alone or among few, the kept ones are bounded."""
    waiting = WaitingAnchors(enough=3)
    for account_id in ("a", "b"):
        for time_ms in range(100):
            waiting.observe(7, account_id, packed(time_ms))
    found = waiting.observe(7, "c", packed(100))
    assert found is not None
    kept = b"".join(packed(time_ms) for time_ms in range(100 - MAX_TRACES, 100))
    assert found == {"a": kept, "b": kept, "c": packed(100)}
    assert len(kept) == MAX_TRACES * TRACED_USE_BYTES


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9), st.sampled_from("ab")), min_size=1, max_size=40),
    st.integers(1, 9),
    st.booleans(),
)
def test_the_longest_unseen_are_forgotten(seen: list[tuple[int, int, str]], count: int, restart: bool) -> None:
    """They go by (last seen, key), whatever the order within an instant, and the same after a restart."""
    waiting = WaitingAnchors(enough=3)
    last: dict[int, int] = {}
    now_ms = 0
    for later_ms, anchor, account_id in seen:
        now_ms += later_ms
        waiting.observe(anchor, account_id, packed(now_ms))
        last[anchor] = now_ms
    if restart:
        rows = {anchor: (b"key", waiting.row(anchor) or b"") for anchor in last}
        waiting = WaitingAnchors(enough=3)
        waiting.restore(rows)
    count = min(count, len(last))
    forgotten = waiting.forget_oldest(count)
    expected = sorted(last, key=lambda anchor: (last[anchor], anchor))[:count]
    assert sorted(forgotten) == sorted(expected)
    assert sorted(waiting) == sorted(set(last) - set(expected))
