"""The decision under several false-page budgets over one pass of the stages before it, which are the dear ones."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from models.candidate_order import CandidateOrder
from models.decide import Decision
from models.detection import DetectionSettings
from models.record import Records
from models.surprise import Surprise
from streams.evaluation.detections import Page
from streams.evaluation.pages import PageBook

#: Budgets of the curve, false pages a week.
BUDGETS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


class BudgetedDecisions:
    """One decision a budget, all of the same candidates in the same order; only the decision depends on the budget."""

    def __init__(
        self, settings: DetectionSettings, model_version: str, budgets: Iterable[float], pooled: Surprise | None
    ) -> None:
        self._order = CandidateOrder(settings)
        self._decisions = {
            budget: Decision(msgspec.structs.replace(settings, false_pages_per_week=budget), model_version, pooled)
            for budget in budgets
        }
        self._books = {budget: PageBook() for budget in self._decisions}

    def apply(self, candidates: Iterable[Records]) -> None:
        """Decide on the next messages of the candidates topic."""
        for message in candidates:
            ordered = self._order.take(message, message.offsets[-1] + 1)
            for budget, decision in self._decisions.items():
                decision.receive(ordered.feedback)
                self._books[budget].add(decision.apply_all(ordered))

    def pages(self) -> dict[float, list[Page]]:
        """The pages so far by budget."""
        return {budget: book.pages() for budget, book in self._books.items()}
