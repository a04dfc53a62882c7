"""Stalled commits: brokers that take what is flushed but, for a minute, no offset.

aiokafka refreshes its metadata in a task that ends at an error it does not expect (uvloop raises one for a write to a
closed connection), and whoever waits for the refresh then waits for ever. Such a worker reads on, sends no heartbeat
and commits nothing, and whoever took its partitions over meanwhile does its work a second time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

_STALLED_S = 60.0
# Without a flush for so long the brokers were away: that is an outage, which a worker waits out.
_OUTAGE_S = 20.0
_INTERVALS = 5


def _leave() -> None:
    """End at once: what is stuck cannot be stopped, and all that counts is in the changelogs."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)


class CommitWatch:
    """Ends the worker when it flushed for a minute (five intervals) and no commit was taken, to be started anew."""

    def __init__(self, flush_interval_s: float, leave: Callable[[], None] = _leave) -> None:
        # Commits follow flushes at the same interval: with a long one a minute holds too few of both.
        self._stalled_s = max(_STALLED_S, _INTERVALS * flush_interval_s)
        self._outage_s = max(_OUTAGE_S, _INTERVALS * flush_interval_s / 2)
        self._leave = leave
        self._flushing_since_s: float | None = None
        self._flushed_at_s = 0.0

    def flushed(self, *, uncommitted: bool, committed_at_s: float, now_s: float) -> None:
        """Call after each flush that succeeded (times monotonic); ``uncommitted``: something waits to be committed."""
        if self._flushing_since_s is None or now_s - self._flushed_at_s > self._outage_s:
            self._flushing_since_s = now_s
        self._flushed_at_s = now_s
        stalled_s = now_s - max(self._flushing_since_s, committed_at_s)
        if not uncommitted:
            self._flushing_since_s = now_s
        elif stalled_s > self._stalled_s:
            log.critical(
                "commits_stalled",
                seconds=round(stalled_s),
                mend="the worker ends and its supervisor starts it; if it comes again, look at the group's coordinator",
            )
            self._leave()
