"""``stillwatch evaluate`` from end to end."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from streams.commands.evaluate import evaluate_command
from streams.evaluation.evaluation import Evaluation
from streams.evaluation.passage import OURS
from streams.simulation import preset, simulate, write

_SMALL = ["--preset", "demo", "--days", "0.3", "--accounts-scale", "0.15"]


def run(*arguments: str | int | Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(evaluate_command, [str(argument) for argument in arguments])


def read(folder: Path) -> Evaluation:
    """Read what the command wrote."""
    return msgspec.json.decode((folder / "metrics.json").read_bytes(), type=Evaluation)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small simulation's files."""
    folder = tmp_path_factory.mktemp("simulated")
    write(simulate(msgspec.structs.replace(preset("demo").scaled(0.15), days=0.3), 3), folder)
    return folder


def test_files_and_the_simulation_behind_them_give_the_same_figures(week: Path, tmp_path: Path) -> None:
    """What is judged out of files is what is judged in memory, leaks included."""
    result = run(week / "events.jsonl.gz", "--labels", week / "labels.csv", "--out", tmp_path / "files")
    assert result.exit_code == 0, result.output
    for word in ("stillwatch", "loud", "Innocent accounts named"):
        assert word in result.output
    memory = run(*_SMALL, "--seeds", 1, "--first-seed", 3, "--jobs", 1, "--no-baselines", "--out", tmp_path / "memory")
    assert memory.exit_code == 0, memory.output
    files, simulated = read(tmp_path / "files"), read(tmp_path / "memory")
    for one, other in zip(files.seeds[0].outcomes[0].campaigns, simulated.seeds[0].outcomes[0].campaigns, strict=True):
        assert msgspec.structs.replace(one, curve=None) == msgspec.structs.replace(other, curve=None)
        assert one.leak is not None
        assert one.leak.requests > 0
    assert files.traffic.events == simulated.traffic.events
    assert (files.traffic.seeds, simulated.traffic.seeds) == ([], [3])
    assert (tmp_path / "files" / "report.html").stat().st_size > 20_000


def test_account_labels_alone_say_nothing_of_leaks(week: Path, tmp_path: Path) -> None:
    """Without event labels beside them the command says so and leaves leaks out."""
    labels = tmp_path / "labels.csv"
    labels.write_bytes((week / "labels.csv").read_bytes())
    result = run(week / "events.jsonl.gz", "--labels", labels, "--json")
    assert result.exit_code == 0, result.output
    assert "nothing is said about leaks" in result.stderr
    found = msgspec.json.decode(result.stdout, type=Evaluation)
    assert found.traffic.harvest_requests is None
    assert found.detectors[0].leaked_before_alert_share.value is None
    assert found.detectors[0].harvesting_named_share.value is not None


def test_verdicts_and_bans_are_judged_with(week: Path, tmp_path: Path) -> None:
    """An alert that a verdict silenced before it opened is no page; a simulation's bans are read as they are."""
    plain = run(week / "events.jsonl.gz", "--labels", week / "labels.csv", "--json")
    verdicts = tmp_path / "verdicts.jsonl"
    accounts = [label.split(",")[0] for label in (week / "labels.csv").read_text().splitlines()[1:]]
    given_at = preset("demo").start_ms
    verdict = {"verdict_id": "v", "alert_id": "none", "verdict": "expected", "scope": "accounts",
               "account_ids": accounts[:1_000], "given_at": given_at, "until": given_at + 86_400_000}  # fmt: skip
    verdicts.write_bytes(msgspec.json.encode(verdict) + b"\n")
    judged = run(week / "events.jsonl.gz", "--labels", week / "labels.csv", "--json", "--verdicts", verdicts,
                 "--enforcement", week / "enforcement.jsonl")  # fmt: skip
    assert (plain.exit_code, judged.exit_code) == (0, 0), judged.output
    before, after = (msgspec.json.decode(result.stdout, type=Evaluation) for result in (plain, judged))
    assert (before.detectors[0].harvesting_named_share.value or 0) > 0
    assert after.detectors[0].harvesting_named_share.value == 0


def test_baselines_and_halves_of_the_sources(tmp_path: Path) -> None:
    """Every detector is judged on the same events; what fitted and what was judged share no corpus."""
    result = run(*_SMALL, "--seeds", 1, "--jobs", 2, "--split-by-source", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    found = read(tmp_path)
    names = [detector.detector for detector in found.detectors]
    assert names[0] == OURS
    assert len(names) == len(set(names)) == 7
    for seed in found.seeds:
        assert [outcome.detector for outcome in seed.outcomes] == names
    fitted, judged = (text.split("; ")[1].split(", ") for text in (found.traffic.fitted_on, found.traffic.judged_on))
    assert not set(fitted) & set(judged)
    assert found.traffic.fitted_on.startswith("wrapper families a")
    assert found.traffic.judged_on.startswith("wrapper families b")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either EVENTS with --labels, or --preset"),
        ([__file__, "--preset", "demo"], "give either EVENTS with --labels, or --preset"),
        ([__file__], "--labels is needed with EVENTS"),
        (["--preset", "demo", "--enforcement", __file__], "go with EVENTS"),
        ([__file__, "--labels", __file__, "--verdicts", __file__], "record 1: $: expected a JSON object"),
        (["--preset", "nope"], "'nope' is not one of"),
        ([__file__, "--labels", __file__], "expected the columns account_id,kind,campaign,attack_fraction"),
    ],
)
def test_what_cannot_be_judged_is_told(arguments: list[str], message: str) -> None:
    """Wrong combinations and labels that are none are errors in words, not tracebacks."""
    result = run(*arguments)
    assert result.exit_code != 0
    assert isinstance(result.exception, SystemExit)
    assert message in result.output
