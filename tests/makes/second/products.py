"""Innocent accounts of products: a vendor's customers, bots, search, retrieval, batch jobs, agencies, schools, resellers."""

# ruff: noqa: E501 - a wording is one line
from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.makes.second import lexicon
from tests.makes.second.firms import Facts, filled, product_shell, singles
from tests.makes.second.identity import Account
from tests.makes.second.people import sizes
from tests.makes.second.rhythm import Times
from tests.makes.second.spin import fill, spin
from tests.makes.second.week import Week


def vendor_customers(week: Week, total: int) -> None:
    """Customers of one vendor's tool, each with a key of its own: one template for all, each business's facts in it."""
    rng = week.rng
    for size in sizes(rng, total, 15, 70):
        trade, software = week.trade(), rng.choice(["node-sdk", "go-http", "web", "vendor-app"])
        shell = product_shell(trade, rng)
        hidden = rng.random() < 0.3
        out = rng.lognormvariate(5.2, 0.8)
        home = week.registry.group("server", net="hosting", addresses=3)
        relayed = rng.random() < 0.5
        for _ in range(size):
            account = week.registry.open(
                "vendor_customer",
                "person",
                group=home,
                software=software,
                address=0.95 if relayed else 0.0,
                country=None,
            )
            facts = Facts(week, trade if rng.random() < 0.8 else None)
            times = week.times(partial(week.rhythm.people, offset_h=account.offset_h), week.count(9, 1.0))
            make = facts.content if hidden else filled(facts, shell)
            singles(
                week, account, times.tolist(), make, out, system=shell if hidden else None, system_tokens=200 * hidden
            )


#: Published with automation tools and in their forums: everyone who follows the guide has the same words.
_FLOWS = (
    "You are an email assistant. Read the email below and return JSON with the keys category (lead, support, invoice, spam, other), urgency (1-5) and a one-sentence summary.\n\nEmail:\n<<x>>",
    "Write a LinkedIn post based on the article below. Start with a hook, use short lines, add three relevant hashtags at the end, and do not use emojis.\n\nArticle:\n<<x>>",
    "Extract the vendor name, invoice number, invoice date, currency and total amount from the text below. Return null for anything you cannot find. Respond with JSON only.\n\n<<x>>",
    "You will be given the transcript of a call. Write the minutes: attendees, decisions, action items with owner and due date. Use Markdown.\n\nTranscript:\n<<x>>",
    "Score this lead from 0 to 100 for fit with our ideal customer profile and explain the score in two sentences.\n\nLead:\n<<x>>",
    "Reply to this Google review as the owner of the business. Thank the reviewer by name, address one specific point and keep it below 80 words.\n\nReview:\n<<x>>",
    "Use the following pieces of context to answer the question at the end. If you don't know the answer, just say that you don't know, don't try to make up an answer.\n\n<<x>>\n\nHelpful Answer:",
)  # fmt: skip


def workflow_users(week: Week, total: int) -> None:
    """Strangers who took over a published automation: its prompt word for word, their own mail in it."""
    rng = week.rng
    for _ in range(total):
        account = week.registry.open(
            "workflow_template", "server", software=rng.choice(["workflow-tool", "node-sdk", "python-sdk"])
        )
        flows = rng.sample(_FLOWS, rng.choice([1, 1, 2]))
        facts = Facts(week)
        edit = rng.choice(
            ["", "", "", f" The company is {facts.firm}.", " Answer in English.", f" Sign as {facts.site}."]
        )
        times = week.times(partial(week.rhythm.product, offset_h=account.offset_h), week.count(11, 1.0))
        own = [flow.replace(".", "." + edit, 1) for flow in flows]
        singles(week, account, times.tolist(), filled(facts, *own), 150)


def company_pools(week: Week, total: int) -> None:
    """A company's product over several accounts and cloud paths: conversations move from one to another in mid-flow."""
    rng = week.rng
    for size in sizes(rng, total, 4, 14):
        group = week.registry.group("server", addresses=2)
        accounts = [
            week.registry.open(
                "company_pool", "server", group=group, payment=0.7, address=0.7, organization=0.8, mail=0.8, software=group.software,
                path=rng.choice(["native", "native", "bedrock", "vertex"]),
            )
            for _ in range(size)
        ]  # fmt: skip
        facts, shell = Facts(week), product_shell(week.trade(), rng)
        times = week.rhythm.product(week.count(22 * size, 0.6), accounts[0].offset_h)
        if rng.random() < 0.5:
            for at in times.tolist():
                week.wire.send(
                    rng.choice(accounts),
                    at,
                    fill(shell, x=facts.content()),
                    out=220,
                    system=shell[:60],
                    system_tokens=300,
                )
        else:
            people = [week.talk.person(rng, accounts[0].language) for _ in range(200)]
            week.talk_over(accounts[0], times, partial(rng.choice, people), pick=partial(rng.choice, accounts), system=shell, system_tokens=700)  # fmt: skip


