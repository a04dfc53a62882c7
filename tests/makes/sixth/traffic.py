"""The innocents and the campaigns of a week."""

from __future__ import annotations

from random import Random

from tests.makes.sixth.dials import Dials
from tests.makes.sixth.draws import log_uniform, one_of
from tests.makes.sixth.feed import SHAPES
from tests.makes.sixth.habit import CROWDS
from tests.makes.sixth.week import Week
from tests.makes.sixth.world import Library

#: Least and most accounts that belong to no crowd.
SOLOS = (860, 940)


def innocents(week: Week, library: Library, seed: int) -> None:
    """Add the crowds and the solo accounts."""
    rng = Random(f"{seed}/innocents")
    for crowd, (_, _, ties) in CROWDS.items():
        for number in range(rng.choice((2, 2, 3))):
            own = Random(f"{seed}/{crowd}/{number}")
            dials = Dials(own, ties if own.random() < 0.7 or ties == "strangers" else "loose")
            if ties == "strangers":  # a few uses each, among traffic of their own
                dials.cover = max(0.6, 1 - own.uniform(2, 8) / (dials.pace * 7))
                dials.schedule, dials.life = "human", "whole"
            week.add(own, library, crowd, dials, crowd)
    for number in range(rng.randint(*SOLOS)):
        own = Random(f"{seed}/solo/{number}")
        kind = own.choice(("chat_user", "chat_user", "chat_user", "developer", "small_batch"))
        dials = Dials(own, "strangers")
        dials.accounts, dials.wordings, dials.pace = 1, 1, log_uniform(own, 2, 60)
        dials.schedule = dials.schedule if kind == "small_batch" else "human"
        dials.life = "whole" if dials.life == "replace" else dials.life
        dials.cover = dials.cover if own.random() < 0.5 else 0.0
        main = own.choice([name for name in CROWDS if CROWDS[name][1] != "own"]) if kind == "small_batch" else kind
        week.add(own, library, kind, dials, main)


def campaigns(week: Week, library: Library, seed: int) -> None:
    """Add the campaigns; the largest are drawn again while more than 16 % of all requests would harvest."""
    rng, innocent = Random(f"{seed}/campaigns"), len(week.events)
    drawn = [Dials(rng, one_of(rng, "office|office|loose|loose|strangers")) for _ in range(rng.randint(10, 16))]
    shapes = rng.sample([*SHAPES, *SHAPES], len(SHAPES) * 2)
    while True:
        sizes = [dials.accounts * dials.pace * 7 for dials in drawn]
        harvest = [size * (1 - dials.cover) for size, dials in zip(sizes, drawn, strict=True)]
        if sum(harvest) <= 0.16 * (innocent + sum(sizes)) and innocent + sum(sizes) < 380_000:
            break
        worst = harvest.index(max(harvest))
        drawn[worst] = Dials(rng, drawn[worst].ties)
    for number, dials in enumerate(drawn):
        own, shape = Random(f"{seed}/campaign/{number}"), shapes[number]
        week.add(own, library, f"harvest_{shape}", dials, shape, f"c{number:02d}")


def make_week(library: Library, seed: int, attack_free: bool) -> Week:
    """A whole week, its events in order of time and its labels in order of account."""
    week = Week()
    innocents(week, library, seed)
    if not attack_free:
        campaigns(week, library, seed)
    week.events.sort()
    week.labels.sort()
    return week
