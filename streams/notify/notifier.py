"""What every notifier is, and how sending can fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from streams.notify.desk import Habits
from streams.notify.notice import Notice, Summary


class UnavailableError(Exception):
    """The receiver cannot take it now; it is tried again, after ``retry_after_s`` seconds if the receiver said so."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class MisconfiguredError(UnavailableError):
    """The receiver knows neither us nor the address: tried again, since a person can mend that and alerts must wait."""


class RefusedError(Exception):
    """The receiver will never take this one; ``status`` is the HTTP status or a word, for the metric."""

    def __init__(self, reason: str, status: str) -> None:
        super().__init__(reason)
        self.status = status


class Notifier(Protocol):
    """Tells one receiver. Calls come one at a time; each takes seconds at most and may be repeated with equal content.

    ``pages`` says that people hear of it, so that shadow mode keeps its pages back.
    """

    name: str
    pages: bool
    habits: Habits

    async def send(self, notice: Notice) -> None:
        """Tell of one alert; raises ``UnavailableError`` or ``RefusedError``."""

    async def summarise(self, summary: Summary) -> None:
        """Tell of alerts that flood control held back; raises ``UnavailableError`` or ``RefusedError``."""

    async def check(self) -> str:
        """Say what answers, without paging where the receiver allows; raises as ``send`` does."""

    async def close(self) -> None:
        """Give up connections."""


@runtime_checkable
class Reposting(Notifier, Protocol):
    """A notifier whose receiver forgets what is not repeated."""

    repost_interval_s: float

    async def repost(self, notices: Sequence[Notice]) -> None:
        """Repeat what is open; raises ``UnavailableError`` or ``RefusedError``."""
