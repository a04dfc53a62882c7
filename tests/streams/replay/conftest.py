"""Events, what their replay wrote, and readers of it."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import msgspec
import orjson
import pytest
import zstandard

from streams.replay import Summary, replay
from streams.settings import Settings, load_settings
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate

FILES = ("alerts.jsonl", "accounts.csv", "dead_letters.jsonl", "summary.json")


@pytest.fixture(scope="session")
def lines() -> list[bytes]:
    """Return the events of two days of the parity scenario with fewer innocent accounts, some 10,000."""
    scenario = msgspec.structs.replace(preset("parity").scaled(0.3), days=2)
    return [orjson.dumps(event) for event in simulate(scenario, 41).events()]


@pytest.fixture(scope="session")
def whole(lines: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with what the replay of all events wrote; ``events.jsonl`` is what it read."""
    folder = tmp_path_factory.mktemp("whole")
    replay_file(write(folder / "events.jsonl", lines), folder)
    return folder


def settings(**changes: object) -> Settings:
    """Return the settings, whatever file the environment names; a large budget makes many alerts of a small file."""
    return load_settings(**{"detection": {"false_pages_per_week": 100.0}, **changes})


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


def replay_file(path: Path, out: Path, **changes: object) -> Summary:
    """Replay one file into a folder, under changed settings."""
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
