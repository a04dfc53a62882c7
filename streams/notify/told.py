"""What one notifier told so far, by alert: the notification log in memory."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

import msgspec

from models.alert import Alert, Kind
from streams.notify.notification import Notification, log_key


class Told:
    """The last notification of each alert that is open, waits for a summary or closed less than ``keep_ms`` ago.

    One whose records a restart would read again is kept too, or it would be told as new. ``changes`` collects what the
    log has to be told, by key, with ``None`` for a tombstone. Memory: O(open alerts, those that closed within that
    time, and those that wait for a commit).
    """

    def __init__(self, notifier: str, keep_ms: int) -> None:
        self._notifier = notifier
        self._keep_ms = keep_ms
        self._entries: dict[str, Notification] = {}
        self._last_paged: dict[tuple[Kind, str], str] = {}
        self._forget_at: list[tuple[int, str]] = []
        self._last_offset: dict[str, int] = {}
        self.held: set[str] = set()
        self.changes: dict[bytes, Notification | None] = {}

    def restore(self, entries: Iterable[Notification], now_ms: int) -> None:
        """Start from the log; what is closed stays for the whole time once more."""
        listed = list(entries)
        # Marking begins when a summary has arrived: one marked entry says that all it counts were told.
        sent = {entry.summary_ms for entry in listed if entry.summarised}
        caught_up = {entry.alert_id for entry in listed if entry.held and entry.summary_ms in sent}
        for entry in listed:
            told = entry.alert_id in caught_up
            self.put(msgspec.structs.replace(entry, summarised=True) if told else entry, now_ms)
        # The marked entry may be forgotten before these: the log has to say it of each.
        self.changes = {key: entry for key, entry in self.changes.items() if entry and entry.alert_id in caught_up}

    def get(self, alert_id: str) -> Notification | None:
        """What was last told of an alert."""
        return self._entries.get(alert_id)

    def of(self, alert: Alert) -> Notification:
        """What was last told of an alert, or an entry that says that nothing was."""
        told = self._entries.get(alert.alert_id)
        return told or Notification(
            notifier=self._notifier,
            alert_id=alert.alert_id,
            kind=alert.kind,
            entity_id=alert.entity_id,
            sequence=-1,
            severity=alert.severity,
        )

    def entries(self) -> list[Notification]:
        """Everything that is remembered."""
        return list(self._entries.values())

    def last_page(self, alert: Alert) -> Notification | None:
        """The last page of an alert's entity, or of the alert that it continues."""
        alert_id = self._last_paged.get((alert.kind, alert.entity_id)) or alert.previous_alert_id
        return self._entries.get(alert_id) if alert_id else None

    def put(self, entry: Notification, now_ms: int) -> None:
        """Replace what was told of an alert."""
        self._entries[entry.alert_id] = entry
        self.changes[entry.key] = entry
        if entry.held:
            self.held.add(entry.alert_id)
        else:
            self.held.discard(entry.alert_id)
        if entry.paged_ms is not None:
            entity = (entry.kind, entry.entity_id)
            before = self._entries.get(self._last_paged.get(entity, ""))
            if before is None or before.paged_ms is None or before.paged_ms <= entry.paged_ms:
                self._last_paged[entity] = entry.alert_id
        if entry.closed and not entry.held:
            heapq.heappush(self._forget_at, (now_ms + self._keep_ms, entry.alert_id))

    def read(self, alert_id: str, offset: int) -> None:
        """Note where the last record of an alert stands in the alerts topic."""
        self._last_offset[alert_id] = offset

    def forget(self, now_ms: int, committed: int) -> None:
        """Drop the alerts that are over for long enough and stand before the committed offset."""
        while self._forget_at and self._forget_at[0][0] <= now_ms:
            _, alert_id = heapq.heappop(self._forget_at)
            entry = self._entries.get(alert_id)
            if entry is None or not entry.closed or entry.held:
                continue
            if self._last_offset.get(alert_id, -1) >= committed:
                heapq.heappush(self._forget_at, (now_ms + self._keep_ms, alert_id))
                continue
            del self._entries[alert_id]
            self._last_offset.pop(alert_id, None)
            self.changes[log_key(self._notifier, alert_id)] = None
            if self._last_paged.get((entry.kind, entry.entity_id)) == alert_id:
                del self._last_paged[entry.kind, entry.entity_id]
