"""Running sums over the accounts that use one anchor, so that a look at it need not visit them."""

from __future__ import annotations

from bisect import bisect_left, insort
from functools import lru_cache
from typing import NamedTuple

from models.group_statistics import log_share, use_share, use_share_millionths
from models.habits import HABITS, spread_levels, summed_levels
from models.use import Use

_NO_HABITS = (0,) * len(HABITS)


class _Share(NamedTuple):
    """What an account's share of requests adds to the sums."""

    millionths: int
    log_steps: int
    log_steps_squared: int
    share: float


# Few pairs of small counts make up most of what is seen: of a simulated week's 97 in a hundred were known.
@lru_cache(maxsize=16_384)
def _share(uses: int, event_count: int) -> _Share:
    steps = log_share(uses, event_count)
    return _Share(use_share_millionths(uses, event_count), steps, steps * steps, use_share(uses, event_count))


class TraceSums:
    """Sums over the traces of all members."""

    __slots__ = (
        "hour_cosines", "hour_sines", "known_shells", "log_outputs", "log_outputs_squared", "multi_turn",
        "output_tokens", "repeats", "traces",
    )  # fmt: skip

    def __init__(self) -> None:
        self.output_tokens = self.traces = self.repeats = self.log_outputs = self.log_outputs_squared = 0
        self.multi_turn = self.hour_cosines = self.hour_sines = self.known_shells = 0

    def count(self, use: Use, sign: int) -> None:
        """Add a member's sums, or with a sign of -1 take them away."""
        self.output_tokens += sign * use.output_tokens
        self.traces += sign * use.traces
        self.repeats += sign * use.repeats
        self.log_outputs += sign * use.log_outputs
        self.log_outputs_squared += sign * use.log_outputs_squared
        self.multi_turn += sign * use.multi_turn
        self.hour_cosines += sign * use.hour_cosines
        self.hour_sines += sign * use.hour_sines
        self.known_shells += sign * use.known_shells


class UserSums:
    """Sums over the members who use the anchor often enough to belong to its group; all are whole numbers.

    What ``models.group_statistics.GroupStatistics`` says of the qualifying members can be read off at any time. Cost:
    two microseconds to add or take away a member, more where its share was not seen of late, whatever their number.
    """

    __slots__ = (
        "_companions", "_habits", "_shares", "event_count", "log_shares", "log_shares_squared", "organizations",
        "organized", "qualifying", "same_companions", "share_millionths", "uses",
    )  # fmt: skip

    def __init__(self) -> None:
        self.qualifying = self.uses = self.event_count = self.share_millionths = 0
        self.log_shares = self.log_shares_squared = self.same_companions = self.organized = self._habits = 0
        self.organizations: dict[int, int] = {}
        self._companions: dict[int, int] = {}
        self._shares: list[float] = []

    def count(self, use: Use, sign: int) -> None:
        """Add a member who qualifies, or with a sign of -1 take it away as it was when it was added."""
        share = _share(use.uses, use.event_count)
        self.qualifying += sign
        self.uses += sign * use.uses
        self.event_count += sign * max(use.event_count, use.uses)
        self.share_millionths += sign * share.millionths
        self.log_shares += sign * share.log_steps
        self.log_shares_squared += sign * share.log_steps_squared
        self._habits += sign * spread_levels(use.habits)
        if sign > 0:
            insort(self._shares, share.share)
        else:
            del self._shares[bisect_left(self._shares, share.share)]
        if use.companion:
            others = self._companions.get(use.companion, 0) - (sign < 0)
            self.same_companions += sign * others
            _recount(self._companions, use.companion, sign)
        if use.organization:
            self.organized += sign
            _recount(self.organizations, use.organization, sign)

    @property
    def lowest_share(self) -> float:
        """The lower quartile of the shares of requests, 0 without members."""
        return self._shares[len(self._shares) // 4] if self._shares else 0.0

    @property
    def parties(self) -> int:
        """Organisations of the members; one without any stands for itself."""
        return len(self.organizations) + self.qualifying - self.organized

    @property
    def habits(self) -> tuple[int, ...]:
        """Sums of the levels of what each does at large."""
        return summed_levels(self._habits) if self.qualifying else _NO_HABITS


def _recount(counts: dict[int, int], key: int, sign: int) -> None:
    """Count one up or down, and forget what nobody has."""
    count = counts.get(key, 0) + sign
    if count:
        counts[key] = count
    else:
        del counts[key]
