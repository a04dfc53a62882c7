"""The campaigns' accounts: what they ask, how they hide, and what they resell."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

from tests.makes.fifth.account import Account
from tests.makes.fifth.maker import Maker
from tests.makes.fifth.people import converse
from tests.makes.fifth.plan import RECIPES, Plan, make_plans
from tests.makes.fifth.rhythm import DAY
from tests.makes.fifth.templates import SPECS, Slots, fill, fix
from tests.makes.fifth.wording import chatter, make_slots, vary
from tests.makes.fifth.words import TONGUES
from tests.makes.fifth.world import World, tag


def harvest(world: World, innocent: int) -> Maker:
    """Make the week of the harvesting accounts, resold requests among them, beside ``innocent`` requests."""
    make = Maker(world, "other")
    for number, plan in enumerate(make_plans(make.rng, innocent), 1):
        _Campaign(make, plan, f"campaign-{number:02d}").run()
    return make


@dataclass
class _Style:
    """How a campaign's harvesting requests look."""

    again: int
    paraphrase: int
    hidden: bool
    size: str
    system: str | None
    shape: str
    tools: int


class _Campaign:
    """One campaign: its accounts, its spares after a ban, its shards of questions and what it resells."""

    def __init__(self, make: Maker, plan: Plan, name: str) -> None:
        self.make, self.plan, self.name = make, plan, name
        self.key, sizes, names = RECIPES[plan.recipe]
        rng = make.rng
        self.pool = self._questions(names.split())
        self.style = self._draw_style(sizes.split())
        self.cards, self.nets, client = rng.choice((0, 0, 1, 4, 12)), rng.choice((0, 0, 2, 5, 12)), rng.random() < 0.6
        self.shared = make.group(name, self.cards, max(1, self.nets), client)
        self.pooled: list[dict[str, Any]] = self.shared["places"]
        self.spares = round(plan.size * rng.uniform(0.3, 0.6)) if plan.ban else 0

    def run(self) -> None:
        """Open the accounts one by one, and write what each sends."""
        rng, wording = self.make.rng, ""
        for number in range(self.plan.size):
            if number % self.style.paraphrase == 0:
                wording = fix(rng, rng.choice(SPECS[self.key]))
            one = self._open(number)
            days = (one.last - one.first) / DAY
            total = max(2, round(days * self.plan.rate * math.exp(rng.gauss(0, 0.3))))
            wanted = max(1, round(total * self.plan.share))
            slots = make_slots(rng, partial(self._next, self._shard(number)), one.lang)
            self._ask(one, wanted, wording, slots)
            if total > wanted and self.plan.share < 1:
                converse(self.make, one, total - wanted, rng.randint(1, 6))

    def _questions(self, names: list[str]) -> list[str]:
        rng, banks = self.make.rng, self.make.world.banks
        pool = [text for bank in rng.sample(names, min(2, len(names))) for text in banks[bank]]
        pool = pool or [chatter(rng, rng.choice(sorted(TONGUES))) for _ in range(4000)]
        if rng.random() < 0.7:  # else every account has a subject of its own
            rng.shuffle(pool)
        return pool

    def _draw_style(self, sizes: list[str]) -> _Style:
        rng = self.make.rng
        style = _Style(
            again=rng.choice((1, 1, 1, 2, 3)),
            paraphrase=rng.choice((1000, 1000, 6, 3, 1)),
            hidden=rng.random() < 0.25,
            size=rng.choice(sizes),
            system=rng.choice((None, tag(self.name))),
            shape=rng.choice(("human", "human", "office", "always", "batch")),
            tools=0,
        )
        if rng.random() < 0.4:  # pretends to be a well-known coding agent
            style.system = tag(self.make.world.seed, "agent", 1)
        style.tools = rng.choice((5, 9, 14))
        return style

    def _open(self, number: int) -> Account:
        rng, plan, shared = self.make.rng, self.plan, self.shared
        shared["places"] = rng.sample(self.pooled, min(2, self.nets)) if self.nets else None
        if self.cards > 1:
            shared["fields"]["payment_hash"] = tag(self.name, self.make.world.seed, rng.randrange(self.cards))
        start, spare = plan.start and plan.start + rng.randrange(DAY), number >= plan.size - self.spares
        if plan.ban and spare:
            start = plan.ban + rng.randrange(DAY // 2)
        group = {key: part for key, part in shared.items() if part}
        one = self.make.account(plan.recipe, group, self.name, start)
        if plan.ban and not spare and one.first < plan.ban and rng.random() < 0.8:
            one.last = plan.ban
        return one

    def _shard(self, number: int) -> Iterator[str]:
        pool, again = self.pool, self.style.again
        return (pool[at // again % len(pool)] for at in count(number * len(pool) // self.plan.size * again))

    def _next(self, shard: Iterator[str]) -> str:
        return vary(self.make.rng, next(shard))

    def _ask(self, one: Account, wanted: int, wording: str, slots: Slots) -> None:
        make, style = self.make, self.style
        times = make.moments(one, wanted, style.shape)
        if self.plan.recipe != "tool_trajectories":
            for at in times:
                make.ask(one, at, wording, slots, style.size, style.hidden, harvest=True)
            return
        for at in times:
            if wanted > 0:
                goal = fill(wording.replace("¦", ""), slots)
                wanted -= make.agent(one, at, goal, style.system, harvest=True, tools=style.tools)
