"""Campaigns: who runs them, over how many accounts, how fast, how hidden, and in between whose traffic."""

# ruff: noqa: E501 - a wording is one line
from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.makes.second.harvest import RUNGS, Make, Operator, veiled
from tests.makes.second.identity import Account, Group
from tests.makes.second.people import sizes
from tests.makes.second.products import TONGUES, resell
from tests.makes.second.rhythm import Times
from tests.makes.second.week import Week

SERVE_AND_HARVEST = "serve_and_harvest"
#: Planned harvest and cover at most, as shares of what the innocent send: 0.24 of it is less than 0.2 of all.
MOST_HARVEST, MOST_COVER = 0.24, 0.24
LEAST_ACCOUNTS, LEAST_DAILY = 8, 3.0


@dataclass(slots=True)
class Plan:
    """One campaign before it runs."""

    rung: str
    name: str
    accounts: int
    daily: float
    """Harvesting requests of an account a day, 3 to 60 (loud accounts more)."""
    cover: float
    """Share of its traffic that does not harvest, 0 to 0.9."""
    first_day: float
    last_day: float

    @property
    def harvest(self) -> float:
        """Expected harvesting requests."""
        return (
            self.accounts * self.daily * (self.last_day - self.first_day) * (0.5 if self.rung == "pool_swap" else 1.0)
        )

    @property
    def covering(self) -> float:
        """Expected other requests."""
        return self.harvest * self.cover / (1 - self.cover)


def plan(week: Week, innocent_requests: int, innocent_accounts: int) -> list[Plan]:
    """Draw 12 to 20 campaigns that fit the week; fewer where a short or small week has no room for them."""
    rng = week.rng
    rungs = [*RUNGS, SERVE_AND_HARVEST]
    rng.shuffle(rungs)
    number = rng.randint(12, 20)
    chosen = (rungs + rng.choices([rung for rung in rungs if rung != "loud_account"], k=number))[:number]
    plans = []
    for rung in chosen:
        size = math.exp(rng.uniform(math.log(8), math.log(300))) * min(1.0, innocent_accounts / 2_000)
        daily = math.exp(rng.uniform(math.log(3), math.log(60)))
        cover = rng.choice([0.0, 0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9])
        first = rng.uniform(0, 0.45) * week.days if rng.random() < 0.6 else 0.0
        last = week.days if rng.random() < 0.7 else rng.uniform(first / week.days + 0.4, 1.0) * week.days
        if rung == "loud_account":
            size, daily, cover = 1, rng.uniform(150, 600), min(cover, 0.3)
        elif rung == SERVE_AND_HARVEST:
            cover = 0.0
        elif rung == "pool_swap":
            size, first, last = max(16, size), 0.0, week.days
        plans.append(Plan(rung, f"c-{week.registry.digest('campaign')[:10]}", max(1 if rung == "loud_account" else LEAST_ACCOUNTS, int(size)),
                          daily, cover, first, min(last, week.days)))  # fmt: skip
    return _fitted(plans, innocent_requests)


def _fitted(plans: list[Plan], innocent: int) -> list[Plan]:
    """Slow, shrink or drop the largest until harvest and cover fit what the innocent send."""
    most = innocent * MOST_HARVEST
    while plans and sum(p.harvest for p in plans) > most:
        largest = max(plans, key=lambda p: p.harvest)
        _lessen(plans, largest)
    while plans and sum(p.covering for p in plans) > innocent * MOST_COVER:
        largest = max(plans, key=lambda p: p.covering)
        if largest.daily > 2 * LEAST_DAILY:
            largest.daily *= 0.8
        else:
            largest.cover *= 0.85
    return plans


def _lessen(plans: list[Plan], largest: Plan) -> None:
    if largest.daily > LEAST_DAILY / 0.8 and (largest.daily > 12 or largest.accounts <= 40):
        largest.daily *= 0.8
    elif largest.accounts > LEAST_ACCOUNTS / 0.8:
        largest.accounts = int(largest.accounts * 0.8)
    else:
        plans.remove(largest)


