"""Where compiled kernels are cached: the user's cache, one folder for each state of their sources.

Numba recompiles a cached kernel when its own file changed, but not when a function it calls did, in another file. A
folder named after all the sources cannot serve yesterday's code, and it works where the package cannot be written to.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_SOURCES = (_ROOT / "models", _ROOT / "streams" / "simulation" / "scale")
_VARIABLE = "NUMBA_CACHE_DIR"
_KEPT_STATES = 3
_COMPILED = "compiled"


def use_kernel_cache() -> None:
    """Point Numba at the folder of this state unless the user chose one; must run before Numba is imported. 3 ms."""
    if _VARIABLE in os.environ:
        return
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stillwatch" / "kernels"
    folder = base / _fingerprint()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
    except OSError:
        # Numba then falls back to folders of its own choice, or compiles anew in each process.
        return
    os.environ[_VARIABLE] = str(folder)
    states = sorted(base.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for stale in states[_KEPT_STATES:]:
        shutil.rmtree(stale, ignore_errors=True)


def are_compiled() -> bool:
    """Whether all of this state are in the cache; one of the user's choice may hold another state."""
    return (folder := os.environ.get(_VARIABLE)) is not None and Path(folder, _COMPILED).exists()


def note_compiled() -> None:
    """Remember that all are in the cache."""
    if (folder := os.environ.get(_VARIABLE)) is not None:
        with suppress(OSError):
            Path(folder, _COMPILED).touch()


def _fingerprint() -> str:
    running = blake2b(digest_size=8)
    for folder in _SOURCES:
        for path in sorted(folder.rglob("*.py")):
            running.update(path.name.encode())
            running.update(path.read_bytes())
    return running.hexdigest()
