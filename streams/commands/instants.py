"""Times on the command line: dates, RFC 3339, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_SPAN = re.compile(r"(\d{1,5})([mhdw])")


class Instant(click.ParamType):
    """A date, whose beginning in UTC is meant, or RFC 3339; with ``sign`` also a time span like 90m, 24h, 7d or 2w.

    ``sign`` -1 counts the span back from now, +1 forward.
    """

    name = "time"

    def __init__(self, sign: int = 0) -> None:
        self._sign = sign

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it; click's usage error says what it should look like."""
        if isinstance(value, datetime):
            return value
        span = _SPAN.fullmatch(str(value)) if self._sign else None
        if span is not None:
            return datetime.now(UTC) + self._sign * int(span[1]) * _UNITS[span[2]]
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError:
            spans = ", no span like 24h or 7d" if self._sign else ""
            self.fail(f"{value!r} is no date like 2026-03-01{spans} and no time like 2026-03-01T12:00:00Z", param, ctx)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
