"""What featurising costs, in microseconds an event, step by step: ``python -m tests.benchmarks.featurise_cost``.

Distinct bundled prompts in batches; a tenth of the events are Chinese, English prompts are joined until they have 400
characters. The word cache is warm for the steps; the cost of new words is shown apart. Figures are CPU time of the
process, steps the best of 40 passes over one batch, so on a busy machine the parts may exceed the whole.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

import numpy as np

from models.codebook import Codebook
from models.elicitation import elicitation, phrase_table
from models.embedding import WordEmbedder
from models.event import Event
from models.featurise import Featuriser
from models.segment import segment
from models.shells import shells
from models.text import encode_texts
from streams.corpora import load_all
from streams.weights import load_codebook, load_embedder

_EVENTS = 1_000
_PASSES = 40
_LEAST_CHARACTERS = 400
_CHINESE = ("gaokao_student", "huatuo_med")
_KEY = 0x1234


def main() -> int:
    """Print the table."""
    started = time.process_time()
    embedder, codebook = load_embedder(), load_codebook()
    phrase_table()
    _line("start: weights, tables", time.process_time() - started, "s")
    texts = _prompts(random.Random(1), 20 * _EVENTS)
    events = [_event(index, text) for index, text in enumerate(texts)]
    featuriser = Featuriser(embedder, codebook, _KEY)
    started = time.process_time()
    featuriser.featurise(events[:1])
    _line("first event (kernels compiled or loaded)", time.process_time() - started, "s")
    _print_new_words(featuriser, embedder, events)
    batch = texts[:_EVENTS]
    sizes = [len(text) for text in batch], [len(text.encode()) for text in batch]
    ascii_share = np.mean([text.isascii() for text in batch])
    sys.stdout.write(
        f"{_EVENTS} events: {np.mean(sizes[0]):.0f} characters, {np.mean(sizes[1]):.0f} bytes on average, "
        f"{100 * (1 - ascii_share):.0f} % not ASCII\n"
    )
    _print_steps(featuriser, embedder, codebook, events[:_EVENTS], batch)
    return 0


def _prompts(rng: random.Random, count: int) -> list[str]:
    corpora = {name: [prompt.text for prompt in prompts] for name, prompts in load_all().items()}
    chinese = [text for name in _CHINESE if name in corpora for text in corpora[name]]
    other = [text for name, texts in corpora.items() if name not in _CHINESE for text in texts]
    return [_joined(rng, chinese if index % 10 == 0 else other) for index in range(count)]


def _joined(rng: random.Random, texts: list[str]) -> str:
    text = rng.choice(texts)
    while len(text) < _LEAST_CHARACTERS:
        text += "\n" + rng.choice(texts)
    return text[: 2 * _LEAST_CHARACTERS]


def _event(index: int, text: str) -> Event:
    return Event(
        schema_version=1,
        event_id=f"req-{index:032x}",
        event_time=1_772_366_400_000 + index,
        account_id=f"acct-{index % 97:012x}",
        operation="chat",
        request_model="m",
        input_tokens=len(text) // 4,
        output_tokens=200,
        prompt_text=text,
        conversation_id=f"conv-{index:022x}",
        ip_prefix_hash=f"{index % 31:022x}",
        payment_hash=f"{index % 53:022x}",
    )


def _print_new_words(featuriser: Featuriser, embedder: WordEmbedder, events: list[Event]) -> None:
    for first in (0, len(events) // 2, len(events) - _EVENTS):
        before = embedder.words_tokenised
        started = time.process_time()
        featuriser.featurise(events[first : first + _EVENTS])
        seconds = time.process_time() - started
        new = embedder.words_tokenised - before
        _line(f"batch from event {first}: {new / _EVENTS:.2f} new words an event", 1e6 * seconds / _EVENTS)
        if first == 0:
            featuriser.featurise(events[: len(events) // 2])


def _print_steps(
    featuriser: Featuriser, embedder: WordEmbedder, codebook: Codebook, events: list[Event], texts: list[str]
) -> None:
    words = segment(texts, _KEY)
    embeddings = embedder.embed(words)
    encoding = _best(lambda: encode_texts(texts))
    _line("normalise and encode", encoding)
    _line("segment and hash words", _best(lambda: segment(texts, _KEY)) - encoding)
    _line("embed", _best(lambda: embedder.embed(words)))
    _line("cell", _best(lambda: codebook.assign(embeddings)))
    _line("shells", _best(lambda: shells(words, _KEY)))
    _line("elicitation", _best(lambda: elicitation(words)))
    _line("fields, identities hashed, text normalised and encoded", _best(lambda: featuriser.fields(events)))
    _line("featurise, whole", _best(lambda: featuriser.featurise(events)))
    one = events[0]
    _line("featurise, a batch of one", _best(lambda: featuriser.featurise([one])) * len(events))


def _best(step: Callable[[], object]) -> float:
    """Microseconds an event in the best pass."""
    best = float("inf")
    for _ in range(_PASSES):
        started = time.process_time()
        step()
        best = min(best, time.process_time() - started)
    return 1e6 * best / _EVENTS


def _line(name: str, value: float, unit: str = "us") -> None:
    sys.stdout.write(f"{name:58s} {value:8.2f} {unit}\n")


if __name__ == "__main__":
    sys.exit(main())
