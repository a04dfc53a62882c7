"""The order in which a group's seats ask for contents."""

from __future__ import annotations

from copy import copy
from random import Random

from tests.makes.sixth.contents import item, sentences
from tests.makes.sixth.draws import log_uniform, renumber
from tests.makes.sixth.world import Library, World

SHAPES = {
    "question": "nq_open gsm8k_train mmlu_eval huatuo_med gaokao_student nl2bash agentbench_os",
    "task": "iopo_trace gpteacher_roleplay",
    "code": "gpteacher_codegen",
    "record": "mmlu_eval nq_open clinc150",
    "dialogue": "apibank_dialogs clinc150 mathdial_tutor",
    "pair": "nq_open gsm8k_train gpteacher_roleplay gaokao_student",
    "tool": "agentbench_os nl2bash gpteacher_toolformer",
    "passage": "anthropic_evals clinc150 nq_open",
}


class Feed:
    """Contents in the order in which a group's seats ask for them."""

    def __init__(self, rng: Random, library: Library, shape: str, policy: str, seats: int) -> None:
        self.shape, self.edits = shape, rng.uniform(0.05, 0.6)
        banks = SHAPES[shape].split()
        names = rng.sample(banks, rng.randint(1, min(3, len(banks))))
        narrow, harvest = policy not in ("shard", "topics", "own"), policy in ("shard", "topics")
        self.worlds = [World(rng, library, names, rng.randint(1, 3))] * seats if narrow else []
        if policy == "shard":  # everything, dealt out prompt by prompt
            whole = World(rng, library, names, 0)
            self.worlds = [copy(whole) for _ in range(seats)]
            for at, world in enumerate(self.worlds):
                world.prompts = whole.prompts[at::seats]
        elif not narrow:  # each seat its own topics
            self.worlds = [World(rng, library, names, rng.randint(4, 9)) for _ in range(seats)]
        for world in self.worlds:
            world.in_order = harvest
        self.again = rng.choice((1, 1, 1, 1, 2, 4)) if harvest else 1
        self.last: dict[int, tuple[str, int]] = {}
        self.place = [rng.choice((0, 0, rng.randrange(100))) for _ in range(seats)] if policy == "rerun" else []
        self.stock: list[str] = []
        if policy == "rerun":  # the public sets in their published order: other teams run the same questions
            self.stock = [text for name in names for text in library.texts[name][: rng.choice((60, 150, 400))]]
        elif policy in ("pool", "assignment"):
            size = rng.randint(12, 40) if policy == "assignment" else int(log_uniform(rng, 25, 400))
            self.stock = [item(rng, shape, self.worlds[0]) for _ in range(size)]

    def next(self, rng: Random, seat: int) -> str:
        """The seat's next content."""
        world = self.worlds[seat]
        if self.place:
            self.place[seat] += 1
            return self.stock[self.place[seat] % len(self.stock)]
        if self.stock:
            text = self.stock[int(len(self.stock) * rng.random() ** 1.7)]
            if rng.random() >= self.edits:
                return text
            more = sentences(rng, world, 1)
            return rng.choice((renumber(rng, text), f"{text} {more}", f"{more} {text}", text[: len(text) * 4 // 5]))
        text, left = self.last.get(seat, ("", 0))
        if left <= 0:
            text, left = item(rng, self.shape, world), self.again
        self.last[seat] = (text, left - 1)
        return text
