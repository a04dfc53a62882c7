"""What campaigns intend: a recipe each, and sizes that keep them a minor part of the week."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.makes.fifth.rhythm import DAY, WEEK

#: Recipes: template, answers' sizes, corpora (none: what people ask, in all languages).
RECIPES = {
    "self_instruct": ("h_self", "medium", "clinc150 gpteacher_roleplay gpteacher_codegen iopo_trace nl2bash"),
    "evol_instruct": ("h_evol", "short medium", "gpteacher_codegen gpteacher_roleplay gsm8k_train iopo_trace"),
    "persona": ("h_persona", "short medium", ""),
    "chain_of_thought": ("h_cot", "long", "gsm8k_train mmlu_eval gaokao_student huatuo_med"),
    "code_instruct": ("h_code", "medium", ""),
    "rubric_grading": ("h_grade", "label short", "nq_open gpteacher_roleplay anthropic_evals iopo_trace"),
    "tool_trajectories": ("h_tool", "short", "apibank_dialogs clinc150 agentbench_os nl2bash"),
    "multilingual": ("h_multi", "short medium", ""),
    "question_bank": ("h_bank", "short medium long", "mmlu_eval nq_open gaokao_student gsm8k_train huatuo_med"),
    "bare_questions": ("h_bare", "short medium long", "nq_open gsm8k_train gpteacher_codegen huatuo_med nl2bash"),
    "self_chat": ("h_chat", "medium long", "nq_open clinc150 anthropic_evals"),
    "trace_cleaning": ("h_clean", "short medium", "gsm8k_train mmlu_eval"),
}


@dataclass
class Plan:
    """What a campaign intends."""

    recipe: str
    size: int
    rate: float
    share: float
    start: int
    ban: int | None

    def requests(self) -> float:
        """Say how many requests it would make in the week, resold ones among them."""
        return self.size * self.rate * (WEEK - self.start) / DAY


def make_plans(rng: random.Random, innocent: int) -> list[Plan]:
    """Plan the campaigns beside ``innocent`` requests."""
    names = [*rng.sample(sorted(RECIPES), len(RECIPES)), *rng.choices(sorted(RECIPES), k=4)][: rng.randint(10, 16)]
    made = []
    for name in names:
        size, rate = round(5 * 24 ** rng.random()), 4 * 37.5 ** rng.random()
        share = 1.0 if rng.random() < 0.4 else rng.uniform(0.1, 0.9)
        start = 0 if rng.random() < 0.55 else rng.randrange(DAY, 4 * DAY)
        ban = rng.randrange(start + DAY, WEEK - DAY) if rng.random() < 0.35 else None
        made.append(Plan(name, size, rate, share, start, ban))
    while max(
        sum(plan.requests() * plan.share for plan in made) / 0.16, sum(plan.requests() for plan in made) / 0.35
    ) > innocent:  # fmt: skip
        worst = max(made, key=Plan.requests)
        smaller = max(4.0, worst.rate * 0.9), max(5, round(worst.size * 0.95))
        if (worst.rate, worst.size) == smaller:
            raise ValueError(f"{innocent} innocent requests are too few to hide {len(made)} campaigns in; make more")
        worst.rate, worst.size = smaller
    return made
