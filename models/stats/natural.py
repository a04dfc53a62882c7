"""The one input check of the statistics."""

from __future__ import annotations

from operator import index

HASH_LIMIT = 2**64
"""Hashes are below this."""

TIME_LIMIT_MS = 2**53
"""Epoch milliseconds are below this, so that a float holds them exactly."""


def natural(value: float, limit: int, source: str) -> int:
    """``value`` as an ``int`` in ``0 <= value < limit``; raises ``ValueError`` naming ``source`` otherwise.

    A float is taken when it holds a whole number, so NaN and the infinities are refused as well.
    """
    try:
        number = int(value) if isinstance(value, float) and value.is_integer() else index(value)  # type: ignore[arg-type]  # a fraction fails here, as it should
    except TypeError:
        number = -1
    if 0 <= number < limit:
        return number
    raise ValueError(
        f"{source}: {value!r} is no whole number from 0 to {limit - 1}; pass the hash, cell or time itself"
    )
