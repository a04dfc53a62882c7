from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.addressing import address
from tests.models.prompts import compiles


@compiles
@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 4)), max_size=30), st.integers(1, 5))
def test_each_target_gets_its_traces_in_order_and_its_accounts_as_they_appear(
    traces: list[tuple[int, int]], targets: int
) -> None:
    """Grouping by target keeps the order of traces, and an account's number is the place of its first trace's name."""
    keys = np.array([key for key, _ in traces], dtype=np.uint64)
    found = address(keys, np.array([account for _, account in traces], dtype=np.int64), targets, 5)
    for target in range(targets):
        expected = [index for index, (key, _) in enumerate(traces) if key % targets == target]
        first, last = found.bounds[target : target + 2]
        assert expected == found.order[first:last].tolist()
        names = list(dict.fromkeys(traces[index][1] for index in expected))
        assert names == found.names[slice(*found.name_bounds[target : target + 2])].tolist()
        assert [names.index(traces[index][1]) for index in expected] == found.numbers[first:last].tolist()
