"""SIGINT and SIGTERM wait for a place where nothing is half done."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from streams.interrupt import Interrupt


@pytest.fixture
def interrupt() -> Iterator[Interrupt]:
    """One that listens; what listened before listens again afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    listening = Interrupt()
    listening.listen()
    yield listening
    for number, listener in before.items():
        signal.signal(number, listener)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_raised_by_the_next_check_and_by_all_later_ones(interrupt: Interrupt, number: int) -> None:
    """It raises nothing where it lands, and no check misses it."""
    interrupt.check()
    os.kill(os.getpid(), number)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            interrupt.check()


@pytest.mark.usefixtures("interrupt")
def test_a_second_signal_does_not_wait() -> None:
    """Whoever asks twice is heard at once, wherever the program is."""
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
