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
    for word in ("--seed", "--days", "--accounts-scale", "--corpus", "--out", "demo: One day", "quiet: One day"):
        assert word in output
