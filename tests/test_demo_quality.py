"""What the demo promises, under several seeds: everyone who harvests loudly, nobody innocent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.demo_days import LEAST_MEMBERS, judge_day

#: Looked at while the rules of naming were settled, as others were (README).
SEEDS = range(901, 906)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_demo_names_the_harvesters_and_nobody_else(tmp_path: Path, seed: int) -> None:
    """The loud account and at least 45 of the 60 campaign members are named, and no innocent account."""
    day = judge_day(seed, tmp_path)
    assert day.loud
    assert day.members >= LEAST_MEMBERS
    assert day.innocents == []
