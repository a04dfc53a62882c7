"""Runs a scenario: merges what all accounts do into one stream of labelled events."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from streams import corpora
from streams.corpora import Prompt
from streams.simulation.accounts import Account, cast
from streams.simulation.clients import Traces
from streams.simulation.enforcement import Ban, ban_of, draw_ban
from streams.simulation.gateway import NOISE_PER_EVENT, Event, rfc3339
from streams.simulation.randomness import generator
from streams.simulation.release import Adoption
from streams.simulation.request import Request
from streams.simulation.rhythm import DAY_MS
from streams.simulation.scenario import Scenario
from streams.simulation.texts import Texts
from streams.simulation.world import World


class Labelled(NamedTuple):
    """One event and whether its request harvests; resold human traffic of a harvesting account does not."""

    event: Event
    time_ms: int
    harvest: bool


class AccountLabel(NamedTuple):
    """One account that sent something; ``attack_fraction`` is the harvesting share of its events, 0 to 1."""

    account_id: str
    kind: str
    campaign: str
    attack_fraction: float


class Simulation:
    """A scenario under one seed; every pass over it yields the same."""

    def __init__(
        self, scenario: Scenario, seed: int, prompts: Mapping[str, list[Prompt]], traces: Traces | None = None
    ) -> None:
        self.scenario = scenario
        self.seed = seed
        self.prompts = dict(prompts)
        self.traces = traces
        self._labels: list[AccountLabel] | None = None
        self._bans: list[Ban] = []

    def accounts(self) -> Iterator[Account]:
        """Yield all accounts, those that never send anything included; their labels need a pass over the events."""
        return cast(self._world())

    def _world(self) -> World:
        return World(self.scenario, self.seed, Texts(self.prompts, self.seed), self.traces)

    def labelled(self) -> Iterator[Labelled]:
        """Yield all events in the order of the stream: event time, shaken by at most the scenario's disorder."""
        world = self._world()
        accounts = list(cast(world))
        counts = [[0, 0] for _ in accounts]
        bans = [draw_ban(self.seed, self.scenario, account.path) for account in accounts]
        streams = [
            _events(world, account, number, math.inf if ban is None else ban[0])
            for number, (account, ban) in enumerate(zip(accounts, bans, strict=True))
        ]
        for _, number, _, labelled in heapq.merge(*streams):
            counts[number][labelled.harvest] += 1
            yield labelled
        self._labels = [
            AccountLabel(account.account_id, account.kind, account.campaign, harvesting / (other + harvesting))
            for account, (other, harvesting) in zip(accounts, counts, strict=True)
            if other + harvesting
        ]
        known = {label.account_id for label in self._labels}
        banned = sorted(
            (ban, account.account_id)
            for account, ban in zip(accounts, bans, strict=True)
            if ban is not None and account.account_id in known and ban[0] < self.scenario.end_ms
        )
        self._bans = [ban_of(account_id, rfc3339(time_ms), reason) for (time_ms, reason), account_id in banned]

    def events(self) -> Iterator[Event]:
        """Yield the events alone, as dictionaries of the request event's fields."""
        return (labelled.event for labelled in self.labelled())

    def labels(self) -> list[AccountLabel]:
        """Return the label of every account that sent something, after a full pass (made here if there was none)."""
        if self._labels is None:
            for _ in self.labelled():
                pass
        return self._labels or []

    def bans(self) -> list[Ban]:
        """Return whom the provider banned among those who sent something, by time, after a full pass as above."""
        self.labels()
        return self._bans


def simulate(
    scenario: Scenario,
    seed: int,
    prompts: Mapping[str, list[Prompt]] | None = None,
    traces: Traces | None = None,
) -> Simulation:
    """Return the simulation of a scenario.

    ``prompts`` are corpora by name, the bundled ones unless given; ``traces`` are clients of real traffic for accounts
    that are machines, which otherwise follow fitted laws. Costs some 0.7 milliseconds an account and 50 to 100
    microseconds an event; holds the requests of one day.
    """
    return Simulation(scenario, seed, corpora.load_all() if prompts is None else prompts, traces)


def _events(world: World, account: Account, number: int, banned_ms: float) -> Iterator[tuple[int, int, int, Labelled]]:
    """Yield (arrival, account number, event number, event) of one account until it is banned, sorted."""
    scenario = world.scenario
    end_ms = min(scenario.end_ms, banned_ms)
    adoptions = _adoptions(world, account)
    waiting: list[tuple[int, int, Request, list[float]]] = []
    sent = 0
    days = math.ceil(scenario.days)
    for day in range(days):
        rng = generator(world.seed, "day", *account.path, day)
        day_ms = scenario.start_ms + day * DAY_MS
        requests = account.behaviour.day(rng, day, day_ms)
        requests.sort(key=lambda request: request.time_ms)
        for adoption in adoptions:
            adoption.apply(rng, requests)
        delays = (rng.random(len(requests)) * scenario.disorder_ms).astype(int).tolist()
        noise = rng.random((len(requests), NOISE_PER_EVENT)).tolist()
        for order, (request, delay, draws) in enumerate(zip(requests, delays, noise, strict=True)):
            if request.time_ms < end_ms:
                waiting.append((request.time_ms + delay, day * 1_000_000 + order, request, draws))
        waiting.sort(key=lambda entry: entry[:2])
        until_ms = day_ms + DAY_MS if day + 1 < days else math.inf
        ready = sum(entry[0] < until_ms for entry in waiting)
        for arrival_ms, _, request, draws in waiting[:ready]:
            event = account.gateway.event(request, sent, draws)
            yield arrival_ms, number, sent, Labelled(event, request.time_ms, request.harvest)
            sent += 1
        del waiting[:ready]


def _adoptions(world: World, account: Account) -> list[Adoption]:
    scenario = world.scenario
    shares = {attack.name: attack.pivot_share for attack in scenario.attacks}
    pivot_share = shares.get(account.campaign, 0.0)
    return [
        Adoption(generator(world.seed, "adoption", *account.path, number), scenario.start_ms, release, pivot_share)
        for number, release in enumerate(scenario.releases)
    ]
