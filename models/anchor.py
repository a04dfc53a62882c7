"""One anchor shared by several accounts: its members, a sample of what they filled it with, and running counts."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from hashlib import blake2b

import msgspec

from models.group_statistics import GroupStatistics
from models.member_sums import TraceSums, UserSums
from models.stats.rhythm import CIRCLE
from models.trace import Link
from models.use import MAX_SAMPLED_CONTENTS, TracedUse, Use

MAX_MEMBERS = 1_000

#: Smallest account hashes kept by the distinct-account estimate: a standard error of 1/sqrt(254), or 6 %.
DISTINCT_HASHES = 256

_MILLIONTHS = 1_000_000
_MINUTE_MS = 60_000

#: An anchor is looked at again when its traces have grown by this part.
_GROWTH_PER_LOOK = 10


class AnchorHead(msgspec.Struct, array_like=True):
    """What an anchor keeps besides its members: enough to rebuild everything else.

    ``passing`` are accounts beyond the kept ones since the last look, ``passed`` all their traces ever. ``told`` says
    whether its evidence ever passed the low bar.
    """

    last_seen_ms: int
    touched: bool
    passing: dict[str, Use]
    distinct: list[int]
    next_look: int = 0
    budget_share: float = 0.0
    passed: int = 0
    told: bool = False


class Anchor:
    """Keeps up to ``MAX_MEMBERS`` accounts in full and an estimate of how many there are beyond.

    Accounts beyond the kept ones do not enter the counts; those seen since the last look (``passing``) are still named
    at the next. All counts are integers and follow from the members, so a rebuilt anchor equals the original.
    Cost of a trace: O(size of the account's sample); of ``statistics``: O(organisations).
    """

    def __init__(self, link: Link, member_min_uses: int) -> None:
        self.link = link
        self.members: dict[str, Use] = {}
        self.head = AnchorHead(0, False, {}, [])
        self.untold: set[str] = set()
        self._member_min_uses = member_min_uses
        self._sums, self._users = TraceSums(), UserSums()
        self._earliest_ms = self._first_minutes = self._first_minutes_squared = 0
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
        self._note_first(use)
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
            self._note_first(use)
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
        self._sums.count(use, sign)
        if use.uses >= self._member_min_uses:
            self._users.count(use, sign)

    def _note_first(self, use: Use) -> None:
        """Count when a member came, from the first of all on."""
        newcomers = [use]
        if len(self.members) == 1 or use.first_seen_ms < self._earliest_ms:
            self._earliest_ms, newcomers = use.first_seen_ms, list(self.members.values())
            self._first_minutes = self._first_minutes_squared = 0
        for each in newcomers:
            minutes = (each.first_seen_ms - self._earliest_ms) // _MINUTE_MS
            self._first_minutes += minutes
            self._first_minutes_squared += minutes * minutes

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
            return self._users.qualifying
        return max(self._users.qualifying, (DISTINCT_HASHES - 1) * 2**64 // (smallest[-1] + 1))

    @property
    def event_count(self) -> int:
        """Uses of the anchor with different content over the kept qualifying members."""
        return self._users.uses

    @property
    def member_event_count(self) -> int:
        """All requests of the kept qualifying members."""
        return self._users.event_count

    @property
    def output_tokens(self) -> int:
        """Estimated output tokens of those uses."""
        traces = self._sums.traces
        return self._sums.output_tokens * self._users.uses // traces if traces else 0

    def look(self) -> bool:
        """Whether its traces grew enough since the last look to weigh it again; if so, that counts as a look.

        It is also looked at when no further passing account could be noted.
        """
        traces = self._sums.traces + self.head.passed
        if traces < self.head.next_look and len(self.head.passing) < MAX_MEMBERS:
            return False
        self.head.next_look = traces + 1 + traces // _GROWTH_PER_LOOK
        return True

    def statistics(self) -> GroupStatistics:
        """Give what the group model reads. Cost: some 10 microseconds."""
        sums, users = self._sums, self._users
        qualifying = max(users.qualifying, 1)
        directions = CIRCLE * max(sums.traces, 1)
        return GroupStatistics(
            link=self.link,
            accounts=self.account_count,
            members=max(len(self.members), 1),
            mean_uses=users.uses / qualifying,
            mean_share=users.share_millionths / _MILLIONTHS / qualifying,
            traces=sums.traces,
            repeats=sums.repeats,
            between_pairs=self._between_pairs,
            between_recurrences=self._between_recurrences,
            between_matches=self._between_matches,
            within_pairs=self._within_pairs,
            within_matches=self._within_matches,
            log_outputs=sums.log_outputs,
            log_outputs_squared=sums.log_outputs_squared,
            multi_turn=sums.multi_turn,
            hour_cosine=sums.hour_cosines / directions,
            hour_sine=sums.hour_sines / directions,
            companions=(users.same_companions, users.qualifying * (users.qualifying - 1) // 2),
            known_shells=sums.known_shells,
            log_shares=users.log_shares,
            log_shares_squared=users.log_shares_squared,
            qualifying=users.qualifying,
            lowest_share=users.lowest_share,
            earliest_ms=self._earliest_ms,
            latest_ms=max(self.head.last_seen_ms, self._earliest_ms),
            first_minutes=self._first_minutes,
            first_minutes_squared=self._first_minutes_squared,
            parties=users.parties,
            largest_party=max(users.organizations.values(), default=0),
            habits=users.habits,
        )
