"""``calibrate``: from files of quiet traffic to weights that the service reads."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from streams import corpora
from streams.commands import main
from streams.doctor import examine
from streams.references import load_references
from streams.settings import load_settings
from streams.simulation import simulate
from streams.simulation.output import write
from streams.simulation.presets import preset
from streams.weights import GROUPS_PATH, load_group_weights
from tests.streams.labelled_looks import few_trees


@pytest.fixture(scope="module", autouse=True)
def _few_trees_on_one_thread() -> Iterator[None]:
    """What is tested shows with 20 trees too."""
    with few_trees(20):
        yield


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return two days without a campaign, of other people, and two lines in the first that are no events."""
    scenario = msgspec.structs.replace(preset("quiet-week"), days=1)
    paths = []
    for seed in (21, 22):
        folder = tmp_path_factory.mktemp("day")
        write(simulate(scenario, seed, corpora.load_all()), folder)
        paths.append(folder / "events.jsonl.gz")
    with gzip.open(paths[0], "ab") as file:
        file.write(b"no event\n{}\n")
    return paths


def run(*arguments: object) -> Result:
    """Run the command and return how it went."""
    return CliRunner().invoke(main, ["calibrate", *map(str, arguments)])


def test_two_days_become_weights_that_the_service_reads(
    days: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how to use the file it wrote, counts lines that are no event, and leaves the shipped weights alone."""
    out, shipped = tmp_path / "own.json", GROUPS_PATH.read_bytes()
    result = run(*days, "--out", out)
    assert result.exit_code == 0, result.output
    assert "lines that are no event, left out: " in result.stderr
    assert f"STILLWATCH_GROUP_WEIGHTS={out}" in result.stdout
    assert "STILLWATCH_DETECTION__PLANNED_GROUPS=" in result.stdout
    before = load_references(load_settings()).version
    monkeypatch.setenv("STILLWATCH_GROUP_WEIGHTS", str(out))
    assert load_references(load_settings()).version != before
    assert load_group_weights(out).provenance["own_reference_alone"] == "False"
    assert GROUPS_PATH.read_bytes() == shipped


def test_one_file_is_divided(days: list[Path], tmp_path: Path) -> None:
    """Of a single stretch every other group is referred to, and twice as many and more are planned for a week."""
    known = tmp_path / "known.txt"
    known.write_text("nobody-here\n")
    found = json.loads(run(days[1], "--harvesting", known, "--out", tmp_path / "own.json", "--json").stdout)
    assert found["referred_groups"] > 0
    assert found["planned_groups"] > found["referred_groups"]
    assert all(suspect["evidence_nats"] >= 3.0 and suspect["accounts"] for suspect in found["suspects"])


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    """The message names the file; nothing is written."""
    path = tmp_path / "events.jsonl.zst"
    path.write_bytes(b"no zstd")
    result = run(path, "--out", tmp_path / "own.json")
    assert result.exit_code == 1
    assert "events.jsonl.zst" in result.output
    assert not (tmp_path / "own.json").exists()


@pytest.mark.parametrize(("content", "passed"), [(None, True), (b"{", False), (GROUPS_PATH.read_bytes(), True)])
def test_the_doctor_reads_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, passed: bool
) -> None:
    """The shipped weights and a sound file pass; a damaged one is told with its path and the mend."""
    path = tmp_path / "own.json"
    if content is not None:
        path.write_bytes(content)
        monkeypatch.setenv("STILLWATCH_GROUP_WEIGHTS", str(path))
    (found,) = (finding for finding in islice(examine(), 3) if finding.check == "group_weights")
    assert found.passed == passed
    assert (str(path) in found.found) == (content is not None)
    assert ("calibrate" in found.mend) == (not passed)


def test_weights_that_are_not_there_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that names no file stops every command, and says which setting it is."""
    monkeypatch.setenv("STILLWATCH_GROUP_WEIGHTS", str(tmp_path / "none.json"))
    result = run(__file__)
    assert result.exit_code == 1
    assert "group_weights" in result.output
