"""A week of traffic: innocent accounts of every kind, campaigns among them, and what each request was."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.makes.second import lexicon
from tests.makes.second.chat import Person, Talk
from tests.makes.second.corpora import Corpora
from tests.makes.second.identity import Account, Registry
from tests.makes.second.prose import Prose, WordChain
from tests.makes.second.rhythm import Rhythm, Times
from tests.makes.second.traffic import Wire

#: Monday 1 June 2026, 00:00 UTC.
START_MS = 1_780_272_000_000
#: Requests of one account in a week at most; beyond, a single client would outweigh a kind.
MOST = 6_000


class Week:
    """What generators of traffic share: chance, prompts, the register of accounts, the wire."""

    def __init__(self, seed: int, days: float, data: Path | None) -> None:
        self.rng = random.Random(f"second-make:{seed}")
        self.numbers = np.random.default_rng([seed, 0x5EC0])
        self.days = days
        self.corpora = Corpora(data)
        texts = self.corpora.texts
        self.prose = Prose(
            [
                WordChain(texts("gsm8k_train")[::3] + texts("mathdial_tutor")),
                WordChain(texts("mmlu_eval")[::3] + texts("nq_open")),
                WordChain(texts("gpteacher_roleplay", "agentbench_os", "t0_batch_docs")),
            ]
        )
        self.talk = Talk(self.corpora, self.prose)
        self.registry = Registry(self.rng, seed, START_MS)
        self.rhythm = Rhythm(self.numbers, days)
        self.wire = Wire(self.rng, self.registry, START_MS)
        self.bans: list[tuple[int, list[str], str]] = []
        """When (milliseconds from the start), whom, and why."""

    def count(self, daily: float, spread: float = 1.0) -> int:
        """Draw an account's requests of the week: log-normal about ``daily`` a day, at least one."""
        return int(min(MOST, max(1.0, self.rng.lognormvariate(np.log(daily * self.days), spread))))

    def times(self, draw: Callable[[int], Times], count: int) -> Times:
        """Draw times; one account in five starts late in the week or stops early."""
        times = draw(count)
        chance = self.rng.random()
        if chance < 0.2 and count > 3:
            edge = self.rng.uniform(0.15, 0.8) * self.days * 86_400
            return (
                self.rhythm.within(times, edge, self.days * 86_400)
                if chance < 0.13
                else self.rhythm.within(times, 0.0, edge)
            )
        return times

    def talk_over(
        self,
        account: Account,
        times: Times,
        person: Callable[[], Person],
        *,
        end_user: Callable[[], str | None] = lambda: None,
        system: str | None = None,
        system_tokens: int = 0,
        pick: Callable[[], Account] | None = None,
        harvest: bool = False,
    ) -> None:
        """Hold conversations at these times until they are used up.

        ``pick`` chooses the account of each turn, where a conversation moves between accounts.
        """
        rng, at = self.rng, 0
        while at < len(times):
            who = person()
            turns = self.talk.conversation(who, rng)
            user = end_user()
            name, history = self.registry.digest("conversation"), 0
            length = rng.lognormvariate(5.4, 0.6)
            for turn, text in enumerate(turns[: len(times) - at], start=1):
                self.wire.send(
                    pick() if pick else account, int(times[at]), text, out=length, conversation=name, turn=turn,
                    root=turns[0], history=history, end_user=user, system=system, system_tokens=system_tokens,
                    harvest=harvest,
                )  # fmt: skip
                history += len(text) // 4 + int(length)
                at += 1

    def trade(self) -> str:
        """Draw a trade."""
        return self.rng.choice(lexicon.TRADE_NAMES)
