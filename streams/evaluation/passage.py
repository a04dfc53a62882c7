"""One pass of labelled events through the detector, with everything that is judged afterwards taken on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import msgspec

from models.detection import DetectionSettings
from models.event import Event
from models.severity import page_threshold_nats
from models.verdict import Feedback
from streams.evaluation.batch import LabelledBatch, parse
from streams.evaluation.budgets import BudgetedDecisions
from streams.evaluation.detections import Detections, Page
from streams.evaluation.pages import PageBook
from streams.evaluation.truth import AccountTruth, Truth, TruthBuilder
from streams.replay import Replay
from streams.settings import Settings
from streams.warm_up import warm_up

#: What tables and reports call the detector that is built here.
OURS = "stillwatch"


class TakesEvents(Protocol):
    """Whatever else wants to see the events, such as the columns that baselines work on."""

    def add(self, events: list[Event]) -> None:
        """Take the next events of the stream."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass led to; ``by_budget`` holds the detections under other budgets than the operator's."""

    truth: Truth
    detections: Detections
    by_budget: dict[float, Detections]
    model_version: str
    config_hash: str


def run_passage(
    batches: Iterable[LabelledBatch],
    labels: Callable[[], Iterable[AccountTruth]],
    settings: Settings,
    budgets: Iterable[float] = (),
    also: TakesEvents | None = None,
    feedback: Iterable[Feedback] = (),
) -> Passage:
    """Feed events to the detector; ``labels`` is asked after the last of them.

    Verdicts among the ``feedback`` name alerts of the operator's budget: under another, an alert that was opened at
    another time is another alert, and nothing is done.
    ``cpu_s`` of the detections is the detector's alone, without making the events, other budgets or ``also``.
    Raises what the batches raise, and ``ValueError`` for an account without a label.
    """
    replaying = Replay(settings)
    warm_up(settings.decides, replaying.references)
    truth, book = TruthBuilder(), PageBook()
    budget = settings.decides.false_pages_per_week
    others = [other for other in budgets if other != budget]
    decisions = BudgetedDecisions(
        settings.decides, replaying.references.version, others, replaying.references.groups.pooled
    )
    apart = _CpuTime()
    begun_s = time.process_time()
    for given in replaying.run(_lines(batches, truth, also, apart), feedback=feedback):
        book.add(given.alerts)
        with apart:
            decisions.apply(given.candidates)
    cpu_s = time.process_time() - begun_s - apart.seconds

    def detections(budget: float, pages: list[Page]) -> Detections:
        return Detections(
            detector=OURS,
            parameters=_parameters(settings.decides, budget),
            false_pages_per_week=budget,
            pages=pages,
            cpu_s=cpu_s,
        )

    pages = {budget: book.pages(), **decisions.pages()}
    return Passage(
        truth=truth.truth(labels()),
        detections=detections(budget, pages[budget]),
        by_budget={other: detections(other, pages[other]) for other in budgets},
        model_version=replaying.references.version,
        config_hash=settings.decides.config_hash(),
    )


def _parameters(settings: DetectionSettings, budget: float) -> dict[str, float | int | str]:
    budgeted = msgspec.structs.replace(settings, false_pages_per_week=budget)
    shown = (
        "watched_entities", "candidate_bar_nats", "warm_up_events", "halving_events", "group_min_accounts",
        "member_min_uses",
    )  # fmt: skip
    return {
        "page_threshold_nats": page_threshold_nats(budgeted),
        **{name: getattr(settings, name) for name in shown},
        "config_hash": budgeted.config_hash(),
    }


def _lines(
    batches: Iterable[LabelledBatch], truth: TruthBuilder, also: TakesEvents | None, apart: _CpuTime
) -> Iterator[bytes]:
    remaining = iter(batches)
    while True:
        with apart:
            batch = next(remaining, None)
            if batch is not None:
                truth.add(batch.account_ids, batch.time_ms, batch.harvest)
                if also is not None:
                    also.add([event for event in map(parse, batch.lines) if event is not None])
        if batch is None:
            return
        yield from batch.lines


class _CpuTime:
    """CPU seconds of this process spent inside ``with`` blocks."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._since_s = 0.0

    def __enter__(self) -> None:
        self._since_s = time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.process_time() - self._since_s
