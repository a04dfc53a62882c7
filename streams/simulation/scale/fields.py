"""The optional fields of the events: how often an account's gateway records them, and what they are made of."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Owner(IntEnum):
    """Whose hash a hash field holds: something of the account, up to ``SYSTEM``, or of the single request."""

    ACCOUNT = 0
    ORGANIZATION = 1
    CARD = 2
    NETWORK = 3
    DOMAIN = 4
    SYSTEM = 5
    CONVERSATION = 6
    END_USER = 7
    ADDRESS = 8


#: Owners that belong to the account.
LASTING: Final = 6

#: Chance that an account's gateway records the prompt.
PROMPT_SHARE: Final = 0.97

#: Fields with one JSON value for all of an account's requests: (share recorded, values, all equally likely).
CHOICES: Final = {
    "request_model": (1.0, ('"sable-4"', '"sable-4"', '"sable-4-mini"', '"sable-4-reasoning"', '"sable-4-code"')),
    "temperature": (0.6, ("0.0", "0.2", "0.7", "0.7", "1.0")),
    "top_p": (0.4, ("1.0", "0.95", "0.9")),
    "max_tokens": (0.6, ("512", "1024", "2048", "4096", "4096", "8192")),
    "stream": (0.6, ("true", "false")),
    "output_type": (0.4, ('"text"', '"text"', '"json"')),
    "ip_type": (0.5, ('"residential"', '"residential"', '"mobile"', '"hosting"', '"business"')),
    "user_agent_family": (0.6, ('"python-sdk"', '"python-sdk"', '"node-sdk"', '"curl"', '"browser"')),
    "plan": (0.6, ('"free"', '"plus"', '"pro"', '"api"')),
    "access_path": (0.6, ('"native"', '"native"', '"native"', '"bedrock"', '"vertex"', '"aggregator"')),
    "country": (0.6, ('"US"', '"CA"', '"BR"', '"CL"', '"GB"', '"ES"', '"DE"', '"NL"', '"IN"', '"IN"', '"SG"', '"TW"')),
}  # fmt: skip

#: Hash fields: (share recorded, whose hash).
HASHES: Final = {
    "organization_id": (0.6, Owner.ORGANIZATION),
    "payment_hash": (0.8, Owner.CARD),
    "api_key_hash": (0.7, Owner.ACCOUNT),
    "device_hash": (0.4, Owner.ACCOUNT),
    "email_domain_hash": (0.5, Owner.DOMAIN),
    "system_hash": (0.6, Owner.SYSTEM),
    "ip_hash": (0.7, Owner.ADDRESS),
    "ip_prefix_hash": (0.75, Owner.NETWORK),
    "conversation_id": (0.75, Owner.CONVERSATION),
    "root_hash": (0.6, Owner.CONVERSATION),
    "end_user_hash": (0.6, Owner.END_USER),
}

#: Whole-number fields and the share recorded, in the order in which both forms of an event compute them.
NUMBERS: Final = {
    "turn_count": 0.7,
    "status_code": 0.7,
    "ttft_ms": 0.5,
    "duration_ms": 0.7,
    "asn": 0.6,
    "account_created_at": 0.6,
}

#: How a request ends, as ``finish_reasons`` says it: stopped, cut at max_tokens, refused, turned away (429).
FINISHES: Final = ('["stop"]', '["length"]', '["refusal"]', "[]")
STOPPED, CUT, REFUSED, REJECTED = range(4)

#: Shares of requests that are turned away, and that the model refuses, in 1,024ths.
REJECTED_OF_1024: Final = 8
REFUSED_OF_1024: Final = 12

#: Most tokens of a refusal; tokens that each turn adds to the prompt of the next.
REFUSAL_TOKENS: Final = 40
TOKENS_PER_TURN: Final = 250

#: Milliseconds to the first token: the fewest, how far they spread, and one more for so many input tokens.
TTFT_MS: Final = 120
TTFT_SPREAD_MS: Final = 600
INPUT_TOKENS_PER_MS: Final = 10
#: Milliseconds an output token: the fewest, and how far they spread.
TOKEN_MS: Final = 8
TOKEN_SPREAD_MS: Final = 16

#: Networks' numbers: the first, and how many there are.
FIRST_ASN: Final = 3_000
ASN_COUNT: Final = 20_000

#: All optional fields with the share recorded: a field's position is its bit in an account's ``recorded``.
RECORDED: Final = {
    "prompt_text": PROMPT_SHARE,
    **{name: share for name, (share, _) in CHOICES.items()},
    **{name: share for name, (share, _) in HASHES.items()},
    **NUMBERS,
    "finish_reasons": 0.7,
    "refused": 0.5,
}

#: Where each group of optional fields begins in ``RECORDED``.
CHOICE_BIT: Final = 1
HASH_BIT: Final = CHOICE_BIT + len(CHOICES)
NUMBER_BIT: Final = HASH_BIT + len(HASHES)
FINISH_BIT: Final = NUMBER_BIT + len(NUMBERS)
REFUSED_BIT: Final = FINISH_BIT + 1


class Purpose(IntEnum):
    """What an event's draws decide; an author's kept choices are drawn by the slot's position."""

    PATTERN = 0
    INDEX = 1
    OUTCOME = 2
    OUTPUT = 3
    ADDRESS = 4
    END_USER = 5
    DELAY = 6
    SPEED = 7
