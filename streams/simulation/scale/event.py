"""The readable form of an event: one request at a time, as a dictionary; ``kernel`` writes the same in bulk."""

from __future__ import annotations

import json
from typing import Any

from streams.simulation.gateway import rfc3339
from streams.simulation.scale.arrivals import Arrivals
from streams.simulation.scale.chance import draw, mix
from streams.simulation.scale.fields import (
    ASN_COUNT,
    CHOICES,
    CUT,
    FINISHES,
    FIRST_ASN,
    HASHES,
    INPUT_TOKENS_PER_MS,
    RECORDED,
    REFUSAL_TOKENS,
    REFUSED,
    REFUSED_OF_1024,
    REJECTED,
    REJECTED_OF_1024,
    STOPPED,
    TOKEN_MS,
    TOKEN_SPREAD_MS,
    TOKENS_PER_TURN,
    TTFT_MS,
    TTFT_SPREAD_MS,
    Owner,
    Purpose,
)  # fmt: skip
from streams.simulation.scale.kinds import HABITS, OUTPUT_QUANTILES, Kind
from streams.simulation.scale.language import USES
from streams.simulation.scale.prompt import BENCHMARKS, QUESTIONS
from streams.simulation.scale.texts import count_units
from streams.simulation.scale.traffic import Traffic

_MASK = 2**64 - 1


def event(traffic: Traffic, arrivals: Arrivals, position: int) -> dict[str, Any]:
    """Return the event of one arrival; its fields stand in the order in which the kernel writes them."""
    request = Request(traffic, arrivals, position)
    prompt = request.prompt()
    input_tokens = max(1, count_units(prompt) // 4) + TOKENS_PER_TURN * (request.turn - 1)
    outcome, output_tokens = request.outcome()
    ttft_ms = TTFT_MS + request.choose(Purpose.DELAY, TTFT_SPREAD_MS) + input_tokens // INPUT_TOKENS_PER_MS
    accounts = traffic.population.accounts
    fields = {
        "prompt_text": prompt,
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        **_choices(accounts.choices[request.account].tolist()),
        **_hashes(traffic.tables.keys.fields.tolist(), request.owners()),
        "turn_count": request.turn,
        "status_code": 429 if outcome == REJECTED else 200,
        "ttft_ms": ttft_ms,
        "duration_ms": ttft_ms + output_tokens * (TOKEN_MS + request.choose(Purpose.SPEED, TOKEN_SPREAD_MS)),
        "asn": FIRST_ASN + request.owners()[Owner.NETWORK] % ASN_COUNT,
        "account_created_at": int(accounts.created_ms[request.account]),
        "finish_reasons": json.loads(FINISHES[outcome]),
        "refused": outcome == REFUSED,
    }
    bits = int(accounts.recorded[request.account])
    missing = {field for place, field in enumerate(RECORDED) if not bits >> place & 1}
    return {
        "schema_version": 1,
        "operation": "chat",
        "event_id": _hash(int(traffic.tables.keys.event) + request.name),
        "event_time": rfc3339(int(arrivals.time_ms[position])),
        "account_id": account_id(traffic, request.account),
        **{field: value for field, value in fields.items() if field not in missing},
    }


def _choices(choices: list[int]) -> dict[str, Any]:
    fields = zip(CHOICES.items(), choices, strict=True)
    return {field: json.loads(values[choice]) for (field, (_, values)), choice in fields}


def _hashes(keys: list[int], owners: dict[Owner, int]) -> dict[str, Any]:
    fields = zip(HASHES.items(), keys, strict=True)
    return {field: _hash(key + owners[owner]) for (field, (_, owner)), key in fields}


def account_id(traffic: Traffic, account: int) -> str:
    """Return the id of an account by its number."""
    return f"acct_{mix(int(traffic.tables.keys.account) + account & _MASK):016x}"


class Request:
    """One arrival and the draws that belong to it."""

    def __init__(self, traffic: Traffic, arrivals: Arrivals, position: int) -> None:
        self._traffic = traffic
        self._accounts = traffic.population.accounts
        self.account, self.number = int(arrivals.account[position]), int(arrivals.number[position])
        self.kind = Kind(int(arrivals.kind[position]))
        self.name = self.account << 32 | self.number
        keys = traffic.tables.keys
        self._state = mix(int(keys.event) + self.name & _MASK)
        self._style = mix(int(keys.style) + int(self._accounts.style[self.account]) & _MASK)
        self.human = self.kind in {Kind.CHAT, Kind.RESOLD}
        turns = int(self._accounts.turns[self.account]) if self.human else 1
        self.conversation, before = divmod(self.number, turns)
        self.turn = before + 1

    def choose(self, purpose: Purpose, count: int) -> int:
        """Return one of 0 … ``count`` - 1 for this request."""
        return draw(self._state, purpose) % count

    def prompt(self) -> str:
        """Return the text of the prompt."""
        grammar = self._traffic.grammar
        use = "follow_up" if self.turn > 1 else HABITS[self.kind].use
        language = self._accounts.language[self.account]
        low, high = grammar.tables.ranges[language, USES.index(use)].tolist()
        author = self._state if self.human else self._style
        pattern = low + draw(author, Purpose.PATTERN) % (high - low)
        return grammar.write(pattern, self._index(int(grammar.tables.capacities[pattern])), self._style)

    def _index(self, capacity: int) -> int:
        if self.kind == Kind.HARVEST:
            size, stride = self._traffic.shard_size, self._traffic.shard_stride
            return self.account * stride + (self.number * (size // 3 | 1) + self.account) % size
        if self.kind == Kind.EVALUATION:
            question = draw(self._style, Purpose.INDEX) % BENCHMARKS * QUESTIONS + self.number % QUESTIONS
            return draw(int(self._traffic.tables.keys.question), question) % capacity
        return self.choose(Purpose.INDEX, capacity)

    def owners(self) -> dict[Owner, int]:
        """Return what each hash field names, by owner."""
        lasting = self._accounts.owners[self.account].tolist()
        owners = {owner: lasting[owner] for owner in Owner if owner < len(lasting)}
        end_users = int(self._accounts.end_users[self.account])
        address = owners[Owner.NETWORK] << 32 | self.account % 8 << 2 | self.choose(Purpose.ADDRESS, 3)
        return {
            **owners,
            Owner.CONVERSATION: self.account << 32 | self.conversation,
            Owner.END_USER: self.account << 32 | self.choose(Purpose.END_USER, end_users),
            Owner.ADDRESS: address,
        }

    def outcome(self) -> tuple[int, int]:
        """Return how the request ended and the tokens of its answer."""
        chance = self.choose(Purpose.OUTCOME, 1_024)
        if chance < REJECTED_OF_1024:
            return REJECTED, 0
        quantiles = OUTPUT_QUANTILES[self.kind]
        output_tokens = int(quantiles[self.choose(Purpose.OUTPUT, len(quantiles))])
        if chance < REJECTED_OF_1024 + REFUSED_OF_1024:
            return REFUSED, min(output_tokens, REFUSAL_TOKENS)
        choice = self._accounts.choices[self.account, list(CHOICES).index("max_tokens")]
        max_tokens = int(CHOICES["max_tokens"][1][choice])
        return (CUT, max_tokens) if output_tokens >= max_tokens else (STOPPED, output_tokens)


def _hash(named: int) -> str:
    state = mix(named & _MASK)
    return f"{state:016x}{draw(state, 0):016x}"
