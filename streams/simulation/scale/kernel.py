"""Writes events as JSON lines, without a Python object an event; ``event.event`` is the readable form."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from streams.simulation.scale.arrivals import Arrivals
from streams.simulation.scale.chance import Integer, choose_kernel, mix_kernel
from streams.simulation.scale.fields import (
    ASN_COUNT,
    CHOICE_BIT,
    CHOICES,
    CUT,
    FINISH_BIT,
    FIRST_ASN,
    HASH_BIT,
    HASHES,
    INPUT_TOKENS_PER_MS,
    NUMBER_BIT,
    NUMBERS,
    REFUSAL_TOKENS,
    REFUSED,
    REFUSED_BIT,
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
)
from streams.simulation.scale.kinds import OUTPUT_QUANTILES, USE_OF_KIND, Kind
from streams.simulation.scale.layout import (
    ACCOUNT_ID,
    CHOICE_NAMES,
    CHOICE_VALUES,
    ENDING,
    EVENT_TIME,
    FINISHED,
    HASH_NAMES,
    INPUT_TOKENS,
    NUMBER_NAMES,
    OPENING,
    OUTPUT_TOKENS,
    PROMPT_TEXT,
    QUOTE,
    REFUSED_OR_NOT,
)  # fmt: skip
from streams.simulation.scale.population import Accounts
from streams.simulation.scale.prompt import choose_index, choose_pattern, plan_prompt
from streams.simulation.scale.traffic import Tables
from streams.simulation.scale.writing import HASH, HEX, INSTANT, NUMBER, TEXT, Buffer, Pieces, write_pieces

Integers = npt.NDArray[np.int64]

_CHAT, _RESOLD = int(Kind.CHAT), int(Kind.RESOLD)
_MAX_TOKENS = list(CHOICES).index("max_tokens")
_OUTCOME, _OUTPUT, _ADDRESS_DRAW, _END_USER_DRAW, _DELAY, _SPEED = (int(each) for each in list(Purpose)[2:])
_NETWORK, _CONVERSATION = int(Owner.NETWORK), int(Owner.CONVERSATION)
_END_USER, _ADDRESS = int(Owner.END_USER), int(Owner.ADDRESS)
_OWNERS, _CHOICES, _HASHES, _NUMBERS = len(Owner), len(CHOICES), len(HASHES), len(NUMBERS)
_LIMITS = np.array([int(value) for value in CHOICES["max_tokens"][1]], np.int64)
_HASH_OWNERS = np.array([owner for _, owner in HASHES.values()], np.int64)
_MOST_PIECES = 256
_U1 = np.uint64(1)


@njit(cache=True)
def write_events(
    buffer: Buffer, offsets: Integers, arrivals: Arrivals, date: Buffer, accounts: Accounts, tables: Tables
) -> None:
    """Write the events of arrivals of one day into ``buffer``, event i at ``offsets[i]`` to ``offsets[i + 1]``."""
    pieces = Pieces(np.empty(_MOST_PIECES, np.uint8), np.empty(_MOST_PIECES, np.uint64))
    owners, numbers = np.empty(_OWNERS, np.int64), np.empty(_NUMBERS, np.int64)
    characters, starts = tables.texts.characters, tables.texts.starts
    at: Integer = np.int64(0)
    for event in range(len(arrivals.time_ms)):
        offsets[event] = at
        count = _plan(pieces, arrivals, event, accounts, tables, owners, numbers)
        at = write_pieces(buffer, at, pieces, count, characters, starts, date)
    offsets[len(arrivals.time_ms)] = at


@njit(cache=True)
def _add(pieces: Pieces, count: Integer, form: Integer, value: Integer) -> Integer:
    pieces.forms[count], pieces.values[count] = form, np.uint64(value)
    return count + 1


@njit(cache=True)
def _plan(
    pieces: Pieces,
    arrivals: Arrivals,
    event: Integer,
    accounts: Accounts,
    tables: Tables,
    owners: Integers,
    numbers: Integers,
) -> Integer:
    """Plan the pieces of one event; return how many."""
    keys = tables.keys
    account, number = np.int64(arrivals.account[event]), np.int64(arrivals.number[event])
    kind = np.int64(arrivals.kind[event])
    state = mix_kernel(keys.event + np.uint64(account << 32 | number))
    turns = accounts.turns[account] if kind in (_CHAT, _RESOLD) else np.int64(1)
    turn = number % turns + 1

    count = _add(pieces, 0, TEXT, OPENING)
    count = _add(pieces, count, HASH, state)
    count = _add(pieces, count, TEXT, EVENT_TIME)
    count = _add(pieces, count, INSTANT, arrivals.time_ms[event])
    count = _add(pieces, count, TEXT, ACCOUNT_ID)
    count = _add(pieces, count, HEX, mix_kernel(keys.account + np.uint64(account)))
    prompted, length = _plan_content(pieces, count, account, number, kind, turn, state, accounts, tables)
    if accounts.recorded[account] & _U1:
        count = prompted
    input_tokens = max(1, length // 4) + TOKENS_PER_TURN * (turn - 1)
    limit = _LIMITS[accounts.choices[account, _MAX_TOKENS]]
    outcome, output_tokens = _outcome(state, OUTPUT_QUANTILES[kind], limit)
    count = _add(pieces, count, TEXT, INPUT_TOKENS)
    count = _add(pieces, count, NUMBER, input_tokens)
    count = _add(pieces, count, TEXT, OUTPUT_TOKENS)
    count = _add(pieces, count, NUMBER, output_tokens)
    _name_owners(owners, account, number // turns, state, accounts)
    _measure(numbers, turn, outcome, input_tokens, output_tokens, state)
    numbers[4] = FIRST_ASN + owners[_NETWORK] % ASN_COUNT
    numbers[5] = accounts.created_ms[account]
    recorded, choices = accounts.recorded[account], accounts.choices[account]
    return _plan_fields(pieces, count, recorded, choices, outcome, owners, numbers, keys.fields)


@njit(cache=True)
def _plan_content(
    pieces: Pieces,
    count: Integer,
    account: Integer,
    number: Integer,
    kind: Integer,
    turn: Integer,
    state: np.uint64,
    accounts: Accounts,
    tables: Tables,
) -> tuple[Integer, Integer]:
    """Plan the prompt; return the number of pieces now, and its length in quarters of tokens."""
    patterns, keys = tables.patterns, tables.keys
    count = _add(pieces, count, TEXT, PROMPT_TEXT)
    style = mix_kernel(keys.style + np.uint64(accounts.style[account]))
    use = USE_OF_KIND[kind]
    pattern = choose_pattern(patterns, accounts.language[account], use, kind, turn, state, style)
    capacity, size, stride = patterns.capacities[pattern], tables.shard_size, tables.shard_stride
    index = choose_index(capacity, kind, account, number, state, style, keys.question, size, stride)
    return plan_prompt(pieces, count, pattern, index, style, patterns, tables.texts.units)


@njit(cache=True)
def _measure(
    numbers: Integers, turn: Integer, outcome: Integer, input_tokens: Integer, output_tokens: Integer, state: np.uint64
) -> None:
    """Fill in what the request itself measures, in the order of ``NUMBERS``."""
    numbers[0] = turn
    numbers[1] = 429 if outcome == REJECTED else 200
    numbers[2] = TTFT_MS + choose_kernel(state, _DELAY, TTFT_SPREAD_MS) + input_tokens // INPUT_TOKENS_PER_MS
    numbers[3] = numbers[2] + output_tokens * (TOKEN_MS + choose_kernel(state, _SPEED, TOKEN_SPREAD_MS))


@njit(cache=True)
def _plan_fields(
    pieces: Pieces,
    count: Integer,
    recorded: np.uint64,
    choices: npt.NDArray[np.uint8],
    outcome: Integer,
    owners: Integers,
    numbers: Integers,
    keys: npt.NDArray[np.uint64],
) -> Integer:
    """Plan the optional fields that the account's gateway records, and the end of the object."""
    for field in range(_CHOICES):
        if _is_set(recorded, CHOICE_BIT + field):
            count = _add(pieces, count, TEXT, CHOICE_NAMES + field)
            count = _add(pieces, count, TEXT, CHOICE_VALUES[field] + choices[field])
    for field in range(_HASHES):
        if _is_set(recorded, HASH_BIT + field):
            count = _add(pieces, count, TEXT, HASH_NAMES + field)
            owner = np.uint64(owners[_HASH_OWNERS[field]])
            count = _add(pieces, count, HASH, mix_kernel(keys[field] + owner))
            count = _add(pieces, count, TEXT, QUOTE)
    for field in range(_NUMBERS):
        if _is_set(recorded, NUMBER_BIT + field):
            count = _add(pieces, count, TEXT, NUMBER_NAMES + field)
            count = _add(pieces, count, NUMBER, numbers[field])
    if _is_set(recorded, FINISH_BIT):
        count = _add(pieces, count, TEXT, FINISHED + outcome)
    if _is_set(recorded, REFUSED_BIT):
        count = _add(pieces, count, TEXT, REFUSED_OR_NOT + (1 if outcome == REFUSED else 0))
    return _add(pieces, count, TEXT, ENDING)


