"""Whom the provider bans: an attack that it saw, and now and then anybody, rightly or wrongly."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from streams.simulation.attack import banned_ms
from streams.simulation.randomness import generator, weighted
from streams.simulation.rhythm import DAY_MS
from streams.simulation.scenario import Scenario

#: Why accounts are banned that no attack of the scenario gave away; the provider does not know which of them harvest.
_REASONS: Final = (("payment_fraud", 0.5), ("automated_review", 0.3), ("abuse_report", 0.2))


class Ban(msgspec.Struct, frozen=True):
    """One line of ``enforcement.jsonl``, a record of ``enforcement.v1``: ``replay --enforcement`` reads the file.

    Nothing is served to the account from ``imposed_at`` (RFC 3339) on.
    """

    enforcement_id: str
    account_ids: list[str]
    action: Literal["banned"]
    reason: str
    imposed_at: str
    schema_version: Literal[1] = 1

    @property
    def account_id(self) -> str:
        """The account."""
        return self.account_ids[0]


def ban_of(account_id: str, imposed_at: str, reason: str) -> Ban:
    """Make the record of a ban."""
    return Ban(f"ban-{account_id}", [account_id], "banned", reason, imposed_at)


def draw_ban(seed: int, scenario: Scenario, path: tuple[str, int]) -> tuple[int, str] | None:
    """Return when (epoch milliseconds) and why an account is banned, or ``None``.

    ``path`` is the name of its kind or attack, and its index there.
    """
    name, index = path
    attack = next((attack for attack in scenario.attacks if attack.name == name), None)
    if attack is not None and (time_ms := banned_ms(seed, scenario, attack, index)) is not None:
        return time_ms, "coordinated_harvesting"
    rng = generator(seed, "enforcement", *path)
    if rng.random() >= scenario.banned_share * scenario.days / 7:
        return None
    return scenario.start_ms + int(rng.random() * scenario.days * DAY_MS), weighted(rng, _REASONS)
