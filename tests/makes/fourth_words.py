"""Templates and contents of the fourth maker: a grammar (``fourth_words.txt``) and slices of the bundled prompts."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from streams import corpora

# One symbol a line, its expansions split by " | "; #x# expands x, ~x~ is filled anew at every use.
_GRAMMAR = Path(__file__).with_suffix(".txt")
TASKS = (
    "agent",
    "ask",
    "call",
    "code",
    "grade",
    "invent",
    "label",
    "market",
    "recruit",
    "summarise",
    "teach",
    "translate",
)
_SENTENCE = re.compile(r"(?<=[.!?。？！])\s+")

Pick = Callable[[int], int]
Draw = Callable[[int, int, random.Random, str], str]
_RECORDS = tuple(
    f"o_{name}" for name in ("order", "ticket", "cv", "listing", "log", "mail", "diary", "row", "law", "med")
)


def _parsed() -> dict[str, list[list[str]]]:
    """The grammar: expansions by symbol, each split at ``#`` so that odd parts are symbols."""
    lines = (line.split(":", 1) for line in _GRAMMAR.read_text(encoding="utf-8").splitlines())
    return {symbol: [part.strip().split("#") for part in rest.split(" | ")] for symbol, rest in lines}


def _common_words() -> list[str]:
    """Up to 4,000 lower-case words of 4 to 11 letters that the bundled English prompts use, the commonest left out."""
    counts: Counter[str] = Counter()
    for prompts in corpora.load_all(corpora.BUNDLED).values():
        for prompt in prompts[::3]:
            counts.update(re.findall(r"\b[a-z]{4,11}\b", prompt.text))
    return [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))][150:4150]


_PARSED = _parsed()
_PARSED["label_en"] += [[""]] * 4
_WORDS = _common_words()


def expand(symbol: str, pick: Pick) -> str:
    """Words for a grammar symbol; ``pick`` chooses among n expansions."""
    if symbol == "word":
        return _WORDS[pick(len(_WORDS))]
    if symbol in ("num", "money", "date", "id"):
        number = pick(900) + 2
        day = f"{1 + number % 28} {('January', 'March', 'May', 'July', 'October')[number % 5]}"
        money, code = f"{number}.{number % 90 + 10} EUR", f"{number}-{pick(9999)}"
        return {"num": f"{number}", "money": money, "date": day, "id": code}[symbol]
    parts = _PARSED[symbol][pick(len(_PARSED[symbol]))]
    return "".join(expand(part, pick) if at % 2 else part for at, part in enumerate(parts))


def picker(rng: random.Random) -> Pick:
    """A uniform choice among n."""
    return lambda n: int(rng.random() * n)


def spread(rng: random.Random, low: float, high: float) -> float:
    """A number between low and high, uniform in its logarithm."""
    return low * math.exp(rng.random() * math.log(high / low))


@dataclass(frozen=True)
class Template:
    """What a template says before its words are chosen: one grammar symbol a sentence, the slot's place, the dress."""

    seed: str
    sentences: tuple[str, ...]
    slot: int
    dress: int
    quote: tuple[str, str]
    borrowed: str

    def written(self, variant: int, variation: float) -> tuple[str, str]:
        """Text before and after the slot; a share ``variation`` of the words differs by ``variant``."""
        lines = []
        for at, symbol in enumerate(self.sentences):
            base, other = random.Random(f"{self.seed}/{at}"), random.Random(f"{self.seed}/{at}/{variant}")
            lines.append(_dressed(expand(symbol, _varied(base, other, variation)), at, self.dress))
        if self.borrowed:
            lines.insert(min(self.slot, 1), self.borrowed)
        label = expand("label_en", picker(random.Random(f"{self.seed}/label")))
        gap = " " if self.dress in (0, 7) else "\n"
        head = gap.join([*lines[: self.slot], *([label] if self.slot and label else [])])
        tail = gap.join(lines[self.slot :])
        return (head and head + gap) + self.quote[0], self.quote[1] + (tail and gap + tail)


def _varied(base: random.Random, other: random.Random, variation: float) -> Pick:
    """A choice that follows ``base`` but for a share of ``variation``."""

    def pick(n: int) -> int:
        kept, changed, coin = base.random(), other.random(), other.random()
        return int((changed if coin < variation else kept) * n)

    return pick


def _dressed(line: str, at: int, dress: int) -> str:
    """One sentence in the template's dress: plain, lines, bullets, numbers, tags, JSON, capitals, small, headings."""
    line = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", line)
    ended = line if line[-1] in ".!?:。" else line + ("。" if ord(line[-1]) > 0x3000 else ".")
    ended = ended[0].upper() + ended[1:] if ended[0] != "~" else ended
    tag = ("task", "rules", "context", "role", "format", "note", "style", "goal")[at % 8]
    shapes = (ended, ended, f"- {line}", f"{at + 1}. {ended}", f"<{tag}>{ended}</{tag}>", f'"{tag}": "{line}",')
    more = (ended.upper() if "~" not in ended else ended, line.lower(), f"## {tag.title()}\n{ended}", f"# {line}")
    return (shapes + more)[dress]


