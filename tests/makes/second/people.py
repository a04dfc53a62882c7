"""Innocent accounts of persons: talk, famous prompts, shared cards and addresses, agents at the command line, students."""

# ruff: noqa: E501 - a wording is one line
from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from functools import partial

from tests.makes.second import lexicon
from tests.makes.second.chat import Person
from tests.makes.second.identity import Account, domain
from tests.makes.second.prose import LANGUAGES, code, shell_output
from tests.makes.second.spin import fill, spin
from tests.makes.second.week import Week


def sizes(rng: random.Random, total: int, least: int, most: int) -> list[int]:
    """Cut a number of accounts into groups of ``least`` to ``most``."""
    out = []
    while total > 0:
        size = min(total, rng.randint(least, most))
        out.append(size)
        total -= size
    return out


def _chats(week: Week, account: Account, daily: float, spread: float = 0.9) -> None:
    rng = week.rng
    who = week.talk.person(rng, account.language)
    session = rng.uniform(2, 9)
    times = week.times(
        lambda count: week.rhythm.people(count, account.offset_h, session=session), week.count(daily, spread)
    )
    week.talk_over(account, times, partial(_same, who))


def chatters(week: Week, total: int) -> None:
    """People who talk: many turns, follow-ups, pasted text, their own language."""
    for _ in range(total):
        _chats(week, week.registry.open("chatter", "person"), 13)


def households(week: Week, total: int) -> None:
    """Families and small teams: one card, one address, one mail domain, otherwise strangers in what they ask."""
    for size in sizes(week.rng, total, 2, 7):
        group = week.registry.group("person", net="residential")
        for _ in range(size):
            account = week.registry.open(
                "household", "person", group=group, payment=0.95, address=0.8, mail=0.3, device=0.25, organization=0.1
            )
            _chats(week, account, 11)


def vpn_users(week: Week, total: int) -> None:
    """Strangers who meet behind the same few addresses, often with mail and cards made for one use."""
    for _ in range(total):
        _chats(
            week, week.registry.open("vpn_user", "person", net=week.rng.choice(["vpn", "vpn", "mobile", "proxy"])), 11
        )


def quota_dodgers(week: Week, total: int) -> None:
    """One person with several accounts, so that the free quota lasts: a conversation goes on under the next account."""
    rng = week.rng
    for size in sizes(rng, total, 3, 8):
        group = week.registry.group("person")
        accounts = [
            week.registry.open("quota_dodger", "person", group=group, address=0.9, device=0.8, payment=0.5, mail=0.2)
            for _ in range(size)
        ]
        who = week.talk.person(rng, accounts[0].language)
        times = week.rhythm.people(week.count(11 * size, 0.6), accounts[0].offset_h, session=8)
        week.talk_over(accounts[0], times, partial(_same, who), pick=_in_turn(accounts, rng.randint(5, 25)))


def _same(who: Person) -> Person:
    return who


