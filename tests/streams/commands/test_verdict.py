"""The verdict command, and what a replay with its file shows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import orjson
import pytest
from click.testing import CliRunner, Result

from models.alert import Alert, decode
from models.verdict import Verdict
from streams.commands import main
from streams.feedback_file import read_files
from streams.replay import Summary, replay
from streams.settings import load_settings
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate

#: Alerts close after an hour here, so that a loud account pages again and again.
SETTINGS = load_settings(detection={"quiet_ms": 3_600_000})


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with two days of events."""
    scenario = msgspec.structs.replace(preset("parity").scaled(0.1), days=2)
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    path.write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in simulate(scenario, 41).events()))
    return path


@pytest.fixture(scope="module")
def before(events: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Alert]:
    """Return the alerts without any verdict."""
    out = tmp_path_factory.mktemp("before")
    assert replay([events], out, SETTINGS).pages_hidden_by_verdict == {}
    return alerts(out)


def alerts(out: Path) -> list[Alert]:
    """Return the records that a replay wrote."""
    return [decode(line) for line in (out / "alerts.jsonl").read_bytes().splitlines()]


def run(*arguments: str) -> Result:
    """Call the command line."""
    return CliRunner().invoke(main, list(arguments))


def repeated(before: list[Alert]) -> list[Alert]:
    """Return the openings of the entity that pages most often, in order."""
    opened = [alert for alert in before if alert.state == "open"]
    ((entity_id, _),) = Counter(alert.entity_id for alert in opened if alert.kind == "account").most_common(1)
    return [alert for alert in opened if alert.entity_id == entity_id]


def replayed(events: Path, out: Path, verdicts: Path) -> Summary:
    """Replay with a file of verdicts."""
    return replay([events], out, SETTINGS, feedback=read_files([verdicts], []))


def test_a_replay_shows_what_a_verdict_would_have_hidden(events: Path, before: list[Alert], tmp_path: Path) -> None:
    """A verdict given right after the first page hides the entity's later ones, counts them, and touches no other."""
    first, *later = repeated(before)
    assert later
    verdicts = tmp_path / "verdicts.jsonl"
    until = f"{first.detected_at[:4]}-12-31"
    arguments = ["--until", until, "--given-at", first.detected_at, "--file", str(verdicts)]
    given = run("verdict", first.alert_id, "false-positive", *arguments, "--note", "a batch job", "--by", "ada")
    assert given.exit_code == 0, given.output
    (verdict,) = read_files([verdicts], [])
    assert isinstance(verdict, Verdict)
    assert (verdict.verdict_id, verdict.note, verdict.given_by) == (given.output.strip(), "a batch job", "ada")

    summary = replayed(events, tmp_path, verdicts)
    assert summary.pages_hidden_by_verdict == {"account": len(later)}
    after = alerts(tmp_path)
    closing = [alert for alert in after if alert.closed_by_verdict]
    assert [(alert.alert_id, alert.closed_by_verdict) for alert in closing] == [(first.alert_id, verdict.verdict_id)]

    def others(records: list[Alert]) -> list[Alert]:
        return [record for record in records if record.entity_id != first.entity_id]

    assert others(after) == others(before)


def test_a_prefix_of_the_events_gives_a_prefix_of_the_judged_alerts(
    events: Path, before: list[Alert], tmp_path: Path
) -> None:
    """Verdicts change nothing of that law."""
    verdicts = tmp_path / "verdicts.jsonl"
    first = repeated(before)[0]
    run("verdict", first.alert_id, "expected", "--until", f"{first.detected_at[:4]}-12-31", "--note", "known",
        "--given-at", first.detected_at, "--file", str(verdicts))  # fmt: skip
    replayed(events, tmp_path / "whole", verdicts)
    part = tmp_path / "part.jsonl"
    lines = events.read_bytes().splitlines(keepends=True)
    part.write_bytes(b"".join(lines[: len(lines) * 9 // 10]))
    replayed(part, tmp_path / "part", verdicts)
    found = alerts(tmp_path / "part")
    assert any(alert.closed_by_verdict for alert in found)
    assert alerts(tmp_path / "whole")[: len(found)] == found


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["false-positive", "--note", "n"], "needs one"),
        (["false-positive", "--until", "soon"], "is no date"),
        (["false-positive", "--until", "30d"], "say why"),
        (["expected", "--until", "2031-01-01", "--given-at", "2026-01-01", "--note", "n"], "by at most 366 days"),
        (["true-positive", "--by", " "], "names nobody"),
        (["true-positive", "--account", "a"], "scope is template"),
        (["maybe"], "false-positive"),
    ],
)
def test_a_verdict_that_cannot_be_is_refused(arguments: list[str], told: str, tmp_path: Path) -> None:
    """The mistake is named, and nothing is written."""
    path = tmp_path / "verdicts.jsonl"
    result = run("verdict", "a1", *arguments, "--file", str(path))
    assert result.exit_code == 2
    assert told in result.output
    assert not path.exists()


def test_the_same_verdict_has_the_same_id(tmp_path: Path) -> None:
    """Given twice with the same time, it is one verdict; another note makes another."""
    path = tmp_path / "verdicts.jsonl"
    words = ["verdict", "a1", "true-positive", "--given-at", "2026-01-01T00:00:00Z", "--by", "ada", "--file", str(path)]
    ids = [run(*words, *more).output for more in ([], [], ["--note", "sure"])]
    assert ids[0] == ids[1] != ids[2]


def test_many_alerts_are_judged_at_once(tmp_path: Path) -> None:
    """Given as words and in a file, each once and all with the same words; none named is a mistake."""
    path, ids = tmp_path / "verdicts.jsonl", tmp_path / "ids"
    ids.write_text("a2\n\n a3 \na1\n")
    words = ["--until", "30d", "--note", "our evaluation team", "--owner", "ada", "--file", str(path)]
    result = run("verdict", "a1", "expected", "--from-file", str(ids), *words, "--json")
    assert result.exit_code == 0, result.output
    told = {each["alert_id"]: each["verdict_id"] for each in orjson.loads(result.stdout)}
    found = [each for each in read_files([path], []) if isinstance(each, Verdict)]
    assert {each.alert_id: each.verdict_id for each in found} == told
    assert list(told) == ["a1", "a2", "a3"]
    assert {(each.given_by, each.note, each.given_at) for each in found} == {
        ("ada", "our evaluation team", found[0].given_at)
    }
    assert run("verdict", "expected", *words).exit_code == 2


def test_a_bad_line_of_a_file_is_named(tmp_path: Path) -> None:
    """Replay and evaluate stop before they start, with the file, the record and the field."""
    path = tmp_path / "verdicts.jsonl"
    path.write_text('{"verdict_id":"v","alert_id":"a"}\n')
    (tmp_path / "events.jsonl").write_text("")
    out = str(tmp_path / "out")
    result = run("replay", str(tmp_path / "events.jsonl"), "--verdicts", str(path), "--out", out)
    assert result.exit_code == 1
    assert f"{path}: record 1: $.verdict: required field is missing" in result.output
