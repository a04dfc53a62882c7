"""Products with an assistant: one narrow purpose, many end users, often the template of a vendor."""

from __future__ import annotations

from typing import Final

import numpy as np

from streams.simulation import rhythm
from streams.simulation.randomness import keyed_hash, log_normal, pick, weighted
from streams.simulation.request import Request, Usage, converse
from streams.simulation.templates import COMPANIES, OWN, VENDOR
from streams.simulation.texts import mannered
from streams.simulation.world import Place, World

_TRADES: Final = (
    ("clinc150", 0.45), ("nl2bash", 0.15), ("mathdial_tutor", 0.1), ("nq_open", 0.1), ("huatuo_med", 0.1),
    ("apibank_dialogs", 0.1),
)  # fmt: skip


class App:
    """One product's account."""

    def __init__(self, world: World, rng: np.random.Generator, index: int, place: Place) -> None:
        texts = world.texts
        corpus = weighted(rng, _TRADES)
        corpus = corpus if texts.innocent.get(corpus) else pick(rng, texts.available())
        self._name = f"{world.seed}/app/{index}"
        self._slice = texts.topic(rng, corpus, int(rng.integers(90, 360)))
        company = f"{pick(rng, COMPANIES)} {pick(rng, ('', '', 'Group', 'Online', 'Europe', 'Direct', 'Labs'))}".strip()
        style = rng.random()
        template = pick(rng, VENDOR) if style < 0.5 else _own(corpus, rng) if style < 0.75 else "{text}"
        self._before, self._after = template.replace("{company}", company).split("{text}")
        self._users = int(log_normal(rng, 150, 0.7)) + 20
        self._conversations = min(400.0, log_normal(rng, 58, 0.5))
        self._offset_hours = place.offset_hours
        self._output_median = log_normal(rng, 75, 0.5)
        self.usage = Usage(
            model=pick(rng, ("sable-4-mini", "sable-4-mini", "sable-4")),
            temperature=pick(rng, (0.0, 0.2, 0.7)),
            max_tokens=pick(rng, (256, 512, 1_024)),
            system=f"You are the assistant of {company}. Tone: {pick(rng, ('warm', 'brief', 'formal'))}." * 3,
            tool_count=pick(rng, (0, 0, 2, 5)),
            stream=bool(rng.random() < 0.5),
            client=pick(rng, ("node-sdk", "python-sdk", "java-sdk")),
        )

    def day(self, rng: np.random.Generator, day: int, day_ms: int) -> list[Request]:
        """Return the turns of the conversations that end users begin on one day."""
        found: list[Request] = []
        for begin_ms in rhythm.diurnal(rng, day_ms, self._conversations, rhythm.PRODUCT, self._offset_hours):
            user = keyed_hash("end_user", f"{self._name}/{int(self._users * rng.random() ** 1.5)}")
            count = int(rng.geometric(0.62))
            said = [f"{self._before}{mannered(rng, pick(rng, self._slice))}{self._after}" for _ in range(min(count, 6))]
            times_ms = rhythm.turns(rng, begin_ms, len(said), 40_000)
            outputs = rhythm.lengths(rng, len(said), self._output_median, 0.7, self.usage.max_tokens)
            turns = converse(f"{self._name}/{day}/{len(found)}", said, times_ms, outputs)
            for turn in turns:
                turn.end_user = user
                turn.tool_call_count = int(rng.random() < 0.3) if self.usage.tool_count else 0
            found += turns
        return found


def _own(corpus: str, rng: np.random.Generator) -> str:
    if corpus == "huatuo_med":
        return OWN[4]
    return {"mathdial_tutor": OWN[2], "nl2bash": OWN[3]}.get(corpus) or pick(rng, OWN[:2])
