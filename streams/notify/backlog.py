"""The alerts that a notifier has yet to deal with: the latest of each, since nobody wants ten old updates."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from models.alert import MAX_ACCOUNTS_PER_RECORD, Alert

#: Accounts kept of a record where the receiver only shows some.
SAMPLE_ACCOUNTS = 20


class Part(msgspec.Struct):
    """Records of one alert as one: ``alert`` is the last with the accounts that all of them name.

    ``first_offset`` is that of the first of them in the alerts topic. While ``in_flight`` it is being sent and stays
    as it is.
    """

    alert: Alert
    first_offset: int
    in_flight: bool = False


class Backlog:
    """Pending records by alert, in the order in which the alerts were last heard of.

    With ``names_accounts`` every account that a record names is told: records are then joined only as far as one
    record may name accounts. Otherwise a sample stays. Memory: O(pending alerts). Cost: O(1) a record.
    """

    def __init__(self, *, names_accounts: bool) -> None:
        self._names_accounts = names_accounts
        self._parts: dict[str, list[Part]] = {}
        self._next_offset = 0

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[Part]:
        """Give the first part of each alert."""
        return (parts[0] for parts in self._parts.values())

    def first(self, alert_id: str) -> Part:
        """The first part of a pending alert."""
        return self._parts[alert_id][0]

    def start_at(self, offset: int) -> None:
        """Expect the alerts topic from ``offset`` on."""
        self._next_offset = offset

    def add(self, alert: Alert, offset: int) -> None:
        """Take in a record; one that is not newer than what is pending of its alert changes nothing."""
        self._next_offset = max(self._next_offset, offset + 1)
        parts = self._parts.pop(alert.alert_id, [])
        # Back in at the end, so that an entity's old alert ends before its next one begins.
        self._parts[alert.alert_id] = parts
        if parts and parts[-1].alert.sequence >= alert.sequence:
            return
        if not self._names_accounts:
            alert = msgspec.structs.replace(alert, accounts=alert.accounts[:SAMPLE_ACCOUNTS])
        part = Part(alert, offset)
        if not parts or not self._join(parts[-1], part):
            parts.append(part)

    def _join(self, before: Part, after: Part) -> bool:
        """Make ``before`` one with ``after``, if it is not being sent and the names fit into one record."""
        accounts = before.alert.accounts + after.alert.accounts
        if before.in_flight or (self._names_accounts and len(accounts) > MAX_ACCOUNTS_PER_RECORD):
            return False
        named = accounts if self._names_accounts else accounts[:SAMPLE_ACCOUNTS]
        before.alert = msgspec.structs.replace(after.alert, accounts=named)
        return True

    def skip(self, offset: int) -> None:
        """Pass over a record that needs no dealing with."""
        self._next_offset = max(self._next_offset, offset + 1)

    def release(self, alert_id: str) -> None:
        """Note that sending failed: what came meanwhile joins it."""
        parts = self._parts[alert_id]
        parts[0].in_flight = False
        while len(parts) > 1 and self._join(parts[0], parts[1]):
            del parts[1]

    def drop(self, alert_id: str) -> None:
        """Take out the first part of an alert: it has been dealt with."""
        parts = self._parts[alert_id]
        del parts[0]
        if not parts:
            del self._parts[alert_id]

    def position(self) -> int:
        """The offset from which the topic must be read again after a crash; negative: from where it was read first.

        Cost: O(pending alerts).
        """
        return min((part.first_offset for part in self), default=self._next_offset)
