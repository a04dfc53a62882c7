"""The maker of one side's accounts and events."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from tests.makes.fifth.account import Account, draw_group, open_account
from tests.makes.fifth.rhythm import START, WEEK, moments
from tests.makes.fifth.templates import Slots, fill
from tests.makes.fifth.wording import code
from tests.makes.fifth.words import CITIES, TOOLS
from tests.makes.fifth.world import MODELS, World, tag

#: Median and spread of the answers' tokens.
SIZES = {"label": (9, 0.6), "short": (110, 0.7), "medium": (380, 0.7), "long": (1000, 0.6)}


class Maker:
    """Writes the events of one side, innocent or not, from its own stream of random numbers."""

    def __init__(self, world: World, side: str) -> None:
        self.world, self.side = world, side
        self.rng = random.Random(f"{world.seed}/{side}")
        self.accounts: list[Account] = []
        self.events: list[tuple[int, str, bytes]] = []

    def account(self, kind: str, group: dict[str, Any] | None = None, campaign: str = "", start: int = 0) -> Account:
        """Open an account; ``group`` overrides what it shares with others."""
        name = f"acct-{tag(self.world.seed, self.side, len(self.accounts))[:11]}"
        one = open_account(self.rng, self.world, name, kind, group or {}, campaign, start)
        self.accounts.append(one)
        return one

    def group(self, name: str, cards: int, nets: int, client: bool) -> dict[str, Any]:
        """Draw what a group of accounts shares."""
        return draw_group(self.rng, self.world, self.side, name, cards, nets, client)

    def moments(self, one: Account, count: int, shape: str) -> list[int]:
        """Draw times in the account's week."""
        return moments(self.rng, one.first, one.last, one.zone, count, shape)

    def volume(self, one: Account, middle: float, spread: float = 0.8) -> int:
        """Draw how many requests an account makes in its part of the week."""
        share = (one.last - one.first) / WEEK
        return max(1, min(1600, round(share * middle * math.exp(self.rng.gauss(0, spread)))))

    def say(self, one: Account, at: int, text: str, size: str, harvest: bool = False, **more: Any) -> None:
        """Write one request, and its retry when the limit was hit."""
        rng = self.rng
        if at >= WEEK:
            return
        one.sent += 1
        one.harvested += harvest
        held = more.pop("held", 0)
        middle, spread = SIZES[size]
        outcome = rng.random()
        failed, refused = outcome < 0.012, 0.012 <= outcome < 0.02
        wanted = max(1, int(one.verbosity * middle * math.exp(rng.gauss(0, spread))))
        tokens = 0 if failed else 14 if refused else min(wanted, one.cap or wanted)
        event: dict[str, Any] = {
            "schema_version": 1, "event_id": f"req-{tag(one.name, one.sent)[:16]}", "account_id": one.name,
            "event_time": datetime.fromtimestamp((START + at) / 1000, UTC).isoformat(timespec="milliseconds"),
            "operation": "chat", "request_model": one.models[rng.random() < 0.12],
            "input_tokens": len(text.encode()) // 4 + one.context + held + 7, "output_tokens": tokens,
            "prompt_text": text, "status_code": (429 if outcome < 0.009 else 503) if failed else 200,
            "refused": refused, "max_tokens": one.cap,
            "finish_reasons": [] if failed else ["length" if tokens < wanted and not refused else "stop"],
            "ttft_ms": None if failed else round(180 * math.exp(rng.gauss(0.5, 0.5))),
            **one.fields, **rng.choice(one.places), **more,
        }  # fmt: skip
        event["duration_ms"] = 40 if failed else event["ttft_ms"] + round(tokens * rng.uniform(8, 24))
        if event["request_model"] == MODELS[4]:
            event["reasoning_output_tokens"] = tokens // 2
        if one.users:
            event.setdefault("end_user_hash", tag(one.name, "user", rng.randrange(one.users)))
        event = {key: value for key, value in event.items() if value is not None}
        self.events.append((at, event["event_id"], orjson.dumps(event)))
        if failed and rng.random() < 0.7:
            self.say(one, at + rng.randrange(900, 9000), text, size, harvest, held=held, **more)

    def single(self, one: Account, at: int, text: str, size: str, system: str | None, harvest: bool = False) -> None:
        """Write a request that is a conversation of its own."""
        more: dict[str, Any] = {"system_hash": system} if system else {}
        if one.chained:
            where = tag(one.name, at, one.sent)
            more |= {"conversation_id": where[:18], "turn_count": 1, "root_hash": tag(text)}
        self.say(one, at, text, size, harvest, **more)

    def session(self, one: Account, at: int, lines: Iterator[str], size: str, gap: float, **more: Any) -> int:
        """Write a conversation, one line a turn; gives how many turns."""
        root, before, held, turn = "", "", 0, 0
        where = tag(one.name, at, one.sent)[:18]
        for turn, text in enumerate(lines, 1):
            root = root or tag(text)
            if one.chained:
                more |= {"conversation_id": where, "turn_count": turn, "root_hash": root, "prefix_hash": before or None}
            self.say(one, at, text, size, **{**more, "held": held})
            before, held = tag(before, text), held + len(text) // 4 + SIZES[size][0]
            at += int(1000 * gap * math.exp(self.rng.gauss(0, 0.8))) + 900
        return turn

    def app(self, one: Account, template: str, slots: Slots, count: int, shape: str, size: str, hidden: bool) -> None:
        """Fill an account with ``count`` requests of a template, whose head may hide in the system prompt."""
        for at in self.moments(one, count, shape):
            self.ask(one, at, template, slots, size, hidden)

    def ask(
        self, one: Account, at: int, template: str, slots: Slots, size: str, hidden: bool, harvest: bool = False
    ) -> None:
        """Write one filled template."""
        head, _, body = template.partition("¦")
        head = fill(head, slots)
        if hidden and head and body:
            self.single(one, at, fill(body, slots).strip(), size, tag(head), harvest)
        else:
            self.single(one, at, f"{head}{' ' * (body[:1] != chr(10))}{fill(body, slots)}".strip(), size, None, harvest)

    def agent(self, one: Account, at: int, goal: str, system: str | None, harvest: bool = False, tools: int = 9) -> int:
        """Hold one agent's session, in which all turns but the first are tools' results."""
        rng = self.rng

        def lines() -> Iterator[str]:
            yield goal
            while rng.random() < (0.88 if tools > 6 else 0.75):
                name, status = rng.choice(TOOLS), rng.choice((0, 0, 0, 1))
                body = code(rng) if rng.random() < 0.5 else f"{rng.randrange(999)} rows; {rng.choice(CITIES)}.csv"
                yield f"Result of {name} (exit {status}):\n{body}"

        more: dict[str, Any] = {"system_hash": system} if system else {}
        more |= {"harvest": harvest, "tool_count": tools, "tool_call_count": int(rng.random() < 0.9)}
        return self.session(one, at, lines(), "short", 12, **more)
