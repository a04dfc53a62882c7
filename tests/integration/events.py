"""Simulated events as records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import orjson


def encoded(events: Iterable[Mapping[str, Any]], limit: int | None = None) -> list[tuple[bytes | None, bytes]]:
    """Key and value of each event, at most ``limit`` of them."""
    return [(str(event["account_id"]).encode(), orjson.dumps(event)) for event in islice(events, limit)]
