"""The templates of ``templates.txt``, and how a wording is fixed and filled.

``[a|b]`` is decided once by whoever owns the wording, sentences between ``~`` come in any order, ``//`` is a line
break, what stands before ``¦`` may live in the system prompt, ``{slot}`` differs from request to request.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

Make = Callable[[], str]
Slots = dict[str, Make]

_ALTERNATIVE, _SLOT = re.compile(r"\[([^\[\]]*)\]"), re.compile(r"\{([a-z]+)\}")


def _specs() -> dict[str, list[str]]:
    text = Path(__file__).with_name("templates.txt").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for block in text.strip().removeprefix("= ").split("\n= "):
        name, _, body = block.partition("\n")
        found.setdefault(name, []).append(re.sub(r" *// *", "\n", " ".join(body.split("\n"))))
    return found


SPECS = _specs()


def fix(rng: random.Random, spec: str) -> str:
    """Decide a template's alternatives and the order of its sentences."""
    while "[" in spec and (changed := _ALTERNATIVE.sub(lambda m: rng.choice(m[1].split("|")), spec)) != spec:
        spec = changed
    spec = spec.replace("{fix}", str(rng.randrange(2, 90))).replace("{count}", str(rng.randrange(3, 25)))
    halves = []
    for half in spec.split("¦"):
        first, *rest = (part.strip(" ") for part in half.split("~"))
        halves.append(" ".join([first, *rng.sample(rest, len(rest))]).replace(" \n", "\n"))
    return "¦".join(halves)


def fill(template: str, slots: Slots) -> str:
    """Fill a template's slots, each anew."""
    return _SLOT.sub(lambda m: slots[m[1]]() if m[1] in slots else m[0], template)
