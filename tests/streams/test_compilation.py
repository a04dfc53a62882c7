"""The dearest kernels, compiled in processes of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from models.account_kernel import update_rows
from models.scan.columns import _scan
from streams import compilation
from streams.broker.jvm import spawn
from streams.kernels import note_compiled
from streams.references import load_references
from streams.settings import load_settings
from streams.warm_up import warm_up

Process = subprocess.Popen[bytes]


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """The processes that are started, with a cache that holds every kernel but does not say so."""
    cache = shutil.copytree(os.environ["NUMBA_CACHE_DIR"], tmp_path / "kernels")
    (cache / "compiled").unlink(missing_ok=True)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(cache))
    processes: list[Process] = []

    def recorded(command: list[str], log: Path) -> Process:
        processes.append(spawn(command, log))
        return processes[-1]

    monkeypatch.setattr(compilation, "spawn", recorded)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    return processes


def test_they_are_compiled_for_the_types_that_the_stages_use() -> None:
    """Otherwise what another process put into the cache would serve nobody."""
    kernels: list[Any] = [update_rows, _scan]
    for compile_one in compilation.DEAREST.values():
        compile_one()
    compiled = [list(kernel.signatures) for kernel in kernels]
    settings = load_settings()
    warm_up(settings.decides, load_references(settings))
    assert [list(kernel.signatures) for kernel in kernels] == compiled


def test_each_has_a_process_and_all_have_ended_well(started: list[Process]) -> None:
    """The caller goes on when the last is in the cache."""
    with compilation.dearest_compiled():
        assert len(started) == len(compilation.DEAREST)
    assert [process.returncode for process in started] == [0] * len(started)


def test_what_fails_meanwhile_ends_them(started: list[Process]) -> None:
    """Nobody compiles for a caller that has given up."""

    def give_up() -> None:
        with compilation.dearest_compiled():
            raise InterruptedError

    with pytest.raises(InterruptedError):
        give_up()
    assert started
    assert None not in [process.returncode for process in started]


def test_nothing_is_started_when_all_are_in_the_cache(started: list[Process]) -> None:
    """A worker that starts for the second time loses no time."""
    note_compiled()
    with compilation.dearest_compiled():
        pass
    assert started == []
