"""One account's model as a River anomaly detector: ``models.account_kernel`` in readable form, number for number."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from math import exp
from typing import Any, NamedTuple

import numpy as np
from river import base

from models import account_evidence as evidence
from models.account_checkpoint import LEAST_CELL_TOTAL, is_news, next_checkpoint
from models.account_row import (
    ADDRESS_SLOTS,
    CONTENT_REGISTERS,
    END_USER_REGISTERS,
    PAYMENT_SLOTS,
    RECENT_EVENTS,
    SHELL_SLOTS,
    Status,
)
from models.account_traces import SHELLS_ADMITTED, SHELLS_TRACED, is_milestone, is_sparse_milestone
from models.candidate import Signal
from models.features import CELL_COUNT, Flag
from models.habits import pack_habits
from models.stats import (
    ActiveHours,
    AnchorUses,
    ChaoShenEntropy,
    FadingRate,
    HourConcentration,
    HyperLogLog,
    LogSpread,
)
from models.stats.entropy import simpson_spread
from models.trace import Link

_LOW_16 = 0xFFFF


class Mark(NamedTuple):
    """What ``models.trace`` makes a trace of: the anchor used again, and the uses with different content so far.

    ``known_shells``, ``companion`` and ``habits`` are those of the trace.
    """

    link: Link
    key: int
    uses: int
    known_shells: int
    companion: int
    habits: int


class AccountDetector(base.AnomalyDetector):
    """Judges one account by the diversity, structure, timing and length of its requests.

    An event is a dictionary with the columns of ``models.features.FEATURES`` plus ``effective_ms`` and ``offset``;
    what is missing counts as absent. Events at or below the last offset are passed over and repeated event ids are
    not counted. Evidence for harvesting is weighed at checkpoints that depend on the account's own events alone.
    While fewer than ``warm_up_events`` events had content, ``status`` is ``WARMING_UP``, ``evidence_nats`` is ``None``
    and the score is the prior's: nothing is known, which is not a finding of innocence.

    The score is the posterior probability of harvesting when the prior log odds are ``-page_nats``: above 0, below 1,
    one half at ``page_nats`` of evidence. It is that of the account before the event, whatever the event is.

    Parameters
    ----------
    halving_events
        The fading counts are halved whenever the counted cells reach this (2 to 65,535).
    warm_up_events
        Events with content before the first judgement.
    candidate_bar_nats
        Evidence from which the account is reported.
    page_nats
        Evidence at which the score is one half; ln(1,000,000) is one false page among a million innocent accounts.

    Examples
    --------
    >>> from models.hashing import mix
    >>> detector = AccountDetector()
    >>> detector.score_one({}) < 2e-6, detector.evidence_nats, detector.status.name
    (True, None, 'WARMING_UP')
    >>> for i in range(400):
    ...     request = {"event_id": mix(i + 1), "content": mix(i + 9_999), "cell": i * 37 % 256, "output_tokens": 600}
    ...     detector.learn_one({**request, "flags": 1, "effective_ms": i * 35_000, "offset": i})
    >>> print(f"{detector.evidence_nats:.2f} {detector.score_one({}):.3f}")
    7.71 0.002
    >>> for signal in detector.signals():
    ...     if signal.nats:
    ...         print(f"{signal.name:16} {signal.value:9.2f} (usual {signal.usual:7.2f}) {signal.nats:5.2f}")
    volume              352.27 (usual   20.00)  1.05
    coverage_entropy      5.55 (usual    4.10)  1.00
    single_turn           1.00 (usual    0.40)  1.50
    output_tokens       600.00 (usual  280.00)  1.50
    generated_tokens 211361.03 (usual 5000.00)  2.66

    References
    ----------
    The statistics name their papers. On why a single account rarely suffices: Juuti, M. et al. (2019). PRADA:
    protecting against DNN model stealing attacks. EuroS&P 2019, 512-527.

    """

    def __init__(
        self,
        halving_events: int = 1_024,
        warm_up_events: int = 20,
        candidate_bar_nats: float = 3.0,
        page_nats: float = 13.815510557964274,
    ) -> None:
        self.halving_events = halving_events
        self.warm_up_events = warm_up_events
        self.candidate_bar_nats = candidate_bar_nats
        self.page_nats = page_nats
        self.cells = ChaoShenEntropy(CELL_COUNT, halving_events)
        self.contents = HyperLogLog(CONTENT_REGISTERS)
        self.end_users = HyperLogLog(END_USER_REGISTERS)
        self.shells = AnchorUses(SHELL_SLOTS)
        self.payments = AnchorUses(PAYMENT_SLOTS)
        self.addresses = AnchorUses(ADDRESS_SLOTS)
        self.rate = FadingRate()
        self.hours = ActiveHours()
        self.inputs = LogSpread()
        self.outputs = LogSpread()
        self.day = HourConcentration()
        self.recent_ids: deque[int] = deque(maxlen=RECENT_EVENTS)
        self.fading = dict.fromkeys(Flag, 0)
        self.fading_events = 0
        self.fading_output_tokens = 0
        self.events = self.content_events = self.input_tokens = self.output_tokens = 0
        self.last_offset = -1
        self.first_seen_ms = self.last_seen_ms = self.last_event_ms = 0
        self.status = Status.WARMING_UP
        self.evidence_nats: float | None = None
        self.checkpoint = 0
        self.emitted_nats, self.emitted_ms, self.emitted_content_events = 0.0, 0, 0
        self.is_duplicate = False
        self.is_candidate = False
        self.marks: list[Mark] = []
        self._signals = np.zeros((evidence.SIGNAL_COUNT, evidence.SIGNAL_COLUMNS))

    def score_one(self, x: Mapping[Any, Any]) -> float:  # noqa: ARG002
        """Posterior probability that the account harvests, before the event ``x``."""
        return 1.0 / (1.0 + exp(self.page_nats - (self.evidence_nats or 0.0)))

    def learn_one(self, x: Mapping[Any, Any]) -> None:
        """Apply one event; ``is_duplicate``, ``is_candidate`` and ``marks`` tell what came of it."""
        self.is_duplicate = self.is_candidate = False
        self.marks = []
        offset = x.get("offset", self.last_offset + 1)
        if offset <= self.last_offset:
            return
        self.last_offset = offset
        event_id = x.get("event_id", 0)
        if event_id and event_id in self.recent_ids:
            self.is_duplicate = True
            return
        self._count(x, event_id)
        has_content = Flag.HAS_CONTENT in Flag(x.get("flags", 0))
        if has_content:
            self._count_content(x)
        self._mark_anchors(x)
        due = max(self.checkpoint, self.warm_up_events)
        if has_content and self.content_events >= due and self.cells.total >= LEAST_CELL_TOTAL:
            self._judge(x.get("effective_ms", self.last_seen_ms))

    def signals(self) -> list[Signal]:
        """Return what was weighed at the last checkpoint; the nats sum to ``evidence_nats``. Empty while warming up."""
        return evidence.named(self._signals) if self.status is Status.JUDGED else []

    def _count(self, x: Mapping[Any, Any], event_id: int) -> None:
        effective_ms = x.get("effective_ms", self.last_seen_ms)
        self.recent_ids.append(event_id)
        self.rate.update(effective_ms)
        self.hours.update(effective_ms)
        self.day.update(effective_ms)
        self.inputs.update(x.get("input_tokens", 0))
        self.outputs.update(x.get("output_tokens", 0))
        self.first_seen_ms = min(self.first_seen_ms, effective_ms) if self.events else effective_ms
        self.last_seen_ms = max(self.last_seen_ms, effective_ms)
        self.last_event_ms = x.get("event_time_ms", effective_ms)
        self.events += 1
        self.fading_events += 1
        self.input_tokens += x.get("input_tokens", 0)
        self.output_tokens += x.get("output_tokens", 0)
        self.fading_output_tokens += x.get("output_tokens", 0)
        flags = Flag(x.get("flags", 0))
        for flag in Flag:
            self.fading[flag] += flag in flags
        if end_user := x.get("end_user", 0):
            self.end_users.update(end_user)

    def _count_content(self, x: Mapping[Any, Any]) -> None:
        self.content_events += 1
        content = x.get("content", 0)
        if content:
            self.contents.update(content)
        if x.get("cell", -1) >= 0:
            halvings = self.cells.halvings
            self.cells.update(x["cell"])
            if self.cells.halvings > halvings:
                self.fading = {flag: count // 2 for flag, count in self.fading.items()}
                self.fading_events //= 2
                self.fading_output_tokens //= 2

    def _mark_anchors(self, x: Mapping[Any, Any]) -> None:
        content = x.get("content", 0)
        shells = {shell for shell in x.get("shells", ()) if shell} if content else set[int]()
        known = self._mark_shells(sorted(shells), content)
        # Without content nothing tells a repeated request from another.
        content = content or x.get("event_id", 0)
        self._mark(Link.PAYMENT, self.payments, x.get("payment", 0), content, known)
        self._mark(Link.ADDRESS, self.addresses, x.get("address", 0), content, known)

    def _mark_shells(self, ascending: list[int], content: int) -> list[int]:
        """Mark the event's shells; return those that the account knew, least first."""
        uses = {shell: self.shells.count(shell, content) for shell in ascending}
        known = [shell for shell, count in uses.items() if count >= 0]
        again = [shell for shell in known if is_milestone(uses[shell])][:SHELLS_TRACED]
        self.marks += [_mark_of(Link.SHELL, shell, uses[shell], known, self._habits()) for shell in again]
        for shell in [shell for shell, count in uses.items() if count < 0][:SHELLS_ADMITTED]:
            self.shells.admit(shell, content)
        return known

    def _mark(self, link: Link, anchors: AnchorUses, anchor: int, content: int, known: list[int]) -> None:
        if not anchor:
            return
        uses = anchors.count(anchor, content)
        if uses < 0:
            anchors.admit(anchor, content)
        elif is_sparse_milestone(uses):
            self.marks.append(_mark_of(link, anchor, uses, known, self._habits()))

    def _habits(self) -> int:
        spread = float(simpson_spread(self.cells.counts, self.cells.total))
        lengths = self.outputs.get() or 0.0, self.inputs.get() or 0.0
        return int(pack_habits(spread, *lengths, self.day.get() or 0.0))

    def _judge(self, now_ms: int) -> None:
        self.status = Status.JUDGED
        self.evidence_nats = evidence.weigh(self._summary(), self._signals)
        self.checkpoint = next_checkpoint(self.content_events)
        self.is_candidate = self.evidence_nats >= self.candidate_bar_nats and is_news(
            self.evidence_nats,
            now_ms,
            self.content_events,
            self.emitted_nats,
            self.emitted_ms,
            self.emitted_content_events,
        )
        if self.is_candidate:
            self.emitted_nats, self.emitted_ms = self.evidence_nats, now_ms
            self.emitted_content_events = self.content_events

    def _summary(self) -> evidence.Floats:
        events = max(1, self.fading_events)
        values = {
            evidence.EVENTS_PER_DAY: self.rate.get(),
            evidence.CELL_ENTROPY: self.cells.get(),
            evidence.CONTENT_EVENTS: self.content_events,
            evidence.DISTINCT_CONTENTS: self.contents.get(),
            evidence.DISTINCT_END_USERS: self.end_users.get(),
            evidence.ACTIVE_SHARE: self.hours.get(),
            evidence.ACTIVE_SPAN_HOURS: self.hours.hours,
            evidence.MULTI_TURN_SHARE: self.fading[Flag.MULTI_TURN] / events,
            evidence.MEAN_OUTPUT_TOKENS: self.fading_output_tokens / events,
            evidence.ELICITATION_SHARE: self.fading[Flag.ELICITS_REASONING] / events,
            evidence.TOP_SHELL_USES: self.shells.get(),
            evidence.TOOL_SHARE: self.fading[Flag.USES_TOOLS] / events,
        }
        # A statistic that saw nothing is None: of distinct values and of uses, none is the true count.
        return np.array([float(values[entry] or 0.0) for entry in range(evidence.SUMMARY_SIZE)])


def _mark_of(link: Link, key: int, uses: int, known: list[int], habits: int) -> Mark:
    companion = next((shell for shell in known if shell != key), 0)
    return Mark(link, key, uses, len(known), max(1, companion & _LOW_16) if companion else 0, habits)
