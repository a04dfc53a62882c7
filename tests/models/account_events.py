"""Streams of featurised events of a few accounts, made to meet every branch of the account models."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from models.features import FEATURES, SHELLS_PER_EVENT, Flag

START_MS = 1_767_225_600_000
HOUR_MS = 3_600_000
CONTENT = int(Flag.HAS_CONTENT)


class Stream(NamedTuple):
    """Events in offset order; all four have the same length."""

    account_ids: list[str]
    features: npt.NDArray[np.void]
    effective_ms: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]

    def cut(self, start: int, end: int) -> Stream:
        """Events ``start`` to ``end - 1``."""
        part = slice(start, end)
        return Stream(self.account_ids[part], self.features[part], self.effective_ms[part], self.offsets[part])


def hashes(rng: np.random.Generator, count: int) -> npt.NDArray[np.uint64]:
    """Non-zero 64-bit hashes."""
    return rng.integers(1, 2**64, count, dtype=np.uint64)


def mixed_stream(seed: int, count: int, accounts: int = 3) -> Stream:
    """Accounts that differ in everything, with duplicates, repeated offsets, absent fields and late events."""
    rng = np.random.default_rng(seed)
    features = np.zeros(count, dtype=FEATURES)
    few_ids, templates, few_contents = hashes(rng, 40), hashes(rng, 6), hashes(rng, 5)
    features["event_id"] = np.where(rng.random(count) < 0.9, hashes(rng, count), rng.choice(few_ids, count))
    features["content"] = np.where(rng.random(count) < 0.7, hashes(rng, count), rng.choice(few_contents, count))
    features["shells"] = hashes(rng, count * SHELLS_PER_EVENT).reshape(count, SHELLS_PER_EVENT)
    features["shells"][:, :6] = np.where(rng.random((count, 1)) < 0.6, templates, features["shells"][:, :6])
    features["shells"][rng.random((count, SHELLS_PER_EVENT)) < 0.2] = 0
    for column, kinds in (("end_user", 9), ("payment", 3), ("address", 7)):
        features[column] = rng.choice(np.append(hashes(rng, kinds), 0), count)
    features["input_tokens"] = rng.integers(0, 5_000, count)
    features["output_tokens"] = rng.integers(0, 1_500, count)
    features["cell"] = rng.integers(0, 256, count) * (rng.random(count) < 0.8)
    features["flags"] = rng.integers(0, 128, count, dtype=np.uint16) & ~np.uint16(2) | np.uint16(CONTENT)
    bare = rng.random(count) < 0.1
    features["flags"][bare] &= np.uint16(~CONTENT & 0xFFFF)
    features["cell"][bare] = -1
    features["content"][rng.random(count) < 0.05] = 0
    effective_ms = START_MS + np.cumsum(rng.integers(0, HOUR_MS // 8, count)) - rng.integers(0, 120_000, count)
    features["event_time_ms"] = effective_ms - rng.integers(0, 60_000, count)
    offsets = np.cumsum(rng.integers(0, 3, count)) + int(rng.integers(0, 50))
    account_ids = [f"account-{number}" for number in rng.integers(0, accounts, count)]
    return Stream(account_ids, features, effective_ms.astype(np.int64), offsets.astype(np.int64))


def as_dict(stream: Stream, position: int) -> dict[str, Any]:
    """One event as River's models take it."""
    event = stream.features[position]
    columns: dict[str, Any] = {name: event[name].item() for name in FEATURES.names or () if name != "shells"}
    columns["shells"] = tuple(event["shells"].tolist())
    columns["effective_ms"] = int(stream.effective_ms[position])
    columns["offset"] = int(stream.offsets[position])
    return columns
