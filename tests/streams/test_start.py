"""A process's start without the garbage collector."""

from __future__ import annotations

import gc

import pytest

from streams.start import nothing_collected


def test_nothing_is_collected_meanwhile_and_all_of_it_stays() -> None:
    """The collector is off inside and on behind, also after an error, and looks no more at what was made inside."""
    made: list[list[int]] = []

    def fail() -> None:
        with nothing_collected():
            assert not gc.isenabled()
            made.extend([number] for number in range(1_000))
            raise ValueError("made")

    with pytest.raises(ValueError, match="made"):
        fail()
    assert gc.isenabled()
    assert not {id(one) for one in made} & {id(one) for one in gc.get_objects()}


def test_a_collector_that_was_off_stays_off() -> None:
    """Who has turned it off keeps it so: one start within another collects nothing either."""
    with nothing_collected():
        with nothing_collected():
            pass
        assert not gc.isenabled()
