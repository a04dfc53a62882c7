"""A maker of labelled weeks in which every innocent group and every campaign is drawn from the same wide priors.

``python -m tests.makes.fourth --out DIR --seed N [--attack-free]`` writes ``events.jsonl.zst`` (in order of time) and
``labels.csv``. No property of an event tells a campaign from a crowd: templates, contents, sizes, rates, rhythms, cards
and organizations come from the same functions. Only the meaning differs: a campaign fills its templates with broad, ever
new contents through accounts that pretend to be unrelated. An attack-free week holds the same innocent events.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import re
import sys
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import msgspec
import zstandard

from streams import corpora

_DAY_MS = 86_400_000
_WEEK_START_MS = 1_772_409_600_000  # 2026-03-02T00:00:00Z, a Monday
_MOST_EVENTS = 450_000
_INNOCENT_EVENTS = 320_000
_BACKGROUND_ACCOUNTS, _GROUP_ACCOUNTS, _GROUPS, _CAMPAIGNS = 1200, 800, 44, 14
_HARVEST_SHARE = 0.19

# One symbol a line, its expansions split by " | "; #x# expands x, ~x~ is filled anew at every use.
_GRAMMAR = Path(__file__).with_suffix(".txt")
# Kind: its tasks; weights of one organization, a vendor's customers, strangers; the contents it leans to.
_KINDS = {
    "popular-prompt": ("ask teach invent", (1, 1, 8), "users texts bank"),
    "vendor-customers": ("call ask market label", (1, 9, 1), "facts users"),
    "company-fleet": ("ask summarise code call", (9, 1, 0), "facts texts"),
    "plug-in": ("translate summarise market ask", (2, 3, 6), "texts documents"),
    "agent-harness": ("agent code", (3, 3, 5), "facts shard users"),
    "benchmark-runner": ("ask grade label code", (5, 1, 4), "bank shard"),
    "grader": ("grade label", (5, 3, 2), "texts bank shard"),
    "homework": ("teach ask code", (2, 2, 7), "bank texts"),
    "translator": ("translate", (3, 4, 4), "texts facts documents"),
    "summariser": ("summarise", (4, 4, 3), "documents texts"),
    "call-centre": ("call label summarise", (7, 4, 0), "facts users"),
    "recruiter": ("recruit grade market", (4, 5, 3), "facts"),
    "marketer": ("market translate invent", (3, 4, 4), "facts texts"),
    "labelling-shop": ("label grade ask", (6, 2, 3), "shard bank facts"),
    "test-data": ("invent code", (6, 2, 2), "facts shard"),
}
_TASKS = tuple(sorted({task for tasks, _, _ in _KINDS.values() for task in tasks.split()}))
_ALL_SOURCES = ("facts", "users", "bank", "texts", "documents", "shard")
_RECORDS = tuple(f"o_{name}" for name in "order ticket cv listing log mail diary row law med".split())
_OPTIONAL = "turn_count conversation_id organization_id payment_hash ip_prefix_hash end_user_hash system_hash".split()
_MODELS = ("large-2", "large-2", "medium-2", "small-2", "reasoner-1", "large-1")
_SENTENCE = re.compile(r"(?<=[.!?。？！])\s+")
_FILL = re.compile(r"~(date|name|num)~")

Draw = Callable[[int, int, random.Random, str], str]
Pick = Callable[[int], int]


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


def _expand(symbol: str, pick: Pick) -> str:
    """Words for a grammar symbol; ``pick`` chooses among n expansions."""
    if symbol == "word":
        return _WORDS[pick(len(_WORDS))]
    if symbol in ("num", "money", "date", "id"):
        number = pick(900) + 2
        day = f"{1 + number % 28} {('January', 'March', 'May', 'July', 'October')[number % 5]}"
        return {"num": f"{number}", "money": f"{number}.{number % 90 + 10} EUR", "date": day, "id": f"{number}-{pick(9999)}"}[symbol]
    parts = _PARSED[symbol][pick(len(_PARSED[symbol]))]
    return "".join(_expand(part, pick) if at % 2 else part for at, part in enumerate(parts))


def _picker(rng: random.Random) -> Pick:
    """A uniform choice among n."""
    return lambda n: int(rng.random() * n)


def _spread(rng: random.Random, low: float, high: float) -> float:
    """A number between low and high, uniform in its logarithm."""
    return low * math.exp(rng.random() * math.log(high / low))


def _hashed(*parts: object) -> str:
    """A keyed hash as a gateway would write it."""
    text = "/".join(map(str, parts)).encode()
    return urlsafe_b64encode(blake2b(text, key=b"fourth", digest_size=16).digest()).rstrip(b"=").decode()


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
            lines.append(_dressed(_expand(symbol, _varied(base, other, variation)), at, self.dress))
        if self.borrowed:
            lines.insert(min(self.slot, 1), self.borrowed)
        label = _expand("label_en", _picker(random.Random(f"{self.seed}/label")))
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


def _template(rng: random.Random, tasks: tuple[str, ...], language: str, all_prompts: list[str]) -> Template:
    """A random template of 1 to 8 sentences with its slot at the start, in the middle or at the end."""
    count = min(8, int(_spread(rng, 1, 9)))
    if language == "en":
        rest = [rng.choice(("open", "role", "rule", "rule", "form", rng.choice(tasks))) for _ in range(count - 1)]
        order = ("open", "role", *_TASKS, "rule", "form")
        sentences = sorted([rng.choice(tasks), *rest], key=order.index)
    else:
        sentences = [f"{language}_ask", *[f"{language}_rule"] * (count - 1)]
    if rng.random() < 0.3:
        rng.shuffle(sentences)
    slot = rng.choices((0, rng.randint(0, count), count), (2, 3, 5))[0]
    quotes = (("", ""), ("", ""), ('"', '"'), ("<doc>\n", "\n</doc>"), ("```\n", "\n```"), ("\n", "\n"), ("«", "»"))
    borrowed = rng.choice(all_prompts)[:300] if rng.random() < 0.12 else ""
    return Template(f"{rng.random()}", tuple(sentences), slot, rng.randrange(10), rng.choice(quotes), borrowed)


def _spun(text: str, rng: random.Random, strength: float) -> str:
    """The text sliced, renumbered, led in, cut or mistyped, each with probability ``strength``."""
    if rng.random() < strength and len(parts := _SENTENCE.split(text)) > 1:
        start = rng.randrange(len(parts))
        text = " ".join(parts[start : start + 1 + rng.randrange(len(parts))])
    if rng.random() < strength:
        text = re.sub(r"\d+", lambda found: str(max(1, int(found[0][:6]) + rng.randint(-3, 9))), text)
    if rng.random() < strength * 0.5:
        text = f"{rng.choice(('', 'so ', 'pls ', 'Well, ', 'For '))}{_expand('word', _picker(rng))}: {text}"
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
        origin, word = rng.choice(prompts).user, _expand("word", _picker(rng))
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
            return _spun(own.choice(pool), own, strength)
        block = max(1, len(pool) // members)
        at = (member // folds if way == 3 else member) * block + use if way else use * members + member
        return _spun(pool[(at + drift) % len(pool)], own, strength if at < len(pool) else max(strength, 0.4))

    return draw


def _source(rng: random.Random, name: str, language: str, members: int, breadth: float) -> Draw:
    """What fills the slot: own facts, own users' words, a shared bank, personal texts, documents, or dealt shards."""
    pool = _pool(rng, language, breadth)
    if name == "shard":
        return _sharded(rng, pool, members)
    seed, records = rng.random(), rng.sample(_RECORDS, 1 + int(breadth * rng.randint(0, 9)))
    records = records if language == "en" or rng.random() < 0.2 else [f"o_{language}"]
    bank = rng.sample(pool, min(len(pool), int(_spread(rng, 8, 900))))
    length, strength, in_order = int(_spread(rng, 1, 12)), rng.uniform(0, 0.6), rng.random() < 0.5
    private, tastes = rng.random() < 0.5, int(_spread(rng, 30, 2000))

    def draw(member: int, use: int, own: random.Random, user: str) -> str:
        pick = _picker(own)
        if name == "bank":
            return _spun(bank[use % len(bank)] if in_order else own.choice(bank), own, strength * 0.2)
        if name == "facts":
            lead = _expand("firm", _picker(random.Random(f"{seed}/{member}"))) + ": " if private else ""
            return lead + "; ".join(_expand(own.choice(records), pick) for _ in range(1 + own.randrange(min(length, 4))))
        if name == "users":
            first = random.Random(f"{seed}/{member}/{user}").randrange(len(pool))
            return _spun(pool[(first + own.randrange(tastes)) % len(pool)], own, strength)
        count = length * (3 if name == "documents" else 1)
        start = random.Random(f"{seed}/{member}").randrange(len(pool)) if private else own.randrange(len(pool))
        parts = [_expand(own.choice(records), pick), _spun(pool[(start + use * count) % len(pool)], own, strength)]
        parts += [pool[(start + use * count + k) % len(pool)][:240] for k in range(1, own.randint(1, count))]
        return (" " if name == "texts" else "\n\n").join(parts)[:6000]

    return draw


