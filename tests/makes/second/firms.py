"""A firm's own templates and facts: what businesses put into prompts, and into which."""

# ruff: noqa: E501 - a wording is one line
from __future__ import annotations

import random
from collections.abc import Callable

from tests.makes.second import lexicon
from tests.makes.second.identity import Account, domain
from tests.makes.second.spin import fill, spin
from tests.makes.second.week import Week

_ROLE = (
    "You are [a|an experienced|a careful|a senior|the in-house] <<role>> [at|for|working with] <<firm>>. ",
    "[Act as|You work as|Take the part of] the <<role>> of <<firm>>. ",
    "",
    "[Context|Background]: <<firm>> [is|runs] a <<trade>> [business|company|practice]. ",
    "# [Role|Who you are]\n<<role>>\n\n# [Task|Job]\n",
)
_TASKS = (
    "[Write|Draft|Prepare|Compose] [a|one] [listing|description|announcement] [for|about] the <<a>> below[, aimed at <<b>> buyers|]. ",
    "[Reply|Answer|Write back] to the [customer|client|patient|guest] [message|e-mail|enquiry] below[, mentioning our <<a>> policy|]. ",
    "[Extract|Pull out|Read off] the [date|total], the <<a>> and the <<b>> [from|in] the [document|record|form] below. ",
    "[Summarise|Condense|Boil down] the [notes|transcript|report] below [for|to brief] [the manager|a busy reader|the next shift]. ",
    "[Classify|Sort|Label] the [ticket|message|entry] below as one of: <<a>>, <<b>>, <<c>>, other. ",
    "[Check|Review|Go through] the <<a>> [record|draft|report] below and [point out|list] what is [missing|unclear|risky]. ",
    "[Turn|Convert] the [raw notes|bullet points|dictation] below into [minutes|a letter|a clean record] on the <<a>>. ",
)  # fmt: skip
_RULES = (
    "[Keep it|Stay] under <<n>> words. ", "[Do not|Never] [invent|make up|guess] [facts|prices|details]. ", "[Use|Write] a [warm|neutral|professional|friendly] tone. ",
    "[Answer|Respond|Reply] [only with|with nothing but] [valid|plain] JSON[: {\"<<a>>\": ..., \"<<b>>\": ...}|]. ", "[Do not mention|Leave out] [competitors|prices|names]. ",
    "[Mention|Include] the <<c>> [once|in the first sentence|at the end]. ", "[Use|Follow] British spelling. ", "If [something|a field] is [missing|unclear], [write|put] \"<<d>>\". ",
    "[End|Finish] with [a call to action|our phone number|the next step|a polite closing]. ", "Output [language|in]: the [customer's|reader's] language. ",
)  # fmt: skip
_MARKS = ("\n\n<<x>>", "\n\n---\n<<x>>\n---", "\n[Input|Text|Message|Record]: <<x>>", "\n\n\"\"\"\n<<x>>\n\"\"\"", "\n\n<input>\n<<x>>\n</input>", "\n### Input\n<<x>>\n### Output")  # fmt: skip
_ROLES = ["copywriter", "receptionist", "claims clerk", "account manager", "editor", "paralegal", "dispatcher", "estate agent", "nurse coordinator", "bookkeeper", "recruiter", "concierge", "quality inspector"]  # fmt: skip


def product_shell(trade: str, rng: random.Random) -> str:
    """A firm's own template with one slot ``<<x>>``; drawn anew it is another firm's."""
    nouns, qualities, _ = lexicon.TRADES[trade]
    rules = rng.sample(_RULES, rng.randint(1, 5))
    text = spin(rng.choice(_ROLE) + rng.choice(_TASKS) + "".join(rules) + rng.choice(_MARKS), rng)
    return fill(
        text, role=rng.choice(_ROLES), firm=lexicon.firm(rng), trade=trade, a=rng.choice(nouns), b=rng.choice(nouns),
        c=rng.choice(nouns), d=rng.choice(["n/a", "unknown", "ask", "-"]), n=str(rng.choice([40, 60, 80, 120, 150, 200, 300])),
    ) + rng.choice(["", "", "\n", f"\n\n{rng.choice(qualities).capitalize()} answers only."])  # fmt: skip


class Facts:
    """What one business puts into templates: its name, people, town and a few things it keeps talking about."""

    def __init__(self, week: Week, trade: str | None = None) -> None:
        rng = week.rng
        self._week = week
        self.trade = trade or week.trade()
        self.firm, self.town, self.site = lexicon.firm(rng), rng.choice(lexicon.PLACES), domain(rng)
        self._staff = [lexicon.person(rng) for _ in range(rng.randint(2, 6))]
        self._things = [lexicon.topic(self.trade, rng) for _ in range(rng.randint(4, 15))]
        self._shape = rng.randrange(5)

    def choose(self, shells: tuple[str, ...]) -> str:
        """One of this business's shells."""
        return shells[0] if len(shells) == 1 else self._week.rng.choice(shells)

    def content(self) -> str:
        """One message, record or form of this business."""
        rng, week = self._week.rng, self._week
        thing = rng.choice(self._things)
        body = week.prose.paragraph(self.trade, rng, 1 + int(rng.expovariate(0.5)))
        if self._shape == 0:
            return (
                f"From: {lexicon.person(rng)}\nTo: {rng.choice(self._staff)}, {self.firm}\nSubject: {thing}\n\n{body}"
            )
        if self._shape == 1:
            return (
                f"{self.firm} | {self.town} | {thing} | {rng.randint(10, 9000)} EUR | {rng.choice(self._staff)}\n{body}"
            )
        if self._shape == 2:
            return f'{{"ref": "{rng.randint(10_000, 99_999)}", "item": "{thing}", "agent": "{rng.choice(self._staff)}", "notes": "{body}"}}'
        if self._shape == 3:
            return f"- {thing}\n- {self.town}\n- {body}\n- contact {rng.choice(self._staff)} ({self.site})"
        return f"{body} ({thing}, {self.firm})"


def filled(facts: Facts, *shells: str) -> Callable[[], str]:
    """One of the shells with something of this business in it."""
    return lambda: fill(facts.choose(shells), x=facts.content())


def singles(
    week: Week,
    account: Account,
    times: list[int],
    make: Callable[[], str],
    out: float,
    *,
    system: str | None = None,
    system_tokens: int = 0,
    output_type: str | None = None,
) -> None:
    """Send requests that stand alone, each made anew, at these times."""
    for at in times:
        week.wire.send(
            account, at, make(), out=out, system=system, system_tokens=system_tokens, output_type=output_type
        )