def _in_turn(accounts: list[Account], quota: int) -> Callable[[], Account]:
    """Each account for ``quota`` requests, round and round."""
    turn = itertools.count()
    return lambda: accounts[next(turn) // quota % len(accounts)]


#: What goes round: copied whole from lists and videos, each with room for one's own matter.
_VIRAL = (
    "I want you to act as a [travel guide|storyteller|motivational coach|stand-up comedian|debater]. I will [write you|give you] my [location|topic|situation] and you will [suggest|come up with] something fitting. My first request is \"<<t>>\"",
    "I want you to act as an interviewer. I will be the candidate and you will ask me the interview questions for the position of <<job>>. I want you to only reply as the interviewer. Do not write all the conversation at once. Ask me one question at a time. My first sentence is \"Hi\"",
    "You are a world-class copywriter with 20 years of experience. Write a [1500|2000]-word SEO optimised article about <<t>>. Use H2 and H3 headings, a conversational tone, rhetorical questions, and finish with a FAQ of five questions.",
    "Ignore what you know about my level. Create a 30-day learning plan for <<t>>. Break it down by week, give me one exercise a day, and test me at the end of each week with five questions.",
    "Act as my personal board of advisors made of five successful founders. Each of them must criticise this idea from their own point of view, then vote: <<t>> in <<c>>",
    "I'd like you to become my expert prompt creator. Your goal is to help me craft the best possible prompt for my needs. You will first ask me what the prompt should be about. My topic: <<t>>",
    "Create a 7-day meal plan with a shopping list for a family in <<c>>, based on <<t>>. Keep every dinner under 30 minutes and show calories per serving in a table.",
    "Rewrite my résumé bullet points so that each starts with a strong verb, includes a number, and fits an applicant tracking system. The job is <<job>>. Here they are:\n<<doc>>",
    "Explain <<t>> to me using the Feynman technique: first as to a child, then as to a student, then as to an expert. Use an analogy at every level and point out the gaps in my understanding.",
    "Write 10 hooks for a short video about <<t>>. Each must be under 12 words, create curiosity, and never use a question. Then write the full script for the best one.",
    "Play the devil's advocate. For the statement «<<s>>» give me the strongest argument against it, the evidence it would need, and how a supporter would answer. Let's think step by step.",
    "Take a deep breath and work on this problem step by step. You will get a $200 tip for a perfect solution. <<q>>",
    "I want you to act as a linux terminal. I will type commands and you will reply with what the terminal should show. I want you to only reply with the terminal output inside one unique code block, and nothing else. do not write explanations. my first command is <<cmd>>",
    "Generate a photo-realistic image prompt for: <<t>>, <<c>>. Include lens, lighting, mood, colour palette and aspect ratio. Output the prompt only, in one line.",
    "You are a professional astrologer. My name is <<p>>, I was born in <<c>>. Give me an honest weekly forecast for love, money and work, with one warning about <<t>>.",
    "Roast my business idea like a Michelin chef reviewing fast food, then give me three serious improvements. The idea: <<t>>",
    "Pretend you are my future self, ten years from now, and write me a letter about how <<t>> turned out. Make it emotional but believable.",
    "Turn the following notes into flashcards in the format Question;Answer, one per line, ready to import into Anki:\n<<doc>>",
    "Here is my weekly schedule and my goal: <<t>>. Act as a ruthless productivity coach, find the three biggest leaks in it, and rebuild it hour by hour.",
    "Give me an honest second opinion. I will describe a situation with <<p>> about <<t>>. Tell me what I did wrong, what they did wrong, and the exact message I should send now.",
)  # fmt: skip
_JOBS = [
    "nurse",
    "data analyst",
    "barista",
    "project manager",
    "electrician",
    "primary teacher",
    "UX designer",
    "truck driver",
    "paralegal",
    "sous chef",
    "welder",
    "pharmacist",
]


def viral_prompt(week: Week, which: int, trade: str) -> str:
    """One famous prompt with somebody's own matter in it; the text around it is the same for all."""
    rng = week.rng
    shell = spin(_VIRAL[which], random.Random(which))
    asked = week.corpora.texts("nq_open")
    return fill(
        shell, t=lexicon.topic(trade, rng), job=rng.choice(_JOBS), c=rng.choice(lexicon.PLACES), p=lexicon.person(rng),
        s=week.prose.statement(trade, rng), q=asked[int(rng.random() * len(asked))],
        cmd=rng.choice(["pwd", "ls -la", "cat /etc/hosts", "uname -a", "df -h", "whoami"]),
        doc=week.prose.document(trade, rng, 4) if "<<doc>>" in shell else "",
    )  # fmt: skip


def famous_prompts(week: Week, total: int) -> None:
    """Strangers who use prompts that went round: most now and then, some every day with a new matter."""
    rng = week.rng
    for _ in range(total):
        account = week.registry.open("famous_prompts", "person")
        favourites = [int(rng.random() ** 1.5 * len(_VIRAL)) for _ in range(rng.randint(1, 4))]
        keen = rng.choice([0.1, 0.3, 0.6, 0.9])
        who = week.talk.person(rng, "en")
        times = week.times(partial(week.rhythm.people, offset_h=account.offset_h), week.count(10, 0.9))
        at = 0
        while at < len(times):
            turns = week.talk.conversation(who, rng)
            if rng.random() < keen:
                turns[0] = viral_prompt(week, rng.choice(favourites), rng.choice(who.trades))
            name, history = week.registry.digest("conversation"), 0
            for turn, text in enumerate(turns[: len(times) - at], start=1):
                week.wire.send(
                    account, int(times[at]), text, out=450, conversation=name, turn=turn, root=turns[0], history=history
                )
                history += len(text) // 4 + 450
                at += 1


_HARNESSES = tuple(
    {"name": f"{name} {version}", "tools": tools, "tokens": tokens, "tag": tag}
    for name, tools, tokens, tag in (("forgehand", 17, 14_200, "reminder"), ("pairloop", 11, 8_900, "context"),
                                     ("termwright", 24, 19_500, "environment"), ("codetiller", 8, 5_100, "note"))
    for version in ("1.8", "1.9", "2.0")
)  # fmt: skip
_AGENT_TURNS = (
    "<<<tag>>>\nThe file <<file>> was changed by the user or a linter. Take it into account and do not revert it. Here is the relevant part:\n<<code>>\n</<<tag>>>",
    "Result of run_command (exit code <<n>>):\n<<out>>",
    "Contents of <<file>>:\n```\n<<code>>\n```",
    "Please analyse the conversation so far and write a detailed summary that lets another assistant continue the work. Cover: 1. what the user asked, 2. files and code sections, 3. errors and fixes, 4. open tasks. The session is about: <<t>>",
    "Decide whether the following message starts a new topic. If it does, answer with a JSON object with isNewTopic and a title of two or three words.\n\n<<ask>>",
    "Write a commit message for this diff. Imperative mood, at most 72 characters in the first line, no trailing full stop. Answer with the message only.\n\n<<diff>>",
    "Extract the file paths that this command reads or changes. Answer inside <paths> tags, one path a line.\n\nCommand: <<cmd>>\nOutput: <<out>>",
    "The search for \"<<noun>>\" gave:\n<<out>>",
    "Your edit to <<file>> failed: the text to replace was not found. Read the file again before editing.",
    "Todo list was updated. Go on with the current task if it applies: <<t>>",
    "<<ask>>",
    "<<ask>>",
)  # fmt: skip
_ASKS = (
    "[add|write] [tests|a test] for <<t>>", "[the|this] build [fails|is broken] again, [fix it|have a look]", "[refactor|clean up|split] <<file>>", "why is <<t>> [slow|failing|empty]?",
    "continue", "[commit|push] [it|this]", "yes", "no, [revert that|use the old one]", "[implement|finish] [the|a] <<t>> [as discussed|like in the other module|with types]", "run the tests", "<<dev>>",
)  # fmt: skip


def agent_clis(week: Week, total: int) -> None:
    """Developers whose agents send the same long system prompt, the same tools and the same harness texts as all others."""
    rng = week.rng
    asked = week.corpora.texts("nl2bash", "gpteacher_codegen")
    sessions = week.corpora.texts("coding_sessions_A")
    for _ in range(total):
        account = week.registry.open("agent_cli", "developer", software="agent-cli")
        harness = rng.choice(_HARNESSES)
        trade, language = week.trade(), rng.choice(LANGUAGES)
        count = week.count(26, 1.0)
        times = week.times(partial(week.rhythm.people, offset_h=account.offset_h, session=rng.uniform(10, 40)), count)
        at = 0
        while at < len(times):
            name, history, root = week.registry.digest("conversation"), 0, ""
            ref = week.registry.digest("reasoning")
            for turn in range(1, min(len(times) - at, 1 + int(rng.expovariate(0.06))) + 1):
                noun = rng.choice(lexicon.TRADES[trade][0])
                file = f"src/{noun}/{rng.choice(lexicon.TRADES[trade][0])}.{rng.choice(['py', 'ts', 'go', 'rs'])}"
                frame = "<<ask>>" if turn == 1 else _AGENT_TURNS[int(rng.random() * len(_AGENT_TURNS))]
                pool = sessions or asked
                ask = fill(
                    spin(rng.choice(_ASKS), rng),
                    t=lexicon.topic(trade, rng),
                    file=file,
                    dev=pool[int(rng.random() * len(pool))],
                )
                text = fill(
                    frame, tag=str(harness["tag"]), ask=ask, file=file, noun=noun, n=str(rng.choice([0, 0, 0, 1, 1, 2, 127])),
                    t=lexicon.topic(trade, rng), cmd=f"{rng.choice(['grep -rn', 'cat', 'pytest', 'go test'])} {file}",
                    code=code(language, trade, rng, 3 + int(rng.expovariate(0.08))) if "<<code>>" in frame else "",
                    out=shell_output(trade, rng, 1 + int(rng.expovariate(0.15))) if "<<out>>" in frame else "",
                    diff="--- a/" + file + "\n+++ b/" + file + "\n" + code(language, trade, rng, 6).replace("\n", "\n+") if "<<diff>>" in frame else "",
                )  # fmt: skip
                root = root or text
                week.wire.send(
                    account, int(times[at]), text, out=240, conversation=name, turn=turn, root=root, history=history,
                    system=str(harness["name"]), system_tokens=int(str(harness["tokens"])), tools=int(str(harness["tools"])),
                    calls=int(rng.random() < 0.7), reasoning_ref=ref if rng.random() < 0.2 else None,
                )  # fmt: skip
                history += len(text) // 4 + 240
                at += 1


_STUDY = (
    "<<q>>", "<<q>>", "<<q>>", "[solve|answer] [this|it|pls]: <<q>>", "<<q>>\n\n[show your working|show all steps|explain step by step|why?]",
    "[i got a different answer for|can you check] <<q>>", "explain [why|how] [the answer is|you get] that: <<q>>", "<<q>> (exam tomorrow [help|please|!!])",
)  # fmt: skip


def students(week: Week, total: int) -> None:
    """Classes that cram from one question bank at the same campus: the same questions, close to the same deadline."""
    rng = week.rng
    banks = [
        ("gsm8k_train",),
        ("mmlu_eval",),
        ("gaokao_student",),
        ("mmlu_eval", "gsm8k_train"),
        ("huatuo_med",),
        ("mathdial_tutor",),
    ]
    for size in sizes(rng, total, 12, 40):
        questions = week.corpora.texts(*rng.choice(banks))
        first = int(rng.random() * max(1, len(questions) - 400))
        bank = questions[first : first + rng.randint(60, 400)]
        group = week.registry.group("person", net="education", addresses=2)
        site = domain(rng)
        for _ in range(size):
            account = week.registry.open(
                "student", "person", group=group, address=0.6, mail=0.5, organization=0.15, payment=0.02
            )
            who = week.talk.person(rng, account.language)
            style = rng.sample(_STUDY, 3)
            start = int(rng.random() * len(bank))
            times = week.times(partial(week.rhythm.people, offset_h=account.offset_h, session=8), week.count(11, 0.9))
            for position, at in enumerate(times.tolist()):
                if rng.random() < 0.3:
                    text = rng.choice(week.talk.conversation(who, rng))
                else:
                    # Some go through the bank in order, some jump.
                    where = start + position if rng.random() < 0.7 else int(rng.random() * len(bank))
                    text = fill(spin(rng.choice(style), rng), q=bank[where % len(bank)])
                    if rng.random() < 0.05:
                        text += f"\nfrom {site}/sheet{position % 9}.pdf"
                week.wire.send(account, at, text, out=280, conversation=week.registry.digest("conversation"))