def batch_jobs(week: Week, total: int) -> None:
    """Labelling and summarising: one template over a firm's documents, in runs, at times over several departments."""
    rng = week.rng
    labelled = week.corpora.texts("waimai_labelling", "t0_batch_docs")
    for size in sizes(rng, total, 1, 5):
        group = week.registry.group("server")
        trade = week.trade()
        shell = product_shell(trade, rng)
        facts = Facts(week, trade)
        whole = labelled if rng.random() < 0.4 else []
        out = rng.choice([3, 8, 40, 160])
        for _ in range(size):
            account = week.registry.open(
                "batch_job", "server", group=group, payment=0.6, organization=0.6, address=0.4, mail=0.5
            )
            times = week.times(partial(week.rhythm.batch, runs=rng.randint(1, 5)), week.count(22, 1.2))
            make = partial(rng.choice, whole) if whole else filled(facts, shell)
            singles(week, account, times.tolist(), make, out, output_type="json" if out == 40 else None)


def search_products(week: Week, total: int) -> None:
    """Search with answers: thousands of users' queries behind one account, with or without results pasted in."""
    rng = week.rng
    queries = week.corpora.texts("nq_open", "clinc150")
    for _ in range(total):
        account = week.registry.open("search_product", "server")
        trade, rewrites = week.trade(), rng.random() < 0.35
        shell = spin(
            "[[Answer|Respond to] the [query|question] [using|from] the [results|snippets] below[, citing them as «1»|]. [Be brief.|Two sentences at most.|]\n"
            "[Query|Q]: <<q>>\n[Results|Snippets]:\n<<x>>|[Rewrite|Expand] this [search query|query] [for|into] [a search engine|keywords]: <<q>>|<<q>>]", rng)  # fmt: skip
        names = rng.random() < 0.5
        times = week.times(partial(week.rhythm.product, offset_h=account.offset_h), week.count(38, 1.0))
        popular = [rng.choice(queries) for _ in range(40)]
        for at in times.tolist():
            query = rng.choice(popular) if rng.random() < 0.15 else queries[int(rng.random() * len(queries))]
            results = (
                "\n".join(f"[{i}] {week.prose.statement(trade, rng)}" for i in range(1, 4)) if "<<x>>" in shell else ""
            )
            user = week.registry.hash_of(f"{account.account_id}:{int(rng.paretovariate(0.6))}") if names else None
            week.wire.send(account, at, fill(shell, q=query, x=results), out=18 if rewrites else 130, end_user=user)


_BOTS = (
    "<<x>>",
    "Customer message: <<x>>\nReply as <<bot>>, the assistant of <<firm>>. Be polite and brief. If you cannot help, offer to connect to a human agent.",
    "[conversation so far omitted]\nUser: <<x>>\n<<bot>>:",
    "Detect the intent of the user message and answer it.\nIntents: order_status, refund, account, greeting, other.\nMessage: <<x>>",
)


def support_bots(week: Week, total: int) -> None:
    """Support on the same few bot frameworks: short lines of many customers in a firm's or the framework's shell."""
    rng = week.rng
    lines = week.corpora.texts("clinc150")
    dialogs = week.corpora.conversations("apibank_dialogs")
    for _ in range(total):
        account = week.registry.open("support_bot", "server")
        facts, bot = Facts(week), rng.choice(lexicon.FIRST)
        shell = fill(rng.choice(_BOTS), bot=bot, firm=facts.firm)
        who = [week.talk.person(rng, account.language, codes=False) for _ in range(30)]
        times = week.times(partial(week.rhythm.product, offset_h=account.offset_h), week.count(20, 1.0))
        at = 0
        while at < len(times):
            kind = rng.random()
            turns = (
                [rng.choice(lines) for _ in range(rng.randint(1, 4))] if kind < 0.5
                else dialogs[int(rng.random() * len(dialogs))] if kind < 0.6 and dialogs
                else week.talk.conversation(rng.choice(who), rng)
            )  # fmt: skip
            name, user = week.registry.digest("conversation"), week.registry.digest("user")
            for turn, text in enumerate(turns[: len(times) - at], start=1):
                week.wire.send(
                    account, int(times[at]), fill(shell, x=text), out=70, conversation=name, turn=turn, root=turns[0], end_user=user,
                    history=120 * turn, system=facts.firm, system_tokens=900, tools=rng.choice([0, 0, 3]),
                )  # fmt: skip
                at += 1


