"""How several workers share the tests: what takes longest starts first, and what is dear is made by one of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.collecting import settle

_ROOT = Path(__file__).parent.parent


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist is not typed
    """Hands out files, or folders whose files share fixtures; integration tests, which share no more, one by one."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/integration/"):
            return nodeid
        path = file_of(nodeid)
        return str(path.parent if has_fixtures(path.parent) else path)


def file_of(nodeid: str) -> PurePosixPath:
    """Return the file that a test is in."""
    return PurePosixPath(nodeid.split("::", 1)[0])


def has_fixtures(folder: PurePosixPath) -> bool:
    """Whether the files of a folder share fixtures of their own."""
    return folder != PurePosixPath("tests") and (_ROOT / folder / "conftest.py").exists()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    """Share the tests out so under ``pytest --numprocesses N``, with all kernels compiled before.

    Otherwise several workers, and the processes that they start, would compile the same kernels side by side.
    """
    subprocess.run([sys.executable, "-m", "streams.warm_up"], check=True)
    settle()
    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what takes long first in a worker, so that at the end none waits for another's last long test."""

    def brevity(item: pytest.Item) -> list[bool]:
        long = [item.get_closest_marker(name) is not None for name in ("slow", "integration")]
        return [not sign for sign in (*long, has_fixtures(file_of(item.nodeid).parent))]

    if hasattr(config, "workerinput"):
        items.sort(key=brevity)
