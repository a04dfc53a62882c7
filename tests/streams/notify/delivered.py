"""A notifier at work without Kafka: records go in, rounds are called, what was told is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from models.alert import Alert
from streams.notify.delivery import Delivery
from streams.notify.desk import Desk
from streams.notify.flood import FloodControl
from streams.notify.metrics import NotifyMetrics
from streams.notify.notifier import Notifier


def clock_ms() -> int:
    """Wall time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


class Delivered:
    """One notifier with its desk, on a clock of the test's choice."""

    def __init__(
        self,
        notifier: Notifier,
        clock: Callable[[], int] = clock_ms,
        *,
        pages_per_minute: int = 100,
        cooldown_ms: int = 0,
        shadow: bool = False,
    ) -> None:
        self.metrics = NotifyMetrics()
        self.desk = Desk(notifier.name, notifier.habits, FloodControl(pages_per_minute, cooldown_ms))
        self.delivery = Delivery(notifier, self.desk, {}, self._note, self.metrics, clock, shadow=shadow)
        self._offset = 0

    async def _note(self) -> None:
        self.desk.told.changes.clear()

    async def tell(self, *alerts: Alert) -> None:
        """Take records in and carry out one round."""
        for alert in alerts:
            self.desk.take(alert, self._offset)
            self._offset += 1
        await self.delivery.round()

    async def keep_telling(self, seconds: float) -> None:
        """Go on with rounds as the lane does."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            await self.delivery.round()
            await asyncio.sleep(0.1)

    def metric(self, name: str, **labels: str) -> float:
        """A metric's value."""
        return self.metrics.registry.get_sample_value(f"stillwatch_notify_{name}", labels) or 0.0
