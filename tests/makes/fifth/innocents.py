"""Everybody who harvests nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from tests.makes.fifth.account import Account
from tests.makes.fifth.maker import SIZES, Maker
from tests.makes.fifth.people import converse
from tests.makes.fifth.templates import SPECS, Slots, fill, fix
from tests.makes.fifth.wording import chatter, make_bank, make_slots
from tests.makes.fifth.words import TRADES
from tests.makes.fifth.world import World, tag

#: Kinds of whole fleets: template, answers' size, requests of an account, fleets.
_FLEETS = (
    ("translation", "translate", "medium", 220, 9), ("labelling", "label", "label", 420, 6),
    ("benchmark", "h_bank", "short", 600, 9), ("benchmark", "h_cot", "long", 400, 4),
    ("evaluation", "h_grade", "label", 300, 4), ("test_data", "h_self", "long", 60, 3),
    ("test_data", "h_persona", "medium", 60, 3),
)  # fmt: skip


def innocents(world: World) -> Maker:
    """Make the week of everybody who harvests nothing."""
    make = Maker(world, "innocent")
    for kind in (
        _individuals, _vendors, _companies, _marketplaces, _students, _tutoring, _coding_agents, _fleets,
    ):  # fmt: skip
        kind(make)
    return make


def _crowd(
    make: Maker, kind: str, low: int, high: int, group: dict[str, Any] | None = None
) -> Iterator[tuple[Account, Slots]]:
    rng = make.rng
    broad = bool(group and "broad" in group)
    for _ in range(max(1, round(rng.randint(low, high) * make.world.scale))):
        one = make.account(kind, group)
        ask = make_bank(rng, make.world, make.world.names, None if broad else rng.randrange(20, 200))
        if not broad and rng.random() < 0.4:
            ask = partial(chatter, rng, one.lang)
        yield one, make_slots(rng, ask, one.lang, None if broad else rng.choice(TRADES))


def _individuals(make: Maker) -> None:
    rng = make.rng
    for one, _ in _crowd(make, "chat", 430, 560):
        converse(make, one, make.volume(one, 32, 1.0), rng.choice((1, 1, 1, 2)))
    for one, _ in _crowd(make, "viral", 150, 230):
        converse(make, one, make.volume(one, 12), viral=0.4, card=0.0)
    for one, _ in _crowd(make, "roleplay", 80, 150):
        converse(make, one, make.volume(one, 90), viral=0.0, card=0.8)
    for one, slots in _crowd(make, "hobby_developer", 80, 130):
        spec = fix(rng, rng.choice(SPECS[rng.choice(("saas", "org", "market", "label", "h_bank", "h_bare"))]))
        make.app(one, spec, slots, make.volume(one, 22), rng.choice(("human", "batch")), "short", rng.random() < 0.4)


def _vendors(make: Maker) -> None:
    """Some send their customers' requests from their own servers, and some customers edit the template."""
    rng = make.rng
    for number in range(rng.randint(5, 7)):
        shared = make.group(f"vendor {number}", rng.random() < 0.2, rng.randint(2, 5), client=True)
        if rng.random() < 0.4:
            shared["places"] = None
        spec, hidden, own = rng.choice(SPECS["saas"]), rng.random() < 0.3, rng.random() < 0.3
        wording, size = fix(rng, spec), rng.choice(("label", "short", "medium", "long"))
        for one, slots in _crowd(make, "saas_customer", 20, 90, shared):
            text = fix(rng, spec) if own and rng.random() < 0.3 else wording
            make.app(one, text, slots, make.volume(one, 80), rng.choice(("office", "human", "always")), size, hidden)


def _companies(make: Maker) -> None:
    rng = make.rng
    for number in range(rng.randint(11, 16)):
        shared = {**make.group(f"org {number}", 1, rng.randint(1, 3), client=True), "broad": True}
        wording, hidden = fix(rng, rng.choice(SPECS["org"])), rng.random() < 0.3
        shape, size = rng.choice(("office", "office", "always", "batch")), rng.choice(list(SIZES))
        for one, slots in _crowd(make, "company", 4, 24, shared):
            make.app(one, wording, slots, make.volume(one, 220), shape, size, hidden)


def _marketplaces(make: Maker) -> None:
    rng = make.rng
    for _ in range(rng.randint(7, 10)):
        wording, shape = fix(rng, rng.choice(SPECS["market"])), rng.choice(("office", "always", "human"))
        for one, slots in _crowd(make, "marketplace", 6, 24):
            make.app(one, wording, slots, make.volume(one, 50), shape, rng.choice(("medium", "long")), hidden=False)


def _students(make: Maker) -> None:
    rng = make.rng
    for number in range(rng.randint(2, 4)):
        wording = fix(rng, SPECS["course"][0])
        campus = make.group(f"campus {number}", 0, 2, client=False)
        for one, slots in _crowd(make, "student", 20, 50):
            one.places += campus["places"]
            make.app(one, wording, slots, make.volume(one, 9), "human", "medium", hidden=False)
            converse(make, one, make.volume(one, 12))


def _tutoring(make: Maker) -> None:
    rng = make.rng
    names = ["gsm8k_train", "gaokao_student", "mmlu_eval", "mathdial_tutor"]
    for number in range(rng.randint(2, 3)):
        shared = make.group(f"tutor {number}", rng.random() < 0.5, 3, client=True)
        wording, hidden = fix(rng, SPECS["tutor"][0]), rng.random() < 0.5
        for one, slots in _crowd(make, "tutoring", 15, 60, shared):
            slots["q"] = make_bank(rng, make.world, names, 80)
            make.app(one, wording, slots, make.volume(one, 70), "human", "short", hidden)


def _coding_agents(make: Maker) -> None:
    rng, seed = make.rng, make.world.seed
    names = ["nl2bash", "agentbench_os", "gpteacher_codegen", "gpteacher_toolformer"]
    for number in range(rng.randint(4, 6)):
        shared = {**make.group(f"coder {number}", 0, 1, client=rng.random() < 0.5), "places": None}
        tools, system, preamble = rng.choice((5, 9, 14)), tag(seed, "agent", number), fix(rng, SPECS["h_tool"][0])
        for one, slots in _crowd(make, "coding_agent", 12, 40, shared):
            slots["a"] = make_bank(rng, make.world, names, 200)
            count = make.volume(one, 260)
            for at in make.moments(one, count, "office"):
                goal = fill(preamble.replace("¦", ""), slots) if number % 2 else slots["a"]()
                count -= make.agent(one, at, goal, system, tools=tools) if count > 0 else 0


def _fleets(make: Maker) -> None:
    rng = make.rng
    for kind, key, size, volume, rounds in _FLEETS:
        for number in range(rounds):
            shared = {**make.group(f"{kind} {key} {number}", 1, rng.randint(1, 2), client=True), "broad": True}
            wording, shape = fix(rng, rng.choice(SPECS[key])), rng.choice(("batch", "office", "always"))
            for one, slots in _crowd(make, kind, 1, 9 if kind in ("translation", "labelling") else 3, shared):
                make.app(one, wording, slots, make.volume(one, volume), shape, size, hidden=rng.random() < 0.3)
