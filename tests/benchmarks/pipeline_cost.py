"""CPU cost of an event in the pure pipeline, step by step: ``python -m tests.benchmarks.pipeline_cost [--profile]``.

The texts are those of the throughput benchmark. The first quarter of the runs is left out: compiled code is loaded and
word vectors are made then. Garbage collector and allocator are set as in a worker.
``--rounds`` repeats the whole with a new pipeline and the medians are printed, since other
work on the machine moves a single figure by a fifth.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import orjson

import streams  # noqa: F401 - tells Numba where its cache is, before models load it
from models.accounts import AccountSlab
from models.campaign_stage import CampaignStage
from models.decision_stage import DecisionStage
from models.featurise import Featuriser
from models.group import GroupTable
from models.pipeline import Pipeline
from models.read import Reader
from models.record import Records
from streams.events_file import partition_of
from streams.references import load_references
from streams.serve import settle_allocator, settle_garbage_collector
from streams.settings import Settings, load_settings
from tests.benchmarks.texts import events

_ACCOUNTS, _SEED = 5_000, 1
_WARM_UP_SHARE = 0.25
_PROFILED_FUNCTIONS = 30

#: Each step: its name, and where the pipeline calls it; the time of a step within a step counts for the inner one.
_STEPS: tuple[tuple[str, object, str], ...] = (
    ("read: what the scan leaves, account ids", Reader, "read"),
    ("read: scan", Featuriser, "scan"),
    ("featurise: words", Featuriser, "complete"),
    ("account rows", AccountSlab, "update"),
    ("traces in order (unpack, merge, gather)", CampaignStage, "apply"),
    ("groups", GroupTable, "apply"),
    ("group candidates", GroupTable, "candidates"),
    ("decisions", DecisionStage, "apply"),
)
_REST = "rest (watermarks, addressing, packing)"

Run = tuple[Records, int]


class Stopwatch:
    """CPU seconds by step, each step's own: while an inner one runs, the outer one's clock stands."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._open: list[str] = []
        self._since = 0.0

    def timed(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a step so that its time is counted under its name."""

        def run(*args: Any, **kwargs: Any) -> Any:
            self._charge()
            self._open.append(name)
            try:
                return step(*args, **kwargs)
            finally:
                self._charge()
                self._open.pop()

        return run

    def _charge(self) -> None:
        now = time.process_time()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--batch", type=int, default=1_000, help="records a run, as a worker fetches them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="cProfile of one round instead (its times are inflated)")
    options = parser.parse_args()
    settings = load_settings()
    settle_garbage_collector()
    settle_allocator()
    runs = list(request_runs(options.events, options.batch, settings.decides.partitions))
    if options.profile:
        _profile(settings, runs)
        return 0
    rounds = [_round(settings, runs) for _ in range(options.rounds)]
    for name in [*(name for name, _, _ in _STEPS), _REST]:
        _line(name, [seconds[name] for seconds in rounds])
    _line("whole", [sum(seconds.values()) for seconds in rounds])
    return 0


def request_runs(count: int, batch: int, partitions: int) -> Iterable[Run]:
    """Runs of request records and the offset after each, as the request partitions would hold them."""
    kept: list[list[tuple[bytes, bytes]]] = [[] for _ in range(partitions)]
    offsets = [0] * partitions
    for event in events(count, _ACCOUNTS, _SEED):
        key = str(event["account_id"]).encode()
        partition = partition_of(key, partitions)
        kept[partition].append((key, orjson.dumps(event)))
        if len(kept[partition]) == batch:
            keys, values = zip(*kept[partition], strict=True)
            first = offsets[partition]
            offsets[partition] += batch
            kept[partition].clear()
            numbers = list(range(first, first + batch))
            yield (
                Records("requests", partition, numbers, [-1] * batch, list(keys), list(values), [None] * batch),
                first + batch,
            )


def _warm(settings: Settings, runs: list[Run]) -> tuple[Pipeline, list[Run]]:
    # Loaded anew, because the cache of word vectors is the references': what new words cost belongs to the figure.
    references = load_references(settings)
    pipeline = Pipeline(settings.decides, references.featuriser, references.groups, references.version)
    first = int(len(runs) * _WARM_UP_SHARE)
    for run in runs[:first]:
        pipeline.feed(*run)
    return pipeline, runs[first:]


def _round(settings: Settings, runs: list[Run]) -> dict[str, float]:
    """Microseconds an event by step."""
    pipeline, measured = _warm(settings, runs)
    stopwatch = Stopwatch()
    with ExitStack() as patches:
        for name, owner, attribute in _STEPS:
            step = getattr(owner, attribute)
            patches.enter_context(patch.object(owner, attribute, stopwatch.timed(name, step)))
        feed = stopwatch.timed(_REST, pipeline.feed)
        for run in measured:
            feed(*run)
    count = sum(len(records) for records, _ in measured)
    return {name: 1e6 * seconds / count for name, seconds in stopwatch.seconds.items()}


def _profile(settings: Settings, runs: list[Run]) -> None:
    pipeline, measured = _warm(settings, runs)
    with cProfile.Profile() as profile:
        for run in measured:
            pipeline.feed(*run)
    pstats.Stats(profile).sort_stats("tottime").print_stats(_PROFILED_FUNCTIONS)


def _line(name: str, microseconds: list[float]) -> None:
    spread = f"{min(microseconds):7.2f} to {max(microseconds):.2f}"
    sys.stdout.write(f"{name:42s} {statistics.median(microseconds):7.2f} us an event ({spread})\n")


if __name__ == "__main__":
    raise SystemExit(main())