@njit(cache=True)
def _name_owners(
    owners: Integers, account: Integer, conversation: Integer, state: np.uint64, accounts: Accounts
) -> None:
    for owner in range(accounts.owners.shape[1]):
        owners[owner] = accounts.owners[account, owner]
    owners[_CONVERSATION] = account << 32 | conversation
    owners[_END_USER] = account << 32 | choose_kernel(state, _END_USER_DRAW, accounts.end_users[account])
    owners[_ADDRESS] = owners[_NETWORK] << 32 | account % 8 << 2 | choose_kernel(state, _ADDRESS_DRAW, 3)


@njit(cache=True)
def _outcome(state: np.uint64, quantiles: Integers, max_tokens: Integer) -> tuple[Integer, Integer]:
    """Return how the request ended and the tokens of its answer."""
    chance = choose_kernel(state, _OUTCOME, 1_024)
    if chance < REJECTED_OF_1024:
        return REJECTED, 0
    output_tokens = quantiles[choose_kernel(state, _OUTPUT, len(quantiles))]
    if chance < REJECTED_OF_1024 + REFUSED_OF_1024:
        return REFUSED, min(output_tokens, REFUSAL_TOKENS)
    if output_tokens >= max_tokens:
        return CUT, max_tokens
    return STOPPED, output_tokens


@njit(cache=True)
def _is_set(bits: np.uint64, position: Integer) -> bool:
    found: bool = (bits >> np.uint64(position)) & _U1 == _U1
    return found
