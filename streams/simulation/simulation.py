"""Runs a scenario: merges what all accounts do into one stream of labelled events."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from streams import corpora
from streams.corpora import Prompt
from streams.simulation.accounts import Account, cast
from streams.simulation.gateway import NOISE_PER_EVENT, Event
from streams.simulation.randomness import generator
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

    def __init__(self, scenario: Scenario, seed: int, prompts: Mapping[str, list[Prompt]]) -> None:
        self.scenario = scenario
        self.seed = seed
        self.prompts = dict(prompts)
        self._labels: list[AccountLabel] | None = None

    def labelled(self) -> Iterator[Labelled]:
        """Yield all events in the order of the stream: event time, shaken by at most the scenario's disorder."""
        world = World(self.scenario, self.seed, Texts(self.prompts, self.seed))
        accounts = list(cast(world))
        counts = [[0, 0] for _ in accounts]
        streams = [_events(world, account, number) for number, account in enumerate(accounts)]
        for _, number, _, labelled in heapq.merge(*streams):
            counts[number][labelled.harvest] += 1
            yield labelled
        self._labels = [
            AccountLabel(account.account_id, account.kind, account.campaign, harvesting / (other + harvesting))
            for account, (other, harvesting) in zip(accounts, counts, strict=True)
            if other + harvesting
        ]

    def events(self) -> Iterator[Event]:
        """Yield the events alone, as dictionaries of the request event's fields."""
        return (labelled.event for labelled in self.labelled())

    def labels(self) -> list[AccountLabel]:
        """Return the label of every account that sent something, after a full pass (made here if there was none)."""
        if self._labels is None:
            for _ in self.labelled():
                pass
        return self._labels or []


def simulate(scenario: Scenario, seed: int, prompts: Mapping[str, list[Prompt]] | None = None) -> Simulation:
    """Return the simulation of a scenario; ``prompts`` are corpora by name, the bundled ones unless given.

    Costs half a second for the corpora and the cast, then some 30 microseconds an event; holds one day of requests.
    """
    return Simulation(scenario, seed, corpora.load_all() if prompts is None else prompts)


def _events(world: World, account: Account, number: int) -> Iterator[tuple[int, int, int, Labelled]]:
    """Yield (arrival, account number, event number, event) of one account, sorted."""
    scenario = world.scenario
    waiting: list[tuple[int, int, Request, list[float]]] = []
    sent = 0
    days = math.ceil(scenario.days)
    for day in range(days):
        rng = generator(world.seed, "day", *account.path, day)
        day_ms = scenario.start_ms + day * DAY_MS
        requests = account.behaviour.day(rng, day, day_ms)
        requests.sort(key=lambda request: request.time_ms)
        delays = (rng.random(len(requests)) * scenario.disorder_ms).astype(int).tolist()
        noise = rng.random((len(requests), NOISE_PER_EVENT)).tolist()
        for order, (request, delay, draws) in enumerate(zip(requests, delays, noise, strict=True)):
            if request.time_ms < scenario.end_ms:
                waiting.append((request.time_ms + delay, day * 1_000_000 + order, request, draws))
        waiting.sort(key=lambda entry: entry[:2])
        until_ms = day_ms + DAY_MS if day + 1 < days else math.inf
        ready = sum(entry[0] < until_ms for entry in waiting)
        for arrival_ms, _, request, draws in waiting[:ready]:
            event = account.gateway.event(request, sent, draws)
            yield arrival_ms, number, sent, Labelled(event, request.time_ms, request.harvest)
            sent += 1
        del waiting[:ready]
