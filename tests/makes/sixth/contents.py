"""Contents of eight shapes, made of a world's words and prompts."""

from __future__ import annotations

import re
from random import Random

from tests.makes.sixth.draws import expand, one_of
from tests.makes.sixth.world import World

VERBS = "limits|supports|delays|replaces|explains|doubles|hides|reveals|weakens|shapes|follows|precedes|costs more than"
ENDINGS = (
    "before the weekend|in most cases|although nobody checked|when demand rises|after the last change|without warning|"
    "for two reasons|as the notes say|unless it rains|by about {d} percent|within {d} days|for the third time this year"
)
FORMS = (
    "Write a short essay|Draft a lesson plan|Invent a puzzle|Compose a dialogue|Prepare a checklist|Write a glossary|"
    "Write a proof sketch|Explain the idea|Build an example|Write a test with answers|Outline a talk|Tell a story|"
    "Design a small game|Write a critique|Set up an estimate|Compare two methods|Devise an experiment|List mistakes"
)
AUDIENCES = (
    "a ten-year-old|new staff|a sceptical judge|night-shift nurses|first-year students|a town council|retired sailors|"
    "a product team|an exam board|people in a hurry|someone who knows only the basics|a rival expert|a radio audience"
)
TWISTS = (
    "with exactly {d} steps|without any formula|using a surprising analogy|that ends with a question|in verse|"
    "where one premise is false|as letters|with numbers near {d}|that mentions {name}|set in {place}|with a flaw|"
    "so that a machine can check it|with a counterexample|as if the year were 19{d}|under a budget of {d} units"
)
CODE = (
    "if not {a}:\n    return None|{a} = sorted({b}, key=len)|for {b} in {a}:\n    total += {b}.{a}_count|"
    "{a} = fetch_{b}({a}, limit={d})|log.info('{a} done', extra={{'{b}': {d}}})|with lock_{b}:\n    {a}.append({d})|"
    "assert len({a}) < {d}, '{b} too long'|{a} = [{b} for {b} in {a} if {b} > {d}]|cache['{b}'] = {a} or {d}"
)
TOOL = "exit {d}: no {term} found|GET /{key}/{d} 200|{name}: {adj} {term}|retry {d} of {d}|{key}={d} {key}={name}"


def sentences(rng: Random, world: World, count: int) -> str:
    """Sentences about the world's terms."""
    made = []
    for _ in range(count):
        tail = one_of(rng, ENDINGS)
        core = "[The|Some|One|That] {adj} {term} " + one_of(rng, VERBS) + " the " + rng.choice(world.terms)
        if rng.random() < 0.4:
            core = "[According to|Says|Asked by] {name}, " + core[0].lower() + core[1:]
        made.append(world.fill(rng, expand(rng, core) + " " + tail + "."))
    return " ".join(made)


def item(rng: Random, shape: str, world: World) -> str:
    """One content of a shape."""
    borrowed = rng.random() < world.mix
    if shape == "question":
        return world.prompt(rng)
    if shape == "passage":
        return (world.prompt(rng) + " " if borrowed else "") + sentences(rng, world, rng.randint(1, 6))
    if shape == "task":
        plan = f"{one_of(rng, FORMS)} about the {{adj}} {{term}} for {one_of(rng, AUDIENCES)}, {one_of(rng, TWISTS)}."
        return world.prompt(rng) if borrowed and rng.random() < 0.5 else world.fill(rng, plan)
    if shape == "code":
        if borrowed:
            return world.prompt(rng)
        a, b = (re.sub(r"\W", "_", rng.choice(world.terms)) for _ in range(2))
        lines = [one_of(rng, CODE).format(a=a, b=b, d=rng.randint(2, 99)) for _ in range(rng.randint(2, 7))]
        body = "\n".join(lines).replace("\n", "\n    ")
        return f"def {one_of(rng, 'load|merge|check|send|split|rank')}_{b}({a}, total={rng.randint(0, 9)}):\n    {body}"
    if shape == "record":
        values = {key: world.fill(rng, rng.choice(("{adj} {term}", "{name}", "{place}", "{d}"))) for key in world.keys}
        values[world.keys[-1]] = world.prompt(rng)[:400] if borrowed else sentences(rng, world, rng.randint(1, 3))
        between, after = ((": ", "\n"), (" = ", "; "), (" | ", "\n"), ("\t", "\n"))[world.layout]
        return after.join(key + between + value for key, value in values.items())
    if shape == "dialogue":
        sides = (("User", "Assistant"), ("Customer", "Agent"), ("A", "B"), ("Q", "A"))[world.layout]
        asked = [world.prompt(rng)[:500] if borrowed else sentences(rng, world, 1) for _ in range(rng.randint(1, 3))]
        return "\n".join(f"{sides[0]}: {line}\n{sides[1]}: {sentences(rng, world, 1)}" for line in asked)
    if shape == "pair":
        query = world.prompt(rng)[:700] if borrowed else world.fill(rng, "What does the {adj} {term} mean for {name}?")
        labels = (("Answer A", "Answer B"), ("1", "2"), ("Candidate", "Reference"), ("Left", "Right"))[world.layout]
        return f"{query}\n" + "\n".join(f"{label}: {sentences(rng, world, rng.randint(1, 4))}" for label in labels)
    times = [f"[{rng.randint(10, 23)}:{rng.randint(10, 59)}] " for _ in range(rng.randint(2, 7))]
    steps = [time + world.fill(rng, one_of(rng, TOOL)) for time in times]
    return (world.prompt(rng)[:900] + "\n" if borrowed else "") + "\n".join(steps)
