"""A partition that stands still behind the consumer's position is gone back to; one that works or waits is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from faust.types import TP

from streams.unread import Standstill

SOURCE = TP("requests", 0)


def told(looks: Sequence[tuple[float, int | None, int | None]]) -> list[tuple[float, int, int]]:
    """When to go back, to where and from where, for looks as (now, stage's offset, consumer's position)."""
    watch = Standstill()
    found: list[tuple[float, int, int]] = []
    for now_s, offset, position in looks:
        standing = {} if offset is None else {SOURCE: offset}
        found += [(now_s, *due) for due in watch.look(standing, {SOURCE: position}.get, now_s).values()]
    return found


def test_it_goes_back_once_for_a_run_that_reached_no_stage() -> None:
    """The stage stands at 10, the position at 90: after 15 s it is told, and with the same two never again."""
    assert told([(float(now), 10, 90) for now in range(100, 200, 5)]) == [(115.0, 10, 90)]


def test_what_is_lost_later_is_another_matter() -> None:
    """A stage that moved on, or a position that did, is told anew."""
    looks = [(float(now), 10, 90) for now in range(0, 30, 5)]
    looks += [(float(now), 10, 95) for now in range(30, 60, 5)]
    looks += [(float(now), 95, 120) for now in range(60, 90, 5)]
    assert [(offset, position) for _, offset, position in told(looks)] == [(10, 90), (10, 95), (95, 120)]


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param([(float(now), 90, 90) for now in range(0, 100, 5)], id="at the end of its log"),
        pytest.param([(float(now), now, now + 50) for now in range(0, 100, 5)], id="at work"),
        pytest.param([(float(now), 90, 10) for now in range(0, 100, 5)], id="reading again what it knows"),
        pytest.param([(float(now), 10, None) for now in range(0, 100, 5)], id="position being looked up"),
        pytest.param([(0.0, 10, 90), (60.0, 10, 90)], id="the machine stood still between two looks"),
        pytest.param(
            [(float(now), None if now % 10 else 10, 90) for now in range(0, 100, 5)], id="recovering in between"
        ),
    ],
)
def test_it_stays(looks: list[tuple[float, int | None, int | None]]) -> None:
    """Whoever reads, waits or recovers is left alone."""
    assert told(looks) == []
