from __future__ import annotations

from pathlib import Path

import msgspec
from click.testing import CliRunner

from streams.codebook_build import Provenance, codebook
from streams.corpora import load
from streams.weights import load_codebook


def _corpora(folder: Path, prompts: int) -> Path:
    folder.mkdir()
    for name in ("gsm8k_train", "clinc150"):
        lines = [msgspec.json.encode({"text": prompt.text}) for prompt in load(name)[:prompts]]
        (folder / f"{name}.jsonl").write_bytes(b"\n".join([*lines, *lines[:5], b""]))
    return folder


def test_same_prompts_same_bytes(tmp_path: Path) -> None:
    """Two builds from the same prompts write the same two files, with each prompt counted once."""
    corpora = _corpora(tmp_path / "corpora", 200)
    for name in ("a.npy", "b.npy"):
        done = CliRunner().invoke(codebook, ["--corpora", str(corpora), "--out", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
        assert "256 cells" in done.output
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    provenance = msgspec.json.decode((tmp_path / "a.json").read_bytes(), type=Provenance)
    assert [corpus.name for corpus in provenance.corpora] == ["clinc150", "gsm8k_train"]
    assert all(150 < corpus.prompts <= 200 for corpus in provenance.corpora)
    load_codebook(tmp_path / "a.npy")


def test_too_few_prompts_and_empty_folders_are_refused(tmp_path: Path) -> None:
    """A folder that cannot give 256 cells ends with a message instead of a codebook."""
    (tmp_path / "empty").mkdir()
    for folder, message in ((_corpora(tmp_path / "few", 20), "256 cells"), (tmp_path / "empty", "name a folder")):
        done = CliRunner().invoke(codebook, ["--corpora", str(folder), "--out", str(tmp_path / "x.npy")])
        assert done.exit_code == 1
        assert message in done.output
    assert not (tmp_path / "x.npy").exists()
