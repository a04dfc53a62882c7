"""Servers as child processes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from streams.broker import jvm

_PARENT = """
import sys; from pathlib import Path; from streams.broker import jvm
if sys.argv[1] == "by a fork":
    jvm._launcher = tuple
print(jvm.spawn(["sleep", "60"], Path(sys.argv[2])).pid, flush=True)
import time; time.sleep(60)
"""


@pytest.mark.parametrize("way", ["by a launcher", "by a fork"])
def test_a_child_dies_with_its_parent(way: str, tmp_path: Path) -> None:
    """Whichever way it was started, the kernel ends it when the process that started it is killed."""
    if way == "by a launcher" and not jvm._launcher():
        pytest.skip("no setpriv here")
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, way, tmp_path / "log"], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent, parent.stdout as output:
        child = psutil.Process(int(output.readline()))
        deadline = time.monotonic() + 10
        while child.name() != "sleep":
            assert time.monotonic() < deadline, child.name()
            time.sleep(0.01)
        parent.kill()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    """It is an error where it is started, not a line in a log."""
    with pytest.raises(FileNotFoundError, match="no-such-server"):
        jvm.spawn(["no-such-server"], tmp_path / "log")


def test_its_output_is_in_the_log(tmp_path: Path) -> None:
    """What it says is appended, and its status is its own."""
    assert jvm.spawn(["sh", "-c", "echo said; exit 3"], tmp_path / "log").wait(10) == 3
    assert (tmp_path / "log").read_text() == "said\n"
