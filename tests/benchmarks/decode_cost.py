"""What decoding costs one by one and by the scan, in microseconds an event: ``python -m tests.benchmarks.decode_cost``.

Four shapes of events: a short prompt (about 900 bytes in all), a prompt of 700 characters, the same with a field that
the event does not have, and 700 characters without spaces (2,100 bytes of text).
Each figure is the best of 40 passes over 2,000 distinct events, so on a busy machine the parts may exceed the whole.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec

from models.decode import _parse, decode
from models.detection import DetectionSettings
from models.event import Event
from models.fields import field_seeds
from models.scan.columns import Scanner
from models.text import MAX_PROMPT_BYTES
from tests.strategies import records_of

_EVENTS = 2_000
_PASSES = 40
# As many as a worker scans at once.
_CHUNK = 256
_LATIN = ("the", "quick", "brown", "fox", "explains", "each", "step", "of", "its", "proof", "slowly,", "in", "JSON")
_HAN = "请逐步解释以下证明并用简短的语言给出最终答案不要省略任何推理过程"


def _event(rng: random.Random, index: int, prompt: str) -> dict[str, Any]:
    hashes = ("ip_hash", "ip_prefix_hash", "payment_hash", "device_hash", "system_hash", "api_key_hash")
    return {
        "schema_version": 1,
        "event_id": f"req-{rng.getrandbits(64):016x}",
        "event_time": f"2026-03-01T11:{index // 60 % 60:02}:{index % 60:02}.{rng.randrange(1000):03}Z",
        "account_id": f"acct-{rng.getrandbits(48):012x}",
        "operation": "chat",
        "request_model": "large-2",
        "input_tokens": rng.randrange(5000),
        "output_tokens": rng.randrange(2000),
        "prompt_text": prompt,
        "conversation_id": f"conv-{rng.getrandbits(64):016x}",
        "turn_count": 1,
        "temperature": 0.7,
        "stream": True,
        "finish_reasons": ["stop"],
        "status_code": 200,
        "duration_ms": 1834.5,
        **{name: f"{rng.getrandbits(128):022x}"[:22] for name in hashes},
        "asn": 64500,
        "country": "DE",
        "plan": "pro",
        "access_path": "native",
    }


def _values(shape: str) -> tuple[list[bytes | None], list[bytes]]:
    rng = random.Random(7)
    keys: list[bytes | None] = []
    values: list[bytes] = []
    for index in range(_EVENTS):
        if shape == "700 characters without spaces":
            prompt = "".join(rng.choices(_HAN, k=700))
        else:
            prompt = " ".join(rng.choices(_LATIN, k=200))[: 220 if shape == "short" else 700]
        event = _event(rng, index, prompt)
        if shape == "700 characters, unknown field":
            event["region"] = "eu-west-1"
        keys.append(event["account_id"].encode())
        values.append(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())
    return keys, values


def _microseconds(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(_PASSES):
        begin = time.process_time_ns()
        work()
        best = min(best, time.process_time_ns() - begin)
    return best / _EVENTS / 1000


def _report(shape: str) -> str:
    keys, values = _values(shape)
    run = records_of(list(zip(keys, values, strict=True)))
    decoder = msgspec.json.Decoder(Event)
    events = [decoder.decode(value) for value in values]
    whole = _microseconds(lambda: decode(run, DetectionSettings()))
    parse = _microseconds(lambda: [_parse(value) for value in values])
    msgspec_alone = _microseconds(lambda: [decoder.decode(value) for value in values])
    instants = _microseconds(lambda: [event.event_time_ms for event in events])
    scanner = Scanner(field_seeds(1), MAX_PROMPT_BYTES)
    chunks = [run.cut(first, first + _CHUNK) for first in range(0, _EVENTS, _CHUNK)]
    taken = sum(int(scanner.scan(chunk).taken.sum()) for chunk in chunks) / _EVENTS
    scan = _microseconds(lambda: [scanner.scan(chunk) for chunk in chunks])
    size = sum(map(len, values)) / _EVENTS
    return (
        f"{shape} ({size:.0f} bytes): {whole:.2f} us an event: msgspec {msgspec_alone:.2f}, "
        f"rest of the parse {parse - msgspec_alone:.2f}, time {instants:.2f}, "
        f"key, limits and lists {whole - parse - instants:.2f}; "
        f"the scan, hashes and text included: {scan:.2f} ({taken:.0%} taken)"
    )


def main() -> None:
    """Print one line a shape."""
    for shape in ("short", "700 characters", "700 characters, unknown field", "700 characters without spaces"):
        sys.stdout.write(_report(shape) + "\n")


if __name__ == "__main__":
    main()
