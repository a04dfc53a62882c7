"""The dials of a group, drawn alike for campaigns and for innocents."""

from __future__ import annotations

from random import Random

from tests.makes.sixth.draws import log_uniform, one_of

OUTPUTS = ((6.0, 0.5), (70.0, 0.6), (320.0, 0.6), (320.0, 0.7), (1000.0, 0.5), (2800.0, 0.5))


class Dials:
    """How a group behaves, whatever it is up to; each dial is drawn by itself, at most 18,000 requests a week."""

    def __init__(self, rng: Random, ties: str) -> None:
        self.accounts, self.pace, self.ties = 120, 200.0, ties
        while self.accounts * self.pace * 7 > 18_000:
            self.accounts, self.pace = round(log_uniform(rng, 5, 120)), log_uniform(rng, 3, 200)
        self.spread, self.cover = rng.uniform(0.1, 0.8), 0.0 if rng.random() < 0.35 else rng.uniform(0.2, 0.9)
        self.wordings, self.words = round(log_uniform(rng, 1, self.accounts)), log_uniform(rng, 5, 150)
        self.slot, self.turns = one_of(rng, "start|middle|end|end|system"), rng.choice((1.0, rng.uniform(1, 5)))
        self.schedule = one_of(rng, "human|human|machine|nightly|bursts")
        self.life, self.output = one_of(rng, "whole|whole|window|replace"), rng.choice(OUTPUTS)
