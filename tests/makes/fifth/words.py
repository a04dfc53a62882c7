"""The words of ``words.txt``: sections after ``= name``, pieces between ``|``, parts of a language between ``;``."""

from __future__ import annotations

from pathlib import Path


def _pieces(text: str) -> list[str]:
    return [piece.strip() for piece in " ".join(text.split("\n")).split("|")]


def _sections() -> dict[str, str]:
    text = Path(__file__).with_name("words.txt").read_text(encoding="utf-8")
    blocks = (block.partition("\n") for block in text.strip().removeprefix("= ").split("\n= "))
    return {name: body for name, _, body in blocks}


_TEXTS = _sections()

#: What people say, by language: starts, questions, subjects, circumstances, follow-ups.
TONGUES = {
    name: [_pieces(part) for part in _TEXTS[name].split(";")]
    for name in ("en", "de", "fr", "es", "it", "pl", "nl", "zh")
}
#: Country, language, hours from UTC, weight.
PLACES = [place.split() for place in _pieces(_TEXTS["places"])]
TRADES = [row.split(",") for row in _pieces(_TEXTS["trades"])]
CITIES, PEOPLE, SURNAMES = _pieces(_TEXTS["cities"]), _pieces(_TEXTS["people"]), _pieces(_TEXTS["surnames"])
JOBS, HOBBIES, HOW = _pieces(_TEXTS["jobs"]), _pieces(_TEXTS["hobbies"]), _pieces(_TEXTS["how"])
LINES, REVIEWS, FACTS = _pieces(_TEXTS["lines"]), _pieces(_TEXTS["reviews"]), _pieces(_TEXTS["facts"])
ANSWERS, HELP, ROLE = _pieces(_TEXTS["answers"]), _pieces(_TEXTS["help"]), _pieces(_TEXTS["role"])
TOOLS = _pieces(_TEXTS["tools"])
