"""What campaigns ask for: one maker a rung, each giving an account's next conversation."""

# ruff: noqa: E501 - a wording is one line
from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.makes.second import lexicon, wording
from tests.makes.second.prose import LANGUAGES, code
from tests.makes.second.spin import fill, spin
from tests.makes.second.week import Week

#: Sets that have served to train other models, or could.
_SETS = ("gpteacher_roleplay", "gpteacher_codegen", "gsm8k_train", "iopo_trace", "huatuo_med", "mmlu_eval", "agentbench_os",
         "gpteacher_toolformer", "nl2bash", "gaokao_student", "moss_chat", "autoj_judge", "moss_plugins")  # fmt: skip
_JOBS = ["beekeeper", "tax inspector", "marine biologist", "bus driver", "violin maker", "nurse", "chess coach", "geologist", "cartoonist", "customs officer", "baker", "notary", "referee", "glazier", "midwife", "archivist", "pilot", "shepherd", "actuary", "locksmith", "florist", "prosecutor", "roofer", "translator", "undertaker"]  # fmt: skip
_TRAITS = ["retired", "overworked", "newly trained", "self-taught", "colour-blind", "bilingual", "sceptical", "left-handed", "award-winning", "part-time", "travelling", "shy", "competitive", "superstitious"]  # fmt: skip
_LOVES = ["restores clocks", "keeps bees", "votes by lot", "collects maps", "runs marathons", "writes haiku", "brews cider", "plays the lute", "hates waste", "teaches refugees", "fears elevators", "studies dialects", "grows orchids", "bets on snow"]  # fmt: skip

#: An account's next conversation: user turns, and the usual number of answer tokens.
Make = Callable[[], tuple[list[str], float]]
#: Gives the maker of an account by its number in the campaign.
Begin = Callable[[int], Make]


@dataclass
class Operator:
    """Who runs a campaign: what it feeds in, and how it divides that over its accounts."""

    week: Week
    accounts: int
    samples: int = 1
    """How often each content is asked."""
    private: bool = False
    """Whether it made its contents itself instead of taking a set that others have."""
    contents: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Choose and shuffle the contents."""
        rng = self.week.rng
        there = [name for name in _SETS if name in self.week.corpora.names]
        self.private = rng.random() < 0.35
        if not self.private:
            texts = self.week.corpora.texts(*rng.sample(there, rng.choice([1, 1, 2, 3])))
            self.contents = rng.sample(texts, min(len(texts), rng.randint(900, 9_000)))

    def content(self, account: int, number: int) -> str:
        """Content ``number`` of an account: the accounts part the set among them; ``samples`` of each."""
        rng = self.week.rng
        if self.private:
            return self.made()
        text = self.contents[(account + number // self.samples * self.accounts) % len(self.contents)]
        return text if rng.random() < 0.97 else text.split("\n")[0]

    def made(self, trade: str | None = None) -> str:
        """A task that a machine made up."""
        rng, trade = self.week.rng, trade or self.week.trade()
        topic, other = lexicon.topic(trade, rng), lexicon.topic(trade, rng)
        frame = spin(
            "[[Analyse|Assess|Explain|Model|Estimate|Design|Critique|Derive] [how|why|whether] <<t>> [affects|depends on|interacts with|outweighs] <<u>>[ in <<c>>| over <<n>> years| under uncertainty|].|"
            "[Draft|Outline|Propose] a [plan|procedure|specification|lesson|protocol] for <<t>>[, given <<u>>|, for <<n>> people|].|"
            "[A|One] <<j>> [has|keeps|sells] <<n>> [units|hours|litres] of <<t>> and [loses|gains] <<m>> per [day|week]. [When|After how long] [is half of it gone|does it double]?|"
            "<<s>> [What follows|Is this sound|Which assumption fails]?|[Compare|Rank] <<t>>, <<u>> and <<v>> by [cost|risk|effort].]", rng)  # fmt: skip
        return fill(
            frame, t=topic, u=other, v=lexicon.topic(trade, rng), c=rng.choice(lexicon.PLACES), n=str(rng.randint(3, 900)), m=str(rng.randint(2, 40)),
            j=rng.choice(_JOBS), s=self.week.prose.statement(trade, rng) if "<<s>>" in frame else "",
        )  # fmt: skip

    def persona(self) -> str:
        """A person in a line; some millions differ."""
        rng = self.week.rng
        return (f"a {rng.choice(_TRAITS)} {rng.choice(_JOBS)} from {rng.choice(lexicon.PLACES)} who {rng.choice(_LOVES)}"
                f"{spin('[| and | but never ]', rng)}".rstrip() + rng.choice(["", f", aged {rng.randint(18, 88)}", f" with {rng.randint(1, 6)} children"]))  # fmt: skip


def _wrapped(operator: Operator, shells: list[str]) -> Begin:
    """Contents in one of some shells."""

    def begin(account: int) -> Make:
        rng, number = operator.week.rng, iter(range(10**9))
        # A shell in use by one account out of a few, or all by all.
        mine = shells if len(shells) < 3 or rng.random() < 0.4 else rng.sample(shells, max(1, len(shells) // 8))

        def make() -> tuple[list[str], float]:
            n = next(number)
            shell = rng.choice(mine)
            answer = (
                operator.week.prose.answer(operator.week.trade(), rng, rng.randint(2, 6)) if "<<y>>" in shell else ""
            )
            return [fill(shell, x=operator.content(account, n), y=answer, i=str(account * 977 + n))], 520.0

        return make

    return begin


def fixed_shell(operator: Operator) -> Begin:
    """One shell over a corpus."""
    return _wrapped(operator, [wording.operator_text(wording.SOLVE, operator.week.rng)])


def paraphrased_shells(operator: Operator) -> Begin:
    """Dozens to hundreds of wordings of the same wish."""
    rng = operator.week.rng
    return _wrapped(
        operator,
        wording.operator_texts(
            wording.SOLVE + wording.REASON[3:5],
            rng,
            rng.randint(max(6, operator.accounts // 4), 40 + 2 * operator.accounts),
        ),
    )


def corpus_reask(operator: Operator) -> Begin:
    """A corpus asked anew, nothing around it."""
    return _wrapped(operator, ["<<x>>"])


def cot_elicitation(operator: Operator) -> Begin:
    """Reasoning wanted, in a handful of wordings."""
    return _wrapped(
        operator, wording.operator_texts(wording.REASON, operator.week.rng, operator.week.rng.choice([1, 1, 2, 5, 12]))
    )


def trace_cleaning(operator: Operator) -> Begin:
    """Captured reasoning sent back to be put in order: long inputs of a model's text."""
    rng = operator.week.rng
    shells = wording.operator_texts(wording.CLEAN, rng, rng.choice([1, 2, 4]))

    def begin(account: int) -> Make:
        def make() -> tuple[list[str], float]:
            trade = operator.week.trade()
            trace = "\n".join(
                spin("[Okay, |Wait. |Hmm, |So |Let me see: |Next, |But ]", rng) + operator.week.prose.statement(trade, rng)
                for _ in range(rng.randint(5, 16))
            )  # fmt: skip
            return [fill(rng.choice(shells), y=f"{operator.content(account, rng.randrange(99_999))}\n{trace}")], 600.0

        return make

    return begin


