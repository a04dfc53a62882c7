import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.broker import DownloadError
from streams.broker.fetch import fetch_jars
from streams.broker.jars import LOCKED_JARS

_SMALL = [jar for jar in LOCKED_JARS if jar.size_bytes < 40_000]


def _silent(_: str) -> None:
    return None


def test_every_locked_jar_has_coordinates_and_a_hash() -> None:
    """The list names each artifact once, with a SHA-256 and a plausible size."""
    assert len(LOCKED_JARS) == len({(jar.group, jar.artifact) for jar in LOCKED_JARS})
    assert {64} == {len(jar.sha256) for jar in LOCKED_JARS}
    assert all(jar.size_bytes > 1_000 for jar in LOCKED_JARS)


@pytest.mark.parametrize("client", ["mvn", "jgo"])
def test_both_clients_bring_the_locked_content(
    client: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, require_program: Callable[[str], str]
) -> None:
    """Maven, and jgo where Maven is missing, fetch the same files; a second call fetches nothing."""
    if client == "mvn":
        require_program("mvn")
    else:
        pytest.importorskip("jgo")
        monkeypatch.setattr("shutil.which", lambda _: None)
    told: list[str] = []
    for _ in range(2):
        fetch_jars(_SMALL, tmp_path, told.append)
    assert all(jar.is_complete_in(tmp_path) for jar in _SMALL)
    assert len(told) == 1
    assert f"{len(_SMALL)} jars" in told[0]


def test_a_torn_jar_is_fetched_again(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    """A file that an interrupted download left is replaced, and complete ones are left alone."""
    require_program("mvn")
    torn, *others = _SMALL
    fetch_jars(_SMALL, tmp_path, _silent)
    before = [(tmp_path / jar.file_name).stat().st_mtime_ns for jar in others]
    (tmp_path / torn.file_name).write_bytes(b"half")
    fetch_jars(_SMALL, tmp_path, _silent)
    assert torn.is_complete_in(tmp_path)
    assert before == [(tmp_path / jar.file_name).stat().st_mtime_ns for jar in others]


def test_a_jar_with_another_hash_is_refused(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    """Content other than the locked one is an error that names the coordinates, and does not stay."""
    require_program("mvn")
    changed = dataclasses.replace(_SMALL[0], sha256="0" * 64)
    with pytest.raises(DownloadError, match=f"{changed.artifact}:{changed.version}"):
        fetch_jars([changed], tmp_path, _silent)
    assert not (tmp_path / changed.file_name).exists()


def test_without_any_client_the_error_names_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither Maven nor jgo: the message says what to install."""
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(DownloadError, match=r"apt-get install maven.*stillwatch\[jars\]"):
        fetch_jars(_SMALL, tmp_path, _silent)
