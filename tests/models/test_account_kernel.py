from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.account_detector import AccountDetector, Mark
from models.account_evidence import named
from models.account_kernel import PART_BYTES, REPORT, update_rows
from models.account_row import ACCOUNT_ROW, RECENT_EVENTS, ROW_VERSION, Rows, Status, blank_rows
from models.account_traces import TRACES_PER_EVENT
from models.features import SHELLS_PER_EVENT, Flag
from models.trace import TRACE
from tests.models.account_events import START_MS, Stream, as_dict, mixed_stream

SHORT = {"halving_events": 64, "warm_up_events": 5, "candidate_bar_nats": -20.0}
DEFAULT = {"halving_events": 1_024, "warm_up_events": 20, "candidate_bar_nats": 3.0}


class Outcome(NamedTuple):
    """What a run of the kernel wrote, events counted from the start of the stream."""

    applied: int
    duplicates: list[int]
    traces: bytes
    trace_events: list[int]
    reports: npt.NDArray[np.void]


def run(rows: Rows, stream: Stream, settings_of: dict[str, float], cuts: list[int]) -> Outcome:
    """Apply the stream in batches that end at ``cuts``; account ``account-i`` has row ``i``."""
    row_index = np.array([int(account_id.split("-")[1]) for account_id in stream.account_ids], dtype=np.int64)
    applied, duplicates, traces, trace_events = 0, [], b"", []
    reports = np.empty(0, dtype=REPORT)
    bounds = sorted({0, len(row_index), *(cut % (len(row_index) + 1) for cut in cuts)})
    for start, end in pairwise(bounds):
        room = end - start
        out = (
            np.zeros(room, np.int64),
            np.zeros(room * TRACES_PER_EVENT, TRACE),
            np.zeros(room * TRACES_PER_EVENT, np.int64),
            np.zeros(room, REPORT),
        )
        part = stream.cut(start, end)
        counts = update_rows(
            rows,
            rows.view(np.uint8).reshape(-1, PART_BYTES),
            row_index[start:end],
            part.features,
            part.effective_ms,
            part.offsets,
            int(settings_of["halving_events"]),
            int(settings_of["warm_up_events"]),
            settings_of["candidate_bar_nats"],
            *out,
        ).tolist()
        applied += counts[0]
        duplicates += (out[0][: counts[1]] + start).tolist()
        traces += out[1][: counts[2]].tobytes()
        trace_events += (out[2][: counts[2]] + start).tolist()
        out[3]["event"] += start
        reports = np.concatenate([reports, out[3][: counts[3]]])
    return Outcome(applied, duplicates, traces, trace_events, reports)


def marks_of(outcome: Outcome) -> list[tuple[int, ...]]:
    """Return (event, link, key, uses, known shells, companion, habits) of each trace."""
    traces = np.frombuffer(outcome.traces, dtype=TRACE)
    columns = [traces[name].tolist() for name in Mark._fields]
    return list(zip(outcome.trace_events, *columns, strict=True))


