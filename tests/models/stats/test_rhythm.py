from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.stats import ActiveHours, FadingRate

HOUR_MS = 3_600_000
HOURS = st.lists(st.integers(0, 200), min_size=1, max_size=40)


@settings(deadline=None)
@given(HOURS)
def test_active_hours_are_a_set_of_hours(hours: list[int]) -> None:
    """In any order, the share is that of the distinct hours among the last 64 of the account's life."""
    active = ActiveHours()
    for hour in hours:
        active.update(hour * HOUR_MS + 5)
    # A late event older than 64 hours cannot be marked, nor can it be in the window.
    window = min(64, max(hours) - min(hours) + 1)
    assert active.hours == window
    assert active.get() == len({hour for hour in hours if max(hours) - hour < window}) / window


@settings(deadline=None)
@given(HOURS, HOURS)
def test_merged_hours_are_the_union(left: list[int], right: list[int]) -> None:
    """Merged instances equal one that saw both streams."""
    first, second, both = ActiveHours(), ActiveHours(), ActiveHours()
    for hour in left:
        first.update(hour * HOUR_MS)
    for hour in right:
        second.update(hour * HOUR_MS)
    for hour in left + right:
        both.update(hour * HOUR_MS)
    first += second
    assert (first.get(), first.hours, first.bits) == (both.get(), both.hours, both.bits)


def test_merging_with_nothing_changes_nothing() -> None:
    """An instance without events is neutral on either side."""
    seen, empty = ActiveHours(), ActiveHours()
    seen.update(9 * HOUR_MS)
    seen += ActiveHours()
    empty += seen
    assert seen.get() == empty.get() == 1.0


def test_a_steady_rate_settles_and_a_pause_fades_it() -> None:
    """Ten events an hour read as 240 a day; ten days later one event reads as one."""
    rate = FadingRate()
    for i in range(10 * 24 * 14):
        rate.update(i * HOUR_MS // 10)
    assert rate.get() == pytest.approx(240, rel=0.01)
    rate.update((24 * 14 + 240) * HOUR_MS)
    assert rate.get() == pytest.approx(1.0, abs=0.02)


def test_a_burst_is_not_taken_for_a_day() -> None:
    """Fifty events within a minute are about fifty a day, not 72,000."""
    rate = FadingRate()
    for i in range(50):
        rate.update(i * 1_000)
    assert rate.get() == pytest.approx(50, rel=0.01)


def test_a_late_event_counts_in_full() -> None:
    """Time running backwards fades nothing and moves nothing back."""
    rate = FadingRate()
    rate.update(HOUR_MS)
    rate.update(0)
    assert (rate.get(), rate.last_ms) == (2.0, HOUR_MS)
