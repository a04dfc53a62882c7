"""Checkpoints: when an account is weighed, on what summary of its row, and when the outcome is worth reporting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from models.account_evidence import (
    ACTIVE_SHARE,
    ACTIVE_SPAN_HOURS,
    CELL_ENTROPY,
    CONTENT_EVENTS,
    DISTINCT_CONTENTS,
    DISTINCT_END_USERS,
    ELICITATION_SHARE,
    EVENTS_PER_DAY,
    MEAN_OUTPUT_TOKENS,
    MULTI_TURN_SHARE,
    TOOL_SHARE,
    TOP_SHELL_USES,
)
from models.account_row import Record
from models.stats.anchors import most_uses
from models.stats.distinct import hyperloglog_estimate
from models.stats.entropy import chao_shen_entropy
from models.stats.rhythm import HOUR_MS, HOURS_KEPT, active_share

#: Evidence is weighed each time the events with content grew by a sixteenth, but by 4 to 64.
CHECKPOINT_GROWTH, LEAST_STEP, MOST_STEP = 16, 4, 64

#: A candidate is reported again when its evidence rose by this much, its events by a quarter, or after four hours,
#: which is well within the quiet time after which an alert closes.
RISE_NATS, GROWTH, PAUSE_MS = 1.0, 1.25, 4 * HOUR_MS

#: Entropy is undefined below this many counted cells.
LEAST_CELL_TOTAL = 2

Floats = npt.NDArray[np.float64]


@njit(cache=True)
def next_checkpoint(content_events: int) -> int:
    """Events with content at which evidence is weighed next, after a checkpoint at ``content_events``."""
    return content_events + min(MOST_STEP, max(LEAST_STEP, content_events // CHECKPOINT_GROWTH))


@njit(cache=True)
def is_news(
    evidence_nats: float, now_ms: int, content_events: int, emitted_nats: float, emitted_ms: int, emitted_events: int
) -> bool:
    """Whether evidence at the bar or above is news since the last candidate (``emitted_events`` 0: there was none)."""
    return (
        emitted_events == 0
        or evidence_nats >= emitted_nats + RISE_NATS
        or content_events >= emitted_events * GROWTH
        or now_ms >= emitted_ms + PAUSE_MS
    )


@njit(cache=True)
def summarise(row: Record, summary: Floats) -> None:
    """Fill the summary that ``weigh`` takes, of a row with ``cell_total`` of 2 at least. Cost: about 2 microseconds."""
    fading_events = max(1, row.fading_events)
    hours = min(HOURS_KEPT, row.last_seen_ms // HOUR_MS - row.first_seen_ms // HOUR_MS + 1)
    summary[EVENTS_PER_DAY] = row.events_per_day
    summary[CELL_ENTROPY] = chao_shen_entropy(row.cell_counts, row.cell_total)
    summary[CONTENT_EVENTS] = row.content_events
    summary[DISTINCT_CONTENTS] = hyperloglog_estimate(row.content_registers)
    summary[DISTINCT_END_USERS] = hyperloglog_estimate(row.end_user_registers)
    summary[ACTIVE_SHARE] = active_share(row.active_hours, hours)
    summary[ACTIVE_SPAN_HOURS] = hours
    summary[MULTI_TURN_SHARE] = row.fading_multi_turn / fading_events
    summary[MEAN_OUTPUT_TOKENS] = row.fading_output_tokens / fading_events
    summary[ELICITATION_SHARE] = row.fading_elicitation / fading_events
    summary[TOOL_SHARE] = row.fading_tools / fading_events
    summary[TOP_SHELL_USES] = most_uses(row.shell_uses)
