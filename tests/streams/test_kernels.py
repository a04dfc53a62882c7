"""The cache of compiled kernels."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streams import kernels


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of sources and an empty cache of the test's own."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "a.py").write_text("A = 1\n")
    monkeypatch.setattr(kernels, "_SOURCES", (folder,))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    return folder


def chosen(monkeypatch: pytest.MonkeyPatch) -> str:
    """The folder that a fresh process would use now."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    kernels.use_kernel_cache()
    return os.environ["NUMBA_CACHE_DIR"]


def test_any_change_of_a_source_changes_the_folder(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code compiled from other sources is never loaded, whichever file changed."""
    before = chosen(monkeypatch)
    assert chosen(monkeypatch) == before
    (sources / "b.py").write_text("B = 2\n")
    assert chosen(monkeypatch) != before


def test_old_states_are_removed(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache keeps a few states and no more."""
    for number in range(6):
        (sources / "a.py").write_text(f"A = {number}\n")
        latest = Path(chosen(monkeypatch))
    assert latest.is_dir()
    assert len(list(latest.parent.iterdir())) == 3


def test_the_users_choice_stands(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A NUMBA_CACHE_DIR that is set already is left alone."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(sources))
    kernels.use_kernel_cache()
    assert os.environ["NUMBA_CACHE_DIR"] == str(sources)


def test_what_was_compiled_counts_for_one_state_of_the_sources(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After any change all are compiled anew."""
    chosen(monkeypatch)
    assert not kernels.are_compiled()
    kernels.note_compiled()
    assert kernels.are_compiled()
    (sources / "b.py").write_text("B = 2\n")
    chosen(monkeypatch)
    assert not kernels.are_compiled()
