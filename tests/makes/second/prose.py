"""Running text that nobody wrote: documents, reviews, letters, answers, code and other things that people paste."""

# ruff: noqa: E501 - a wording is one line
from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable

from tests.makes.second import lexicon
from tests.makes.second.spin import fill, spin

#: Chance of forgetting the word before last, so that runs copied from the source stay short (some five words).
_FORGET = 0.22
_CLOSERS = (".", "!", "?")

_STATEMENTS = (
    "[The|Our|Their] <<q>> <<a>> was <<d>> [last week|on Tuesday|in March|yesterday|by mistake]",
    "[We|They|I] had the <<a>> <<d>> [twice|again|too late|without notice] [because|since] the <<b>> was <<q>>",
    "[Nobody|Hardly anyone|The team] [expected|noticed] that the <<b>> would be <<d>> before the <<a>>",
    "[According to|As per] <<p>>, the <<a>> [needs|requires|deserves] a <<q>> <<b>>",
    "<<n>> [units|items|cases|requests] of <<a>> were <<d>> in <<c>> [this quarter|this month|since June]",
    "[It|This] [seems|turned out|is clear] that a <<q>> <<b>> [costs|saves|takes] [about|roughly|nearly] <<n>> [euros|hours|dollars]",
    "[Please|Kindly] make sure the <<a>> is <<d>> before <<p>> [arrives|calls back|signs off]",
    "[Although|While] the <<a>> looked <<q>>, the <<b>> [held up|failed|surprised everyone] in <<c>>",
    "<<p>> [wrote|said|complained|confirmed] that «the <<b>>» had been <<d>> [since|after] the <<q>> <<a>>",
    "[Between|Of] the <<a>> and the <<b>>, [only one|neither|the first] was <<d>> at a <<q>> price",
    "[There is|There was] [no|little|some] [reason|evidence] to think the <<q>> <<b>> [matters|mattered] in <<c>>",
    "The <<a>> [report|record|note] [lists|shows|mentions] <<n>> <<q>> [cases|entries|examples] and one <<b>>",
)  # fmt: skip


class WordChain:
    """Words that follow each other as in a set of texts: lexically natural, with runs that are no copies."""

    def __init__(self, texts: Iterable[str]) -> None:
        pairs: dict[tuple[str, str], list[str]] = defaultdict(list)
        singles: dict[str, list[str]] = defaultdict(list)
        starts: list[tuple[str, str]] = []
        for text in texts:
            words = text.split()
            if len(words) < 4:
                continue
            starts.append((words[0], words[1]))
            for a, b, c in zip(words, words[1:], words[2:], strict=False):
                pairs[a, b].append(c)
                singles[b].append(c)
        self._pairs, self._singles, self._starts = dict(pairs), dict(singles), starts

    def sentence(self, rng: random.Random, words: int) -> str:
        """Draw a sentence of some ``words`` words."""
        draw = rng.random
        a, b = self._starts[int(draw() * len(self._starts))]
        out = [a, b]
        for _ in range(words - 2):
            following = None if draw() < _FORGET else self._pairs.get((a, b))
            following = following or self._singles.get(b)
            if following is None:
                break
            a, b = b, following[int(draw() * len(following))]
            out.append(b)
        text = " ".join(out).replace("\n", " ").rstrip(",;:(-")
        return text if text.endswith(_CLOSERS) else text + "."


