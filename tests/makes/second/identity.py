"""Who stands behind an account: cards, addresses, devices, software, age and plan, and what of it strangers share."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from hashlib import blake2b

from tests.makes.second import lexicon

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Address:
    """A client address as the gateway records it."""

    ip: str
    prefix: str
    asn: int
    country: str
    net: str


@dataclass(slots=True)
class Group:
    """What accounts of one origin may share: a firm, a family, a laboratory, a campaign."""

    payment: str
    organization: str
    email_domain: str
    addresses: list[Address]
    device: str
    born_ms: int
    together: bool
    """Whether its accounts were opened within days of each other."""
    country: str
    software: str


@dataclass(slots=True)
class Account:
    """One account: the columns that all its requests repeat, and the habits from which the others are drawn."""

    account_id: str
    kind: str
    campaign: str
    group: Group | None
    columns: dict[str, object]
    addresses: list[Address]
    keys: list[str]
    devices: list[str]
    offset_h: float
    language: str
    names_conversations: bool
    shows_turns: bool
    """Whether the gateway sees the messages before the last, as cloud logs often do not."""
    roams: float
    verbosity: float
    """Factor on the length of its answers."""
    system: str | None
    """The system prompt that its software sends when a request has none of its own; strangers share the common ones."""
    system_tokens: int
    habits: dict[str, object] = field(default_factory=dict)
    sent: int = 0
    harvested: int = 0
    last_ms: int = 0
    """When it sent its last request, from the start of the week."""


#: Local time and language of countries, with the share of accounts that live there.
COUNTRIES = {
    "US": (-6.0, "en", 30), "GB": (0.0, "en", 7), "IN": (5.5, "en", 12), "DE": (1.0, "de", 6), "FR": (1.0, "fr", 5),
    "BR": (-3.0, "pt", 7), "ES": (1.0, "es", 3), "MX": (-6.0, "es", 4), "CN": (8.0, "zh", 4), "SG": (8.0, "en", 4),
    "JP": (9.0, "en", 4), "RU": (3.0, "ru", 3), "TW": (8.0, "zh", 2), "NG": (1.0, "en", 2), "CA": (-5.0, "en", 4),
    "HK": (8.0, "zh", 2), "AU": (10.0, "en", 3), "PL": (1.0, "en", 2),
}  # fmt: skip

#: Software and networks by how an account is used, as (word, weight).
SOFTWARE = {
    "person": (
        ("web", 40),
        ("mobile-app", 18),
        ("desktop-app", 10),
        ("python-sdk", 14),
        ("node-sdk", 8),
        ("chat-ui", 10),
    ),
    "developer": (("agent-cli", 40), ("python-sdk", 20), ("node-sdk", 12), ("ide-plugin", 18), ("curl", 5), ("web", 5)),
    "server": (("python-sdk", 42), ("node-sdk", 24), ("java-sdk", 8), ("go-http", 10), ("gateway", 10), ("curl", 6)),
}
NETS = {
    "person": (("residential", 58), ("mobile", 20), ("vpn", 9), ("business", 6), ("education", 4), ("hosting", 3)),
    "developer": (("residential", 46), ("business", 20), ("hosting", 18), ("vpn", 9), ("mobile", 4), ("education", 3)),
    "server": (("hosting", 70), ("business", 18), ("residential", 8), ("education", 2), ("vpn", 2)),
}
PLANS = {
    "person": (("free", 22), ("pay-as-you-go", 30), ("pro", 40), ("team", 8)),
    "developer": (("free", 8), ("pay-as-you-go", 45), ("pro", 30), ("team", 17)),
    "server": (("free", 3), ("pay-as-you-go", 57), ("pro", 10), ("team", 18), ("enterprise", 12)),
}
PATHS = (("native", 80), ("bedrock", 7), ("vertex", 6), ("aggregator", 7))
MODELS = ("large-3", "large-2", "medium-3", "medium-2", "small-3")


def weighted(rng: random.Random, choices: tuple[tuple[str, int], ...]) -> str:
    """Draw a word by its weight."""
    return rng.choices([word for word, _ in choices], [weight for _, weight in choices])[0]


class Registry:
    """Opens accounts; one seed gives the same ones."""

    def __init__(self, rng: random.Random, seed: int, start_ms: int) -> None:
        self._rng = rng
        self._key = f"second-make-{seed}".encode()
        self._start_ms = start_ms
        self._serial = 0
        self.accounts: list[Account] = []
        self._networks: dict[str, list[tuple[int, str, list[str]]]] = {}
        for net, asns, prefixes in (("residential", 60, 90), ("mobile", 24, 8), ("hosting", 16, 60), ("vpn", 8, 7),
                                    ("business", 40, 30), ("education", 14, 3), ("proxy", 6, 160)):  # fmt: skip
            self._networks[net] = [self._network(net, prefixes) for _ in range(asns)]
        # Top-up cards that a shop sells to strangers, and mail domains that anyone may use.
        self._public_cards = [self.digest("card") for _ in range(9)]
        self._public_mail = [self.digest("mail") for _ in range(14)]

    def _network(self, net: str, prefixes: int) -> tuple[int, str, list[str]]:
        rng = self._rng
        country = rng.choices(list(COUNTRIES), [weight for _, _, weight in COUNTRIES.values()])[0]
        return (
            rng.randint(1_000, 399_999),
            country,
            [self.digest(net) for _ in range(max(1, int(prefixes * rng.uniform(0.3, 1.7))))],
        )

    def digest(self, purpose: str) -> str:
        """A hash that nothing else has."""
        self._serial += 1
        return self.hash_of(f"{purpose}:{self._serial}")

    def hash_of(self, value: str) -> str:
        """The keyed hash of a value: 22 characters, as a gateway would write it."""
        return blake2b(value.encode(), key=self._key, digest_size=11).hexdigest()

    def address(self, net: str, country: str | None = None) -> Address:
        """Draw an address; mobile, vpn and education prefixes are few, so that strangers meet there."""
        rng = self._rng
        networks = self._networks[net]
        local = [network for network in networks if network[1] == country]
        asn, where, prefixes = rng.choice(local or networks)
        # Squared: a few prefixes carry most clients.
        prefix = prefixes[int(rng.random() ** 2 * len(prefixes))]
        behind_nat = net in {"mobile", "vpn", "education"} and rng.random() < 0.6
        ip = self.hash_of(f"{prefix}/{rng.randint(0, 3)}") if behind_nat else self.digest("ip")
        return Address(ip, prefix, asn, where, net)

    def group(self, use: str, *, net: str | None = None, country: str | None = None, addresses: int = 1) -> Group:
        """What one origin could share; whether an account takes it is decided per account."""
        rng = self._rng
        country = country or rng.choices(list(COUNTRIES), [weight for _, _, weight in COUNTRIES.values()])[0]
        return Group(
            payment=self.digest("card"),
            organization=self.digest("org"),
            email_domain=self.digest("mail"),
            addresses=[self.address(net or weighted(rng, NETS[use]), country) for _ in range(addresses)],
            device=self.digest("device"),
            born_ms=self._born(),
            together=rng.random() < 0.5,
            country=country,
            software=weighted(rng, SOFTWARE[use]),
        )

    def open(
        self,
        kind: str,
        use: str,
        *,
        campaign: str = "",
        group: Group | None = None,
        payment: float = 0.0,
        address: float = 0.0,
        organization: float = 0.0,
        mail: float = 0.0,
        device: float = 0.0,
        software: str | None = None,
        net: str | None = None,
        path: str | None = None,
        country: str | None = None,
    ) -> Account:
        """Open an account; the five chances say how likely it takes each thing from its group."""
        rng = self._rng
        country = country or (group.country if group and rng.random() < 0.8 else None)
        country = country or rng.choices(list(COUNTRIES), [weight for _, _, weight in COUNTRIES.values()])[0]
        offset_h, language, _ = COUNTRIES[country]
        if language == "en" and rng.random() < 0.12:
            language = rng.choice(["es", "zh", "pt", "fr", "de", "ru"])
        net = net or weighted(rng, NETS[use])
        own = [self.address(net, country) for _ in range(1 if net in {"hosting", "business"} else rng.randint(1, 4))]
        if net == "residential" and rng.random() < 0.5:
            own.append(self.address("mobile", country))
        if net == "proxy" or (net == "vpn" and rng.random() < 0.7):
            own = [self.address(net) for _ in range(rng.randint(4, 14))]
        if group and rng.random() < address:
            own = [*group.addresses, *(own if rng.random() < 0.5 else [])]
        path = path or weighted(rng, PATHS)
        software = software or weighted(rng, SOFTWARE[use])
        on_devices = software in {"web", "mobile-app", "desktop-app", "agent-cli", "ide-plugin", "chat-ui"}
        devices = [self.digest("device") for _ in range(rng.choice([1, 1, 2, 3]))] if on_devices else []
        if group and rng.random() < device:
            devices = [group.device, *devices[1:]]
        card = self.digest("card") if rng.random() > 0.02 else rng.choice(self._public_cards)
        plan = weighted(rng, PLANS[use])
        born_ms = self._born()
        if group is not None and group.together:
            born_ms = min(group.born_ms + int(rng.expovariate(1 / (2 * DAY_MS))), self._start_ms - 3_600_000)
        columns: dict[str, object] = {
            "user_agent_family": software,
            "tls_ja4": self.hash_of(f"ja4:{software}:{int(rng.random() ** 2 * 6)}")[:16],
            "account_created_at": born_ms,
            "plan": plan,
            "access_path": path,
            "email_domain_hash": group.email_domain if group and rng.random() < mail else self._mail(use),
            "organization_id": group.organization if group and rng.random() < organization else None,
        }
        if use == "server" and columns["organization_id"] is None and rng.random() < 0.6:
            columns["organization_id"] = self.digest("org")
        # Clouds bill on their own and see neither card nor device; free accounts have no card.
        if path in {"native", "aggregator"} and (plan != "free" or rng.random() < 0.3):
            columns["payment_hash"] = group.payment if group and rng.random() < payment else card
        if path in {"bedrock", "vertex"}:
            devices = []
        account = Account(
            account_id="a-" + self.digest("account"),
            kind=kind,
            campaign=campaign,
            group=group,
            columns={name: value for name, value in columns.items() if value is not None},
            addresses=own,
            keys=[self.digest("key") for _ in range(1 if use == "person" else 1 + int(rng.expovariate(1.2)))],
            devices=devices,
            offset_h=offset_h + rng.choice([-1, 0, 0, 0, 1]),
            language=language,
            names_conversations=software in {"web", "mobile-app", "desktop-app", "agent-cli", "ide-plugin", "chat-ui"}
            or rng.random() < 0.45,
            shows_turns=rng.random() < (0.85 if path == "native" else 0.5),
            roams=rng.uniform(0.0, 0.6) if len(own) > 1 else 0.0,
            verbosity=rng.lognormvariate(0, 0.6),
            system=None,
            system_tokens=0,
        )
        if net == "proxy":
            account.roams = 0.9
        account.habits = self._habits(use)
        chance = rng.random()
        if on_devices or chance < 0.35:
            account.system = f"prompt of {software}" if on_devices else f"common prompt {int(rng.random() ** 2 * 9)}"
            account.system_tokens = 900 if on_devices else 12
        elif chance < 0.65:
            account.system, account.system_tokens = self.digest("system"), int(rng.lognormvariate(5.5, 1.2))
        self.accounts.append(account)
        return account

    def _born(self) -> int:
        """Half of all accounts are older than four months; one in seven opened in the last fortnight."""
        rng = self._rng
        days = rng.uniform(0.1, 14) if rng.random() < 0.14 else rng.lognormvariate(4.8, 1.3)
        return self._start_ms - int(min(days, 1_200) * DAY_MS)

    def _mail(self, use: str) -> str:
        rng = self._rng
        if rng.random() < (0.8 if use == "person" else 0.35):
            return self._public_mail[int(rng.random() ** 2 * len(self._public_mail))]
        return self.digest("mail")

    def _habits(self, use: str) -> dict[str, object]:
        rng = self._rng
        bare = use == "person" and rng.random() < 0.6
        temperature = None if bare else rng.choice([None, None, 0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.7, 0.8, 1.0, 1.0])
        return {
            "model": rng.choices(MODELS, [30, 18, 28, 10, 14])[0],
            "temperature": temperature,
            "top_p": rng.choice([None, None, None, 0.9, 0.95, 1.0]),
            "max_tokens": rng.choice([None, None, 512, 1024, 2048, 4096, 4096, 8192, 16384]),
            "stream": rng.random() < (0.85 if use == "person" else 0.4),
            "thinks": rng.random() < 0.25,
        }


def domain(rng: random.Random) -> str:
    """A made-up site name, for links and mail addresses in texts."""
    return f"{rng.choice(lexicon.FIRM_HEADS).lower()}-{rng.choice(lexicon.PLACES).lower()}.example"
