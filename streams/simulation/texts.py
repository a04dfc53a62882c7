"""Which prompt may go where: every corpus item belongs either to innocent people or to harvesters, never to both."""

from __future__ import annotations

import re

import numpy as np
from xxhash import xxh64_intdigest

from streams.corpora import CorpusError, Prompt
from streams.simulation.randomness import generator, pick

#: Share of each corpus that harvesters use; the rest is what innocent people ask. 0.5 for a corpus not named here.
HARVEST_SHARE = {
    "agentbench_os": 0.65,
    "anthropic_evals": 0.0,
    "apibank_dialogs": 0.0,
    "clinc150": 0.05,
    "gaokao_student": 0.2,
    "gpteacher_codegen": 0.65,
    "gpteacher_roleplay": 0.65,
    "gpteacher_toolformer": 0.65,
    "gsm8k_train": 0.6,
    "huatuo_med": 0.65,
    "iopo_trace": 0.6,
    "mathdial_tutor": 0.0,
    "mmlu_eval": 0.15,
    "nl2bash": 0.1,
    "nq_open": 0.05,
}

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def is_chinese(text: str) -> bool:
    """Tell whether a prompt is mostly read as Chinese: Chinese characters among its first 200."""
    return _CHINESE.search(text[:200]) is not None


class Texts:
    """The corpora divided for one seed: what innocent accounts draw from, and what harvesters do."""

    def __init__(self, corpora: dict[str, list[Prompt]], seed: int) -> None:
        normal = {name: [_normal(prompt.text) for prompt in prompts] for name, prompts in corpora.items()}
        harvest: set[str] = set()
        for name, texts in normal.items():
            limit = HARVEST_SHARE.get(name, 0.5) * 2**64
            harvest.update(text for text in texts if xxh64_intdigest(text.encode(), seed % 2**64) < limit)
        self.seed = seed
        self.innocent: dict[str, list[str]] = {}
        self.harvest: dict[str, list[str]] = {}
        self.conversations: dict[str, list[list[str]]] = {}
        self._lines: dict[str, list[str]] = {}
        for name, prompts in corpora.items():
            kept = [prompt for prompt, text in zip(prompts, normal[name], strict=True) if text not in harvest]
            taken = [prompt.text for prompt, text in zip(prompts, normal[name], strict=True) if text in harvest]
            self.innocent[name] = [prompt.text for prompt in kept]
            self.conversations[name] = _conversations(kept)
            self._lines[name] = list(dict.fromkeys(self.innocent[name]))
            distinct = list(dict.fromkeys(taken))
            order = generator(seed, "harvest-order", name).permutation(len(distinct))
            self.harvest[name] = [distinct[index] for index in order]

    def topic(self, rng: np.random.Generator, corpus: str, width: int) -> list[str]:
        """Return neighbouring innocent prompts of a corpus: files keep intents, subjects and commands together."""
        prompts = self.innocent[corpus]
        begin = int(rng.integers(0, max(1, len(prompts) - width)))
        return prompts[begin : begin + width]

    def available(self, *corpora: str) -> list[str]:
        """Return those of the named corpora that hold innocent prompts, or else every corpus that does."""
        present = [name for name in corpora if self.innocent.get(name)]
        return present or [name for name, prompts in self.innocent.items() if prompts]

    def document(self, corpus: str, position: int, rows: int) -> str:
        """Return the document at a position of a corpus, ``rows`` innocent prompts long; no two positions are alike."""
        prompts = self._lines[corpus]
        blocks = max(1, len(prompts) // rows)
        lap, block = divmod(position, blocks)
        lines = prompts[block * rows : (block + 1) * rows]
        if lap:
            lines = [*lines, prompts[(block * rows + lap * 37) % len(prompts)]]
        return "\n".join(lines)


class Reservations:
    """Deals out the harvest texts: each account of each attack gets its own shard, and no text twice.

    When a corpus is used up, later shards get its items again, each time with another demand appended, as those who
    evolve instruction sets do.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._dealt: dict[str, int] = {}

    def reserve(self, corpora: tuple[str, ...], accounts: int, requests: int) -> list[Shard]:
        """Reserve shards of at least ``requests`` texts for the accounts of one attack, balanced over its corpora."""
        sizes = {name: len(self._texts.harvest.get(name, ())) for name in corpora}
        total = sum(sizes.values())
        if not total:
            known = ", ".join(name for name, prompts in self._texts.harvest.items() if prompts)
            raise CorpusError(f"attack corpora {', '.join(corpora)}: no harvest texts there; choose among {known}")
        quotas = {name: -(-requests * size // total) for name, size in sizes.items() if size}
        shards = []
        for account in range(accounts):
            spans = {name: self._dealt.get(name, 0) + account * quota for name, quota in quotas.items()}
            shards.append(Shard(self._texts, spans, quotas))
        for name, quota in quotas.items():
            self._dealt[name] = self._dealt.get(name, 0) + accounts * quota
        return shards


class Shard:
    """One account's private part of the harvest texts."""

    def __init__(self, texts: Texts, begins: dict[str, int], quotas: dict[str, int]) -> None:
        self._texts = texts
        self._begins = begins
        self._quotas = quotas

    def shuffled(self, rng: np.random.Generator) -> list[str]:
        """Return all texts of the shard in random order."""
        found = []
        for name, quota in self._quotas.items():
            prompts = self._texts.harvest[name]
            for position in range(self._begins[name], self._begins[name] + quota):
                lap, index = divmod(position, len(prompts))
                found.append(evolve(prompts[index], lap))
        return [found[index] for index in rng.permutation(len(found))]


def evolve(text: str, lap: int) -> str:
    """Return the text with the demand of its ``lap``-th reuse; 0 leaves it as it is, other laps all differ."""
    if not lap:
        return text
    readers, demands = _READERS_ZH if is_chinese(text) else _READERS, _DEMANDS_ZH if is_chinese(text) else _DEMANDS
    cycle, place = divmod(lap - 1, len(readers) * len(demands))
    demand, reader = divmod(place, len(readers))
    added = f"{demands[demand]} {readers[reader]}"
    return f"{text}\n{added}" if not cycle else f"{text}\n{added} ({cycle + 1})"


def mannered(rng: np.random.Generator, text: str) -> str:
    """Return a person's wording of a prompt: now and then a greeting, a please, a careless end."""
    if is_chinese(text):
        return pick(rng, _ZH_BEFORE) + text + pick(rng, _ZH_AFTER)
    worded = pick(rng, _BEFORE) + text + pick(rng, _AFTER)
    return worded[:1].lower() + worded[1:] if rng.random() < 0.3 else worded


def _normal(text: str) -> str:
    return text.casefold().strip()


def _conversations(prompts: list[Prompt]) -> list[list[str]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for prompt in prompts:
        if prompt.conv is not None:
            found.setdefault(prompt.conv, []).append((prompt.turn or 0, prompt.text))
    return [[text for _, text in sorted(turns)] for turns in found.values()]


_BEFORE = (
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "hi, ",
    "please ",
    "hey ",
    "quick question: ",
    "ok so ",
    "Hello! ",
    "can you help: ",
)
_AFTER = ("", "", "", "", "", "", "", "?", " please", " thanks", " thx", "!", " (short answer is fine)", " - asap")
_ZH_BEFORE = ("", "", "", "", "", "你好，", "请问：", "帮我看看，", "老师好，", "麻烦问一下，")
_ZH_AFTER = ("", "", "", "", "", "谢谢", "，急！", " 谢谢啦", "，请简单说说", " 怎么做？")
_READERS = (
    "The reader is a first-year student.",
    "The reader is a domain expert.",
    "The reader is a busy manager.",
    "The reader is a ten-year-old.",
    "The reader is a sceptical reviewer.",
    "The reader is a new colleague.",
    "The reader is preparing for an exam.",
    "The reader does not speak English well.",
)
_DEMANDS = (
    "Add one further constraint and satisfy it.",
    "Solve a harder variant with larger numbers.",
    "Give two different approaches and compare them.",
    "Replace every general notion by a specific one.",
    "Cover the edge cases as well.",
    "Name the assumptions that you make.",
    "Include a worked example.",
    "Finish with a check of the result.",
    "State what would change under the opposite assumption.",
    "Keep each step under twenty words.",
)
_READERS_ZH = ("读者是初学者。", "读者是本领域专家。", "读者是备考的学生。", "读者是非专业人士。", "读者是审稿人。")
_DEMANDS_ZH = (
    "请再增加一个约束并满足它。",
    "请给出两种不同的方法并比较。",
    "请考虑边界情况。",
    "请写出所作的假设。",
    "请附上一个完整的例子。",
    "最后请检查结果。",
)
