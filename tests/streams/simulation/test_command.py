import gzip
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.simulation.command import simulate_command


def _corpus(folder: Path) -> Path:
    folder.mkdir()
    for name in ("gsm8k_train", "gpteacher_codegen", "gpteacher_roleplay", "mine"):
        (folder / f"{name}.jsonl").write_text(
            "".join(f'{{"text": "{name} question number {row} about a thing"}}\n' for row in range(500))
        )
    return folder


def test_the_command_writes_and_repeats(tmp_path: Path) -> None:
    """A preset over a folder of one's own is written, and its scenario.json repeats it byte for byte."""
    corpus = _corpus(tmp_path / "corpus")
    options = ["--corpus", str(corpus), "--days", "0.1", "--accounts-scale", "0.1", "--seed", "5"]
    options += ["--preset", "demo"]
    first = CliRunner().invoke(simulate_command, [*options, "--out", str(tmp_path / "a")])
    assert first.exit_code == 0, first.output
    assert "'demo', seed 5" in first.output
    again = ["--scenario", str(tmp_path / "a" / "scenario.json"), "--corpus", str(corpus), "--out", str(tmp_path / "b")]
    second = CliRunner().invoke(simulate_command, again)
    assert second.exit_code == 0, second.output
    assert "warning" not in second.output
    written = [gzip.decompress((tmp_path / name / "events.jsonl.gz").read_bytes()) for name in ("a", "b")]
    assert written[0]
    assert written[0] == written[1]


def _traces(folder: Path) -> Path:
    folder.mkdir()
    windows = [f"language/x,0,{window * 600},{1 + window % 5},1.5" for window in range(8 * 144)]
    (folder / "trace_servegen_clients.csv").write_text(
        "\n".join(["workload,client,window_start_s,rate_rps,cv", *windows]) + "\n"
    )
    (folder / "trace_servegen_tokens.csv").write_text(
        "workload,client,in_p50,in_p90,out_p50,out_p90\nlanguage/x,0,200,900,80,400\n"
    )
    return folder


def test_traces_change_arrivals_and_belong_to_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrivals from a folder of traces give other events; repeating them without the folder gives a warning."""
    # Short paths: a line longer than the console is broken anywhere.
    monkeypatch.chdir(tmp_path)
    corpus, traces = _corpus(tmp_path / "corpus"), _traces(tmp_path / "traces")
    options = ["--corpus", str(corpus), "--days", "0.5", "--accounts-scale", "0.1", "--seed", "5", "--preset", "quiet"]
    for name, more in (("a", []), ("b", ["--traces", str(traces)])):
        result = CliRunner().invoke(simulate_command, [*options, *more, "--out", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
    written = [gzip.decompress((tmp_path / name / "events.jsonl.gz").read_bytes()) for name in ("a", "b")]
    assert written[0] != written[1]
    again = ["--scenario", "b/scenario.json", "--corpus", str(corpus), "--out", str(tmp_path / "c")]
    result = CliRunner().invoke(simulate_command, again)
    assert "inputs differ from those of" in result.output
    assert "traces" in result.output.split("scenario.json")[1]


def test_the_standard_week_is_the_default() -> None:
    """Without a preset the command writes the standard week."""
    (option,) = (parameter for parameter in simulate_command.params if parameter.name == "preset_name")
    assert option.default == "week"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--preset", "nope"], "'nope' is not one of"),
        (["--days", "0"], "0.0 is not in the range"),
        (["--seed", "-1"], "-1 is not in the range"),
    ],
)
def test_bad_options_are_named(tmp_path: Path, options: list[str], message: str) -> None:
    """A usage error says which value was wrong and exits with status 2."""
    result = CliRunner().invoke(simulate_command, [*options, "--out", str(tmp_path / "a")])
    assert result.exit_code == 2
    assert message in result.output


def test_a_folder_without_prompts_is_named(tmp_path: Path) -> None:
    """An empty corpus folder is an error in one line, not a traceback."""
    result = CliRunner().invoke(simulate_command, ["--corpus", str(tmp_path), "--out", str(tmp_path / "a")])
    assert result.exit_code == 1
    assert result.output.startswith("Error: corpus folder")


def test_help_lists_the_presets() -> None:
    """The help names every option and says what each preset is."""
    output = CliRunner().invoke(simulate_command, ["--help"]).output
    for word in ("--seed", "--days", "--accounts-scale", "--corpus", "--out", "week: Seven days", "quiet: One day"):
        assert word in output


def test_the_full_scale_preset_writes_or_drops_its_events(tmp_path: Path) -> None:
    """A hundred-thousandth of the full scale is written with its labels, or counted and dropped with --null."""
    arguments = ["--preset", "full-scale", "--accounts-scale", "0.0001"]
    written = CliRunner().invoke(simulate_command, [*arguments, "--out", str(tmp_path)])
    dropped = CliRunner().invoke(simulate_command, [*arguments, "--null"])
    assert (written.exit_code, dropped.exit_code) == (0, 0)
    assert {path.name for path in tmp_path.iterdir()} >= {"events.jsonl.zst", "labels.csv", "scenario.json"}
    assert "6,120 events" in dropped.output


def test_a_full_scale_recipe_is_repeated(tmp_path: Path) -> None:
    """--scenario with a full-scale scenario.json writes the same files, byte for byte; --seed makes others."""
    first = ["--preset", "full-scale", "--accounts-scale", "0.0001", "--seed", "7"]
    again = ["--scenario", str(tmp_path / "a" / "scenario.json")]
    for name, arguments in (("a", first), ("b", again), ("c", [*again, "--seed", "8"])):
        result = CliRunner().invoke(simulate_command, [*arguments, "--out", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
    written = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "abc"]
    assert written[0] == written[1]
    assert written[0]["events.jsonl.zst"] != written[2]["events.jsonl.zst"]
    dropped = CliRunner().invoke(simulate_command, [*again, "--null"])
    assert "6,120 events" in dropped.output


@pytest.mark.parametrize("content", ["no JSON", "{}", '{"scale": {"days": 0}}'])
def test_a_broken_recipe_is_named(tmp_path: Path, content: str) -> None:
    """A scenario.json of neither sort is an error in one line with its path."""
    path = tmp_path / "scenario.json"
    path.write_text(content)
    result = CliRunner().invoke(simulate_command, ["--scenario", str(path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {path}")


@pytest.mark.parametrize("arguments", [[], ["--null"], ["--preset", "full-scale", "--null", "--days", "3"]])
def test_where_events_go_has_to_be_said(arguments: list[str]) -> None:
    """Neither a folder nor --null, --null with a scenario, and days at full scale are refused."""
    assert CliRunner().invoke(simulate_command, arguments).exit_code == 2
