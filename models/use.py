"""One account's use of one anchor: what a trace tells of it, and the sums that an anchor keeps."""

from __future__ import annotations

from math import log1p
from struct import Struct
from typing import NamedTuple

import msgspec

from models.candidate import Member
from models.features import Flag
from models.stats.rhythm import COSINES, HOUR_MS, SINES
from models.stats.spread import LOG_STEPS

MAX_SAMPLED_CONTENTS = 64

_CONTENT_BYTES = 4
_TRACED_USE = Struct("<qHHHIBBHHBH")

# Plain numbers, since a test against an enumeration costs more than all else here.
_MULTI_TURN = int(Flag.MULTI_TURN)

#: Bytes of a packed ``TracedUse``.
TRACED_USE_BYTES = _TRACED_USE.size


class TracedUse(NamedTuple):
    """What one trace says about its account's use of the anchor."""

    effective_ms: int
    uses: int
    event_count: int
    output_tokens: int
    content: int
    cell: int
    flags: int = 0
    organization: int = 0
    companion: int = 0
    known_shells: int = 0
    habits: int = 0

    @classmethod
    def unpack(cls, packed: bytes) -> TracedUse:
        """Read the fields from ``TRACED_USE_BYTES`` bytes, little endian, without padding."""
        return cls._make(_TRACED_USE.unpack(packed))

    @classmethod
    def unpack_all(cls, packed: bytes) -> list[TracedUse]:
        """Read several, one after another."""
        return [cls._make(fields) for fields in _TRACED_USE.iter_unpack(packed)]


class Use(msgspec.Struct, array_like=True, gc=False):
    """One account's use of one anchor, as its traces told it; ``told_uses`` are those its last candidate named.

    ``contents`` holds four bytes and ``cells`` one byte a sampled content, at most ``MAX_SAMPLED_CONTENTS``.
    ``output_tokens`` sums over ``traces`` traced requests alone, of which ``repeats`` held a content sampled before;
    so do ``log_outputs`` (``LOG_STEPS * ln(1 + tokens)``), its squares, the flags and the hours' directions.
    ``companion`` is the last trace's other shell, 0 if none had one; ``known_shells`` sums over traces.
    ``organization`` is the last one told, 0 if none was, ``habits`` are the last ones (``models.habits``).
    """

    first_seen_ms: int
    last_seen_ms: int
    uses: int = 0
    event_count: int = 0
    output_tokens: int = 0
    traces: int = 0
    repeats: int = 0
    told_uses: int = 0
    contents: bytes = b""
    cells: bytes = b""
    log_outputs: int = 0
    log_outputs_squared: int = 0
    multi_turn: int = 0
    hour_cosines: int = 0
    hour_sines: int = 0
    companion: int = 0
    known_shells: int = 0
    organization: int = 0
    habits: int = 0

    def observe(self, traced: TracedUse) -> None:
        """Take the counters of a trace; an account that was forgotten and starts again does not lower them."""
        self.last_seen_ms = max(self.last_seen_ms, traced.effective_ms)
        if traced.uses > self.uses:
            self.uses, self.event_count = traced.uses, traced.event_count
        self.output_tokens += traced.output_tokens
        self.traces += 1
        steps = round(LOG_STEPS * log1p(traced.output_tokens))
        self.log_outputs += steps
        self.log_outputs_squared += steps * steps
        flags = traced.flags
        self.multi_turn += flags & _MULTI_TURN > 0
        hour = traced.effective_ms // HOUR_MS % len(COSINES)
        self.hour_cosines += COSINES[hour]
        self.hour_sines += SINES[hour]
        self.companion = traced.companion or self.companion
        self.known_shells += traced.known_shells
        self.organization = traced.organization or self.organization
        self.habits = traced.habits

    def keep(self, content: int, cell: int) -> None:
        """Add a content to the sample."""
        self.contents += content.to_bytes(_CONTENT_BYTES, "little")
        self.cells += bytes((cell,))

    def holds(self, content: int) -> bool:
        """Whether the sample holds this content."""
        return content in memoryview(self.contents).cast("I").tolist()

    def as_member(self, account_id: str) -> Member:
        """Give the form that goes into a candidate."""
        return Member(
            account_id=account_id,
            uses=self.uses,
            event_count=max(self.event_count, self.uses),
            output_tokens=self.output_tokens * self.uses // self.traces,
            first_seen_ms=self.first_seen_ms,
            last_seen_ms=self.last_seen_ms,
        )