@dataclass
class Clock:
    """A rhythm of requests; hours are local, ``width_h`` the spread of a working day."""

    way: str
    centre_h: float
    width_h: float
    weekend: float
    bursts: int

    def moments(self, rng: random.Random, count: int, start_ms: int, stop_ms: int) -> list[int]:
        """``count`` instants between start and stop (epoch ms), sorted."""
        span = max(stop_ms - start_ms, 60_000)
        if self.way == "burst":
            centres = [start_ms + rng.random() * span for _ in range(self.bursts)]
            times = [rng.choice(centres) + rng.expovariate(1 / (self.width_h * 300_000)) for _ in range(count)]
        elif self.way == "steady":
            times = [start_ms + span * (k + rng.random() * self.weekend) / count for k in range(count)]
        else:
            times = [self._human(rng, start_ms, span) for _ in range(count)]
        return sorted(min(max(int(t), start_ms), stop_ms - 1) for t in times)

    def _human(self, rng: random.Random, start_ms: int, span: int) -> float:
        for _ in range(8):
            day = int((start_ms + rng.random() * span - _WEEK_START_MS) // _DAY_MS)
            hour = rng.gauss(self.centre_h, self.width_h) % 24
            moment = _WEEK_START_MS + day * _DAY_MS + hour * 3_600_000
            if start_ms <= moment < start_ms + span and (day % 7 < 5 or rng.random() < self.weekend):
                return moment
        return start_ms + rng.random() * span


def _clock(rng: random.Random) -> Clock:
    """A random rhythm: human hours by day or night, bursts, or steady."""
    way = rng.choices(("human", "burst", "steady"), (6, 2, 2))[0]
    return Clock(way, rng.uniform(0, 24), rng.uniform(1, 5), rng.random(), rng.randint(1, 30))


@dataclass
class Habit:
    """How a group (or one person) uses its templates; every field is drawn once, ``texts`` by member's variant."""

    templates: list[Template]
    variation: float
    draw: Draw
    clock: Clock
    answer: tuple[float, float]
    follow_up: float
    again: float
    repeat: float
    in_system: bool
    system: str | None
    system_tokens: int
    users: int
    models: list[str]
    texts: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)

    def filled(self, member: int, content: str, rng: random.Random) -> str:
        """The content in one of the templates, in the member's wording."""
        if not self.templates or self.in_system:
            return content
        at = rng.randrange(len(self.templates))
        if (key := (at, member if self.variation else 0)) not in self.texts:
            self.texts[key] = self.templates[at].written(key[1], self.variation)
        head, tail = self.texts[key]
        text = head + content + tail
        return _FILL.sub(lambda found: _expand(found[1], _picker(rng)), text) if "~" in text else text