def row_of(detector: AccountDetector) -> np.void:
    """Return the packed row that says what a detector holds."""
    row: np.void = blank_rows(1)[0]
    row["status"] = detector.status
    row["cell_total"] = detector.cells.total
    row["recent_at"] = detector.events % RECENT_EVENTS
    recent = list(detector.recent_ids)
    for age, event_id in enumerate(reversed(recent), 1):
        row["recent_ids"][(detector.events - age) % RECENT_EVENTS] = event_id
    for column in (
        *("events", "last_offset", "first_seen_ms", "last_seen_ms", "last_event_ms", "input_tokens", "output_tokens"),
        *("fading_output_tokens", "content_events", "checkpoint", "fading_events"),
        *("emitted_nats", "emitted_ms", "emitted_content_events"),
    ):
        row[column] = getattr(detector, column)
    row["active_hours"] = detector.hours.bits
    row["events_per_day"] = detector.rate.events
    row["evidence_nats"] = detector.evidence_nats or 0.0
    for name, lengths in (("inputs", detector.inputs), ("outputs", detector.outputs)):
        row[f"log_{name}"], row[f"log_{name}_squared"] = lengths.total, lengths.squares
    row["hour_cosines"], row["hour_sines"] = detector.day.cosines, detector.day.sines
    for column, flag in (
        ("fading_multi_turn", Flag.MULTI_TURN),
        ("fading_elicitation", Flag.ELICITS_REASONING),
        ("fading_format", Flag.ASKS_FOR_FORMAT),
        ("fading_refused", Flag.REFUSED),
        ("fading_tools", Flag.USES_TOOLS),
        ("fading_end_user", Flag.HAS_END_USER),
    ):
        row[column] = detector.fading[flag]
    row["cell_counts"] = detector.cells.counts
    row["content_registers"] = detector.contents.ranks
    row["end_user_registers"] = detector.end_users.ranks
    for name, anchors in (
        ("shell", detector.shells),
        ("address", detector.addresses),
        ("payment", detector.payments),
    ):
        for column in ("tags", "contents", "uses", "ranks"):
            row[f"{name}_{column}"] = getattr(anchors, column)
    return row


@pytest.mark.parametrize("chosen", [SHORT, DEFAULT], ids=["short", "default"])
@pytest.mark.parametrize("seed", range(6))
def test_kernel_and_detector_agree_bit_for_bit(seed: int, chosen: dict[str, float]) -> None:
    """Rows, duplicates, traces, candidates and signals are those of one River detector per account."""
    stream = mixed_stream(seed, 600)
    if seed % 2:  # in a hurry, with short answers and few end users: the other side of most signals
        stream = stream._replace(effective_ms=START_MS + (stream.effective_ms - START_MS) // 20)
        stream.features["output_tokens"] //= 20
        stream.features["end_user"] %= 3
    rows = blank_rows(3)
    outcome = run(rows, stream, chosen, cuts=[100, 101, 350])
    detectors = [AccountDetector(**chosen) for _ in range(3)]  # type: ignore[arg-type]  # ints among the floats
    duplicates, marks, candidates = [], [], []
    for position, account_id in enumerate(stream.account_ids):
        detector = detectors[int(account_id[-1])]
        detector.learn_one(as_dict(stream, position))
        duplicates += [position] * detector.is_duplicate
        marks += [(position, *mark) for mark in detector.marks]
        if detector.is_candidate:
            candidates.append((position, detector.evidence_nats, detector.signals(), detector.events))
    assert outcome.duplicates == duplicates
    assert marks_of(outcome) == marks
    assert [
        (int(report["event"]), float(report["evidence_nats"]), named(report["signals"]), int(report["events"]))
        for report in outcome.reports
    ] == candidates
    for row, detector in zip(rows, detectors, strict=True):
        expected = row_of(detector)
        for column in ACCOUNT_ROW.names or ():
            assert row[column].tobytes() == expected[column].tobytes(), column
    assert outcome.applied == sum(detector.events for detector in detectors)
    assert {companion > 0 for *_, companion, _ in marks} == {True, False}
    assert len({known for *_, known, _, _ in marks}) > 3
    assert duplicates
    assert chosen is DEFAULT or candidates


#: Shells that end in 16 zero bits, share their low 32, or are small; payments and addresses may equal them.
FEW = st.sampled_from([0, 3, 5, 9, 2**16, 2**20, 2**40 + 3, 2**63])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.lists(FEW, max_size=SHELLS_PER_EVENT), FEW, FEW, st.integers(1, 3)), min_size=2, max_size=30)
)
def test_traces_agree_where_hashes_collide(events: list[tuple[list[int], int, int, int]]) -> None:
    """Companions and known shells are the detector's, whichever shells, payments and addresses are alike."""
    stream = mixed_stream(8, len(events), accounts=1)._replace(offsets=np.arange(len(events)))
    stream.features["event_id"] = np.arange(1, len(events) + 1)
    stream.features["flags"] = Flag.HAS_CONTENT
    for position, (shells, payment, address, content) in enumerate(events):
        event = stream.features[position : position + 1]
        event["shells"] = [*shells, *[0] * (SHELLS_PER_EVENT - len(shells))]
        event["payment"], event["address"], event["content"] = payment, address, content
    detector, marks = AccountDetector(**SHORT), []  # type: ignore[arg-type]  # ints among the floats
    for position in range(len(events)):
        detector.learn_one(as_dict(stream, position))
        marks += [(position, *mark) for mark in detector.marks]
    assert marks_of(run(blank_rows(1), stream, SHORT, [])) == marks


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 200), max_size=8))
def test_batch_boundaries_change_nothing(seed: int, cuts: list[int]) -> None:
    """Any split of a stream gives the same row bytes and the same outputs."""
    stream = mixed_stream(seed, 200)
    whole_rows, cut_rows = blank_rows(3), blank_rows(3)
    whole = run(whole_rows, stream, SHORT, [])
    cut = run(cut_rows, stream, SHORT, cuts)
    assert whole[:4] == cut[:4]
    assert whole.reports.tobytes() == cut.reports.tobytes()
    assert whole_rows.tobytes() == cut_rows.tobytes()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32), st.integers(0, 150))
