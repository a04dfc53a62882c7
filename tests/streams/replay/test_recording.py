"""Replay of a recording: what a topic held, with its coordinates, append times, bad bytes and ticks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import orjson
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from models.pipeline import Pipeline
from models.record import Records
from streams.commands.replay import replay_command
from streams.events_file import RecordedRecord, event_runs, recorded_runs
from streams.references import load_references
from streams.replay import replay
from tests.bad_input import BAD_INPUTS
from tests.streams.replay.conftest import alerts, contents, settings, write


def recorded(records: Records) -> Iterator[bytes]:
    """Yield the lines of a recording of one run."""
    for index in range(len(records)):
        yield msgspec.json.encode(RecordedRecord.of(records, index))


@pytest.fixture(scope="module")
def recording(lines: list[bytes]) -> list[bytes]:
    """Return the records that the whole replay's partitions held, ticks included, as a recording holds them."""
    decides = settings().decides
    references = load_references(settings())
    pipeline = Pipeline(decides, references.featuriser, references.groups, references.version)

    def watermark(number: int) -> int:
        return pipeline.accounts[number].watermark_ms

    found: list[bytes] = []
    for run, next_offset in event_runs(iter(lines), decides.partitions, watermark, decides.bucket_ms):
        pipeline.feed(run, next_offset)
        found += recorded(run)
    return found


def partition_of_line(line: bytes) -> int:
    """Return the partition of a recorded record."""
    return int(orjson.loads(line)["partition"])


def test_a_recording_gives_the_alerts_of_its_events(recording: list[bytes], whole: Path, tmp_path: Path) -> None:
    """What a topic held, replayed with its coordinates and ticks, leads to the same files."""
    replay([write(tmp_path / "recording.jsonl.zst", recording)], tmp_path, settings(), recorded=True)
    assert contents(tmp_path) == contents(whole)


@pytest.mark.parametrize("seed", range(2))
def test_how_a_recording_is_cut_changes_nothing(recording: list[bytes], whole: Path, tmp_path: Path, seed: int) -> None:
    """Partitions one after the other or shuffled together, in one file or in several: the same alerts."""
    rng = random.Random(seed)
    by_partition: dict[int, list[bytes]] = {}
    for line in recording:
        by_partition.setdefault(partition_of_line(line), []).append(line)
    if seed == 0:
        mixed = [line for number in sorted(by_partition) for line in by_partition[number]]
    else:
        turns = [number for number, held in by_partition.items() for _ in held]
        rng.shuffle(turns)
        queues = {number: iter(held) for number, held in by_partition.items()}
        mixed = [next(queues[number]) for number in turns]
    cuts = [0, *sorted(rng.sample(range(len(mixed)), 3)), len(mixed)]
    paths = [
        write(tmp_path / f"{number}.jsonl", mixed[start:stop]) for number, (start, stop) in enumerate(pairwise(cuts))
    ]
    replay(paths, tmp_path, settings(), recorded=True)
    assert alerts(tmp_path) == alerts(whole)
    assert (tmp_path / "accounts.csv").read_bytes() == (whole / "accounts.csv").read_bytes()


@given(
    key=st.none() | st.binary(max_size=12),
    value=st.none() | st.binary(max_size=40),
    tick_ms=st.none() | st.integers(0, 2**45),
    size=st.integers(1, 5),
)
def test_recorded_bytes_come_back_as_they_were(
    key: bytes | None, value: bytes | None, tick_ms: int | None, size: int
) -> None:
    """Key, value, coordinates, append time and tick survive the recording, whatever the bytes."""
    run = Records("requests", 2, [7, 9, 12], [5, 6, 7], [key] * 3, [value] * 3, [tick_ms] * 3)
    again = list(recorded_runs(recorded(run), 3, max_records=size))
    assert run == Records("requests", 2, *(_column(again, name) for name in Records.__struct_fields__[2:]))  # type: ignore[arg-type]  # five lists of five types
    assert again[-1][1] == 13


def _column(runs: list[tuple[Records, int]], name: str) -> list[int]:
    return [entry for run, _ in runs for entry in getattr(run, name)]


def test_recorded_bad_bytes_are_judged_as_live(tmp_path: Path) -> None:
    """Every kind of bad input, bytes that are no UTF-8 among them, gives its dead letter from a recording."""
    run = Records("requests", 0, [], [], [], [], [])
    for offset, bad in enumerate(BAD_INPUTS):
        for column, entry in zip(
            (run.offsets, run.append_times_ms, run.keys, run.values, run.ticks_ms),
            (offset * 3, bad.append_time_ms, bad.key, bad.value, None),
            strict=True,
        ):
            column.append(entry)  # type: ignore[attr-defined]  # five lists of five types
    path = write(tmp_path / "recording.jsonl.gz", list(recorded(run)))
    replay([path], tmp_path, settings(), recorded=True)
    letters = [orjson.loads(line) for line in (tmp_path / "dead_letters.jsonl").read_bytes().splitlines()]
    assert [(letter["offset"], letter["reason"], letter["field"]) for letter in letters] == [
        (offset * 3, bad.reason, bad.field) for offset, bad in enumerate(BAD_INPUTS)
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"account_id": "a"}', "partition"),
        (b'{"partition": 9, "offset": 0, "append_time_ms": 1}', "partition"),
        (b'{"partition": -1, "offset": 0, "append_time_ms": 1}', "partition"),
        (b'{"partition": 0, "offset": 8, "append_time_ms": 1, "value_base64": "x"}', "value_base64"),
        (b'{"partition": 0, "offset": 7, "append_time_ms": 1}', "offset=7"),
    ],
)
def test_what_is_no_recording_is_told(tmp_path: Path, line: bytes, message: str) -> None:
    """A file of events given as a recording, or one of more partitions, is an error that names file and field."""
    good = b'{"partition": 0, "offset": 7, "append_time_ms": 1}'
    path = write(tmp_path / "recording.jsonl", [good, line])
    result = CliRunner().invoke(replay_command, [str(path), "--recorded", "--out", str(tmp_path / "out")])
    assert result.exit_code == 1, result.output
    assert str(path) in result.output
    assert "record 2 of the recording: " in result.output
    assert message in result.output
    assert isinstance(result.exception, SystemExit)