def _habit(rng: random.Random, tasks: tuple[str, ...], sources: tuple[str, ...], members: int, breadth: float) -> Habit:
    """A habit from the priors that crowds, firms, single people and campaigns share."""
    language = rng.choices(("en", "de", "fr", "es", "zh"), (16, 1, 1, 1, 2))[0]
    everything = [prompt.text for prompt in corpora.load_all(corpora.BUNDLED)["gpteacher_roleplay"]]
    count = rng.choices((1, 2, int(_spread(rng, 3, 25))), (6, 2, 2))[0]
    templates = [_template(rng, tasks, language, everything) for _ in range(count)]
    tongue = language if rng.random() < 0.7 else "en"
    draws = [_source(rng, name, tongue, members, breadth) for name in sources]
    weights = [rng.random() for _ in draws]

    def draw(member: int, use: int, own: random.Random, user: str) -> str:
        return own.choices(draws, weights)[0](member, use, own, user)

    in_system, several = rng.random() < 0.08, rng.random() < 0.3
    return Habit(
        templates=templates,
        variation=rng.choice((0.0, 0.0, 0.0, rng.uniform(0.02, 0.2), rng.uniform(0.1, 0.7))),
        draw=draw,
        clock=_clock(rng),
        answer=(math.log(_spread(rng, 3, 3000)), rng.uniform(0.1, 1.0)),
        follow_up=rng.uniform(0.1, 0.8) if several else 0.0,
        again=rng.random() if rng.random() < 0.3 else 0.0,
        repeat=rng.choice((0.0, 0.0, rng.uniform(0, 0.1), rng.uniform(0, 0.7))),
        in_system=in_system,
        system=_hashed("system", rng.random()) if in_system or rng.random() < 0.4 else None,
        system_tokens=int(_spread(rng, 5, 3000)),
        users=rng.choices((0, 1, int(_spread(rng, 2, 300))), (5, 2, 3))[0],
        models=rng.sample(_MODELS, rng.choice((1, 1, 2))),
    )


