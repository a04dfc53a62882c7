"""Long, distinct prompts for benchmarks, recombined from the bundled real ones."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

from streams import corpora

_LEAST_CHARACTERS = 400
_SPACED = ("gpteacher_roleplay", "gpteacher_codegen", "gsm8k_train", "mathdial_tutor", "nq_open", "nl2bash")
# A number or a Latin word within it stays one: shuffled by letters it would be a word that nobody writes.
_SPACELESS_WORD = re.compile(r"[0-9A-Za-z]+|.", re.DOTALL)
#: Every tenth event is in a script without spaces.
_SPACELESS_EVERY = 10


def prompts(count: int, seed: int) -> Iterator[str]:
    """Prompts of at least 400 characters: the words of real ones in an order of their own; a tenth Chinese.

    The words of a prompt are shuffled, so that vocabulary and lengths are real but no two texts share a phrase by the
    way they were made.
    """
    rng = random.Random(seed)
    every = corpora.load_all()
    chinese = ["".join(prompt.text.split()) for prompt in every["huatuo_med"] + every["gaokao_student"]]
    spaced = [prompt.text for name in _SPACED for prompt in every[name]]
    for number in range(count):
        without_spaces = number % _SPACELESS_EVERY == 0
        words: list[str] = []
        length = 0
        while length < _LEAST_CHARACTERS:
            text = rng.choice(chinese if without_spaces else spaced)
            words += _SPACELESS_WORD.findall(text) if without_spaces else text.split()
            length += len(text)
        rng.shuffle(words)
        yield ("" if without_spaces else " ").join(words)


def events(count: int, accounts: int, seed: int) -> Iterator[dict[str, Any]]:
    """Request events, one a prompt, spread over accounts with a long tail; event time moves 20 ms an event.

    Every second account puts a template of its own, twelve real words, before each of its prompts.
    """
    rng = random.Random(seed)
    heads = [" ".join(text.split()[:12]) for text in prompts(accounts // 2 + 1, seed + 1)]
    for number, text in enumerate(prompts(count, seed)):
        account = int(accounts * rng.random() ** 2)
        yield {
            "schema_version": 1,
            "event_id": f"bench-{seed}-{number}",
            "event_time": 1_772_409_600_000 + number * 20,
            "account_id": f"acct_{account:06d}",
            "operation": "chat",
            "request_model": "model-a",
            "input_tokens": len(text) // 4,
            "output_tokens": rng.randint(20, 900),
            "prompt_text": text if account % 2 or " " not in text else f"{heads[account // 2]}: {text}",
            "conversation_id": f"conversation-{number % 7_919}",
            "turn_count": 1 + number % 4,
            "temperature": 0.7,
            "max_tokens": 1_024,
            "payment_hash": f"pay{account // 2:022d}",
            "ip_prefix_hash": f"net{account // 3:022d}",
            "country": "US",
            "plan": "pro",
        }
