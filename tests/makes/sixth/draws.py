"""What every step draws with: choices, hashes and the clock of the week."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from datetime import UTC, datetime
from random import Random

DAY = 86_400.0
WEEK = 7 * DAY
START = datetime(2026, 3, 2, tzinfo=UTC).timestamp()


def digest(*parts: object) -> str:
    """Hash the parts as a gateway would, 22 characters."""
    raw = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=16).digest()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def stamp(seconds: float) -> str:
    """RFC 3339 with milliseconds."""
    return datetime.fromtimestamp(START + seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def log_uniform(rng: Random, low: float, high: float) -> float:
    """A number whose logarithm is uniform."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def one_of(rng: Random, bank: str) -> str:
    """One entry of a bank separated by bars."""
    return rng.choice(bank.split("|"))


def expand(rng: Random, text: str) -> str:
    """Choose a synonym in every bracket."""
    return re.sub(r"\[([^\[\]]+)\]", lambda found: one_of(rng, found[1]), text)


def renumber(rng: Random, text: str) -> str:
    """The text with some numbers changed."""
    return re.sub(r"\d{1,6}", lambda old: old[0] if rng.random() < 0.4 else str(int(old[0]) + rng.randint(1, 9)), text)
