"""Accounts that were erased: known by a keyed hash alone, and kept out of what happened before their erasure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

import psycopg

from models.event import epoch_ms


def account_hash(account_id: str, key: str) -> bytes:
    """16 bytes that tell nothing of the account without the deployment's hash key."""
    return blake2b(account_id.encode(), key=blake2b(key.encode(), digest_size=32).digest(), digest_size=16).digest()


class Erased:
    """When accounts were erased, by hash."""

    def __init__(self, erased_at: dict[bytes, datetime], key: str) -> None:
        self._erased_ms = {hashed: epoch_ms(moment) for hashed, moment in erased_at.items()}
        self._key = key

    def __bool__(self) -> bool:
        return bool(self._erased_ms)

    def hides(self, account_id: str, happened_at: str, appended_ms: int) -> bool:
        """Whether the account was erased after something happened to it (RFC 3339), or after that was appended."""
        erased_ms = self._erased_ms.get(account_hash(account_id, self._key))
        return erased_ms is not None and (
            appended_ms <= erased_ms or epoch_ms(datetime.fromisoformat(happened_at)) <= erased_ms
        )

    def visible(self, account_ids: Iterable[str], happened_at: str, appended_ms: int) -> list[str]:
        """The accounts that are not hidden."""
        return [account_id for account_id in account_ids if not self.hides(account_id, happened_at, appended_ms)]


def load_erased(connection: psycopg.Connection, key: str) -> Erased:
    """Read all erasures."""
    rows = connection.execute("SELECT account_hash, max(erased_at) FROM erasure GROUP BY account_hash").fetchall()
    return Erased(dict(rows), key)
