"""One anchor shared by several accounts: its members, a sample of what they filled it with, and running counts."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

import msgspec

from models.candidate import Member
from models.group_evidence import GroupStatistics, use_share_millionths
from models.trace import Link

MAX_MEMBERS = 1_000
MAX_SAMPLED_CONTENTS = 64

#: Smallest account hashes kept by the distinct-account estimate: a standard error of 1/sqrt(254), or 6 %.
DISTINCT_HASHES = 256

_CONTENT_BYTES = 4
_MILLIONTHS = 1_000_000
_TRACED_USE = Struct("<qIHHIB")

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
    ``output_tokens`` sums over ``traces`` traced requests alone, of which ``repeats`` held a content sampled before.
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

    def observe(self, traced: TracedUse) -> None:
        """Take the counters of a trace; an account that was forgotten and starts again does not lower them."""
        self.last_seen_ms = max(self.last_seen_ms, traced.effective_ms)
        if traced.uses > self.uses:
            self.uses, self.event_count = traced.uses, traced.event_count
        self.output_tokens += traced.output_tokens
        self.traces += 1

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


class AnchorHead(msgspec.Struct, array_like=True):
    """What an anchor keeps besides its members: enough to rebuild everything else."""

    last_seen_ms: int
    touched: bool
    passing: dict[str, Use]
    distinct: list[int]


class Anchor:
    """Keeps up to ``MAX_MEMBERS`` accounts in full and an estimate of how many there are beyond.

    Accounts beyond the kept ones do not enter the counts; those seen in the open bucket (``passing``) are still named
    in its candidate. All counts are integers and follow from the members, so a rebuilt anchor equals the original.
    Cost of a trace: O(size of the account's sample); of ``statistics``: O(1).
    """

    def __init__(self, link: Link, member_min_uses: int) -> None:
        self.link = link
        self.members: dict[str, Use] = {}
        self.head = AnchorHead(0, False, {}, [])
        self.untold: set[str] = set()
        self._member_min_uses = member_min_uses
        self._qualifying = self._uses = self._event_count = self._share_millionths = 0
        self._output_tokens = self._traces = self._repeats = 0
        self._holders: Counter[int] = Counter()
        self._cells: Counter[int] = Counter()
        self._samples = self._within_pairs = self._between_pairs = 0
        self._within_matches = self._between_matches = self._between_recurrences = 0

    def restore(self, account_id: str, use: Use) -> None:
        """Put in a member as it was dumped."""
        self.members[account_id] = use
        contents, cells = use.contents, use.cells
        use.contents = use.cells = b""
        for content, cell in zip(memoryview(contents).cast("I").tolist(), cells, strict=True):
            self._sample(use, content, cell)
        self._count(use, 1)
        self._note_untold(account_id, use)

    def observe(self, account_id: str, traced: TracedUse) -> bool:
        """Take one trace; say whether its account is among the kept members."""
        self.head.last_seen_ms = max(self.head.last_seen_ms, traced.effective_ms)
        self.head.touched = True
        use = self.members.get(account_id)
        if use is None and len(self.members) >= MAX_MEMBERS:
            self._observe_passing(account_id, traced)
            return False
        if use is None:
            use = self.members[account_id] = Use(traced.effective_ms, traced.effective_ms)
        else:
            self._count(use, -1)
        use.observe(traced)
        self._sample(use, traced.content, traced.cell)
        self._count(use, 1)
        self._note_untold(account_id, use)
        return True

    def _observe_passing(self, account_id: str, traced: TracedUse) -> None:
        if not self.head.distinct:
            for kept in self.members:
                self._count_distinct(kept)
        self._count_distinct(account_id)
        passing = self.head.passing
        if account_id in passing or len(passing) < MAX_MEMBERS:
            passing.setdefault(account_id, Use(traced.effective_ms, traced.effective_ms)).observe(traced)

    def _count_distinct(self, account_id: str) -> None:
        # The k-th smallest of uniform hashes tells how many there are (Bar-Yossef et al., RANDOM 2002).
        hashed = int.from_bytes(blake2b(account_id.encode(), digest_size=8).digest(), "little")
        smallest = self.head.distinct
        at = bisect_left(smallest, hashed)
        if at < DISTINCT_HASHES and smallest[at : at + 1] != [hashed]:
            smallest.insert(at, hashed)
            del smallest[DISTINCT_HASHES:]

    def _count(self, use: Use, sign: int) -> None:
        self._output_tokens += sign * use.output_tokens
        self._traces += sign * use.traces
        self._repeats += sign * use.repeats
        if use.uses >= self._member_min_uses:
            self._qualifying += sign
            self._uses += sign * use.uses
            self._event_count += sign * max(use.event_count, use.uses)
            self._share_millionths += sign * use_share_millionths(use.uses, use.event_count)

    def _sample(self, use: Use, content: int, cell: int) -> None:
        # Almost every content is new to the whole anchor; only then is the account's own sample worth a search.
        if content in self._holders and use.holds(content):
            use.repeats += 1
            return
        own, own_matches = len(use.cells), use.cells.count(cell)
        if own >= MAX_SAMPLED_CONTENTS:
            return
        use.keep(content, cell)
        self._within_pairs += own
        self._within_matches += own_matches
        self._between_pairs += self._samples - own
        self._between_matches += self._cells[cell] - own_matches
        self._between_recurrences += self._holders[content]
        self._samples += 1
        self._cells[cell] += 1
        self._holders[content] += 1

    def _note_untold(self, account_id: str, use: Use) -> None:
        if use.uses >= self._member_min_uses and use.uses >= 2 * use.told_uses:
            self.untold.add(account_id)

    @property
    def account_count(self) -> int:
        """Qualifying accounts; beyond the kept ones an estimate."""
        smallest = self.head.distinct
        if len(smallest) < DISTINCT_HASHES:
            return self._qualifying
        return max(self._qualifying, (DISTINCT_HASHES - 1) * 2**64 // (smallest[-1] + 1))

    @property
    def event_count(self) -> int:
        """Uses of the anchor with different content over the kept qualifying members."""
        return self._uses

    @property
    def member_event_count(self) -> int:
        """All requests of the kept qualifying members."""
        return self._event_count

    @property
    def output_tokens(self) -> int:
        """Estimated output tokens of those uses."""
        return self._output_tokens * self._uses // self._traces if self._traces else 0

    def statistics(self) -> GroupStatistics:
        """Give what ``group_signals`` weighs."""
        qualifying = max(self._qualifying, 1)
        return GroupStatistics(
            link=self.link,
            accounts=self.account_count,
            mean_uses=self._uses / qualifying,
            mean_share=self._share_millionths / _MILLIONTHS / qualifying,
            mean_output_tokens=self._output_tokens / max(self._traces, 1),
            traces=self._traces,
            repeats=self._repeats,
            between_pairs=self._between_pairs,
            between_recurrences=self._between_recurrences,
            between_matches=self._between_matches,
            within_pairs=self._within_pairs,
            within_matches=self._within_matches,
        )
