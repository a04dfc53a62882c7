"""Accounts: what an account's events have in common, and what accounts share with one another."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

from tests.makes.fifth.rhythm import DAY, HOUR, START, WEEK
from tests.makes.fifth.words import PLACES
from tests.makes.fifth.world import MODEL_WEIGHTS, MODELS, World, tag

_TEMPERATURES = (None, None, 0, 0.2, 0.7, 0.7, 1)


@dataclass
class Account:
    """One account: what its events have in common, and what it has sent."""

    name: str
    kind: str
    fields: dict[str, Any]
    places: list[dict[str, Any]]
    models: list[str]
    lang: str
    zone: int
    first: int
    last: int
    cap: int | None
    chained: bool
    users: int
    context: int
    verbosity: float
    campaign: str = ""
    sent: int = 0
    harvested: int = 0


def open_account(
    rng: random.Random, world: World, name: str, kind: str, group: dict[str, Any], campaign: str, start: int
) -> Account:
    """Open an account; ``group`` overrides what it shares with others."""
    country, lang, zone, _ = rng.choices(PLACES, [float(row[3]) for row in PLACES])[0]
    places = _draw_places(rng, world, name, country)
    client, ja4 = rng.choice(world.clients)
    late = start or (rng.randrange(6 * DAY) if rng.random() < 0.2 else 0)
    age = rng.expovariate(1 / 220) if rng.random() < 0.7 else rng.uniform(0.02, 20)
    created = START + late - int((rng.uniform(0.01, 1) if late and rng.random() < 0.5 else age) * DAY) - HOUR
    fields = _draw_fields(rng, name, client, ja4, created)
    return Account(
        name, kind, {**fields, **group.get("fields", {})}, group.get("places") or places,
        group.get("models") or rng.choices(MODELS, MODEL_WEIGHTS, k=2), str(lang), int(zone), late,
        WEEK if rng.random() < 0.9 else rng.randrange(late + (WEEK - late) // 3, WEEK),
        rng.choice((None, None, 512, 1024, 2048, 4096)), rng.random() < 0.6, rng.choice((0, 0, 0, 1, 8)),
        rng.choice((20, 60, 200, 900)), math.exp(rng.gauss(0, 0.6)), campaign,
    )  # fmt: skip


def _draw_places(rng: random.Random, world: World, name: str, country: str) -> list[dict[str, Any]]:
    places: list[dict[str, Any]] = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        where = rng.choices(("residential", "mobile", "hosting", "vpn"), (50, 20, 22, 8))[0]
        net, asn = rng.choice(world.nets[where])
        if where == "residential" and rng.random() < 0.8:
            net = tag(name, len(places))
        abroad = where in ("hosting", "vpn") and rng.random() < 0.6
        place = {"ip_prefix_hash": net, "asn": asn, "ip_type": where, "country": country}
        place |= {"country": rng.choice(PLACES[:8])[0]} if abroad else {}
        places.append({**place, "ip_hash": tag(net, rng.randrange(200))})
    return places


def _draw_fields(rng: random.Random, name: str, client: str, ja4: str, created: int) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "user_agent_family": client, "tls_ja4": ja4, "account_created_at": created,
        "plan": rng.choices(("payg", "starter", "team", "scale"), (50, 25, 17, 8))[0], "stream": rng.random() < 0.5,
        "payment_hash": tag(name, "card"),
        "access_path": rng.choices(("native", "aggregator", "bedrock", "vertex"), (70, 15, 8, 7))[0],
        "email_domain_hash": tag("mail", rng.randrange(8) if rng.random() < 0.7 else name),
        "api_key_hash": tag(name, "key"),
        "system_hash": rng.choice((None, None, tag("default", client))),
        "temperature": rng.choice(_TEMPERATURES),
        "top_p": rng.choice((None, None, None, 0.95, 1)), "device_hash": rng.choice((None, tag(name, "device"))),
        "organization_id": rng.choice((None, f"org-{tag(name)[:9]}")),
    }  # fmt: skip
    if rng.random() < 0.06:
        fields["payment_hash"] = tag("reseller wallet", rng.randrange(14))
    return fields


def draw_group(
    rng: random.Random, world: World, side: str, name: str, cards: int, nets: int, client: bool
) -> dict[str, Any]:
    """Share a client, up to ``nets`` address prefixes and, when ``cards`` is 1, a card and an organisation."""
    fields: dict[str, Any] = {}
    if cards:
        fields["payment_hash"] = tag(side, name, "card", rng.randrange(cards))
    if cards == 1:
        fields["organization_id"] = rng.choice((None, f"org-{tag(side, name)[:9]}"))
        fields["email_domain_hash"] = tag("mail", side, name)
    if client:
        fields["user_agent_family"], fields["tls_ja4"] = rng.choice(world.clients)
        fields["temperature"] = rng.choice(_TEMPERATURES)
    where = rng.choice(("hosting", "hosting", "residential", "vpn", "mobile"))
    shared = [
        {"ip_prefix_hash": net, "asn": asn, "ip_type": where, "country": rng.choice(PLACES[:8])[0],
         "ip_hash": tag(net, rng.randrange(200))}
        for net, asn in rng.sample(world.nets[where], nets)
    ]  # fmt: skip
    return {"fields": fields, "places": shared, "models": rng.choices(MODELS, MODEL_WEIGHTS, k=2) if client else None}
