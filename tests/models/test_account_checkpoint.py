from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from models.account_checkpoint import PAUSE_MS, is_news, next_checkpoint

COUNTS = st.integers(1, 10**7)
NATS = st.integers(-20_000, 20_000).map(lambda quanta: quanta / 1_024)


def test_checkpoints_thin_out_and_then_keep_step() -> None:
    """From warm-up on evidence is weighed every 4 events, then every sixteenth of them, then every 64."""
    assert [next_checkpoint(count) - count for count in (20, 64, 80, 160, 1_024, 10**6)] == [4, 4, 5, 10, 64, 64]


@settings(deadline=None)
@given(COUNTS)
def test_checkpoints_advance(count: int) -> None:
    """The next checkpoint is later, by a bounded step."""
    assert 4 <= next_checkpoint(count) - count <= 64


@settings(deadline=None)
@given(NATS, COUNTS, NATS, st.integers(0, 10**9))
def test_the_first_time_over_the_bar_is_news(nats: float, count: int, before: float, emitted_ms: int) -> None:
    """An account never reported is news whatever its other fields hold."""
    assert is_news(nats, 0, count, before, emitted_ms, 0)


def test_what_is_news_after_a_report() -> None:
    """A nat more, a quarter more events or four hours later is news; less of each is not."""
    assert not is_news(5.9, PAUSE_MS - 1, 124, 5.0, 0, 100)
    assert is_news(6.0, 0, 100, 5.0, 0, 100)
    assert is_news(4.0, 0, 125, 5.0, 0, 100)
    assert is_news(4.0, PAUSE_MS, 100, 5.0, 0, 100)