class Prose:
    """Writes text on a trade, half from sentence frames with the trade's words, half from a word chain."""

    def __init__(self, chains: list[WordChain]) -> None:
        self._chains = chains

    def statement(self, trade: str, rng: random.Random) -> str:
        """One sentence on the trade."""
        if rng.random() < 0.55:
            return self._chains[int(rng.random() * len(self._chains))].sentence(rng, 6 + int(rng.expovariate(0.12)))
        nouns, qualities, deeds = lexicon.TRADES[trade]
        frame = spin(_STATEMENTS[int(rng.random() * len(_STATEMENTS))], rng)
        return (
            fill(
                frame, a=rng.choice(nouns), b=rng.choice(nouns), q=rng.choice(qualities), d=rng.choice(deeds),
                p=lexicon.person(rng), c=rng.choice(lexicon.PLACES), n=str(int(rng.lognormvariate(3.5, 1.2)) + 2),
            )
            + "."
        )  # fmt: skip

    def paragraph(self, trade: str, rng: random.Random, sentences: int) -> str:
        """Some sentences on the trade."""
        return " ".join(self.statement(trade, rng) for _ in range(max(1, sentences)))

    def document(self, trade: str, rng: random.Random, sentences: int) -> str:
        """A text of a few paragraphs, at times with a heading, a list or figures."""
        parts, left = [], max(1, sentences)
        if rng.random() < 0.4:
            parts.append(spin("[#|##|] ", rng).lstrip() + lexicon.topic(trade, rng).capitalize())
        while left > 0:
            size = min(left, 1 + int(rng.random() * 5))
            left -= size
            if rng.random() < 0.12:
                parts.append(
                    "\n".join(f"- {lexicon.topic(trade, rng)}: {rng.randint(2, 900)}" for _ in range(size + 1))
                )
            else:
                parts.append(self.paragraph(trade, rng, size))
        return "\n\n".join(parts)

    def answer(self, trade: str, rng: random.Random, sentences: int) -> str:
        """What a model may have answered: an opening, points, a closing."""
        opening = spin(
            "[[Sure|Certainly|Of course|Great question]! |[Here is|Here's] [a|one] [short|brief|possible] answer. |"
            "[To answer this|In short], ]", rng)  # fmt: skip
        opening = opening if rng.random() < 0.4 else ""
        if rng.random() < 0.4:
            points = "\n".join(f"{i + 1}. {self.statement(trade, rng)}" for i in range(max(2, sentences)))
            return f"{opening}\n{points}"
        return f"{opening}{self.paragraph(trade, rng, sentences)}"


_VERBS = [
    "load",
    "save",
    "parse",
    "merge",
    "filter",
    "count",
    "split",
    "render",
    "fetch",
    "update",
    "check",
    "build",
    "sort",
    "group",
    "index",
    "format",
]
_TYPES = {"python": ("def ", ":", "    "), "javascript": ("function ", " {", "  "), "go": ("func ", " {", "\t"),
          "rust": ("fn ", " {", "    "), "php": ("function ", " {", "    ")}  # fmt: skip
LANGUAGES = sorted(_TYPES)


def _name(trade: str, rng: random.Random) -> str:
    return rng.choice(lexicon.TRADES[trade][0]).replace("-", "_")


def code(language: str, trade: str, rng: random.Random, lines: int) -> str:
    """A snippet of source in the style of a language, with names of the trade; it need not run."""
    head, opener, indent = _TYPES[language]
    arguments = [_name(trade, rng) for _ in range(rng.randint(1, 3))]
    out = [f"{head}{rng.choice(_VERBS)}_{_name(trade, rng)}({', '.join(arguments)}){opener}"]
    for _ in range(max(2, lines)):
        a, b = rng.choice(arguments), _name(trade, rng)
        number = rng.randint(0, 4000)
        verb = rng.choice(_VERBS)
        out.append(indent + rng.choice((
            f"{b} = {verb}({a}, {number})", f"if {a}.{b} > {number}{opener} {b} += {number % 17}",
            f"return {a}.{verb}_{b}({number})", f"{b}[{number}] = {a}",
            f"for i in range({number}){opener} {b}.append({a}[i])", f"log({a!r}, {b}.{verb}())",
            f"assert {b} != {number}, {a}",
        )))  # fmt: skip
    if opener == " {":
        out.append("}")
    return "\n".join(out)


def shell_output(trade: str, rng: random.Random, lines: int) -> str:
    """What a terminal shows: listings, test results, errors with a trace."""
    out = []
    for _ in range(max(1, lines)):
        a, b = _name(trade, rng), _name(trade, rng)
        n = rng.randint(1, 900)
        verb = rng.choice(_VERBS)
        out.append(rng.choice((
            f"-rw-r--r-- 1 dev dev {n * 37} {a}_{b}.py", f"src/{a}/{b}.ts:{n}:{n % 80}: error TS{2000 + n}: {b} is not {a}",
            f'  File "app/{a}.py", line {n}, in {verb}_{b}', f"PASSED tests/test_{a}.py::test_{b}_{n}",
            f"FAILED tests/test_{b}.py::test_{a} - AssertionError: {n} != {n + 1}", f"M  {a}/{b}.go",
            f"{n}: {verb}({a}) -> {b}", f"npm warn {a}-{b}@{n % 9}.{n % 13}.0 deprecated",
        )))  # fmt: skip
    return "\n".join(out)
