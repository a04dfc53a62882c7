"""The wire: requests become events of the schema, spooled to a file and written out in order of time."""

from __future__ import annotations

import itertools
import mmap
import random
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from tests.makes.second.identity import Account, Registry

_WIDE = frozenset({"zh", "ja", "ko"})


class Wire:
    """Takes requests in any order, one account after the other; ``read`` gives them back in order of time."""

    def __init__(self, rng: random.Random, registry: Registry, start_ms: int) -> None:
        self._rng = rng
        self._registry = registry
        self._start_ms = start_ms
        # Log-normal factors are dear one by one.
        self._spread = itertools.cycle([rng.lognormvariate(0, 0.55) for _ in range(40_009)])
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._size = 0
        self._time: list[int] = []
        self._offset: list[int] = []
        self._harvest: list[bool] = []
        self._ids: list[str] = []

    @property
    def sent(self) -> int:
        """Requests so far."""
        return len(self._time)

    @property
    def harvested(self) -> int:
        """Requests so far that harvest."""
        return sum(self._harvest)

    def send(
        self,
        account: Account,
        at_ms: int,
        text: str,
        *,
        out: float,
        harvest: bool = False,
        conversation: str | None = None,
        turn: int = 1,
        root: str | None = None,
        system: str | None = None,
        system_tokens: int = 0,
        history: int = 0,
        temperature: float | None = None,
        end_user: str | None = None,
        tools: int = 0,
        calls: int = 0,
        output_type: str | None = None,
        reasoning_ref: str | None = None,
        model: str | None = None,
        refusal: float = 0.004,
        extra: dict[str, object] | None = None,
    ) -> None:
        """Send a request ``at_ms`` after the start; ``out`` is the usual number of answer tokens.

        ``system`` names a system prompt: the same name is the same prompt. ``root`` is the conversation's opening text.
        """
        rng, registry, habits = self._rng, self._registry, account.habits
        draw = rng.random
        if system is None and account.system is not None:
            system, system_tokens = account.system, account.system_tokens
        own = max(1, int(len(text) / (1.6 if _wide(text) else 4.1) * rng.uniform(0.92, 1.08)))
        input_tokens = own + system_tokens + history
        status = 200 if draw() > 0.012 else rng.choice([429, 429, 500, 529, 400])
        refused = status == 200 and draw() < refusal
        limit = habits["max_tokens"]
        output = int(next(self._spread) * out * account.verbosity) + 1
        if refused:
            output = rng.randint(20, 120)
        stopped = "stop"
        if isinstance(limit, int) and output > limit:
            output, stopped = limit, "length"
        if status != 200:
            output = 0
        ttft = 490 * next(self._spread) + input_tokens * 0.02
        event: dict[str, Any] = {
            "schema_version": 1,
            "event_id": registry.digest("event"),
            "event_time": self._start_ms + at_ms,
            "account_id": account.account_id,
            "operation": "chat",
            "request_model": model or habits["model"],
            "input_tokens": input_tokens,
            "output_tokens": output,
            "prompt_text": text,
            "api_key_hash": account.keys[int(draw() ** 2 * len(account.keys))],
            "status_code": status,
            "duration_ms": round(ttft + output * rng.uniform(8, 25), 1),
            "stream": habits["stream"],
            **account.columns,
        }
        address = account.addresses[0]
        if account.roams:
            # An address lasts for a sitting of three hours.
            sitting = (at_ms // 10_800_000 + int(account.account_id[2:9], 16)) * 2_654_435_761
            if (sitting >> 7) % 100 < account.roams * 100:
                address = account.addresses[(sitting >> 11) % len(account.addresses)]
        event["ip_hash"], event["ip_prefix_hash"] = address.ip, address.prefix
        event["asn"], event["country"], event["ip_type"] = address.asn, address.country, address.net
        if account.devices:
            event["device_hash"] = account.devices[int(draw() ** 2 * len(account.devices))]
        warmth = habits["temperature"] if temperature is None else temperature
        optional = {
            "temperature": warmth, "top_p": habits["top_p"], "max_tokens": limit, "output_type": output_type,
            "end_user_hash": end_user, "reasoning_ref": reasoning_ref,
        }  # fmt: skip
        event.update({name: value for name, value in optional.items() if value is not None})
        if status == 200:
            event["ttft_ms"] = round(ttft, 1)
            event["finish_reasons"] = ["refusal" if refused else "tool_calls" if calls else stopped]
        if refused:
            event["refused"] = True
        if habits["thinks"] and output:
            event["reasoning_output_tokens"] = int(output * rng.uniform(0.2, 0.7))
        if system is not None:
            event["system_hash"] = registry.hash_of("system:" + system)
        if tools:
            event["tool_count"], event["tool_call_count"] = tools, calls if status == 200 else 0
        if history and turn > 1 and draw() < 0.8:
            event["cache_read_input_tokens"] = system_tokens + int(history * rng.uniform(0.6, 1.0))
        if account.names_conversations:
            event["conversation_id"] = conversation or registry.digest("conversation")
        if account.shows_turns:
            event["turn_count"] = turn
            event["root_hash"] = registry.hash_of("root:" + (root or text))
            if turn > 1:
                event["prefix_hash"] = registry.hash_of(f"prefix:{conversation}:{turn}")
        if extra:
            event.update(extra)
        line = orjson.dumps(event)
        self._file.write(line)
        self._time.append(self._start_ms + at_ms)
        self._offset.append(self._size)
        self._harvest.append(harvest)
        self._ids.append(event["event_id"])
        self._size += len(line)
        account.sent += 1
        account.last_ms = max(account.last_ms, at_ms)
        account.harvested += harvest

    def read(self) -> Iterator[tuple[bytes, str, bool]]:
        """Each event as JSON, its id and whether it harvests, in order of time."""
        self._file.flush()
        order = np.argsort(np.array(self._time, dtype=np.int64), kind="stable")
        ends = [*self._offset[1:], self._size]
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as spool:
            for index in order.tolist():
                yield spool[self._offset[index] : ends[index]], self._ids[index], self._harvest[index]

    def close(self) -> None:
        """Remove the spool."""
        self._file.close()


def _wide(text: str) -> bool:
    return not text.isascii() and sum(character > "\u2e80" for character in text[:24]) > 6
