"""The events of one conversation."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import msgspec

from tests.makes.sixth.accounts import MODELS
from tests.makes.sixth.draws import WEEK, digest, one_of, stamp
from tests.makes.sixth.habit import Habit


def request_fields(
    rng: Random, calls: dict[str, Any], habit: Habit, net: tuple[str, str], text: str, tokens: int
) -> dict[str, Any]:
    """What is asked, from where, and how the model replies."""
    status = rng.choices((200, 429, 500, 403), (970, 15, 6, 2))[0]
    refused = status == 200 and rng.random() < 0.012
    output = max(1, round(rng.lognormvariate(math.log(habit.output[0]), habit.output[1])))
    output = 0 if status != 200 else min(30 if refused else calls["max_tokens"] or 8192, output)
    model = calls["model"] if rng.random() < 0.95 else one_of(rng, MODELS)
    first = 150 + rng.expovariate(1 / 300)
    prefix, kind = net
    fields: dict[str, Any] = {"operation": "chat", "request_model": model}
    fields |= {"input_tokens": tokens, "output_tokens": output, "prompt_text": text, "status_code": status}
    fields |= {"ip_prefix_hash": prefix, "ip_hash": digest(prefix, rng.randrange(3)), "ip_type": kind}
    fields["refused"] = refused
    fields |= {"asn": 1000 + sum(map(ord, prefix)) % 900, "stream": calls["stream"], "ttft_ms": round(first, 1)}
    fields |= {"duration_ms": round(first + output * rng.uniform(8, 20), 1), "tool_count": calls["tools"]}
    fields["finish_reasons"] = ["length" if output == calls["max_tokens"] else "stop"] if output else []
    return fields


def setting_fields(rng: Random, calls: dict[str, Any], name: str, model: str, output: int) -> dict[str, Any]:
    """Settings of the call, its end user and the tokens of reasoning, where they are known."""
    shown = ("temperature", "max_tokens", "top_p", "output_type")
    fields = {key: calls[key] for key in shown if calls[key] is not None}
    if calls["users"]:
        fields["end_user_hash"] = digest("user", name, rng.randrange(calls["users"]))
    if model == "reasoner-1" and output:
        fields["reasoning_output_tokens"] = int(output * rng.uniform(0.2, 0.8))
    return fields


def talk(
    rng: Random, who: dict[str, Any], habit: Habit, pause: float, when: float, said: list[str]
) -> list[tuple[str, str, bytes]]:
    """One conversation, its system prompt said first: time, name and line of each event."""
    system, *said = said
    made, calls, before, root = [], who["calls"], "", digest("text", system, said[0])
    name, net = who["stable"]["account_id"], rng.choice(who["nets"])
    thread, history = digest("thread", name, when), len(system) // 4
    for turn, text in enumerate(said, start=1):
        if when >= WEEK and turn > 1:
            break
        when = min(when, WEEK - 0.001)
        tokens = history + len(text.encode()) // 4 + 8
        event: dict[str, Any] = {"schema_version": 1, "event_id": f"req-{digest(thread, turn)}"}
        event |= {"event_time": stamp(when), **who["stable"]}
        event |= request_fields(rng, calls, habit, net, text, tokens)
        if calls["threads"]:
            event |= {"conversation_id": thread, "turn_count": turn, "root_hash": root}
            event |= {"prefix_hash": digest("before", before)} if turn > 1 else {}
        if system:
            event["system_hash"] = digest("system", system)
        event |= setting_fields(rng, calls, name, event["request_model"], event["output_tokens"])
        if history and turn > 1:
            event["cache_read_input_tokens"] = int(history * rng.choice((0, 0.9)))
        made.append((event["event_time"], event["event_id"], msgspec.json.encode(event)))
        before, history = digest(before, text), tokens + event["output_tokens"]
        when += rng.lognormvariate(math.log(pause), 0.8)
    return made
