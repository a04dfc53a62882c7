"""A maker of labelled weeks in which every innocent group and every campaign is drawn from the same wide priors.

``python -m tests.makes.fourth --out DIR --seed N [--attack-free]`` writes ``events.jsonl.zst`` (in order of time) and
``labels.csv``. No property of an event tells a campaign from a crowd: templates, contents, sizes, rates, rhythms, cards
and organizations come from the same functions. Only the meaning differs: a campaign fills its templates with broad,
ever new contents through accounts that pretend to be unrelated. An attack-free week holds the same innocent events.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import re
import sys
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import msgspec
import zstandard

from streams import corpora
from tests.makes.fourth_words import TASKS, Draw, Template, expand, picker, source, spread, template

_DAY_MS = 86_400_000
_WEEK_START_MS = 1_772_409_600_000  # 2026-03-02T00:00:00Z, a Monday
_MOST_EVENTS = 450_000
_INNOCENT_EVENTS = 290_000
_BACKGROUND_ACCOUNTS, _GROUP_ACCOUNTS, _GROUPS, _CAMPAIGNS = 1200, 800, 44, 14
_HARVEST_SHARE = 0.19

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
_ALL_SOURCES = ("facts", "users", "bank", "texts", "documents", "shard")
_BROAD_SOURCES = ("facts", "texts", "documents", "shard")
_OPTIONAL = (
    "turn_count",
    "conversation_id",
    "organization_id",
    "payment_hash",
    "ip_prefix_hash",
    "end_user_hash",
    "system_hash",
)
_MODELS = ("large-2", "large-2", "medium-2", "small-2", "reasoner-1", "large-1")
_FILL = re.compile(r"~(date|name|num)~")


def _hashed(*parts: object) -> str:
    """A keyed hash as a gateway would write it."""
    text = "/".join(map(str, parts)).encode()
    return urlsafe_b64encode(blake2b(text, key=b"fourth", digest_size=16).digest()).rstrip(b"=").decode()


@dataclass
class Clock:
    """A rhythm of requests; hours are local, ``width_h`` the spread of a working day, ``beat`` seeds shared bursts."""

    way: str
    centre_h: float
    width_h: float
    weekend: float
    bursts: int
    beat: str

    def moments(self, rng: random.Random, count: int, start_ms: int, stop_ms: int) -> list[int]:
        """``count`` instants between start and stop (epoch ms), sorted."""
        span = max(stop_ms - start_ms, 60_000)
        if self.way == "burst":
            beat = random.Random(self.beat) if self.beat else rng
            centres = [start_ms + beat.random() * span for _ in range(self.bursts)]
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
    beat = f"{rng.random()}" if rng.random() < 0.5 else ""
    return Clock(way, rng.uniform(0, 24), rng.uniform(1, 5), rng.random(), rng.randint(1, 30), beat)


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
        return _FILL.sub(lambda found: expand(found[1], picker(rng)), text) if "~" in text else text


def _habit(rng: random.Random, tasks: tuple[str, ...], sources: tuple[str, ...], members: int, breadth: float) -> Habit:
    """A habit from the priors that crowds, firms, single people and campaigns share."""
    language = rng.choices(("en", "de", "fr", "es", "zh"), (16, 1, 1, 1, 2))[0]
    everything = [prompt.text for prompt in corpora.load_all(corpora.BUNDLED)["gpteacher_roleplay"]]
    count = rng.choices((1, 2, int(spread(rng, 3, 25))), (6, 2, 2))[0]
    templates = [template(rng, tasks, language, everything) for _ in range(count)]
    tongue = language if rng.random() < 0.7 else "en"
    draws = [source(rng, name, tongue, members, breadth) for name in sources]
    weights = [rng.random() for _ in draws]

    def draw(member: int, use: int, own: random.Random, user: str) -> str:
        return own.choices(draws, weights)[0](member, use, own, user)

    in_system, several = rng.random() < 0.08, rng.random() < 0.3
    return Habit(
        templates=templates,
        variation=rng.choice((0.0, 0.0, 0.0, rng.uniform(0.02, 0.2), rng.uniform(0.1, 0.7))),
        draw=draw,
        clock=_clock(rng),
        answer=(math.log(spread(rng, 3, 3000)), rng.uniform(0.1, 1.0)),
        follow_up=rng.uniform(0.1, 0.8) if several else 0.0,
        again=rng.random() if rng.random() < 0.3 else 0.0,
        repeat=rng.choice((0.0, 0.0, rng.uniform(0, 0.1), rng.uniform(0, 0.7))),
        in_system=in_system,
        system=_hashed("system", rng.random()) if in_system or rng.random() < 0.4 else None,
        system_tokens=int(spread(rng, 5, 3000)),
        users=rng.choices((0, 1, int(spread(rng, 2, 300))), (5, 2, 3))[0],
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
        self.seed, self.cover_room = seed, 0

    def account(self, kind: str, organization: str | None, card: str | None, prefixes: list[str]) -> Account:
        """A new account that lives all week or, one in seven, opens or closes in it."""
        rng, account_id = self.rng, f"acct-{self.rng.getrandbits(48):012x}"
        stop = _WEEK_START_MS + 7 * _DAY_MS
        start = _WEEK_START_MS + (int(rng.random() * 5 * _DAY_MS) if rng.random() < 0.14 else 0)
        stop -= int(rng.random() * (stop - start) * 0.8) if rng.random() < 0.14 else 0
        absent = {name for name in _OPTIONAL if rng.random() < 0.12}
        absent |= {"prompt_text"} if rng.random() < 0.01 else set()
        homes = prefixes or [_hashed("net", rng.random()) for _ in range(int(spread(rng, 1, 7)))]
        paid = card or _hashed("card", account_id)
        account = Account(account_id, kind, organization, paid, homes, absent, start, stop)
        self.accounts.append(account)
        return account

    def use(self, account: Account, habit: Habit, member: int, count: int, *, harvest: bool = False) -> None:
        """Let an account use a habit in about ``count`` requests, alone or in conversations."""
        count = max(1, round(count * (1 - habit.follow_up)))
        for use, moment in enumerate(habit.clock.moments(self.rng, count, account.start_ms, account.stop_ms)):
            self._talk(account, habit, member, use, moment, harvest)

    def _talk(self, account: Account, habit: Habit, member: int, use: int, moment: int, harvest: bool) -> None:
        rng, conversation, turn, history = self.rng, f"c-{self.rng.getrandbits(60):x}", 1, habit.system_tokens
        user = f"{account.name}/{rng.randrange(habit.users)}" if habit.users else ""
        while True:
            if turn > 1 and rng.random() >= habit.again:
                text = expand("tail", picker(rng))
            else:
                known = account.memory and rng.random() < habit.repeat
                content = rng.choice(account.memory) if known else habit.draw(member, use * 3 + turn - 1, rng, user)
                account.memory = [*account.memory[-30:], content] if habit.repeat else account.memory
                text = habit.filled(member, content, rng)
            tokens = history + 1 + int(len(text.encode()) / 4.1)
            answer = 0 if rng.random() < 0.006 else max(1, int(rng.lognormvariate(*habit.answer)))
            self._write(account, habit, text, (moment, turn, tokens, min(answer, 16_000)), conversation, user)
            account.harvested += harvest
            moment += int(spread(rng, 4_000, 400_000))
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
        tasks = tuple(self.rng.sample(TASKS, 2))
        sources = tuple(self.rng.sample(("users", "texts", "facts", "documents", "shard"), self.rng.choice((1, 1, 2))))
        habit = _habit(self.rng, tasks, sources, 1, self.rng.random() ** 2)
        if self.rng.random() < 0.65:
            habit.templates, habit.follow_up = [], self.rng.choice((0.0, self.rng.uniform(0, 0.85)))
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
                kind = "batch" if habit.templates else "chatter" if habit.follow_up else "developer"
                account.kind = account.kind or kind
                self.use(account, habit, 0, int(min(900, self.rng.lognormvariate(2.9, 1.1))))

    def group(self, left: int) -> int:
        """One innocent group of at most ``left`` new accounts (or of old ones); gives the number of new ones."""
        rng, kind = self.rng, self.rng.choice(sorted(_KINDS))
        tasks, relations, leaning = _KINDS[kind]
        relation = rng.choices(("org", "vendor", "strangers"), relations)[0]
        share, size, rate = spread(rng, 0.01, 1.3), 200, 200.0
        while size * rate > 16_000:
            size, rate = int(spread(rng, 4, 201)), spread(rng, 1, 200)
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
                self.use(account, self._solo(), 0, min(int(spread(rng, 20, 250)), int(uses * (1 / share - 1))))
        return 0 if recruit else size

    def _members(self, kind: str, relation: str, size: int) -> list[Account]:
        """New accounts of one organization, of a vendor's customers, or of strangers."""
        rng = self.rng
        org, card = _hashed("org", rng.random()), _hashed("card", rng.random())
        nets = [_hashed("net", rng.random()) for _ in range(int(spread(rng, 1, 20)))]
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
        sources = tuple(rng.sample(_BROAD_SOURCES, 1)) if rng.random() < 0.3 else ("shard",)
        breadth = rng.uniform(0.35, 1)
        for _ in range(200):
            size, rate = int(spread(rng, 4, 301)), spread(rng, 2, 100)
            if size * rate * (end - start) / _DAY_MS <= budget:
                break
        else:
            size, rate = 4, 2.0
        habit = _habit(rng, tuple(rng.sample(TASKS, rng.choice((1, 1, 2, 4)))), sources, size, breadth)
        habit.repeat = min(habit.repeat, 0.15)
        cover, covers = rng.choice((0.0, rng.uniform(0, 0.9), rng.uniform(0, 0.9))), rng.sample(self.habits, 4)
        ban, cards = rng.random() * (rng.random() < 0.5), int(spread(rng, 1, 40))
        shared = rng.random() ** 2 * (rng.random() < 0.6)
        firms, nets = rng.choice((0.0, 0.0, rng.random(), 1.0)), int(spread(rng, 3, 400))
        per_firm, own_net, wobble = int(spread(rng, 1, 9)), rng.random(), rng.uniform(0.05, 0.9)
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
            self.use(account, habit, member, int(rate * days * rng.lognormvariate(0, wobble)), harvest=True)
            other = rng.choice(covers) if rng.random() < 0.4 else self._solo()
            wanted = min(400, int(account.harvested * cover / (1 - cover)), self.cover_room)
            if wanted > 0:
                self.use(account, other, size + member, wanted)
                self.cover_room -= account.events - account.harvested


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
    week.cover_room = int(_MOST_EVENTS - innocent - most)
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
