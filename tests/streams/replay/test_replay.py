"""Replay: files through the live service's models."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import orjson
import pytest
from click.testing import CliRunner

from models.alert import Alert
from models.record import Reason
from streams.commands.replay import replay_command
from streams.events_file import open_lines
from streams.replay import Summary, replay
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.bad_input import BAD_INPUTS, SECRET, good_value
from tests.strategies import APPEND_TIME_MS
from tests.streams.replay.conftest import accounts, alerts, contents, replay_file, settings, write

CONTENT = {"prompt_text", "prompt_embedding"}


@pytest.mark.parametrize("share", [0.0001, 0.2113, 0.5, 0.7777, 0.9999])
def test_a_prefix_of_the_events_gives_a_prefix_of_the_alerts(
    lines: list[bytes], whole: Path, tmp_path: Path, share: float
) -> None:
    """Wherever the file ends, the alerts so far are those that the whole file begins with."""
    count = round(len(lines) * share)
    replay_file(write(tmp_path / "events.jsonl", lines[:count]), tmp_path)
    found = alerts(tmp_path)
    assert alerts(whole)[: len(found)] == found
    assert len(found) >= (5 if share >= 0.5 else 0)


def test_the_first_half_of_the_parity_scenario_gives_its_first_alerts(tmp_path: Path) -> None:
    """The scenario that live workers are compared on, at its full size."""
    lines = [orjson.dumps(event) for event in simulate(preset("parity"), 42).events()]
    for name, count in (("whole", len(lines)), ("half", len(lines) // 2)):
        replay_file(write(tmp_path / f"{name}.jsonl", lines[:count]), tmp_path / name)
    whole, half = alerts(tmp_path / "whole"), alerts(tmp_path / "half")
    assert whole[: len(half)] == half
    assert 10 <= len(half) < len(whole)


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
def test_compression_changes_nothing(lines: list[bytes], whole: Path, tmp_path: Path, suffix: str) -> None:
    """A .gz and a .zst file give the same four files as the plain one."""
    replay_file(write(tmp_path / f"events{suffix}", lines), tmp_path)
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
    summary = replay_file(path, tmp_path, latest_event_time_ms=APPEND_TIME_MS, detection={"partitions": 1})
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
    summary = replay_file(write(tmp_path / "events.jsonl", [good_value()] * 2), tmp_path)
    assert (summary.events, summary.dead_letters) == (1, {Reason.DUPLICATE: 1})


def test_an_empty_file_gives_empty_results(tmp_path: Path) -> None:
    """No events: no alerts, no accounts, a summary of zeros, no error."""
    summary = replay_file(write(tmp_path / "events.jsonl", []), tmp_path)
    assert (summary.events, summary.accounts, summary.alert_records) == (0, 0, 0)
    assert accounts(tmp_path) == []


def test_the_command_prints_the_summary_as_json(tmp_path: Path) -> None:
    """``--json`` prints what ``summary.json`` holds."""
    path = write(tmp_path / "events.jsonl", [good_value()])
    result = CliRunner().invoke(replay_command, [str(path), "--out", str(tmp_path / "out"), "--json"])
    assert result.exit_code == 0, result.output
    assert orjson.loads(result.stdout) == orjson.loads((tmp_path / "out" / "summary.json").read_bytes())


def _alert(value: bytes) -> Alert:
    return msgspec.json.decode(value, type=Alert)
