"""Cuts: how far what was read has become durable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from faust.types import TP


class Cuts:
    """Offsets up to which each source partition's effects are durable; only these are ever committed."""

    def __init__(self) -> None:
        self._offsets: dict[TP, int] = {}

    def allow(self, tp: TP, offset: int) -> None:
        """Everything of ``tp`` below ``offset`` survives a crash."""
        self._offsets[tp] = offset

    def get(self, tp: TP) -> int | None:
        """The flushed cut of ``tp``, or ``None`` before its first flush here."""
        return self._offsets.get(tp)

    def past(self, committed: Mapping[TP, int | None]) -> bool:
        """Whether some cut lies past what is committed."""
        known = {tp: -1 if (place := committed.get(tp)) is None else place for tp in self._offsets}
        return any(offset > known[tp] for tp, offset in self._offsets.items())

    def forget(self, tps: set[TP]) -> None:
        """Drop revoked partitions: their next owner commits for them."""
        for tp in tps:
            self._offsets.pop(tp, None)

    def __iter__(self) -> Iterator[TP]:
        return iter(tuple(self._offsets))
