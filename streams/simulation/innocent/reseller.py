"""Resellers: an interface of their own, many human customers of several countries and languages behind one account."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from streams.simulation import identity
from streams.simulation.innocent.chat import Chat
from streams.simulation.innocent.customers import requests_of
from streams.simulation.randomness import keyed_hash, pick
from streams.simulation.request import Request
from streams.simulation.templates import side
from streams.simulation.world import Place, World

_SESSIONS_OF_A_CUSTOMER: Final = 1.1
#: What customers who want to be answered in another language put before what they pasted.
_ASKED_IN: Final = (
    "Responde en español: ", "Bitte auf Deutsch antworten: ", "Réponds en français s'il te plaît : ",
    "Responda em português: ", "Türkçe cevap ver: ", "Rispondi in italiano: ", "Odpowiedz po polsku: ",
    "日本語で答えてください：", "Jawab dalam bahasa Indonesia: ", "Ответь по-русски: ",
)  # fmt: skip


class Reseller:
    """One reseller's account."""

    def __init__(self, world: World, rng: np.random.Generator, index: int, place: Place) -> None:
        del place
        name = f"{world.seed}/reseller/{index}"
        asked_in = side(_ASKED_IN, world.scenario.wrappers)
        self._customers = []
        for customer in range(int(rng.integers(12, 36))):
            habit = pick(rng, asked_in) if rng.random() < 0.3 else None
            person = Chat(world, rng, customer, identity.draw_place(rng), sessions=_SESSIONS_OF_A_CUSTOMER, habit=habit)
            self._customers.append((person, keyed_hash("end_user", f"{name}/{customer}")))
        self.usage = msgspec.structs.replace(
            self._customers[0][0].usage, client=pick(rng, ("node-sdk", "python-sdk", "browser")), max_tokens=4_096
        )

    def day(self, rng: np.random.Generator, day: int, day_ms: int) -> list[Request]:
        """Return what all customers ask on one day."""
        return list(requests_of(self._customers, rng, day, day_ms))
