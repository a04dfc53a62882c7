"""What would have paged under other budgets of false pages: the logged candidates, decided again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from models.alert import timestamp
from models.candidate import CandidateBatch
from models.record import Records
from models.verdict import kind_of_key
from streams.evaluation.budgets import BudgetedDecisions
from streams.read_topic import ReadRecord
from streams.references import load_deployed_groups
from streams.settings import Settings

_DAY_MS = 86_400_000

_WEEK_DAYS = 7.0


class BudgetLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one budget would have paged. ``false_pages_per_week`` is the promise, not what came out."""

    false_pages_per_week: float
    is_set: bool
    pages: int
    pages_per_week: float
    account_pages: int
    campaign_pages: int
    accounts_named: int
    most_accounts_in_a_page: int


class BudgetPreview(msgspec.Struct, frozen=True, kw_only=True):
    """The span of event time that the log still holds, and a line a budget."""

    from_time: str
    to_time: str
    days: float
    candidates: int
    verdicts: int
    lines: list[BudgetLine]


class NothingLoggedError(ValueError):
    """The log of candidates holds nothing to decide on."""


def preview(
    records: Iterable[ReadRecord],
    settings: Settings,
    budgets: Iterable[float],
    advanced: Callable[[int], None] = lambda _: None,
) -> BudgetPreview:
    """Decide the candidates again under each budget, verdicts and enforcement included. Raises ``NothingLoggedError``.

    Every decision starts with empty hands: what was open when the log begins pages once more, under all budgets alike,
    and verdicts on alerts that another budget would not have opened do nothing. Below the candidate bar nothing is
    logged, so a budget cannot page for less than that, as live.
    """
    own = settings.decides.false_pages_per_week
    wanted = sorted({own, *budgets})
    decisions = BudgetedDecisions(settings.decides, "preview", wanted, load_deployed_groups(settings).pooled)
    seen = _Seen()
    for record in records:
        decisions.apply([seen.take(record)])
        advanced(1)
    if not seen.candidates or seen.first_ms is None:
        raise NothingLoggedError(f"{settings.topic('candidates.v1')}: holds no candidates")
    days = max((seen.last_ms - seen.first_ms) / _DAY_MS, 1e-6)
    lines = []
    for budget, pages in decisions.pages().items():
        sizes = [len(page.named_ms) for page in pages]
        campaigns = sum(size > 1 for size in sizes)
        lines.append(
            BudgetLine(
                false_pages_per_week=budget,
                is_set=budget == own,
                pages=len(pages),
                pages_per_week=round(len(pages) * _WEEK_DAYS / days, 2),
                account_pages=len(pages) - campaigns,
                campaign_pages=campaigns,
                accounts_named=len({account for page in pages for account in page.named_ms}),
                most_accounts_in_a_page=max(sizes, default=0),
            )
        )
    return BudgetPreview(
        from_time=timestamp(seen.first_ms),
        to_time=timestamp(seen.last_ms),
        days=round(days, 3),
        candidates=seen.candidates,
        verdicts=seen.verdicts,
        lines=lines,
    )


class _Seen:
    """Turns what was read into records, and counts."""

    def __init__(self) -> None:
        self.candidates = 0
        self._feedback: set[bytes | None] = set()
        self.first_ms: int | None = None
        self.last_ms = 0
        self._decoder = msgspec.json.Decoder(CandidateBatch)

    @property
    def verdicts(self) -> int:
        """Different verdicts and enforcements."""
        return len(self._feedback)

    def take(self, record: ReadRecord) -> Records:
        if kind_of_key(record.key) is not None:
            # After a crash a feed forwards again what it had not committed.
            self._feedback.add(record.value)
        elif record.value is not None:
            batch = self._decoder.decode(record.value)
            self.candidates += len(batch.candidates)
            times = [candidate.effective_ms for candidate in batch.candidates]
            if times:
                self.first_ms = min(times) if self.first_ms is None else min(self.first_ms, *times)
                self.last_ms = max(self.last_ms, *times)
        return Records(
            record.topic,
            record.partition,
            [record.offset],
            [record.append_time_ms],
            [record.key],
            [record.value],
            [None],
        )
