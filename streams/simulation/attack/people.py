"""Serve and harvest: an operator answers its own users through the API and keeps a part of the conversations.

Every prompt is a person's; nothing in the words tells the conversations that are kept from the others.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from streams.simulation.attack.schedule import Schedule
from streams.simulation.attack.usage import draw_usage
from streams.simulation.identity import draw_place
from streams.simulation.innocent.chat import Chat
from streams.simulation.innocent.customers import requests_of
from streams.simulation.plan import Attack
from streams.simulation.randomness import keyed_hash
from streams.simulation.request import Request
from streams.simulation.world import Place, World

_KEPT_SHARE: Final = 0.6
#: Requests a day of a user with one session a day (median), on average.
_REQUESTS_PER_SESSION: Final = 5.0
_USERS: Final = 8


class People:
    """One account of such an operator, with users of its own."""

    def __init__(self, world: World, rng: np.random.Generator, attack: Attack, index: int, place: Place) -> None:
        name = f"{world.seed}/{attack.name}/{index}"
        self._schedule = Schedule(world, attack, rng, index, place.offset_hours)
        sessions = attack.requests_per_day / _KEPT_SHARE / _REQUESTS_PER_SESSION / _USERS
        self._users = [
            (Chat(world, rng, user, draw_place(rng), sessions=sessions), keyed_hash("end_user", f"{name}/{user}"))
            for user in range(_USERS)
        ]
        self.usage = draw_usage(rng, attack)

    def day(self, rng: np.random.Generator, day: int, day_ms: int) -> list[Request]:
        """Return what the users say on one day within the attack's window."""
        found: list[Request] = []
        kept: dict[str | None, bool] = {}
        for request in requests_of(self._users, rng, day, day_ms):
            request.harvest = kept.setdefault(request.conversation_id, bool(rng.random() < _KEPT_SHARE))
            found.append(request)
        return [request for request in self._schedule.within(found) if request.time_ms >= self._schedule.begin_ms]
