"""At which groups each account was seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable


class Presence:
    """At which groups each account was seen, those that wait and those of a campaign. Cost: O(1) a change."""

    def __init__(self) -> None:
        self._groups_of: dict[str, dict[str, None]] = {}

    def add(self, name: str, account_id: str) -> bool:
        """Note that an account was seen at a group; return whether that is new."""
        groups = self._groups_of.setdefault(account_id, {})
        if name in groups:
            return False
        groups[name] = None
        return True

    def remove(self, name: str, account_id: str) -> None:
        """Forget that it was."""
        groups = self._groups_of[account_id]
        del groups[name]
        if not groups:
            del self._groups_of[account_id]

    def at(self, account_id: str) -> Collection[str]:
        """Name the groups at which an account was seen."""
        return self._groups_of.get(account_id, {}).keys()

    def shared(self, account_ids: Iterable[str]) -> Counter[str]:
        """Count, for each group at which any of these accounts was seen, how many of them were."""
        found: Counter[str] = Counter()
        for account_id in account_ids:
            found.update(self._groups_of.get(account_id, {}).keys())
        return found