@dataclass
class Account:
    """One account: who it seems to be, which optional fields its gateway writes, and what it did."""

    name: str
    kind: str
    organization: str | None
    card: str
    prefixes: list[str]
    absent: set[str]
    start_ms: int
    stop_ms: int
    campaign: str = ""
    events: int = 0
    harvested: int = 0
    memory: list[str] = field(default_factory=list)


class Week:
    """Accounts and events of one week, drawn from one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f"{seed}/innocent")
        self.accounts: list[Account] = []
        self.habits: list[Habit] = []
        self.events: list[tuple[int, str, bytes]] = []
        self.seed = seed

    def account(self, kind: str, organization: str | None, card: str | None, prefixes: list[str]) -> Account:
        """A new account that lives all week or, one in seven, opens or closes in it."""
        rng, name = self.rng, f"acct-{self.rng.getrandbits(48):012x}"
        stop = _WEEK_START_MS + 7 * _DAY_MS
        start = _WEEK_START_MS + (int(rng.random() * 5 * _DAY_MS) if rng.random() < 0.14 else 0)
        stop -= int(rng.random() * (stop - start) * 0.8) if rng.random() < 0.14 else 0
        absent = {field for field in _OPTIONAL if rng.random() < 0.12} | ({"prompt_text"} if rng.random() < 0.01 else set())
        homes = prefixes or [_hashed("net", rng.random()) for _ in range(int(_spread(rng, 1, 7)))]
        account = Account(name, kind, organization, card or _hashed("card", name), homes, absent, start, stop)
        self.accounts.append(account)
        return account

    def use(self, account: Account, habit: Habit, member: int, count: int, *, harvest: bool = False) -> None:
        """Let an account use a habit ``count`` times, each a request or a conversation."""
        for use, moment in enumerate(habit.clock.moments(self.rng, count, account.start_ms, account.stop_ms)):
            self._talk(account, habit, member, use, moment, harvest)

    def _talk(self, account: Account, habit: Habit, member: int, use: int, moment: int, harvest: bool) -> None:
        rng, conversation, turn, history = self.rng, f"c-{self.rng.getrandbits(60):x}", 1, habit.system_tokens
        user = f"{account.name}/{rng.randrange(habit.users)}" if habit.users else ""
        while True:
            if turn > 1 and rng.random() >= habit.again:
                text = _expand("tail", _picker(rng))
            else:
                known = account.memory and rng.random() < habit.repeat
                content = rng.choice(account.memory) if known else habit.draw(member, use * 3 + turn - 1, rng, user)
                account.memory = [*account.memory[-30:], content] if habit.repeat else account.memory
                text = habit.filled(member, content, rng)
            tokens = history + 1 + int(len(text.encode()) / 4.1)
            answer = 0 if rng.random() < 0.006 else max(1, int(rng.lognormvariate(*habit.answer)))
            self._write(account, habit, text, (moment, turn, tokens, min(answer, 16_000)), conversation, user)
            account.harvested += harvest
            moment += int(_spread(rng, 4_000, 400_000))
            if rng.random() >= habit.follow_up or turn >= 25 or moment >= account.stop_ms:
                return
            turn, history = turn + 1, tokens + answer

    def _write(
        self, account: Account, habit: Habit, text: str, sizes: tuple[int, int, int, int], conversation: str, user: str
    ) -> None:
        rng, (moment, turn, tokens, answer) = self.rng, sizes
        optional = {
            "prompt_text": text if rng.random() > 0.004 else None,
            "turn_count": turn,
            "conversation_id": conversation if habit.follow_up or habit.answer[1] > 0.5 else None,
            "organization_id": account.organization,
            "payment_hash": account.card,
            "ip_prefix_hash": rng.choice(account.prefixes),
            "end_user_hash": _hashed(user) if user else None,
            "system_hash": habit.system,
        }
        name = f"e-{rng.getrandbits(64):016x}"
        event = {"schema_version": 1, "event_id": name, "event_time": moment, "account_id": account.name}
        event |= {"operation": "chat", "request_model": rng.choice(habit.models), "input_tokens": tokens}
        event["output_tokens"] = answer
        event |= {key: value for key, value in optional.items() if value is not None and key not in account.absent}
        account.events += 1
        self.events.append((moment, name, msgspec.json.encode(event)))

    def _solo(self) -> Habit:
        """One person's or one program's own habit: mostly free talk, sometimes a template of their own."""
        tasks = tuple(self.rng.sample(_TASKS, 2))
        sources = tuple(self.rng.sample(("users", "texts", "facts", "documents", "shard"), self.rng.choice((1, 1, 2))))
        habit = _habit(self.rng, tasks, sources, 1, self.rng.random() ** 2)
        if self.rng.random() < 0.65:
            habit.templates, habit.follow_up = [], self.rng.uniform(0, 0.85)
        return habit

    def background(self) -> None:
        """Ordinary chatters, developers and batch jobs, a few in small firms."""
        firms = [_hashed("org", self.rng.random()) for _ in range(90)]
        for _ in range(_BACKGROUND_ACCOUNTS):
            firm = self.rng.choice(firms) if self.rng.random() < 0.35 else None
            own = _hashed("org", self.rng.random()) if self.rng.random() < 0.4 else None
            card = _hashed("firm card", firm) if firm and self.rng.random() < 0.7 else None
            account = self.account("", firm or own, card, [])
            for _ in range(self.rng.choice((1, 1, 2, 3))):
                self.habits.append(habit := self._solo())
                account.kind = account.kind or ("batch" if habit.templates else "chatter" if habit.follow_up else "developer")
                self.use(account, habit, 0, max(1, int(min(900, self.rng.lognormvariate(2.9, 1.1)) * (1 - habit.follow_up))))

    def group(self, left: int) -> int:
        """One innocent group of at most ``left`` new accounts (or of old ones); gives the number of new ones."""
        rng, kind = self.rng, self.rng.choice(sorted(_KINDS))
        tasks, relations, leaning = _KINDS[kind]
        relation = rng.choices(("org", "vendor", "strangers"), relations)[0]
        size, rate, share = int(_spread(rng, 4, 201)), _spread(rng, 1, 200), _spread(rng, 0.01, 1.3)
        lean = tuple(leaning.split()) if rng.random() < 0.8 else _ALL_SOURCES
        sources = tuple(rng.sample(lean, min(len(lean), rng.choice((1, 1, 2)))))
        recruit = left < size or rng.random() < (0.6 if relation == "strangers" else 0.2)
        habit = _habit(rng, tuple(tasks.split()), sources, size, rng.random() ** 1.5)
        self.habits.append(habit)
        members = rng.sample(self.accounts, size) if recruit else self._members(kind, relation, size)
        wobble = rng.uniform(0.05, 1.2)
        for member, account in enumerate(members):
            uses = max(1, min(200, int(rate * rng.lognormvariate(0, wobble))))
            self.use(account, habit, member, uses)
            if not recruit and share < 1:
                self.use(account, self._solo(), 0, min(150, int(uses * (1 / share - 1))))
        return 0 if recruit else size

    def _members(self, kind: str, relation: str, size: int) -> list[Account]:
        """New accounts of one organization, of a vendor's customers, or of strangers."""
        rng = self.rng
        org, card = _hashed("org", rng.random()), _hashed("card", rng.random())
        nets = [_hashed("net", rng.random()) for _ in range(int(_spread(rng, 1, 20)))]
        tied = {"org": (0.95, 0.85, 0.6), "vendor": (0.15, 0.1, 0.4), "strangers": (0.02, 0.03, 0.03)}[relation]
        same_org, same_card, same_net = (odds > rng.random() for odds in tied)
        known = rng.random()
        return [
            self.account(
                kind,
                org if same_org else _hashed("org", rng.random()) if rng.random() < known else None,
                card if same_card and rng.random() < 0.95 else None,
                nets if same_net else [],
            )
            for _ in range(size)
        ]

    def campaign(self, name: str, budget: float) -> None:
        """One campaign of about ``budget`` harvesting events at most; its cover traffic copies innocent habits."""
        rng = self.rng
        end = _WEEK_START_MS + 7 * _DAY_MS
        start = _WEEK_START_MS + int(rng.random() ** 1.5 * 6.3 * _DAY_MS) * (rng.random() < 0.6)
        sources = tuple(rng.sample(_ALL_SOURCES, 1)) if rng.random() < 0.3 else ("shard",)
        breadth = rng.uniform(0.35, 1)
        for _ in range(200):
            size, rate = int(_spread(rng, 4, 301)), _spread(rng, 2, 100)
            if size * rate * (end - start) / _DAY_MS <= budget:
                break
        else:
            size, rate = 4, 2.0
        habit = _habit(rng, tuple(rng.sample(_TASKS, rng.choice((1, 1, 2, 4)))), sources, size, breadth)
        habit.repeat = min(habit.repeat, 0.15)
        cover, covers = rng.choice((0.0, rng.uniform(0, 0.9), rng.uniform(0, 0.9))), rng.sample(self.habits, 4)
        ban, cards, shared = rng.random() * (rng.random() < 0.5), int(_spread(rng, 1, 40)), rng.random() ** 2 * (rng.random() < 0.6)
        firms, nets = rng.choice((0.0, 0.0, rng.random(), 1.0)), int(_spread(rng, 3, 400))
        per_firm, own_net, wobble = int(_spread(rng, 1, 9)), rng.random(), rng.uniform(0.05, 0.9)
        for member in range(size):
            org = _hashed("org", name, self.seed, member // per_firm) if rng.random() < firms else None
            card = _hashed("card", name, self.seed, rng.randrange(cards)) if rng.random() < shared else None
            pool = [_hashed("net", name, self.seed, rng.randrange(nets)) for _ in range(rng.randint(1, 4))]
            account = self.account("harvest", org, card, [] if rng.random() < own_net else pool)
            account.campaign = name
            account.start_ms, account.stop_ms = max(start, account.start_ms), end
            if rng.random() < ban:
                account.stop_ms -= int((end - account.start_ms) * rng.uniform(0.05, 0.9))
            days = (account.stop_ms - account.start_ms) / _DAY_MS
            talk = (1 - habit.follow_up) * days
            self.use(account, habit, member, max(1, int(rate * talk * rng.lognormvariate(0, wobble))), harvest=True)
            other = rng.choice(covers) if rng.random() < 0.4 else self._solo()
            wanted = min(400, int(account.harvested * cover / (1 - cover)))
            self.use(account, other, size + member, int(wanted * (1 - other.follow_up)))


def make(seed: int, *, attack_free: bool = False) -> Week:
    """A week; its events are sorted by time. At most 450,000 of them, at most a fifth harvested."""
    week = Week(seed)
    week.background()
    fresh = groups = 0
    while len(week.events) < _INNOCENT_EVENTS and (groups < _GROUPS or fresh < _GROUP_ACCOUNTS):
        fresh, groups = fresh + week.group(_GROUP_ACCOUNTS - fresh), groups + 1
        if groups >= 2 * _GROUPS:
            break
    innocent = len(week.events)
    week.rng = random.Random(f"{seed}/campaigns")
    most = min(innocent * _HARVEST_SHARE / (1 - _HARVEST_SHARE), (_MOST_EVENTS - innocent) * 0.5)
    for number in range(0 if attack_free else _CAMPAIGNS):
        left = most - sum(account.harvested for account in week.accounts)
        week.campaign(f"c{number:02d}", min(left * 0.5, 3 * left / (_CAMPAIGNS - number)))
    week.events.sort()
    return week


def main() -> None:
    """Write one week into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for events.jsonl.zst and labels.csv")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--attack-free", action="store_true", help="the same innocent events and no campaign")
    arguments = parser.parse_args()
    week = make(arguments.seed, attack_free=arguments.attack_free)
    arguments.out.mkdir(parents=True, exist_ok=True)
    lines = b"\n".join(line for _, _, line in week.events) + b"\n"
    (arguments.out / "events.jsonl.zst").write_bytes(zstandard.ZstdCompressor(level=3).compress(lines))
    with (arguments.out / "labels.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("account_id", "kind", "campaign", "attack_fraction"))
        for account in week.accounts:
            share = account.harvested / account.events if account.events else 0
            rows.writerow((account.name, account.kind, account.campaign, f"{share:.4f}" if account.campaign else 0))
    harvested = sum(account.harvested for account in week.accounts)
    sys.stdout.write(f"{len(week.events)} events, {harvested} harvested, {len(week.accounts)} accounts\n")


if __name__ == "__main__":
    main()
