"""Labelled events out of files through the detector, judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from models.verdict import Feedback
from streams.evaluation.batch import file_batches
from streams.evaluation.budgets import BUDGETS
from streams.evaluation.evaluation import Evaluation, join
from streams.evaluation.passage import run_passage
from streams.evaluation.seed import judge_passage, leak_curve_hours, seed_outcome
from streams.evaluation.truth import read_account_labels, read_event_labels
from streams.settings import Settings


def evaluate_files(
    events: list[Path],
    labels: Path,
    event_labels: Path | None,
    settings: Settings,
    advanced: Callable[[int], None] = lambda _: None,
    feedback: Sequence[Feedback] = (),
) -> Evaluation:
    """Replay files of events and judge the alerts; without ``event_labels`` nothing is said about leaks.

    ``feedback`` are verdicts and enforcement;
    ``advanced`` hears of bytes of events read. Raises ``OSError`` for files that cannot be read, ``ValueError`` for
    labels that are malformed or missing.
    """
    begun_s = time.perf_counter()
    accounts = read_account_labels(labels)
    requests = None if event_labels is None else read_event_labels(event_labels)
    passage = run_passage(
        file_batches(events, requests, advanced), lambda: accounts, settings, BUDGETS, feedback=feedback
    )
    outcomes, by_budget = judge_passage(passage, leak_curve_hours(7 * passage.truth.weeks))
    elapsed_s = time.perf_counter() - begun_s
    seed = seed_outcome(None, passage, outcomes, by_budget, elapsed_s)
    return join(", ".join(path.name for path in events), [seed], elapsed_s, judged_on="the files")
