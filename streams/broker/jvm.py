"""One server, a JVM or a database, as a child process that cannot outlive its parent."""

import ctypes
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None, use_errno=True)


def spawn(command: Sequence[str], log: Path, user: int | None = None) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, its output appended to `log`, as `user` (an id) where we are root.

    A session of its own keeps a Ctrl-C in the terminal from ending a server before its clients. On Linux the kernel
    kills the child when this process dies in any way; elsewhere a crash of this process leaves it running. The kernel
    ties that to the thread that starts the child, so a thread that waits for the child's end starts it.

    Cost: a millisecond where `setpriv` (util-linux) is there and no user is given; otherwise a fork, which copies the
    tables of this process's memory (half a second of CPU time at 1 GB).

    Raises:
        OSError: The program cannot be run.

    """
    launcher = _launcher() if user is None else ()
    if launcher and shutil.which(command[0]) is None:
        raise FileNotFoundError(f"{command[0]}: no such program; install it or name its path")
    started: Future[subprocess.Popen[bytes]] = Future()

    def start_and_wait() -> None:
        try:
            with log.open("ab") as output:
                process = subprocess.Popen(  # noqa: S603 - our own command
                    [*launcher, *command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    user=user,
                    extra_groups=None if user is None else [],
                    # One system call, through a library loaded before.
                    preexec_fn=None if launcher else _die_with_parent,  # noqa: PLW1509
                )
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            started.set_exception(error)
            return
        started.set_result(process)
        process.wait()

    threading.Thread(target=start_and_wait, name="child-process", daemon=True).start()
    return started.result()


def end(process: subprocess.Popen[bytes], grace_seconds: float) -> None:
    """Ask `process` to end, kill it after `grace_seconds`, and wait until it is gone. An ended one is no error."""
    process.terminate()
    try:
        process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@lru_cache(maxsize=1)
def _launcher() -> tuple[str, ...]:
    """A program that has the kernel do so and becomes the one that it is given; empty where there is none."""
    launcher = ("setpriv", "--pdeathsig", "KILL")
    try:
        works = subprocess.run([*launcher, "true"], capture_output=True, check=False).returncode == 0  # noqa: S603
    except OSError:
        return ()
    return launcher if works else ()


def _die_with_parent() -> None:
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() == 1:  # the parent died before the call
        os._exit(1)
