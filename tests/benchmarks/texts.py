"""Long, distinct prompts for benchmarks, recombined from the bundled real ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from streams import corpora

_LEAST_CHARACTERS = 400
#: Every tenth event is in a script without spaces.
_SPACELESS_EVERY = 10


def prompts(count: int, seed: int) -> Iterator[str]:
    """Prompts of at least 400 characters, each of several real ones in an order of its own; a tenth Chinese."""
    rng = random.Random(seed)
    every = corpora.load_all()
    chinese = ["".join(prompt.text.split()) for prompt in every["huatuo_med"] + every["gaokao_student"]]
    spaced = [
        prompt.text
        for name in ("gpteacher_roleplay", "gpteacher_codegen", "gsm8k_train", "mathdial_tutor", "nq_open", "nl2bash")
        for prompt in every[name]
    ]
    for number in range(count):
        pool = chinese if number % _SPACELESS_EVERY == 0 else spaced
        text = ""
        while len(text) < _LEAST_CHARACTERS:
            text += rng.choice(pool) + ("" if pool is chinese else "\n")
        yield text


def events(count: int, accounts: int, seed: int) -> Iterator[dict[str, Any]]:
    """Request events, one a prompt, spread over accounts with a long tail; event time moves 20 ms an event."""
    rng = random.Random(seed)
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
            "prompt_text": text,
            "conversation_id": f"conversation-{number % 7_919}",
            "turn_count": 1 + number % 4,
            "temperature": 0.7,
            "max_tokens": 1_024,
            "payment_hash": f"pay{account // 2:022d}",
            "ip_prefix_hash": f"net{account // 3:022d}",
            "country": "US",
            "plan": "pro",
        }