def test_replayed_events_are_passed_over(seed: int, start: int) -> None:
    """Events seen already, delivered again from any point on, change neither rows nor outputs."""
    stream = mixed_stream(seed, 150)
    rows = blank_rows(3)
    run(rows, stream, SHORT, [])
    before = rows.tobytes()
    again = run(rows, stream.cut(start, 150), SHORT, [])
    assert (again.applied, again.duplicates, again.traces, again.reports.size) == (0, [], b"", 0)
    assert rows.tobytes() == before


def test_a_duplicate_moves_the_offset_and_nothing_else() -> None:
    """An event_id among the last 64 is reported by index and not counted; the 65th back is a new event."""
    stream = mixed_stream(5, 70, accounts=1)
    stream.features["event_id"] = np.arange(1, 71)
    stream.features["event_id"][[40, 69]] = [10, 4]
    offsets = np.arange(70)
    rows = blank_rows(1)
    outcome = run(rows, stream._replace(offsets=offsets), SHORT, [])
    # Event 69 repeats the id of event 3, which is 65 counted events back by then.
    assert outcome.duplicates == [40]
    assert (rows[0]["events"], rows[0]["last_offset"]) == (69, 69)


def test_an_account_is_not_judged_before_its_warm_up() -> None:
    """Until ``warm_up_events`` events with content there is a status and no evidence."""
    stream = mixed_stream(6, 60, accounts=1)
    stream.features["flags"] = 1
    stream.features["event_id"] = np.arange(1, 61)
    distinct = stream._replace(offsets=np.arange(60))
    rows = blank_rows(1)
    run(rows, distinct.cut(0, 19), DEFAULT, [])
    assert (rows[0]["status"], rows[0]["evidence_nats"], rows[0]["content_events"]) == (Status.WARMING_UP, 0.0, 19)
    run(rows, distinct.cut(19, 20), DEFAULT, [])
    assert rows[0]["status"] == Status.JUDGED


def test_fields_outside_their_range_cannot_write_elsewhere() -> None:
    """A cell that does not exist counts as none."""
    stream = mixed_stream(7, 40, accounts=1)
    stream.features["cell"] = np.where(np.arange(40) % 2, 256, -5)
    rows = blank_rows(2)
    run(rows, stream, SHORT, [])
    assert (rows[0]["cell_total"], rows[0]["cell_counts"].sum()) == (0, 0)
    assert rows[1].tobytes() == blank_rows(1)[0].tobytes()
    assert rows[0]["version"] == ROW_VERSION
