"""Small synthetic days of traces: a campaign, and the innocent groups that look like one."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from models.candidate import Candidate, GroupCandidate
from models.detection import DetectionSettings
from models.group import GroupTable
from models.trace import TRACE, Link

START_MS = 1_767_225_600_000
BUCKET_MS = DetectionSettings().bucket_ms
DAY_MS = 86_400_000

Filling = Callable[[random.Random], tuple[int, int]]


class Traced(NamedTuple):
    """One trace with its account's name instead of an index."""

    effective_ms: int
    account_id: str
    key: int
    link: Link
    content: int
    cell: int
    uses: int
    events: int
    output_tokens: int


def is_milestone(uses: int, link: Link) -> bool:
    """Whether the account stage sends a trace at this many uses: 2, 4, 8 …, of a shell also 3, 6, 12 …."""
    while uses > 3 and uses % 2 == 0:
        uses //= 2
    return uses == 2 or (uses == 3 and link is Link.SHELL)


def account_day(
    account_id: str,
    filling: Filling,
    *,
    requests: int,
    share: float,
    key: int = 7,
    link: Link = Link.SHELL,
    output_tokens: int = 500,
    seed: int = 0,
) -> Iterator[Traced]:
    """One account's day: ``requests`` at random times, each filling the anchor with probability ``share``."""
    rng = random.Random(f"{account_id}|{seed}")
    uses, last_content = 0, None
    for events, offset_ms in enumerate(sorted(rng.randrange(DAY_MS) for _ in range(requests)), 1):
        if rng.random() >= share:
            continue
        content, cell = filling(rng)
        uses += content != last_content
        if content != last_content and is_milestone(uses, link):
            tokens = int(output_tokens * rng.uniform(0.6, 1.4))
            yield Traced(START_MS + offset_ms, account_id, key, link, content, cell, uses, events, tokens)
        last_content = content


def private_items(rng: random.Random) -> tuple[int, int]:
    """Items nobody else holds, over the whole taxonomy."""
    return rng.randrange(2**32), int(rng.triangular(0, 120, 20))


def public_items(count: int) -> Filling:
    """Items of one public set that every account draws from."""

    def fill(rng: random.Random) -> tuple[int, int]:
        item = rng.randrange(count)
        return item, item % 60

    return fill


def own_business(account: int, popular: float) -> Filling:
    """Questions about one shop's few topics; a part of them popular (Zipf) among all shops."""

    def fill(rng: random.Random) -> tuple[int, int]:
        if rng.random() < popular:
            return int(40 * rng.random() ** 2), 9
        return 10_000 + rng.randrange(2**30), (account * 3 + rng.randrange(3)) % 200

    return fill


def days(accounts: Iterable[Iterator[Traced]]) -> list[Traced]:
    """All accounts' traces in order of time."""
    return sorted(traced for account in accounts for traced in account)


def campaign(accounts: int = 60, requests: int = 26, share: float = 1.0, key: int = 7, seed: int = 0) -> list[Traced]:
    """Make a campaign: one shell, disjoint private items."""
    return days(
        account_day(f"h{n:05}", private_items, requests=requests, share=share, key=key, seed=seed)
        for n in range(accounts)
    )


def stamp(traces: np.ndarray[tuple[int], np.dtype[np.void]], effective_ms: Sequence[int]) -> None:
    """Write the effective time (epoch ms) of each trace."""
    times = np.array(effective_ms, dtype=np.int64)
    traces["effective_s"], traces["effective_rest_ms"] = times // 1_000, times % 1_000


def columns(traces: Iterable[Traced]) -> tuple[list[str], np.ndarray[tuple[int], np.dtype[np.void]]]:
    """Give the arguments of ``GroupTable.apply``."""
    rows = list(traces)
    packed = np.zeros(len(rows), dtype=TRACE)
    for name, column in (
        ("key", "key"),
        ("content", "content"),
        ("uses", "uses"),
        ("events", "events"),
        ("output_tokens", "output_tokens"),
        ("cell", "cell"),
        ("link", "link"),
    ):
        packed[name] = [getattr(row, column) for row in rows]
    stamp(packed, [row.effective_ms for row in rows])
    return [row.account_id for row in rows], packed


def buckets(traces: Iterable[Traced]) -> Iterator[tuple[int, list[Traced]]]:
    """(bucket end, its traces) in order."""
    for bucket, rows in groupby(traces, key=lambda traced: traced.effective_ms // BUCKET_MS):
        yield (bucket + 1) * BUCKET_MS, list(rows)


def run(table: GroupTable, traces: Iterable[Traced]) -> list[GroupCandidate]:
    """Everything the table hands on."""
    found = []
    for end_ms, rows in buckets(traces):
        table.apply(*columns(rows))
        found += table.candidates(end_ms)
    return found


def in_order(*streams: Iterable[Candidate]) -> list[Candidate]:
    """Candidates as the decision stage sees them."""
    return sorted((c for stream in streams for c in stream), key=lambda c: (c.effective_ms, c.position))
