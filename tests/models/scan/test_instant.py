"""Times that the kernel reads must be those that the event's definition reads."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.event import epoch_ms
from models.scan.instant import after_instant

#: Hypothesis takes bounds without a zone.
FIRST = datetime(1970, 1, 1)  # noqa: DTZ001


def _read(text: str) -> int | None:
    """Epoch milliseconds of a time, ``None`` where the kernel gives up."""
    raw = b'"' + text.encode() + b'",'
    end, instant_ms = after_instant(np.frombuffer(raw + bytes(64), dtype=np.uint8), np.uint64(1))
    assert int(end) in (0, len(raw) - 1)
    return int(instant_ms) if int(end) else None


@settings(max_examples=300, deadline=None)
@given(
    instant=st.datetimes(FIRST, timezones=st.just(UTC)),
    zone=st.sampled_from(["Z", "+00:00"]),
)
def test_every_time_in_utc_is_read_to_the_millisecond(instant: datetime, zone: str) -> None:
    """From 1970 to 9999, with or without decimals."""
    assert _read(instant.isoformat().replace("+00:00", zone)) == epoch_ms(instant)


@pytest.mark.parametrize("year", [1972, 1999, 2000, 2024, 2026, 2100, 2400])
def test_the_calendar_is_the_gregorian_one(year: int) -> None:
    """The last of February and the first of March, in leap years, in others and in those of a century."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    assert (_read(f"{year}-02-29T00:00:00Z") is not None) == leap
    assert _read(f"{year}-03-01T00:00:00Z") == epoch_ms(datetime(year, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "1969-12-31T23:59:59Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-04-00T00:00:00Z",
        "2026-04-01T24:00:00Z",
        "2026-04-01T00:60:00Z",
        "2026-04-01T00:00:60Z",
        "2026-04-01 00:00:00Z",
        "2026-04-01T00:00:00",
        "2026-04-01T00:00:00.Z",
        "2026-04-01T00:00:00.1234567Z",
        "2026-04-01T00:00:00+01:00",
        "2026-04-01T00:00:00-00:00",
        "2026-4-1T00:00:00Z",
        "",
    ],
)
def test_what_is_unusual_is_left(text: str) -> None:
    """The kernel gives up; whether it is a time is for msgspec to say."""
    assert _read(text) is None
