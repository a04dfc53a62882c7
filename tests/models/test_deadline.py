"""Deadlines in event time."""

from hypothesis import given
from hypothesis import strategies as st

from models.deadline import Deadlines

KEYS = st.sampled_from([("account", "a"), ("account", "b"), ("campaign", "a"), ("group", "z")])
STEPS = st.lists(st.tuples(KEYS, st.integers(0, 50) | st.none()), max_size=40)


@given(STEPS, st.integers(0, 60))
def test_deadlines_come_in_order_of_time_and_key(steps: list[tuple[tuple[str, str], int | None]], now_ms: int) -> None:
    """Whatever was set, moved and dropped before, ``pop`` gives what is due now, by time, then key, each once."""
    deadlines, expected = Deadlines(), dict[tuple[str, str], int]()
    for key, due_ms in steps:
        if due_ms is None:
            deadlines.drop(key)
            expected.pop(key, None)
        else:
            deadlines.set(key, due_ms)
            expected[key] = due_ms
    found = []
    while (item := deadlines.pop(now_ms)) is not None:
        found.append(item)
    assert found == sorted((due_ms, key) for key, due_ms in expected.items() if due_ms <= now_ms)
