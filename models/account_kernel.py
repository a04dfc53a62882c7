"""Account rows updated by a batch of events: one pass in event order, the same whatever the batches are.

``models.account_detector.AccountDetector`` is the readable form, one event for one account.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from models.account_checkpoint import LEAST_CELL_TOTAL, is_news, next_checkpoint, summarise
from models.account_evidence import SIGNAL_COLUMNS, SIGNAL_COUNT, SUMMARY_SIZE, weigh
from models.account_row import ACCOUNT_ROW, RECENT_EVENTS, Record, Rows, Status
from models.account_traces import trace_event
from models.features import CELL_COUNT, SHELLS_PER_EVENT, Flag
from models.prefetch import prefetch_row
from models.stats.distinct import hyperloglog_add
from models.stats.entropy import halve
from models.stats.rhythm import COSINES, HOUR_MS, SINES, fade, hour_of_day, mark_hour
from models.stats.spread import log_steps

#: An account that passed the bar, as it stood at event ``event`` of the batch; ``signals``: value, usual, nats.
REPORT = np.dtype(
    [
        ("event", np.int64),
        ("evidence_nats", np.float64),
        ("first_seen_ms", np.int64),
        ("last_seen_ms", np.int64),
        ("events", np.int64),
        ("output_tokens", np.int64),
        ("signals", np.float64, (SIGNAL_COUNT, SIGNAL_COLUMNS)),
    ]
)

Array = npt.NDArray[np.void]
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint64]

_HAS_CONTENT, _MULTI_TURN, _ELICITATION = int(Flag.HAS_CONTENT), int(Flag.MULTI_TURN), int(Flag.ELICITS_REASONING)
_FORMAT, _REFUSED, _TOOLS = int(Flag.ASKS_FOR_FORMAT), int(Flag.REFUSED), int(Flag.USES_TOOLS)
_END_USER = int(Flag.HAS_END_USER)
_JUDGED = int(Status.JUDGED)
_NO_HASH = np.uint64(0)
_U_ZERO = np.uint64(0)

#: Bytes that divide a row, so that one may be addressed as so many parts; and the parts of two cache lines.
PART_BYTES = 16
_ROW_PARTS, _FETCHED_PARTS = np.uint64(ACCOUNT_ROW.itemsize // PART_BYTES), np.uint64(128 // PART_BYTES)

#: Entries of the counts that ``update_rows`` returns.
APPLIED, DUPLICATES, TRACES, REPORTS = range(4)


@njit(cache=True)
def _is_recent(recent_ids: Hashes, event_id: np.uint64) -> bool:
    # Nearly no event is: without a way out, several are compared at a time.
    found = False
    for slot in range(recent_ids.size):
        found |= recent_ids[slot] == event_id
    return found and bool(event_id != _NO_HASH)


@njit(cache=True)
def _count_habits(row: Record, event: Record, hour: int) -> None:
    length = log_steps(event.input_tokens)
    row.log_inputs += length
    row.log_inputs_squared += length * length
    length = log_steps(event.output_tokens)
    row.log_outputs += length
    row.log_outputs_squared += length * length
    row.hour_cosines += COSINES[hour]
    row.hour_sines += SINES[hour]


@njit(cache=True)
def _count(row: Record, event: Record, effective_ms: int) -> None:
    last_seen_ms = row.last_seen_ms if row.events > 0 else -1
    row.active_hours = mark_hour(row.active_hours, last_seen_ms // HOUR_MS, effective_ms // HOUR_MS)
    row.events_per_day = fade(row.events_per_day, effective_ms - last_seen_ms) + 1.0
    row.first_seen_ms = min(row.first_seen_ms, effective_ms) if row.events > 0 else effective_ms
    row.last_seen_ms = max(last_seen_ms, effective_ms)
    row.last_event_ms = event.event_time_ms
    row.recent_ids[row.recent_at] = event.event_id
    row.recent_at = (row.recent_at + 1) % RECENT_EVENTS
    row.events += 1
    row.input_tokens += event.input_tokens
    row.output_tokens += event.output_tokens
    row.fading_output_tokens += event.output_tokens
    _count_habits(row, event, hour_of_day(effective_ms))
    flags = event.flags
    row.fading_events += 1
    row.fading_multi_turn += (flags & _MULTI_TURN) != 0
    row.fading_elicitation += (flags & _ELICITATION) != 0
    row.fading_format += (flags & _FORMAT) != 0
    row.fading_refused += (flags & _REFUSED) != 0
    row.fading_tools += (flags & _TOOLS) != 0
    row.fading_end_user += (flags & _END_USER) != 0
    if event.end_user != _NO_HASH:
        hyperloglog_add(row.end_user_registers, event.end_user)


@njit(cache=True)
def _count_content(row: Record, event: Record, halving_events: int) -> None:
    row.content_events += 1
    if event.content != _NO_HASH:
        hyperloglog_add(row.content_registers, event.content)
    if 0 <= event.cell < CELL_COUNT:
        row.cell_counts[event.cell] += 1
        row.cell_total += 1
        if row.cell_total >= halving_events:
            row.cell_total = halve(row.cell_counts)
            row.fading_events //= 2
            row.fading_multi_turn //= 2
            row.fading_elicitation //= 2
            row.fading_format //= 2
            row.fading_refused //= 2
            row.fading_tools //= 2
            row.fading_end_user //= 2
            row.fading_output_tokens //= 2


@njit(cache=True)
def _judge(row: Record, effective_ms: int, bar_nats: float, summary: Floats, signals: Floats) -> bool:
    summarise(row, summary)
    evidence = weigh(summary, signals)
    row.status = _JUDGED
    row.evidence_nats = evidence
    content_events = row.content_events
    row.checkpoint = next_checkpoint(content_events)
    emitted = row.emitted_content_events
    if evidence < bar_nats or not is_news(
        evidence, effective_ms, content_events, row.emitted_nats, row.emitted_ms, emitted
    ):
        return False
    row.emitted_nats = evidence
    row.emitted_ms = effective_ms
    row.emitted_content_events = content_events
    return True


@njit(cache=True)
def _report(report: Record, row: Record, event: int, signals: Floats) -> None:
    report.event = event
    report.evidence_nats = row.evidence_nats
    report.first_seen_ms = row.first_seen_ms
    report.last_seen_ms = row.last_seen_ms
    report.events = row.events
    report.output_tokens = row.output_tokens
    for signal in range(SIGNAL_COUNT):
        for column in range(SIGNAL_COLUMNS):
            report.signals[signal, column] = signals[signal, column]


@njit(cache=True)
def _fetch(parts: npt.NDArray[np.uint8], row: np.uint64) -> None:
    """Ask for all cache lines of a row: of most accounts' rows none is in the processor's caches."""
    for part in range(_U_ZERO, _ROW_PARTS, _FETCHED_PARTS):
        prefetch_row(parts, row * _ROW_PARTS + part)


@njit(cache=True)
def update_rows(
    rows: Rows,
    parts: npt.NDArray[np.uint8],
    row_index: Int64s,
    features: Array,
    effective_ms: Int64s,
    offsets: Int64s,
    halving_events: int,
    warm_up_events: int,
    bar_nats: float,
    duplicates: Int64s,
    traces: Array,
    trace_events: Int64s,
    reports: Array,
) -> Int64s:
    """Apply ``n`` events of one partition in offset order to ``rows``, in place.

    ``parts`` are the bytes of ``rows``, ``PART_BYTES`` in each of its rows. ``features`` are ``FEATURES`` rows,
    ``row_index[i]`` the row of event ``i``, times epoch milliseconds. An event at or below its row's ``last_offset`` is
    passed over. Written: the events (indices) that repeat one of the account's last 64 in ``duplicates`` (room for n),
    ``TRACE`` rows and the event of each in ``traces`` and ``trace_events`` (room for ``TRACES_PER_EVENT`` n;
    ``account`` is left 0), ``REPORT`` rows in ``reports`` (room for n). Returns the numbers of events applied
    (duplicates left out), duplicates, traces and reports. Cost: a microsecond an event.
    """
    summary, signals = np.zeros(SUMMARY_SIZE), np.zeros((SIGNAL_COUNT, SIGNAL_COLUMNS))
    scratch = np.zeros(SHELLS_PER_EVENT, dtype=np.uint64)
    counts = np.zeros(4, dtype=np.int64)
    for index in range(row_index.size):
        _fetch(parts, np.uint64(row_index[min(index + 1, row_index.size - 1)]))
        row, event = rows[row_index[index]], features[index]
        if offsets[index] <= row.last_offset:
            continue
        row.last_offset = offsets[index]
        if _is_recent(row.recent_ids, event.event_id):
            duplicates[counts[DUPLICATES]] = index
            counts[DUPLICATES] += 1
            continue
        counts[APPLIED] += 1
        now_ms = effective_ms[index]
        _count(row, event, now_ms)
        has_content = event.flags & _HAS_CONTENT
        if has_content:
            _count_content(row, event, halving_events)
        first = counts[TRACES]
        counts[TRACES] = trace_event(row, event, now_ms, offsets[index], scratch, traces, first)
        for written in range(first, counts[TRACES]):
            trace_events[written] = index
        due = max(row.checkpoint, warm_up_events)
        if (
            has_content
            and row.content_events >= due
            and row.cell_total >= LEAST_CELL_TOTAL
            and _judge(row, now_ms, bar_nats, summary, signals)
        ):
            _report(reports[counts[REPORTS]], row, index, signals)
            counts[REPORTS] += 1
    return counts
