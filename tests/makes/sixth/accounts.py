"""The accounts of a group: what they share with each other, with a public pool or with nobody."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from tests.makes.sixth.dials import Dials
from tests.makes.sixth.draws import DAY, digest, log_uniform, one_of, stamp

LANDS = "US-6|GB+0|DE+1|IN+5|SG+8|JP+9|BR-3|PL+1|VN+7|AU+10"
MODELS = "large-2|large-2|large-1|small-2|small-2|reasoner-1|code-1"
CLIENTS = "python-sdk|python-sdk|node-sdk|curl|browser|browser|go-http|okhttp|cli"
NETWORKS = "residential|residential|hosting|mobile|vpn|proxy"
PLANS = "free|pro|pro|team|payg|payg|enterprise"
PATHS = "native|native|native|bedrock|vertex|aggregator"


class Group:
    """Traits of a group, and the probability with which a member shares each of them."""

    def __init__(self, rng: Random, tag: str, dials: Dials) -> None:
        self.tag, self.dials, self.share = tag, dials, dict[str, float]()
        for trait in ("card", "prefix", "org", "age", "mail", "client", "land"):
            loose, own = rng.choice((0.0, rng.random(), rng.random())), trait in ("land", "client")
            shares = {"office": rng.uniform(0.6, 1.0), "loose": loose, "strangers": rng.random() * own}
            self.share[trait] = shares[dials.ties]
        self.land, self.client, self.model = (one_of(rng, bank) for bank in (LANDS, CLIENTS, MODELS))
        self.age, self.heat = log_uniform(rng, 2, 900), rng.choice((None, 0.0, 0.2, 0.7, 1.0))
        self.path, self.kind = one_of(rng, PATHS), one_of(rng, NETWORKS)
        self.limit = rng.choice((None, 256, 1024, 4096, 8192))
        self.several = 1 + dials.accounts // rng.choice((4, 12, 200))


@dataclass
class Member:
    """One account of a group: its name, the traits it shares, its land and its client."""

    name: str
    ours: dict[str, bool]
    land: str
    client: str


def age_in_days(rng: Random, group: Group, member: Member, begin: float) -> float:
    """How long before its first request the account was opened; replacements are fresh."""
    days = group.age + rng.uniform(-2, 2) if member.ours["age"] else log_uniform(rng, 1, 1000)
    chance = 0.12 if group.dials.accounts > 1 else 0.25
    fresh = (begin > 0 and group.dials.life == "replace") or rng.random() < chance
    return rng.uniform(0.1, 6) if fresh else max(0.05, days)


def networks(rng: Random, group: Group, member: Member) -> list[tuple[str, str]]:
    """Address prefixes with their kind: own or the group's, and those of carriers that many accounts use."""
    nets = [(member.name, at) for at in range(rng.choice((1, 1, 2, 3)))]
    nets = [(group.tag, rng.randrange(group.several))] if member.ours["prefix"] else nets
    nets += [("carrier", rng.randrange(70)) for _ in range(rng.choice((0, 0, 0, 1, 2)))]
    via = group.kind if member.ours["client"] else one_of(rng, NETWORKS)
    return [(digest("net", *net), via) for net in nets]


def stable_fields(rng: Random, group: Group, member: Member, opened: float) -> dict[str, Any]:
    """Fields that are the same in every event of the account; some are unknown."""
    name, ours, tag = member.name, member.ours, group.tag
    stable: dict[str, Any] = {"account_id": name, "country": member.land[:2], "plan": one_of(rng, PLANS)}
    stable["access_path"] = group.path if ours["client"] else one_of(rng, PATHS)
    stable["user_agent_family"] = member.client
    stable |= {"account_created_at": stamp(opened), "api_key_hash": digest("key", name)}
    stable["tls_ja4"] = digest("tls", member.client, rng.randrange(4))
    card = digest("card", tag, rng.randrange(group.several)) if ours["card"] else digest("card", name)
    public = ("mail", "public", rng.randrange(6)) if rng.random() < 0.6 else ("mail", name)
    known = [("payment_hash", card, 0.9), ("device_hash", digest("device", name), 0.4)]
    known.append(("organization_id", digest("org", tag if ours["org"] else name), 0.6))
    known.append(("email_domain_hash", digest("mail", tag) if ours["mail"] else digest(*public), 0.9))
    return stable | {key: value for key, value, chance in known if rng.random() < chance}


def call_settings(rng: Random, group: Group, member: Member) -> dict[str, Any]:
    """How the account calls the API: mostly with the group's settings."""
    calls = {"model": group.model, "temperature": group.heat, "max_tokens": group.limit, "zone": int(member.land[2:])}
    if rng.random() < 0.2:
        other = {"temperature": rng.choice((None, 0.0, 0.7, 1.0)), "max_tokens": rng.choice((None, 512, 2048))}
        calls |= {"model": one_of(rng, MODELS), **other}
    calls |= {"threads": rng.random() < 0.75, "stream": rng.random() < 0.5, "tools": rng.choice((0, 0, 3))}
    calls |= {"users": rng.choice((0, 0, 1, 12)), "output_type": rng.choice((None, "text", "json"))}
    calls["top_p"] = rng.choice((None, None, 0.95))
    return calls


def make_accounts(rng: Random, tag: str, dials: Dials, spans: list[tuple[float, float]]) -> list[dict[str, Any]]:
    """Identities: each trait is shared with the group with some probability, else private or a public pool's."""
    group, made = Group(rng, tag, dials), []
    for number, (begin, _) in enumerate(spans):
        name = f"acct-{digest('account', tag, number)[:12]}"
        ours = {trait: rng.random() < chance for trait, chance in group.share.items()}
        land = group.land if ours["land"] else one_of(rng, LANDS)
        client = group.client if ours["client"] else one_of(rng, CLIENTS)
        member = Member(name, ours, land, client)
        days = age_in_days(rng, group, member, begin)
        nets = networks(rng, group, member)
        stable = stable_fields(rng, group, member, begin - days * DAY)
        made.append({"stable": stable, "calls": call_settings(rng, group, member), "nets": nets})
    return made
