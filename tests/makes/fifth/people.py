"""People who chat."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.makes.fifth.account import Account
from tests.makes.fifth.maker import Maker
from tests.makes.fifth.templates import Make, fill
from tests.makes.fifth.wording import chatter, edited, make_bank, make_slots, phrase, sloppy
from tests.makes.fifth.words import PLACES, TONGUES


def person(make: Maker, lang: str, viral: float = 0.006, card: float = 0.02) -> Callable[[Account, int], int]:
    """Make up somebody who chats in sessions about a few interests; the result holds one session."""
    rng, world = make.rng, make.world
    names = {"en": world.names, "zh": ["huatuo_med", "iopo_trace", "gaokao_student"]}.get(lang, world.talk)
    likes = [make_bank(rng, world, names, rng.randrange(12, 150)) for _ in range(rng.randint(1, 3))]
    own = 0.2 if lang in ("en", "zh") else 0.75
    slots = make_slots(rng, lambda: chatter(rng, lang), lang)
    character = rng.choice(world.cards)

    def lines(like: Make) -> Iterator[str]:
        draw = rng.random()
        role = viral <= draw < viral + card
        if role:
            yield fill(character.replace("¦", "\n"), slots)
        else:
            yield edited(rng, fill(rng.choice(world.viral), slots), lang) if draw < viral else like()
        while rng.random() < (0.92 if role else 0.66):
            draw = rng.random()
            yield slots["line"]() if role else phrase(rng, lang, TONGUES[lang][4]) if draw < 0.45 else like()

    def meet(one: Account, at: int) -> int:
        bank = rng.choice(likes)
        like = (lambda: chatter(rng, lang)) if rng.random() < own else (lambda: sloppy(rng, bank()))
        return make.session(one, at, lines(like), rng.choice(("short", "medium", "medium", "long")), 70)

    return meet


def converse(make: Maker, one: Account, count: int, users: int = 1, **chances: float) -> None:
    """Fill an account with about ``count`` requests of people who chat."""
    langs = [one.lang] + [str(make.rng.choice(PLACES)[1]) for _ in range(users - 1)]
    crowd = [person(make, lang if make.rng.random() < 0.65 else "en", **chances) for lang in langs]
    for at in make.moments(one, count, "human"):
        count -= make.rng.choice(crowd)(one, at) if count > 0 else 0
