"""Seeded generators and keyed hashes: the only sources of chance and of identifiers in a simulation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")

_GATEWAY_SECRET = b"stillwatch simulated gateway"


def generator(seed: int, *path: str | int) -> np.random.Generator:
    """Return the PCG64 generator of one branch of the seed's tree.

    A branch depends on its own path alone, so that adding an account leaves the draws of all others as they were.
    """
    spawn_key = tuple(int.from_bytes(blake2b(str(step).encode(), digest_size=4).digest(), "little") for step in path)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=spawn_key)))


def keyed_hash(domain: str, text: str) -> str:
    """Return what a gateway writes into a hash field: 32 hexadecimal digits of keyed blake2b.

    ``domain`` (at most 16 bytes) keeps equal values of different fields apart.
    """
    running = _hasher(domain).copy()
    running.update(text.encode())
    return running.hexdigest()


@lru_cache(maxsize=64)
def _hasher(domain: str) -> blake2b:
    return blake2b(digest_size=16, key=_GATEWAY_SECRET, person=domain.encode())


def pick(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    """Return one of the items, all equally likely."""
    return items[int(rng.random() * len(items))]


def weighted(rng: np.random.Generator, items: Sequence[tuple[Item, float]]) -> Item:
    """Return one of the (item, weight) pairs' items; weights need not add up to one."""
    left = rng.random() * sum(weight for _, weight in items)
    for item, weight in items:
        left -= weight
        if left < 0:
            return item
    return items[-1][0]


def log_normal(rng: np.random.Generator, median: float, sigma: float) -> float:
    """Return a log-normal draw with the given median; ``sigma`` is the deviation of its natural logarithm."""
    return median * math.exp(sigma * rng.standard_normal())
