"""What is simulated: a frozen description that, with a seed and the corpora, fixes every byte of the traffic."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

#: Innocent kinds: accounts that never harvest, however systematic they look.
INNOCENT_KINDS = ("chat", "app", "batch", "evaluation", "developer")

#: What attackers harvest with unless told otherwise: instructions, code, mathematics, tools, and Chinese medicine.
GENERAL = ("gpteacher_roleplay", "gpteacher_codegen", "iopo_trace")
CAPABILITIES = ("gsm8k_train", "gpteacher_codegen", "gpteacher_toolformer", "agentbench_os", "huatuo_med")

_START = datetime(2026, 3, 2, tzinfo=UTC)


class Attack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One harvesting operation: a single loud account, or a campaign of many quiet ones.

    No harvest text is used twice, within an attack or across attacks.
    """

    name: str
    kind: Literal["loud", "campaign"]
    accounts: int = 1
    requests_per_day: float = 26.0
    """Harvesting requests of one account in 24 hours, on average."""
    corpora: tuple[str, ...] = CAPABILITIES
    shells: int = 4
    """Paraphrases of the attack's prompt shell; 1 means that all its accounts share one."""
    own_shell_share: float = 0.8
    """Share of an account's requests in its own paraphrase; the rest use any."""
    human_hours: bool = True
    """False harvests around the clock without idling."""
    start_hour: float = 0.0
    stop_hour: float | None = None
    """Hours after the start of the scenario; ``None`` goes on to its end."""
    stagger_hours: float = 0.0
    """Members begin up to this much after ``start_hour``."""
    resold_account_share: float = 0.0
    """Share of the accounts that also carry resold human traffic."""
    resold_requests_per_day: float = 25.0
    accounts_per_payment: tuple[int, int] = (5, 10)
    """Smallest and largest number of members that pay with one card."""
    output_tokens_median: float = 420.0

    def __post_init__(self) -> None:
        """Refuse impossible parameters, naming the field."""
        _require(self.accounts >= 1, f"attack {self.name!r}: accounts", self.accounts, "at least 1")
        _require(self.requests_per_day > 0, f"attack {self.name!r}: requests_per_day", self.requests_per_day, "above 0")
        _require(self.shells >= 1, f"attack {self.name!r}: shells", self.shells, "at least 1")
        _require(bool(self.corpora), f"attack {self.name!r}: corpora", self.corpora, "at least one corpus name")
        low, high = self.accounts_per_payment
        _require(1 <= low <= high, f"attack {self.name!r}: accounts_per_payment", (low, high), "1 <= low <= high")
        stop_hour = self.start_hour + 1 if self.stop_hour is None else self.stop_hour
        _require(0 <= self.start_hour < stop_hour, f"attack {self.name!r}: stop_hour", stop_hour, "after start_hour")


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider's traffic over some days: how many accounts of each innocent kind, and who attacks."""

    name: str
    days: float = 1.0
    start: datetime = _START
    innocents: dict[str, int] = msgspec.field(default_factory=dict)
    """Accounts by innocent kind (``INNOCENT_KINDS``)."""
    attacks: tuple[Attack, ...] = ()
    organizations: int = 14
    """Innocent organisations whose accounts share a card, an office network and an e-mail domain."""
    organization_share: float = 0.35
    """Share of the innocent accounts that belong to an organisation."""
    disorder_ms: int = 0
    """How far behind a newer event an event may stand in the stream, in milliseconds of event time."""
    embedding_share: float = 0.02
    """Share of the accounts whose gateway sends ``prompt_embedding`` in place of ``prompt_text``."""
    contentless_share: float = 0.01
    """Share of the accounts whose gateway sends neither."""

    def __post_init__(self) -> None:
        """Refuse impossible parameters, naming the field."""
        _require(self.days > 0, "days", self.days, "above 0")
        _require(self.start.tzinfo is not None, "start", self.start, "a time with its zone")
        _require(self.organizations >= 1, "organizations", self.organizations, "at least 1")
        _require(self.disorder_ms >= 0, "disorder_ms", self.disorder_ms, "at least 0")
        for kind, accounts in self.innocents.items():
            _require(kind in INNOCENT_KINDS, "innocents", kind, f"one of {', '.join(INNOCENT_KINDS)}")
            _require(accounts >= 0, f"innocents.{kind}", accounts, "at least 0")
        names = [attack.name for attack in self.attacks]
        _require(len(names) == len(set(names)), "attacks", names, "names that differ")

    @property
    def start_ms(self) -> int:
        """First instant of the scenario, epoch milliseconds."""
        return round(self.start.timestamp() * 1000)

    @property
    def end_ms(self) -> int:
        """First instant after the scenario, epoch milliseconds."""
        return self.start_ms + round(self.days * 86_400_000)

    def scaled(self, factor: float) -> Scenario:
        """Return the scenario with ``factor`` times the innocent accounts and organisations, the attacks unchanged."""
        innocents = {kind: max(1, round(count * factor)) for kind, count in self.innocents.items() if count}
        organizations = max(1, round(self.organizations * factor))
        return msgspec.structs.replace(self, innocents=innocents, organizations=organizations)


def _require(holds: bool, field: str, value: object, expected: str) -> None:
    if not holds:
        raise ValueError(f"scenario: {field} is {value!r}; expected {expected}")
