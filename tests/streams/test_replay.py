"""Replay: files through the live service's models."""

from __future__ import annotations

import csv
import gzip
import random
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import orjson
import pytest
import zstandard
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from models.alert import Alert
from models.pipeline import Pipeline
from models.record import Reason, Records
from streams.commands.replay import replay_command
from streams.events_file import RecordedRecord, event_runs, open_lines, recorded_runs
from streams.references import load_references
from streams.replay import Summary, replay
from streams.settings import Settings, load_settings
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.bad_input import BAD_INPUTS, SECRET, good_value
from tests.strategies import APPEND_TIME_MS

CONTENT = {"prompt_text", "prompt_embedding"}
FILES = ("alerts.jsonl", "accounts.csv", "dead_letters.jsonl", "summary.json")


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    """Return the events of two days of the parity scenario with fewer innocent accounts, some 10,000."""
    scenario = msgspec.structs.replace(preset("parity").scaled(0.3), days=2)
    return [orjson.dumps(event) for event in simulate(scenario, 41).events()]


@pytest.fixture(scope="module")
def whole(lines: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with what the replay of all events wrote; ``events.jsonl`` is what it read."""
    folder = tmp_path_factory.mktemp("whole")
    _replay(write(folder / "events.jsonl", lines), folder)
    return folder


def settings(**changes: object) -> Settings:
    """Return the settings, whatever file the environment names."""
    return load_settings(**changes)


def write(path: Path, lines: list[bytes]) -> Path:
    """Write lines to a file, compressed by its suffix."""
    content = b"".join(line + b"\n" for line in lines)
    if path.suffix == ".gz":
        content = gzip.compress(content)
    elif path.suffix == ".zst":
        # Two frames, as a file that was appended to has.
        middle = len(content) // 2
        content = zstandard.compress(content[:middle]) + zstandard.compress(content[middle:])
    path.write_bytes(content)
    return path


def _replay(path: Path, out: Path, **changes: object) -> Summary:
    return replay([path], out, settings(**changes))


def alerts(out: Path) -> list[bytes]:
    """Return the alert records that a replay wrote."""
    return (out / "alerts.jsonl").read_bytes().splitlines()


def contents(out: Path) -> dict[str, bytes]:
    """Return every file that a replay wrote."""
    return {name: (out / name).read_bytes() for name in FILES}


def accounts(out: Path) -> list[dict[str, str]]:
    """Return the rows of ``accounts.csv``."""
    with (out / "accounts.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("share", [0.0001, 0.2113, 0.5, 0.7777, 0.9999])
def test_a_prefix_of_the_events_gives_a_prefix_of_the_alerts(
    lines: list[bytes], whole: Path, tmp_path: Path, share: float
) -> None:
    """Wherever the file ends, the alerts so far are those that the whole file begins with."""
    count = round(len(lines) * share)
    _replay(write(tmp_path / "events.jsonl", lines[:count]), tmp_path)
    found = alerts(tmp_path)
    assert alerts(whole)[: len(found)] == found
    assert len(found) >= (5 if share >= 0.5 else 0)


def test_the_first_half_of_the_parity_scenario_gives_its_first_alerts(tmp_path: Path) -> None:
    """The scenario that live workers are compared on, at its full size."""
    lines = [orjson.dumps(event) for event in simulate(preset("parity"), 42).events()]
    for name, count in (("whole", len(lines)), ("half", len(lines) // 2)):
        _replay(write(tmp_path / f"{name}.jsonl", lines[:count]), tmp_path / name)
    whole, half = alerts(tmp_path / "whole"), alerts(tmp_path / "half")
    assert whole[: len(half)] == half
    assert 10 <= len(half) < len(whole)


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
def test_compression_changes_nothing(lines: list[bytes], whole: Path, tmp_path: Path, suffix: str) -> None:
    """A .gz and a .zst file give the same four files as the plain one."""
    _replay(write(tmp_path / f"events{suffix}", lines), tmp_path)
    assert contents(tmp_path) == contents(whole)


def test_files_are_read_as_one(lines: list[bytes], whole: Path, tmp_path: Path) -> None:
    """Several files, with blank lines between, count as one in the order given."""
    paths = [
        write(tmp_path / "1.jsonl.gz", [*lines[:1_234], b"", b"  "]),
        write(tmp_path / "2.jsonl", lines[1_234:7_000]),
        write(tmp_path / "3.jsonl.zst", lines[7_000:]),
    ]
    replay(paths, tmp_path, settings())
    assert contents(tmp_path) == contents(whole)


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.zst"])
def test_progress_adds_up_to_the_size_of_the_file(lines: list[bytes], tmp_path: Path, suffix: str) -> None:
    """``advanced`` hears of every byte of the file, compressed ones as they are on disk."""
    path = write(tmp_path / f"events{suffix}", lines[:300])
    heard: list[int] = []
    assert list(open_lines(path, heard.append)) == lines[:300]
    assert sum(heard) == path.stat().st_size


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("damage", ["cut", "garbage"])
def test_a_damaged_file_is_named(lines: list[bytes], tmp_path: Path, suffix: str, damage: str) -> None:
    """A compressed file that ends early or is none gives one line with its path and status 1, no traceback."""
    path = write(tmp_path / f"events.jsonl{suffix}", lines[:300])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3] if damage == "cut" else b"no archive at all")
    result = CliRunner().invoke(replay_command, [str(path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {path}")
    assert isinstance(result.exception, SystemExit)


def test_accounts_csv_lists_every_account(lines: list[bytes], whole: Path) -> None:
    """One row an account with its events, strongest evidence first, and the time of the first alert that named it."""
    rows = accounts(whole)
    assert list(rows[0]) == ["account_id", "events", "score", "evidence_nats", "first_alert"]
    sent = Counter(orjson.loads(line)["account_id"] for line in lines)
    assert {row["account_id"]: int(row["events"]) for row in rows} == sent
    strength = [float(row["evidence_nats"] or "-inf") for row in rows]
    assert strength == sorted(strength, reverse=True)
    assert all(0 <= float(row["score"]) <= 1 for row in rows if row["score"])
    first: dict[str, str] = {}
    for alert in map(_alert, alerts(whole)):
        for account_id in alert.accounts:
            first.setdefault(account_id, alert.detected_at)
    judged = Counter(event["account_id"] for event in map(orjson.loads, lines) if CONTENT & event.keys())
    assert {row["account_id"] for row in rows if not row["score"]} == {
        name for name in sent if judged[name] < settings().decides.warm_up_events and name not in first
    }
    assert {row["account_id"]: row["first_alert"] for row in rows if row["first_alert"]} == first


def test_the_summary_counts_what_was_written(lines: list[bytes], whole: Path) -> None:
    """``summary.json`` is what ``replay`` returns, and agrees with the other files."""
    summary = msgspec.json.decode((whole / "summary.json").read_bytes(), type=Summary)
    found = [_alert(value) for value in alerts(whole)]
    opened = Counter(alert.kind for alert in found if alert.state == "open")
    assert summary.events == len(lines)
    assert summary.dead_letters == {}
    assert summary.accounts == len(accounts(whole))
    assert summary.alert_records == len(found)
    assert summary.alerts_opened == opened
    assert summary.accounts_named == sum(bool(row["first_alert"]) for row in accounts(whole))
    assert {summary.model_version} == {alert.model_version for alert in found}
    assert {summary.config_hash} == {alert.config_hash for alert in found}


#: Bad values that one line of a file can hold; keys follow from the values there.
_LINES = [
    bad
    for bad in BAD_INPUTS
    if bad.value and b"\n" not in bad.value.strip() and bad.value.strip() and not bad.field.startswith("key")
    if bad.value == bad.value.strip() and bad.name != "UTF-16"
]


def test_bad_lines_become_dead_letters(tmp_path: Path) -> None:
    """Each kind of bad line gives a dead letter with its reason and offset; the good lines between them count."""
    lines = []
    for number, bad in enumerate(_LINES):
        lines += [bad.value or b"", good_value(event_id=f"good-{number}")]
    path = write(tmp_path / "events.jsonl", lines)
    summary = _replay(path, tmp_path, latest_event_time_ms=APPEND_TIME_MS, detection={"partitions": 1})
    written = (tmp_path / "dead_letters.jsonl").read_bytes()
    letters = [orjson.loads(line) for line in written.splitlines()]
    expected = [(2 * number, bad.reason, bad.field) for number, bad in enumerate(_LINES)]
    tolerance = "a millisecond too far ahead"
    assert len(_LINES) >= 55
    assert tolerance in {bad.name for bad in _LINES}
    assert expected == [(letter["offset"], letter["reason"], letter["field"]) for letter in letters]
    assert summary.events == len(_LINES)
    assert summary.dead_letters == Counter(bad.reason for bad in _LINES)
    assert SECRET.encode() not in written


def test_a_repeated_line_counts_once(tmp_path: Path) -> None:
    """The second event with an ``event_id`` is a dead letter."""
    summary = _replay(write(tmp_path / "events.jsonl", [good_value()] * 2), tmp_path)
    assert (summary.events, summary.dead_letters) == (1, {Reason.DUPLICATE: 1})


def test_an_empty_file_gives_empty_results(tmp_path: Path) -> None:
    """No events: no alerts, no accounts, a summary of zeros, no error."""
    summary = _replay(write(tmp_path / "events.jsonl", []), tmp_path)
    assert (summary.events, summary.accounts, summary.alert_records) == (0, 0, 0)
    assert accounts(tmp_path) == []


# A recording


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


# The command


def test_the_command_prints_the_summary_as_json(tmp_path: Path) -> None:
    """``--json`` prints what ``summary.json`` holds."""
    path = write(tmp_path / "events.jsonl", [good_value()])
    result = CliRunner().invoke(replay_command, [str(path), "--out", str(tmp_path / "out"), "--json"])
    assert result.exit_code == 0, result.output
    assert orjson.loads(result.stdout) == orjson.loads((tmp_path / "out" / "summary.json").read_bytes())


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


def _alert(value: bytes) -> Alert:
    return msgspec.json.decode(value, type=Alert)