def rubric_judge(operator: Operator) -> Begin:
    """Answers to be marked, so that the target serves as a reward model."""
    rng = operator.week.rng
    shells = wording.operator_texts(wording.JUDGE, rng, rng.choice([1, 1, 2, 6]))

    def begin(account: int) -> Make:
        number = iter(range(10**9))
        held: list[str] = []

        def make() -> tuple[list[str], float]:
            if held:
                return [held.pop()], 12.0
            trade, shell = operator.week.trade(), rng.choice(shells)
            answers = [operator.week.prose.answer(trade, rng, rng.randint(1, 6)) for _ in range(2)]
            question = operator.content(account, next(number))
            if "<<y>>" in shell and rng.random() < 0.5:
                held.append(fill(shell, q=question, x=answers[1], y=answers[0]))
            return [fill(shell, q=question, x=answers[0], y=answers[1])], rng.choice([12.0, 90.0])

        return make

    return begin


def task_generation(operator: Operator) -> Begin:
    """New tasks from a few seeds."""
    rng = operator.week.rng
    shells = wording.operator_texts(wording.GENERATE, rng, rng.choice([1, 1, 3]))
    seeds = [operator.content(0, number)[:200] for number in range(rng.randint(60, 240))]
    bullet = rng.choice(["{}. ", "### {}\n", "- ", "Task {}: "])

    def begin(_account: int) -> Make:
        def make() -> tuple[list[str], float]:
            chosen = "\n".join(bullet.format(i + 1) + seed for i, seed in enumerate(rng.sample(seeds, 3)))
            text = fill(
                rng.choice(shells),
                seeds=chosen,
                n=str(rng.choice([5, 10, 20])),
                t=lexicon.topic(operator.week.trade(), rng),
            )
            return [text], 1_400.0

        return make

    return begin


def task_evolution(operator: Operator) -> Begin:
    """Prompts made harder round by round: what came out goes in again, longer each time."""
    rng = operator.week.rng
    shells = wording.operator_texts(wording.EVOLVE, rng, rng.choice([1, 2, 4]))

    def begin(account: int) -> Make:
        number, current, rounds = iter(range(10**9)), "", 0

        def make() -> tuple[list[str], float]:
            nonlocal current, rounds
            if rounds == 0:
                current, rounds = operator.content(account, next(number))[:500], rng.randint(2, 5)
            rounds -= 1
            text = fill(rng.choice(shells), x=current)
            words = current.split()
            words.insert(
                rng.randrange(len(words) + 1),
                spin("[without using|assuming|given|while avoiding|in terms of] ", rng)
                + lexicon.topic(operator.week.trade(), rng),
            )
            current = " ".join(words)
            return [text], 130.0

        return make

    return begin


