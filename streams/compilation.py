"""The two kernels that take longest to compile, each in a process of its own: in one process Numba compiles singly.

Each takes a third of all compiling, some 20 seconds once for a state of the sources.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from models.accounts import AccountSlab
from models.detection import DetectionSettings
from models.features import FEATURES
from models.record import Records
from models.scan.columns import Scanner
from streams.broker.jvm import end, spawn
from streams.kernels import are_compiled

_GRACE_S = 5.0


def _compile_accounts() -> None:
    moments = np.zeros(1, dtype=np.int64)
    AccountSlab(DetectionSettings()).update(["one"], np.zeros(1, dtype=FEATURES), moments, moments)


def _compile_scan() -> None:
    Scanner([0], 1).scan(Records("requests", 0, [0], [-1], [b"one"], [b"{}"], [None]))


DEAREST: Mapping[str, Callable[[], None]] = {"accounts": _compile_accounts, "scan": _compile_scan}


@contextmanager
def dearest_compiled() -> Iterator[None]:
    """Have the dearest kernels in the cache at the end, compiled while the caller compiles others.

    Starts nothing where all are in the cache or one processor would do the work in turn. A process that fails is no
    error: who needs the kernel compiles it.
    """
    alone = are_compiled() or (os.cpu_count() or 1) < 2
    processes = [] if alone else [_compile_apart(name) for name in DEAREST]
    try:
        yield
        for process in processes:
            process.wait()
    finally:
        for process in processes:
            end(process, _GRACE_S)


def _compile_apart(name: str) -> subprocess.Popen[bytes]:
    return spawn([sys.executable, "-m", "streams.compilation", name], Path(os.devnull))


if __name__ == "__main__":
    DEAREST[sys.argv[1]]()
