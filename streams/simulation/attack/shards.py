"""Deals the harvest texts out: each attack has texts of its own, and each of its accounts a part of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Final

import numpy as np

from streams.corpora import CorpusError
from streams.simulation.attack.schedule import expected_requests
from streams.simulation.attack.variation import vary
from streams.simulation.plan import Attack
from streams.simulation.scenario import Scenario
from streams.simulation.texts import Texts

#: Accounts are dealt for in tens, so that another member leaves the shards of the others as they were.
_DEALT_AT_ONCE: Final = 10

#: Contents that are made or said anew, not taken from a corpus of harvest texts.
_WITHOUT_ITEMS: Final = ("languages", "people")

_WORD: Final = re.compile(r"[a-z]{5,}|[\u4e00-\u9fff]{2}")


class Shard:
    """One account's private texts, endless: after all of them come variants of each (see ``variation.vary``)."""

    def __init__(self, bases: list[str], first_number: int = 0, stride: int = 1) -> None:
        self._bases = bases
        self._first_number = first_number
        self._stride = stride

    def __len__(self) -> int:
        """Return the number of texts before the first variant."""
        return len(self._bases)

    def texts(self, rng: np.random.Generator) -> Iterator[str]:
        """Yield the texts in random order, then a variant of each in another order, and so on."""
        for lap in count():
            number = self._first_number + lap * self._stride
            for index in rng.permutation(len(self._bases)).tolist():
                yield vary(self._bases[index], number)


def deal(texts: Texts, scenario: Scenario) -> dict[str, list[Shard]]:
    """Return the shard of every account of every attack, by the attack's name.

    A corpus that several attacks want is cut between them in proportion to their requests; no two attacks and no two
    accounts get the same text, unless an attack has more accounts than texts: then each account gets its own variants.
    The members of a relay share one shard. Raises ``CorpusError`` when an attack's corpora hold nothing to harvest, or
    too little for all that want it.
    """
    dealt = [attack for attack in scenario.attacks if attack.content not in _WITHOUT_ITEMS]
    wanted = {attack.name: _wanted(texts, attack) for attack in dealt}
    demands = {attack.name: _demand(scenario, attack) for attack in scenario.attacks}
    pools: dict[str, list[str]] = {attack.name: [] for attack in scenario.attacks}
    for corpus, prompts in texts.harvest.items():
        takers = [name for name, corpora in wanted.items() if corpus in corpora]
        weights = [
            demands[name] * len(prompts) / sum(len(texts.harvest[other]) for other in wanted[name]) for name in takers
        ]
        for name, begin, end in zip(takers, *_cut(weights, len(prompts)), strict=True):
            pools[name] += prompts[begin:end]
    for attack in dealt:
        if not pools[attack.name]:
            raise CorpusError(
                f"attack {attack.name!r}: corpora {', '.join(wanted[attack.name])}: too few harvest texts for "
                f"{len(dealt)} attacks; give a folder with more, or fewer attacks"
            )
    return {attack.name: _shards(attack, pools[attack.name]) for attack in scenario.attacks}


def _cut(weights: list[float], count: int) -> tuple[list[int], list[int]]:
    """Return where the part of each taker of ``count`` texts begins and ends, in proportion to positive weights.

    Each gets at least one text, where there are as many as takers.
    """
    ends = np.floor(np.cumsum([0.0, *weights]) / (sum(weights) or 1.0) * count + 1e-9).astype(int)
    if count >= len(weights):
        order = np.arange(len(ends))
        ends = np.minimum(np.maximum.accumulate(ends - order) + order, count - order[::-1])
    return ends[:-1].tolist(), ends[1:].tolist()


def _wanted(texts: Texts, attack: Attack) -> list[str]:
    """Return the corpora that an attack harvests: those it names, or all, when the folder has none of those."""
    present = [name for name in attack.corpora if name in texts.harvest]
    found = [name for name in present or texts.harvest if texts.harvest[name]]
    if not found:
        known = ", ".join(name for name, prompts in texts.harvest.items() if prompts)
        raise CorpusError(
            f"attack {attack.name!r}: corpora {', '.join(attack.corpora)}: no harvest texts there; choose among {known}"
        )
    return found


def _demand(scenario: Scenario, attack: Attack) -> float:
    """Return how many texts an attack needs.

    That is one a shard at least: in a scenario cut short, accounts that harvest from its start on (``running_share``)
    do so even when the attack begins after its end.
    """
    capacity = _capacity(attack)
    return max(float(capacity), capacity * expected_requests(scenario, attack) / attack.turns_mean)


def _capacity(attack: Attack) -> int:
    """Return the number of shards to make: one for each account or relay, in tens."""
    sharing = attack.members // attack.relay
    return 1 if sharing == 1 else -(-sharing // _DEALT_AT_ONCE) * _DEALT_AT_ONCE


def _shards(attack: Attack, pool: list[str]) -> list[Shard]:
    capacity = _capacity(attack)
    if attack.topic_shards:
        pool = _by_topic(pool)
        parts = [pool[len(pool) * part // capacity : len(pool) * (part + 1) // capacity] for part in range(capacity)]
    else:
        parts = [pool[part::capacity] for part in range(capacity)]
    owners = [index // attack.relay for index in range(attack.members)]
    if len(pool) < capacity:
        return [Shard(pool, owner, capacity) for owner in owners]
    return [Shard(parts[owner]) for owner in owners]


def _by_topic(pool: list[str]) -> list[str]:
    """Order texts so that neighbours share a word: for each the most frequent of its words that most texts lack."""
    words = [sorted(set(_WORD.findall(text.casefold()))) for text in pool]
    frequency = Counter(word for found in words for word in found)
    limit = max(2, len(pool) // 25)
    topics = [
        max((word for word in found if frequency[word] <= limit), key=frequency.__getitem__, default="")
        for found in words
    ]
    common = Counter(topics)
    return [
        pool[index] for index in sorted(range(len(pool)), key=lambda index: (-common[topics[index]], topics[index]))
    ]
