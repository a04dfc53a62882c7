"""The human traffic of harvesting accounts: customers of a reseller, and the owner who sold the account."""

from __future__ import annotations

from typing import Final

import numpy as np

from streams.simulation.attack.schedule import Schedule
from streams.simulation.identity import draw_place
from streams.simulation.innocent.chat import Chat
from streams.simulation.innocent.customers import requests_of
from streams.simulation.innocent.presence import Presence
from streams.simulation.plan import Attack
from streams.simulation.randomness import keyed_hash
from streams.simulation.request import Request
from streams.simulation.world import Behaviour, World

_SESSIONS_OF_A_CUSTOMER: Final = 2.0
#: Requests a day of one customer with that many sessions, on average (measured over 200 of them).
_REQUESTS_OF_A_CUSTOMER: Final = 10.0


class Resale:
    """The people behind one account: customers while it harvests, an owner before."""

    def __init__(self, world: World, rng: np.random.Generator, attack: Attack, name: str, schedule: Schedule) -> None:
        self._people: list[tuple[Behaviour, str]] = []
        if rng.random() < attack.resold_account_share:
            customers = f"{name}/customer", attack.resold_requests_per_day * schedule.rate
            self._add(world, rng, *customers, (schedule.begin_ms, schedule.end_ms))
        if attack.past_requests_per_day:
            owners = f"{name}/owner", attack.past_requests_per_day
            self._add(world, rng, *owners, (0, schedule.begin_ms))

    def day(self, rng: np.random.Generator, day: int, day_ms: int) -> list[Request]:
        """Return what these people send on one day, none of it harvested."""
        return list(requests_of(self._people, rng, day, day_ms))

    def _add(
        self, world: World, rng: np.random.Generator, name: str, per_day: float, present_ms: tuple[int, int]
    ) -> None:
        count = max(1, round(per_day / _REQUESTS_OF_A_CUSTOMER))
        sessions = _SESSIONS_OF_A_CUSTOMER * per_day / (count * _REQUESTS_OF_A_CUSTOMER)
        for number in range(count):
            person = Chat(world, rng, number, draw_place(rng), sessions=sessions)
            self._people.append((Presence(person, *present_ms), keyed_hash("end_user", f"{name}/{number}")))
