"""What requests say: questions of people, prompts of the corpora, code, and what fills the templates' slots."""

from __future__ import annotations

import random
import re
from functools import partial

from tests.makes.fifth.templates import Make, Slots, fill
from tests.makes.fifth.words import (
    ANSWERS,
    CITIES,
    FACTS,
    HELP,
    HOBBIES,
    HOW,
    JOBS,
    LINES,
    PEOPLE,
    REVIEWS,
    ROLE,
    SURNAMES,
    TONGUES,
    TOOLS,
    TRADES,
)
from tests.makes.fifth.world import World

_DIGITS = re.compile(r"(?<![\w{.])\d{1,3}(?![\w.}])")


def make_slots(rng: random.Random, ask: Make, lang: str, trade: list[str] | None = None) -> Slots:
    """Give what fills templates: ``ask`` questions, and the nouns of one trade or of all."""
    firm = f"{rng.choice(SURNAMES)} {rng.choice(['GmbH', 'SARL', 'BV', '& Co', 'AB'])}"
    topics = TONGUES[lang][2]
    slots: Slots = {
        "q": ask, "a": ask, "b": ask, "c": lambda: rng.choice(CITIES), "city": lambda: rng.choice(CITIES),
        "item": lambda: rng.choice(trade or rng.choice(TRADES)), "lang": lambda: lang,
        "n": lambda: str(rng.randrange(2, 60)), "num": lambda: str(rng.randrange(100, 99999)),
        "small": lambda: str(rng.randrange(1, 6)), "rule": lambda: str(rng.randrange(1, 9)),
        "person": lambda: f"{rng.choice(PEOPLE)} {rng.choice(SURNAMES)}", "p": lambda: rng.choice(PEOPLE),
        "firm": lambda: firm if trade else f"{rng.choice(SURNAMES)} {rng.choice(['KG', 'SA', 'NV', 'Ltd'])}",
        "date": lambda: f"{rng.randrange(1, 29)}.{rng.randrange(1, 13)}.2026", "job": lambda: rng.choice(JOBS),
        "h": lambda: rng.choice(HOBBIES), "how": lambda: rng.choice(HOW), "t": lambda: rng.choice(topics),
        "persona": partial(_persona, rng), "code": partial(code, rng), "tools": partial(_tools, rng),
        "me": lambda: f"{_persona(rng)}. {chatter(rng, lang)}",
    }  # fmt: skip

    def several(lines: list[str], low: int, high: int) -> Make:
        return lambda: " ".join(fill(rng.choice(lines), slots) for _ in range(rng.randint(low, high)))

    slots |= {"doc": several(LINES, 2, 6), "mail": several(LINES, 1, 4), "review": several(REVIEWS, 1, 2)}
    slots |= {"facts": several(FACTS, 1, 2), "answer": several(ANSWERS, 2, 5), "help": several(HELP, 1, 2)}
    return slots | {"line": several(ROLE, 1, 2)}


def _persona(rng: random.Random) -> str:
    who = f"a {rng.choice(JOBS)} aged {rng.randrange(19, 80)} from {rng.choice(CITIES)}"
    return f"{who}, fond of {rng.choice(HOBBIES)}"


def _tools(rng: random.Random) -> str:
    return "; ".join(f"{name}(x: str)" for name in sorted(rng.sample(TOOLS, 5)))


def code(rng: random.Random) -> str:
    """Write a few lines of code."""
    verb, noun, part = (rng.choice(row.split()) for row in (
        "load merge count pick drop parse split rank scan push", "rows nodes keys jobs bytes words edges slots",
        "left right total best last depth size cost head",
    ))  # fmt: skip
    body = [
        rng.choice((f"{part} = {rng.randrange(99)}", f"if {part} > {rng.randrange(9)}: {noun}.append({part})",
                    f"for {part} in {noun}[{rng.randrange(9)}:]: {verb}({part})", f"{noun}.sort(key={part})",
                    f"while {part}: {part} = {noun}.pop()", f"return {verb}({noun}, {rng.randrange(50)})"))
        for _ in range(rng.randint(2, 8))
    ]  # fmt: skip
    return f"def {verb}_{noun}({noun}, {part}={rng.randrange(20)}):\n    " + "\n    ".join(body)


def vary(rng: random.Random, text: str) -> str:
    """Change a prompt's numbers, mostly."""
    if rng.random() < 0.3:
        return text
    return _DIGITS.sub(lambda m: str(rng.randrange(1, 10 ** len(m[0]) + 1)), text)


def make_bank(rng: random.Random, world: World, names: list[str], width: int | None = None) -> Make:
    """Give prompts of one of the corpora, or of a narrow stretch of it."""
    rows = world.banks[rng.choice(names)]
    start = rng.randrange(max(1, len(rows) - width)) if width else 0
    part = rows[start : start + width] if width else rows
    return lambda: vary(rng, rng.choice(part))


def phrase(rng: random.Random, lang: str, lines: list[str]) -> str:
    """Fill one of the lines of a language."""
    topics = TONGUES[lang][2]
    some: Slots = {"t": lambda: rng.choice(topics), "c": lambda: rng.choice(CITIES)}
    some |= {"n": lambda: str(rng.randrange(2, 40)), "p": lambda: rng.choice(PEOPLE)}
    return fill(rng.choice(lines), some)


def chatter(rng: random.Random, lang: str) -> str:
    """Write a question of a person in a language."""
    starts, asks, _, tails, _ = TONGUES[lang]
    parts = [phrase(rng, lang, asks)]
    if rng.random() < 0.45:
        parts.insert(0, rng.choice(starts))
    if rng.random() < 0.6:
        parts.insert(rng.choice((0, len(parts), len(parts))), phrase(rng, lang, tails))
    if rng.random() < 0.25:
        parts += [rng.choice(".?,"), phrase(rng, lang, asks)]
    return sloppy(rng, " ".join(parts)) + rng.choice(("", "", "?", "."))


def sloppy(rng: random.Random, text: str) -> str:
    """Type a text as people do: small letters, slips."""
    draw = rng.random()
    if draw < 0.2:
        return text.lower()
    if draw < 0.38 and len(text) > 8:
        at = rng.randrange(len(text) - 2)
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text


def edited(rng: random.Random, text: str, lang: str) -> str:
    """Copy a prompt as strangers do, with small edits."""
    parts = text.replace("¦", " ").split(". ")
    if rng.random() < 0.2 and len(parts) > 2:
        del parts[rng.randrange(1, len(parts) - 1)]
    words = ". ".join(parts).split(" ")
    if rng.random() < 0.3:
        words[rng.randrange(len(words))] = rng.choice(("really", "honestly", "please", "just"))
    text = " ".join(words) + (f" (in {lang})" if rng.random() < 0.2 else "")
    return text.lower() if rng.random() < 0.12 else text
