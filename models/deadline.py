"""Deadlines in event time, handed out in an order that depends on the deadlines alone."""

from __future__ import annotations

from heapq import heappop, heappush

#: What is due: its kind, then its id. Equal deadlines come in this order.
Key = tuple[str, str]


class Deadlines:
    """One deadline (epoch ms) a key; setting it later is O(1), setting it earlier and popping O(log n).

    >>> deadlines = Deadlines()
    >>> deadlines.set(("account", "b"), 20)
    >>> deadlines.set(("account", "a"), 20)
    >>> deadlines.set(("account", "b"), 30)
    >>> deadlines.pop(25), deadlines.pop(25)
    ((20, ('account', 'a')), None)
    """

    def __init__(self) -> None:
        self._due_ms: dict[Key, int] = {}
        self._queued_ms: dict[Key, int] = {}
        self._heap: list[tuple[int, Key]] = []

    def set(self, key: Key, due_ms: int) -> None:
        """Set or move a deadline."""
        self._due_ms[key] = due_ms
        queued_ms = self._queued_ms.get(key)
        # A deadline that moved on keeps its old place in the heap until that comes up.
        if queued_ms is None or due_ms < queued_ms:
            self._queued_ms[key] = due_ms
            heappush(self._heap, (due_ms, key))

    def drop(self, key: Key) -> None:
        """Forget a deadline, if there is one."""
        self._due_ms.pop(key, None)

    def pop(self, now_ms: int) -> tuple[int, Key] | None:
        """Take out the first (deadline, key) at or before ``now_ms``."""
        while self._heap and self._heap[0][0] <= now_ms:
            queued_ms, key = heappop(self._heap)
            if self._queued_ms.get(key) == queued_ms:
                del self._queued_ms[key]
            due_ms = self._due_ms.get(key)
            if due_ms == queued_ms:
                del self._due_ms[key]
                return due_ms, key
            if due_ms is not None:
                self.set(key, due_ms)
        return None
