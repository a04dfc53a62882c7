"""What differs between what should be in Grafana and what is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

#: Never shown: a webhook's address may be all that it takes to write to it.
_SECRET_PATHS = ("$.settings.url",)
_SHOWN_LENGTH = 200


class Difference(msgspec.Struct, frozen=True):
    """One place, as a path like ``$.panels[3].title``, with short forms of what is there and what should be."""

    path: str
    found: str
    wanted: str


def differences(wanted: Any, found: Any) -> list[Difference]:
    """Places where ``found`` is not as wanted. Fields that only ``found`` has are Grafana's own and do not count.

    Lists must have the same length: what was added by hand to one is a difference. A webhook's
    address is compared but not shown.

    >>> differences({"title": "A", "panels": [1, 2]}, {"title": "A", "panels": [1], "version": 4})
    [Difference(path='$.panels', found='1 items', wanted='2 items')]
    """
    return list(_walk(wanted, found, "$"))


def _walk(wanted: Any, found: Any, path: str) -> Iterator[Difference]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name, value in wanted.items():
            yield from _walk(value, found.get(name), f"{path}.{name}")
    elif isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            yield Difference(path, f"{len(found)} items", f"{len(wanted)} items")
            return
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _walk(one, other, f"{path}[{index}]")
    elif wanted != found and not _both_empty(wanted, found):
        hidden = path in _SECRET_PATHS
        yield Difference(path, "(hidden)", "(hidden)") if hidden else Difference(path, _short(found), _short(wanted))


def _both_empty(wanted: Any, found: Any) -> bool:
    # Grafana drops what is empty, and gives back an empty value for what was left out.
    return wanted in (None, "", [], {}, False, 0) and found in (None, "", [], {}, False, 0)


def _short(value: Any) -> str:
    text = "nothing" if value is None else msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"
