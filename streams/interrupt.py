"""SIGINT and SIGTERM, noted when they come and raised only where nothing is half done."""

from __future__ import annotations

import signal
from types import FrameType


class Interrupt:
    """An exception that a signal raises anywhere lands in a destructor and is lost, or beside a file not yet known.

    A second signal raises at once, for whoever will not wait.

    >>> interrupt = Interrupt()
    >>> interrupt.check()
    """

    def __init__(self) -> None:
        self._came = False

    def listen(self) -> None:
        """Take SIGINT and SIGTERM over, SIGINT too where it was ignored: a shell starts background jobs so."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def check(self) -> None:
        """Raise ``KeyboardInterrupt`` if a signal came."""
        if self._came:
            raise KeyboardInterrupt

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self.check()
        self._came = True