_RETRIEVAL = (
    _FLOWS[-1].replace("<<x>>\n\nHelpful", "<<x>>\n\nQuestion: <<q>>\nHelpful"),
    "Context information is below.\n---------------------\n<<x>>\n---------------------\nGiven the context information and not prior knowledge, answer the query.\nQuery: <<q>>\nAnswer: ",
    "You are an assistant for question-answering tasks. Use the retrieved context to answer the question. Use three sentences maximum.\nQuestion: <<q>>\nContext: <<x>>\nAnswer:",
)  # fmt: skip


def retrieval_products(week: Week, total: int) -> None:
    """Answers from documents: long contexts in a shell that came with a library, which strangers share word for word."""
    rng = week.rng
    for _ in range(total):
        account = week.registry.open("rag_product", "server")
        trade, facts = week.trade(), Facts(week)
        shell = (
            rng.choice(_RETRIEVAL)
            if rng.random() < 0.6
            else product_shell(trade, rng).replace("<<x>>", "<<x>>\n\n<<q>>")
        )
        library = [week.prose.paragraph(trade, rng, rng.randint(3, 8)) for _ in range(rng.randint(20, 90))]
        times = week.times(partial(week.rhythm.product, offset_h=account.offset_h), week.count(13, 1.0))
        people = [week.talk.person(rng, account.language, codes=False) for _ in range(12)]
        for at in times.tolist():
            chunks = "\n\n".join(rng.sample(library, rng.randint(2, 5)))
            question = rng.choice(week.talk.conversation(rng.choice(people), rng))
            week.wire.send(
                account,
                at,
                fill(shell, x=chunks, q=question[:300]),
                out=110,
                system=facts.firm if rng.random() < 0.9 else None,
            )


_TONGUES = [
    "German",
    "French",
    "Spanish",
    "Japanese",
    "Polish",
    "Brazilian Portuguese",
    "Korean",
    "Italian",
    "Turkish",
    "Simplified Chinese",
    "Dutch",
    "Arabic",
]


def translators(week: Week, total: int) -> None:
    """Agencies and freelancers: segment after segment of a customer's texts in the agency's own instruction."""
    rng = week.rng
    for size in sizes(rng, total, 2, 12):
        group = week.registry.group("person")
        glossary = ", ".join(f"{a} = {b}" for a, b in zip(rng.sample(lexicon.TRADES[week.trade()][0], 4), rng.sample(lexicon.FIRM_HEADS, 4), strict=True))  # fmt: skip
        shell = spin(
            "[Translate|Localise|Render] the [segment|string|text|following] [from English |][into|to] <<tongue>>. [Keep|Preserve|Do not touch] [placeholders|tags|variables][ such as {0}| and markup|]. "
            "[Use the formal address. |Informal tone. |][Glossary: <<glossary>>. |][Return|Output|Give] [only the translation|the translation and nothing else].\n[\n|Source: |Segment: |]<<x>>", rng)  # fmt: skip
        client = Facts(week)
        for _ in range(size):
            account = week.registry.open(
                "translator", "person", group=group, payment=0.4, mail=0.5, organization=0.3, address=0.2
            )
            mine = fill(shell, tongue=rng.choice(_TONGUES), glossary=glossary)
            times = week.times(partial(week.rhythm.people, offset_h=account.offset_h, session=20), week.count(15, 0.9))
            singles(week, account, times.tolist(), filled(client, mine), 90)


def education_platforms(week: Week, total: int) -> None:
    """Schools on one platform: pupils' answers graded by rubric, hints, worked steps, the platform's words in all."""
    rng = week.rng
    tutoring = week.corpora.conversations("mathdial_tutor")
    for size in sizes(rng, total, 6, 24):
        questions = week.corpora.texts(*rng.choice([("gsm8k_train",), ("mmlu_eval",), ("gaokao_student",)]))
        grade = spin(
            "[You are|Act as] a [patient|strict|fair] [teacher|tutor|examiner]. [Grade|Mark|Assess] the [pupil's|student's] answer from 0 to [4|5|10] [using|by] the rubric: [method|understanding], [accuracy|correctness], "
            "[clarity|presentation]. [Then|Also] give [a hint|feedback in two sentences], [but do not reveal the solution|and show the worked solution step by step].\n"
            "[Question|Task]: <<q>>\n[Pupil|Student|Answer]: <<x>>", rng)  # fmt: skip
        group = week.registry.group("server")
        for _ in range(size):
            account = week.registry.open(
                "education_platform", "server", group=group, address=0.6, payment=0.15, software=group.software
            )
            trade = rng.choice(["school", "science"])
            times = week.times(partial(week.rhythm.office, offset_h=account.offset_h), week.count(14, 1.0))
            at = 0
            while at < len(times):
                user, name = week.registry.digest("user"), week.registry.digest("conversation")
                if tutoring and rng.random() < 0.4:
                    turns = rng.choice(tutoring)
                else:
                    turns = [
                        fill(grade, q=questions[int(rng.random() * len(questions))], x=week.prose.statement(trade, rng))
                    ]
                for turn, text in enumerate(turns[: len(times) - at], start=1):
                    week.wire.send(account, int(times[at]), text, out=160, conversation=name, turn=turn, root=turns[0], end_user=user,
                                   system=group.organization, system_tokens=600)  # fmt: skip
                    at += 1