def persona_template(operator: Operator) -> Begin:
    """One template over thousands of made-up people."""
    rng = operator.week.rng
    shells = wording.operator_texts(wording.PERSONA, rng, rng.choice([1, 1, 2]))

    def begin(account: int) -> Make:
        number = iter(range(10**9))
        return lambda: (
            [fill(rng.choice(shells), p=operator.persona(), x=operator.content(account, next(number))[:300])],
            380.0,
        )

    return begin


def code_seeds(operator: Operator) -> Begin:
    """Exercises from snippets of source."""
    rng = operator.week.rng
    shells = wording.operator_texts(wording.CODE, rng, rng.choice([1, 1, 2, 5]))
    tasks = operator.week.corpora.texts("gpteacher_codegen", "agentbench_os", "nl2bash")

    def begin(_account: int) -> Make:
        def make() -> tuple[list[str], float]:
            snippet = code(rng.choice(LANGUAGES), operator.week.trade(), rng, rng.randint(4, 14))
            return [fill(rng.choice(shells), code=snippet, x=rng.choice(tasks))], 800.0

        return make

    return begin


def _documents(week: Week) -> list[str]:
    rng, tools = week.rng, []
    for _ in range(rng.randint(15, 60)):
        nouns = lexicon.TRADES[week.trade()][0]
        name = f"{rng.choice(['get', 'list', 'create', 'cancel', 'search', 'update'])}_{rng.choice(nouns)}".replace(
            "-", "_"
        )
        arguments = ", ".join(
            f"{rng.choice(nouns)}: {rng.choice(['str', 'int', 'date', 'bool'])}" for _ in range(rng.randint(1, 3))
        )
        tools.append(f"{name}({arguments}) - {week.prose.statement(week.trade(), rng)}")
    return tools


def tool_trajectories(operator: Operator) -> Begin:
    """Plans over made-up tools, with observations that no tool gave."""
    rng, week = operator.week.rng, operator.week
    shells, tools = wording.operator_texts(wording.TOOLS, rng, rng.choice([1, 1, 2])), _documents(week)

    def begin(account: int) -> Make:
        number = iter(range(10**9))

        def make() -> tuple[list[str], float]:
            goal = operator.content(account, next(number))
            turns = [fill(rng.choice(shells), tools="\n".join(rng.sample(tools, rng.randint(2, 5))), x=goal)]
            turns += [
                f'Observation: {{"status": "{rng.choice(["ok", "ok", "error", "empty"])}", '
                f'"value": "{week.prose.statement(week.trade(), rng)}"}}'
                for _ in range(rng.choice([0, 0, 1, 2, 4]))
            ]
            return turns, 160.0

        return make

    return begin


def many_tongues(operator: Operator) -> Begin:
    """One wish in eight languages, an account in one or two of them."""
    rng = operator.week.rng
    shells = {tongue: [spin(pattern, rng) for pattern in patterns] for tongue, patterns in wording.TONGUES.items()}

    def begin(account: int) -> Make:
        mine = [shell for tongue in rng.sample(sorted(shells), rng.choice([1, 1, 2])) for shell in shells[tongue]]
        return _wrapped(operator, mine)(account)

    return begin


def topic_shards(operator: Operator) -> Begin:
    """Each account keeps to one trade, so that it looks like a firm's own tool."""
    rng = operator.week.rng
    shell = wording.operator_text(wording.SOLVE, rng)

    def begin(account: int) -> Make:
        trade = lexicon.TRADE_NAMES[account % len(lexicon.TRADE_NAMES)]
        return lambda: ([fill(shell, x=operator.made(trade), i=str(rng.randrange(9_999)))], 520.0)

    return begin


def mixed_program(operator: Operator) -> Begin:
    """One account that does all of it in turn."""
    rng = operator.week.rng
    parts = [
        begin(operator)
        for begin in rng.sample([fixed_shell, cot_elicitation, task_generation, code_seeds, persona_template], 3)
    ]

    def begin(account: int) -> Make:
        makes = [part(account) for part in parts]

        def make() -> tuple[list[str], float]:
            return rng.choice(makes)()

        return make

    return begin


#: Makers by rung. ``serve_and_harvest`` has none: its prompts are its customers' own.
RUNGS: dict[str, Callable[[Operator], Begin]] = {
    "fixed_shell": fixed_shell, "paraphrased_shells": paraphrased_shells, "corpus_reask": corpus_reask,
    "rubric_judge": rubric_judge, "cot_elicitation": cot_elicitation, "task_generation": task_generation,
    "task_evolution": task_evolution, "persona_template": persona_template, "tool_trajectories": tool_trajectories,
    "many_tongues": many_tongues, "code_seeds": code_seeds, "pool_swap": fixed_shell, "loud_account": mixed_program,
    "topic_shards": topic_shards, "slow_ramp": cot_elicitation, "k_resampling": cot_elicitation,
    "split_paths": fixed_shell, "trace_cleaning": trace_cleaning,
}  # fmt: skip


def veiled(text: str, rng: random.Random) -> str:
    """The text with zero-width spaces in some words, as relay software does."""
    return " ".join(
        word[:2] + "\u200b" + word[2:] if len(word) > 4 and rng.random() < 0.2 else word for word in text.split(" ")
    )
