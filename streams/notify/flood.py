"""Flood control: how many pages a minute a person gets, and how long one entity stays quiet after a page."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

#: In any span this long no more pages go out than allowed, and no more than one summary.
WINDOW_MS = 60_000

#: A page this far ahead of the clock was noted before the clock was set back; it must not block later ones.
_CLOCK_SLACK_MS = 1_000


class FloodControl:
    """Counts pages in a sliding minute and entities in their cool-down. Pure: the clock's epoch ms are passed in.

    >>> flood = FloodControl(pages_per_minute=2, cooldown_ms=3_600_000)
    >>> for now_ms in (0, 10_000):
    ...     flood.paged(now_ms)
    >>> flood.free(59_999), flood.free(60_000)
    (0, 1)
    """

    def __init__(self, pages_per_minute: int, cooldown_ms: int) -> None:
        self._pages_per_minute = pages_per_minute
        self.cooldown_ms = cooldown_ms
        self._paged_ms: deque[int] = deque(maxlen=pages_per_minute)

    def restore(self, paged_ms: Iterable[int]) -> None:
        """Start from pages sent before a restart."""
        self._paged_ms.extend(sorted(paged_ms)[-self._pages_per_minute :])

    def paged(self, now_ms: int) -> None:
        """Note that a page arrived; ``now_ms`` is when its answer came, so that the receiver counts no more than we."""
        self._paged_ms.append(now_ms)

    def free(self, now_ms: int) -> int:
        """How many pages may go out now."""
        self._forget(now_ms)
        return self._pages_per_minute - len(self._paged_ms)

    def cooling(self, paged_ms: int, now_ms: int) -> bool:
        """Whether an entity paged at ``paged_ms`` is still to be left alone."""
        return paged_ms <= now_ms + _CLOCK_SLACK_MS and now_ms < paged_ms + self.cooldown_ms

    def _forget(self, now_ms: int) -> None:
        while self._paged_ms and self._paged_ms[0] + WINDOW_MS <= now_ms:
            self._paged_ms.popleft()
        while self._paged_ms and self._paged_ms[-1] > now_ms + _CLOCK_SLACK_MS:
            self._paged_ms.pop()