def resell(
    week: Week,
    account: Account,
    times: Times,
    users: int,
    *,
    names: bool,
    tongues: tuple[str, ...],
    harvest: bool = False,
    pick: Callable[[], Account] | None = None,
) -> None:
    """Human traffic of many strangers through one account, in many languages and at all hours."""
    rng = week.rng
    people = [week.talk.person(rng, rng.choice(tongues)) for _ in range(users)]
    week.talk_over(
        account, times, lambda: people[int(rng.random() ** 2 * users)],
        end_user=(lambda: week.registry.hash_of(f"{account.account_id}:{rng.randrange(users)}")) if names else lambda: None,
        pick=pick, harvest=harvest,
    )  # fmt: skip


TONGUES = ("en", "en", "en", "es", "zh", "pt", "de", "fr", "ru")


def resellers(week: Week, total: int) -> None:
    """Aggregators and chat sites: hundreds of people behind each account, some over several accounts."""
    rng = week.rng
    for size in sizes(rng, total, 1, 9):
        group = week.registry.group("server", addresses=3)
        for _ in range(size):
            account = week.registry.open(
                "reseller",
                "server",
                group=group,
                payment=0.6,
                address=0.6,
                mail=0.5,
                path=rng.choice(["aggregator", "native", "bedrock"]),
            )
            times = week.times(
                partial(week.rhythm.product, offset_h=account.offset_h, weekend=1.0), week.count(28, 1.0)
            )
            resell(week, account, times, rng.randint(20, 300), names=rng.random() < 0.4, tongues=TONGUES)


#: From a well-known paper's repository; companies judge their own assistants with it.
_JUDGE = (
    "Please act as an impartial judge and evaluate the quality of the response provided by an AI assistant to the user question displayed below. Your evaluation should consider factors such as helpfulness, relevance, accuracy and depth. Begin with a short explanation, then rate the response on a scale of 1 to 10 in this format: \"[[rating]]\".\n\n[Question]\n<<q>>\n\n[The Start of Assistant's Answer]\n<<x>>\n[The End of Assistant's Answer]",
    "You are comparing a submitted answer to an expert answer on a given question.\n[BEGIN DATA]\n[Question]: <<q>>\n[Expert]: <<y>>\n[Submission]: <<x>>\n[END DATA]\nCompare the factual content only. Answer with one letter: (A) subset (B) superset (C) same (D) disagree (E) irrelevant.",
    "Given a context and an answer, decide for each statement of the answer whether the context supports it. Verdict 1 for yes, 0 for no, as a JSON list.\nContext: <<y>>\nQuestion: <<q>>\nAnswer: <<x>>",
)  # fmt: skip


def product_judges(week: Week, total: int) -> None:
    """Companies that grade their own assistant's answers with a published judging prompt."""
    rng = week.rng
    for _ in range(total):
        account = week.registry.open("product_judge", "server")
        prompt, facts = rng.choice(_JUDGE), Facts(week)
        person = week.talk.person(rng, "en", codes=False)
        nightly = rng.random() < 0.5
        draw = (
            partial(week.rhythm.nightly, hour=rng.uniform(0, 24))
            if nightly
            else partial(week.rhythm.office, offset_h=account.offset_h)
        )
        for at in week.times(draw, week.count(16, 0.9)).tolist():
            text = fill(
                prompt, q=week.talk.conversation(person, rng)[0], x=week.prose.answer(facts.trade, rng, 3),
                y=week.prose.answer(facts.trade, rng, 3) if "<<y>>" in prompt else "",
            )  # fmt: skip
            week.wire.send(account, at, text, out=rng.choice([5, 90]), temperature=0.0 if rng.random() < 0.7 else None)