def template(rng: random.Random, tasks: tuple[str, ...], language: str, all_prompts: list[str]) -> Template:
    """A random template of 1 to 8 sentences with its slot at the start, in the middle or at the end."""
    count = min(8, int(spread(rng, 1, 9)))
    if language == "en":
        rest = [rng.choice(("open", "role", "rule", "rule", "form", rng.choice(tasks))) for _ in range(count - 1)]
        order = ("open", "role", *TASKS, "rule", "form")
        sentences = sorted([rng.choice(tasks), *rest], key=order.index)
    else:
        sentences = [f"{language}_ask", *[f"{language}_rule"] * (count - 1)]
    if rng.random() < 0.3:
        rng.shuffle(sentences)
    slot = rng.choices((0, rng.randint(0, count), count), (2, 3, 5))[0]
    quotes = (("", ""), ("", ""), ('"', '"'), ("<doc>\n", "\n</doc>"), ("```\n", "\n```"), ("\n", "\n"), ("«", "»"))
    borrowed = rng.choice(all_prompts)[:300] if rng.random() < 0.12 else ""
    return Template(f"{rng.random()}", tuple(sentences), slot, rng.randrange(10), rng.choice(quotes), borrowed)


def spun(text: str, rng: random.Random, strength: float) -> str:
    """The text sliced, renumbered, led in, cut or mistyped, each with probability ``strength``."""
    if rng.random() < strength and len(parts := _SENTENCE.split(text)) > 1:
        start = rng.randrange(len(parts))
        text = " ".join(parts[start : start + 1 + rng.randrange(len(parts))])
    if rng.random() < strength:
        text = re.sub(r"\d+", lambda found: str(max(1, int(found[0][:6]) + rng.randint(-3, 9))), text)
    if rng.random() < strength * 0.5:
        text = f"{rng.choice(('', 'so ', 'pls ', 'Well, ', 'For '))}{expand('word', picker(rng))}: {text}"
    if rng.random() < strength * 0.3:
        text = text.lower() if rng.random() < 0.5 else text[: 20 + rng.randrange(400)]
    if rng.random() < strength * 0.3 and len(text) > 8:
        at = rng.randrange(len(text) - 2)
        text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text


def _pool(rng: random.Random, language: str, breadth: float) -> list[str]:
    """Prompts of one or several corpora; of one origin or about one word where breadth (0 to 1) is small."""
    everything = corpora.load_all(corpora.BUNDLED)
    chinese = ("gaokao_student", "huatuo_med")
    names = sorted(set(everything) - set(chinese)) if language != "zh" else list(chinese)
    chosen = rng.sample(names, max(1, min(len(names), round(breadth * len(names) * rng.uniform(0.3, 1)))))
    prompts = [prompt for name in chosen for prompt in everything[name]]
    if rng.random() > breadth + 0.3:
        origin, word = rng.choice(prompts).user, expand("word", picker(rng))
        about = [prompt for prompt in prompts if prompt.user == origin or word in prompt.text]
        prompts = about if 40 <= len(about) < len(prompts) else prompts
    return [prompt.text for prompt in prompts]


def _sharded(rng: random.Random, pool: list[str], members: int) -> Draw:
    """Contents dealt to the members: at random, in order, by topic, k-fold or with replacement, spun or as they are."""
    way, strength = rng.randrange(5), rng.choice((0.0, 0.0, 0.1, 0.4))
    folds, drift = rng.randint(2, 6), rng.randrange(len(pool))
    pool = list(pool) if way in (1, 2) else rng.sample(pool, len(pool))
    pool = sorted(pool, key=lambda text: text[:9]) if way == 2 else pool

    def draw(member: int, use: int, own: random.Random, user: str) -> str:
        del user
        if way == 4:
            return spun(own.choice(pool), own, strength)
        block = max(1, len(pool) // members)
        at = (member // folds if way == 3 else member) * block + use if way else use * members + member
        return spun(pool[(at + drift) % len(pool)], own, strength if at < len(pool) else max(strength, 0.4))

    return draw


def source(rng: random.Random, name: str, language: str, members: int, breadth: float) -> Draw:
    """What fills the slot: own facts, own users' words, a shared bank, personal texts, documents, or dealt shards."""
    pool = _pool(rng, language, breadth)
    if name == "shard":
        return _sharded(rng, pool, members)
    seed, records = rng.random(), rng.sample(_RECORDS, 1 + int(breadth * rng.randint(0, 9)))
    records = records if language == "en" or rng.random() < 0.2 else [f"o_{language}"]
    bank = rng.sample(pool, min(len(pool), int(spread(rng, 8, 900))))
    length, strength, in_order = int(spread(rng, 1, 12)), rng.uniform(0, 0.6), rng.random() < 0.5
    private, tastes = rng.random() < 0.5, int(spread(rng, 30, 2000))

    def draw(member: int, use: int, own: random.Random, user: str) -> str:
        pick = picker(own)
        if name == "bank":
            return spun(bank[use % len(bank)] if in_order else own.choice(bank), own, strength * 0.2)
        if name == "facts":
            lead = expand("firm", picker(random.Random(f"{seed}/{member}"))) + ": " if private else ""
            facts = range(1 + own.randrange(min(length, 4)))
            return lead + "; ".join(expand(own.choice(records), pick) for _ in facts)
        if name == "users":
            first = random.Random(f"{seed}/{member}/{user}").randrange(len(pool))
            return spun(pool[(first + own.randrange(tastes)) % len(pool)], own, strength)
        count = length * (3 if name == "documents" else 1)
        start = random.Random(f"{seed}/{member}").randrange(len(pool)) if private else own.randrange(len(pool))
        parts = [expand(own.choice(records), pick), spun(pool[(start + use * count) % len(pool)], own, strength)]
        parts += [pool[(start + use * count + k) % len(pool)][:240] for k in range(1, own.randint(1, count))]
        return (" " if name == "texts" else "\n\n").join(parts)[:6000]

    return draw