@dataclass(slots=True)
class Hygiene:
    """How much its accounts show of belonging together: chances to share each thing within a cluster of accounts."""

    payment: float
    address: float
    mail: float
    device: float
    cluster: int
    net: str | None
    use: str

    @classmethod
    def draw(cls, rng: random.Random) -> Hygiene:
        """Careful, careless or between."""
        care = rng.choice(["careful", "careful", "partial", "partial", "careless"])
        net = rng.choice([None, None, None, "residential", "proxy", "hosting", "vpn"])
        use = rng.choice(["person", "developer", "server"])
        if care == "careful":
            return cls(0.0, 0.0, 0.0, 0.0, 1, net, use)
        if care == "partial":
            return cls(
                rng.uniform(0, 0.5),
                rng.uniform(0, 0.4),
                rng.uniform(0, 0.5),
                rng.uniform(0, 0.2),
                rng.randint(3, 25),
                net,
                use,
            )
        return cls(
            rng.uniform(0.4, 0.95),
            rng.uniform(0.3, 0.9),
            rng.uniform(0.2, 0.9),
            rng.uniform(0, 0.5),
            rng.randint(10, 120),
            net,
            use,
        )


def _open(week: Week, plan: Plan) -> list[Account]:
    hygiene = Hygiene.draw(week.rng)
    accounts: list[Account] = []
    if plan.rung == "split_paths":
        paths: list[str | None] = ["native", "bedrock", "vertex", "aggregator"]
    else:
        paths = [None]
    for size in sizes(week.rng, plan.accounts, max(1, hygiene.cluster // 2), max(1, hygiene.cluster)):
        group: Group = week.registry.group(hygiene.use, net=hygiene.net, addresses=2)
        for _ in range(size):
            # Half of the operators buy a mixture of accounts, half have one way of opening them.
            use = hygiene.use if week.rng.random() < 0.7 else week.rng.choice(["person", "developer", "server"])
            accounts.append(
                week.registry.open(
                    plan.rung, use, campaign=plan.name, group=group, payment=hygiene.payment, address=hygiene.address, mail=hygiene.mail,
                    device=hygiene.device, organization=hygiene.mail / 2, net=hygiene.net if week.rng.random() < 0.7 else None,
                    path=week.rng.choice(paths),
                )
            )  # fmt: skip
    return accounts


def _schedule(week: Week, rung: str) -> Callable[[Account, int], Times]:
    """One operator's timing, the same law for all its accounts."""
    rhythm, rng = week.rhythm, week.rng
    hour, offset = rng.uniform(0, 24), rng.choice([8.0, 8.0, 3.0, -5.0])
    law = "ramp" if rung == "slow_ramp" else rng.choice(["steady", "product", "office", "people", "batch", "nightly"])

    def times(account: Account, count: int) -> Times:
        if law == "ramp":
            return rhythm.ramp(count, account.offset_h)
        if law == "steady":
            return rhythm.steady(count)
        if law == "product":
            return rhythm.product(count, account.offset_h)
        if law == "office":
            return rhythm.office(count, offset)
        if law == "people":
            return rhythm.people(count, account.offset_h, session=10)
        if law == "batch":
            return rhythm.batch(count, rng.randint(2, 14))
        return rhythm.nightly(count, hour)

    return times


def run(week: Week, plan: Plan) -> None:
    """Open the campaign's accounts and send all their requests."""
    rng = week.rng
    accounts = _open(week, plan)
    if plan.rung == SERVE_AND_HARVEST:
        _serve(week, plan, accounts)
        return
    samples = rng.randint(4, 16) if plan.rung == "k_resampling" else rng.choice([1, 1, 1, 2])
    operator = Operator(week, len(accounts), samples)
    if plan.rung in {"k_resampling", "corpus_reask"}:
        while operator.private:
            operator = Operator(week, len(accounts), samples)
    begin = RUNGS[plan.rung](operator)
    schedule = _schedule(week, plan.rung)
    warmth = 1.0 if plan.rung == "k_resampling" else rng.choice([None, None, None, 0.0, 0.7, 1.0])
    veils, model = rng.random() < 0.15, rng.choice([None, None, "large-3"])
    hidden = "operator prompt " + plan.name if rng.random() < 0.25 else None
    halves = _pools(week, plan, accounts)
    for number, account in enumerate(accounts):
        first, last = halves(number)
        staggered = first + rng.uniform(0, 0.25) * (last - first)
        count = max(1, int(rng.lognormvariate(0, 0.3) * plan.daily * (last - staggered)))
        times = week.rhythm.within(schedule(account, count), staggered * 86_400, last * 86_400)
        # k samples of a content come from different accounts as often as from one.
        shard = number // 4 if plan.rung == "k_resampling" else number
        _harvest(week, account, times, begin(shard), warmth, veils, model, hidden)
        _cover(week, account, plan, count, first, last)


def _harvest(week: Week, account: Account, times: Times, make: Make, warmth: float | None, veils: bool, model: str | None, hidden: str | None) -> None:  # fmt: skip
    at, ref = 0, week.registry.digest("reasoning")
    replays = week.rng.random() < 0.05
    while at < len(times):
        turns, out = make()
        name, history = week.registry.digest("conversation"), 0
        for turn, text in enumerate(turns[: len(times) - at], start=1):
            week.wire.send(
                account, int(times[at]), veiled(text, week.rng) if veils else text, out=out, harvest=True, conversation=name, turn=turn,
                root=turns[0], history=history, temperature=warmth, model=model, system=hidden, system_tokens=180 if hidden else 0,
                reasoning_ref=ref if replays else None, refusal=0.01,
            )  # fmt: skip
            history += len(text) // 4 + int(out)
            at += 1


def _cover(week: Week, account: Account, plan: Plan, harvest: int, first: float, last: float) -> None:
    """Resold talk of strangers, or one person's, about the same time as the harvest."""
    count = int(harvest * plan.cover / (1 - plan.cover) * week.rng.lognormvariate(0, 0.3))
    if count < 1:
        return
    times = week.rhythm.within(week.rhythm.product(count, account.offset_h, weekend=1.0), first * 86_400, last * 86_400)
    users = week.rng.choice([1, 3, 20, 100])
    tongues = TONGUES if users > 3 else (account.language,)
    resell(week, account, times, users, names=week.rng.random() < 0.3, tongues=tongues)


def _pools(week: Week, plan: Plan, accounts: list[Account]) -> Callable[[int], tuple[float, float]]:
    """From which day to which each account is at work; a first pool is banned and a second takes over."""
    if plan.rung != "pool_swap":
        return lambda _number: (plan.first_day, plan.last_day)
    half = len(accounts) // 2
    swap = week.rng.uniform(0.35, 0.7) * week.days
    week.bans.append((int(swap * 86_400_000), [account.account_id for account in accounts[:half]], "terms"))
    return lambda number: (0.0, swap) if number < half else (swap, week.days)


def _serve(week: Week, plan: Plan, accounts: list[Account]) -> None:
    """A rival's product answered by the target: every prompt is a customer's, and all of them are kept.

    A conversation stays with an account until that one fails; then another goes on with it.
    """
    fails = week.rng.choice([0.0, 0.01, 0.05])
    for account in accounts:
        count = max(1, int(week.rng.lognormvariate(0, 0.4) * plan.daily * (plan.last_day - plan.first_day)))
        times = week.rhythm.within(
            week.rhythm.product(count, account.offset_h, weekend=1.0), plan.first_day * 86_400, plan.last_day * 86_400
        )
        resell(
            week, account, times, week.rng.randint(20, 200), names=week.rng.random() < 0.3, tongues=TONGUES, harvest=True,
            pick=_sticky(week, account, accounts, fails),
        )  # fmt: skip


def _sticky(week: Week, account: Account, pool: list[Account], fails: float) -> Callable[[], Account]:
    """The account of the next turn: the same one, unless it fails."""
    return lambda: week.rng.choice(pool) if week.rng.random() < fails else account
