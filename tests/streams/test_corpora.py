import gzip
from pathlib import Path

import msgspec
import pytest
import zstandard
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from streams.corpora import BUNDLED, CorpusError, Prompt, load, load_all, paths, sources
from streams.corpora.build import SELECTION, attribution, build, bundle, sample

_FREE = ("MIT", "Apache-2.0", "CC BY")


def test_every_bundled_file_has_its_source_and_attribution() -> None:
    """No file ships without origin, commit, licence and notice, in the list and in the text for people."""
    assert list(paths()) == [source.name for source in sources()]
    text = (BUNDLED / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for source in sources():
        assert source.repository
        assert source.commit
        assert source.notice in text
        assert f"## {source.name}" in text


def test_only_free_licences_ship() -> None:
    """Every set is under MIT, Apache-2.0, CC BY or CC BY-SA, and share-alike sets say so."""
    for source in sources():
        assert source.notice.startswith(_FREE), source.name
        assert "NC" not in source.licence
        assert ("Share alike" in source.notice) == ("BY-SA" in source.licence)


def test_the_bundle_stays_below_three_megabytes() -> None:
    """All that the bundle adds to the package, notices included, is at most 3 MB."""
    assert sum(path.stat().st_size for path in BUNDLED.rglob("*") if path.suffix != ".pyc") <= 3_000_000


def test_the_bundle_loads_and_counts_as_listed() -> None:
    """Each corpus holds the rows that its source lists, none empty, none above 2,000 characters."""
    rows = {source.name: source.rows for source in sources()}
    for name, prompts in load_all().items():
        assert rows[name] == len(prompts)
        assert all(0 < len(prompt.text) <= 2_000 for prompt in prompts)


def test_the_bundle_keeps_conversations_users_and_languages() -> None:
    """Turns stay whole from the first on, students keep their subject, and a fifth of the sets is Chinese."""
    turns: dict[str | None, list[int | None]] = {}
    for prompt in load("mathdial_tutor"):
        turns.setdefault(prompt.conv, []).append(prompt.turn)
    assert all(sorted(found, key=lambda turn: turn or 0)[0] == 1 for found in turns.values())
    assert all(prompt.user for prompt in load("gaokao_student"))
    assert sum("zh" in source.language for source in sources()) >= 3


def test_a_corpus_reads_the_same_plain_or_compressed(tmp_path: Path) -> None:
    """The three forms of a file give the same prompts, blank lines aside."""
    lines = b'{"text": "one", "conv": "c", "turn": 1}\n\n{"text": "\xe4\xba\x8c", "user": "u", "more": 0}\n'
    (tmp_path / "a.jsonl").write_bytes(lines)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines))
    (tmp_path / "c.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(lines))
    expected = [Prompt("one", "c", 1), Prompt("二", user="u")]
    assert load_all(tmp_path) == {"a": expected, "b": expected, "c": expected}


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    """A line that is no prompt is refused with its file and number."""
    (tmp_path / "a.jsonl").write_text('{"text": "one"}\n{"text": 2}\n')
    with pytest.raises(CorpusError, match=r"a\.jsonl:2: .*\$\.text"):
        load("a", tmp_path)


def test_a_missing_corpus_or_folder_is_named(tmp_path: Path) -> None:
    """An unknown name lists the known ones; a folder without corpora says what it looked for."""
    with pytest.raises(CorpusError, match=r"'nope': not in .*gsm8k_train"):
        load("nope")
    with pytest.raises(CorpusError, match=r"no \.jsonl"):
        paths(tmp_path)


@given(st.lists(st.text(min_size=1, max_size=8), max_size=40), st.integers(0, 20))
def test_a_sample_is_distinct_in_order_and_within_its_limits(texts: list[str], rows: int) -> None:
    """Sampling keeps file order, drops repeats and long texts, and does not depend on anything but the texts."""
    prompts = [Prompt(text) for text in texts]
    kept = sample(prompts, rows, 5)
    assert len(kept) <= rows
    assert len({prompt.text for prompt in kept}) == len(kept)
    assert all(len(prompt.text) <= 5 for prompt in kept)
    assert [prompt.text for prompt in kept] == [text for text in dict.fromkeys(texts) if Prompt(text) in kept]
    assert kept == sample(prompts, rows, 5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a source folder with two rows a set, all of which may ship."""
    rows = []
    for name in SELECTION:
        (tmp_path / f"{name}.jsonl").write_text('{"text": "a"}\n{"text": "b"}\n')
        rows.append(f"| {name} | benign | kind | human | en | 2 (2) | o/r @ abc | data | MIT | yes |")
    (tmp_path / "README.md").write_text("\n".join(rows))
    return tmp_path


def test_a_build_is_reproducible(folder: Path) -> None:
    """Two builds of one folder give the same files, and the attribution that the list of sources gives."""
    outs = [folder / "one", folder / "two"]
    for out in outs:
        assert CliRunner().invoke(bundle, [str(folder), "--out", str(out)]).exit_code == 0
    names = sorted(path.name for path in outs[0].iterdir())
    assert len(names) == len(SELECTION) + 2
    assert [(outs[0] / name).read_bytes() for name in names] == [(outs[1] / name).read_bytes() for name in names]
    assert (BUNDLED / "ATTRIBUTION.md").read_text(encoding="utf-8") == attribution(sources())


def test_a_build_refuses_what_may_not_ship(folder: Path) -> None:
    """A set whose catalogue row says anything but yes stops the build before a file of it is written."""
    catalogue = folder / "README.md"
    catalogue.write_text(catalogue.read_text().replace("MIT | yes", "MIT | NC", 1))
    (folder / "out").mkdir()
    with pytest.raises(CorpusError, match=r"'agentbench_os': .* does not say that it may ship"):
        build(folder, folder / "out")
    assert list((folder / "out").iterdir()) == []


def test_sources_survive_json() -> None:
    """The list of sources is what its type says."""
    assert msgspec.json.decode((BUNDLED / "sources.json").read_bytes()) == msgspec.to_builtins(sources())
