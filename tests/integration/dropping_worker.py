"""A worker whose flow stops once in the middle of what it fetched of requests, and goes on without a seek.

Its watch over standing partitions waits half as long as others do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from faust.types import TP

from streams import unread
from streams.commands import main
from streams.topics import REQUESTS
from streams.transport import BatchConsumer, BatchTransport


class DroppingConsumer(BatchConsumer):
    """Faust gives up the rest of a fetch there, though the position lies past it."""

    _dropped = False

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:  # noqa: ASYNC109 - Faust's signature
        """Yield the first run of requests, and none of what was fetched with it."""
        tables: Any = self.app.tables
        async for tp, message in super().getmany(timeout):
            if tp.topic.endswith(REQUESTS) and tables.recovery.completed.is_set() and not self._dropped:
                self._dropped, self.flow_active = True, False
            yield tp, message
        if not self.flow_active and self.can_resume_flow.is_set():
            self.flow_active = True


if __name__ == "__main__":
    unread._STILL_S = 8.0
    BatchTransport.Consumer = DroppingConsumer
    main(prog_name="stillwatch")
