"""One anchor shared by several accounts: its members, a sample of what they filled it with, and running counts."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from models.group_statistics import GroupStatistics, log_share, use_share, use_share_millionths
from models.habits import HABITS, levels
from models.stats.rhythm import CIRCLE
from models.trace import Link
from models.use import MAX_SAMPLED_CONTENTS, TracedUse, Use

MAX_MEMBERS = 1_000

#: Smallest account hashes kept by the distinct-account estimate: a standard error of 1/sqrt(254), or 6 %.
DISTINCT_HASHES = 256

_NO_HABITS = (0,) * len(HABITS)
_MILLIONTHS = 1_000_000
_MINUTE_MS = 60_000

#: An anchor is looked at again when its traces have grown by this part.
_GROWTH_PER_LOOK = 10


class AnchorHead(msgspec.Struct, array_like=True):
    """What an anchor keeps besides its members: enough to rebuild everything else.

    ``passing`` are accounts beyond the kept ones since the last look, ``passed`` all their traces ever.
    """

    last_seen_ms: int
    touched: bool
    passing: dict[str, Use]
    distinct: list[int]
    next_look: int = 0
    budget_share: float = 0.0
    passed: int = 0


class Anchor:
    """Keeps up to ``MAX_MEMBERS`` accounts in full and an estimate of how many there are beyond.

    Accounts beyond the kept ones do not enter the counts; those seen since the last look (``passing``) are still named
    at the next. All counts are integers and follow from the members, so a rebuilt anchor equals the original.
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
        self.head.passed += 1
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

    def look(self) -> bool:
        """Whether its traces grew enough since the last look to weigh it again; if so, that counts as a look.

        It is also looked at when no further passing account could be noted.
        """
        traces = self._traces + self.head.passed
        if traces < self.head.next_look and len(self.head.passing) < MAX_MEMBERS:
            return False
        self.head.next_look = traces + 1 + traces // _GROWTH_PER_LOOK
        return True

    def statistics(self) -> GroupStatistics:
        """Sum up what the group model reads. Cost: about 3 microseconds a kept member."""
        members = self.members.values()
        count = max(len(members), 1)
        earliest_ms = min((use.first_seen_ms for use in members), default=0)
        starts = [(use.first_seen_ms - earliest_ms) // _MINUTE_MS for use in members]
        users = [use for use in members if use.uses >= self._member_min_uses]
        qualifying = max(len(users), 1)
        log_shares = [log_share(use.uses, use.event_count) for use in users]
        shares = sorted(use_share(use.uses, use.event_count) for use in users)
        sizes = Counter(use.organization for use in users if use.organization)
        directions = CIRCLE * max(self._traces, 1)
        return GroupStatistics(
            link=self.link,
            accounts=self.account_count,
            members=count,
            mean_uses=self._uses / qualifying,
            mean_share=self._share_millionths / _MILLIONTHS / qualifying,
            traces=self._traces,
            repeats=self._repeats,
            between_pairs=self._between_pairs,
            between_recurrences=self._between_recurrences,
            between_matches=self._between_matches,
            within_pairs=self._within_pairs,
            within_matches=self._within_matches,
            log_outputs=sum(use.log_outputs for use in members),
            log_outputs_squared=sum(use.log_outputs_squared for use in members),
            multi_turn=sum(use.multi_turn for use in members),
            hour_cosine=sum(use.hour_cosines for use in members) / directions,
            hour_sine=sum(use.hour_sines for use in members) / directions,
            companions=_same_pairs(use.companion for use in users),
            known_shells=sum(use.known_shells for use in members),
            log_shares=sum(log_shares),
            log_shares_squared=sum(share * share for share in log_shares),
            qualifying=len(users),
            lowest_share=shares[len(shares) // 4] if shares else 0.0,
            earliest_ms=earliest_ms,
            latest_ms=max(self.head.last_seen_ms, earliest_ms),
            first_minutes=sum(starts),
            first_minutes_squared=sum(start * start for start in starts),
            parties=len(sizes) + len(users) - sum(sizes.values()),
            largest_party=max(sizes.values(), default=0),
            habits=tuple(map(sum, zip(*(levels(use.habits) for use in users), strict=True))) or _NO_HABITS,
        )


def _same_pairs(hashes: Iterable[int]) -> tuple[int, int]:
    """Unordered pairs of equal known hashes, and all pairs."""
    counts = Counter(hashes)
    every = sum(counts.values())
    del counts[0]
    return sum(count * (count - 1) // 2 for count in counts.values()), every * (every - 1) // 2
