"""Threshold, severity and score."""

from hypothesis import given
from hypothesis import strategies as st

from models.detection import DetectionSettings
from models.severity import Severity, page_threshold_nats, score, severity

NATS = st.floats(0, 1_000)
COUNTS = st.integers(1, 10**6)


def test_the_threshold_follows_from_the_budget() -> None:
    """A tenfold budget lowers the threshold by ln 10, and a million entities with one false page need 13.8 nats."""
    strict = page_threshold_nats(DetectionSettings())
    lax = page_threshold_nats(DetectionSettings(false_pages_per_week=10.0))
    assert round(strict, 4) == 13.8155
    assert round(strict - lax, 4) == 2.3026


@given(NATS, NATS, COUNTS, COUNTS, COUNTS)
def test_severity_rises_with_evidence_and_size(
    low: float, more: float, accounts: int, more_accounts: int, events: int
) -> None:
    """More evidence, more accounts or more requests never lower the severity."""
    before = severity(low, 13.8, accounts, events)
    assert severity(low + more, 13.8, accounts + more_accounts, events) >= before >= Severity.MEDIUM


@given(NATS, NATS)
def test_score_ranks_as_evidence_does(one: float, other: float) -> None:
    """The score lies in 0 .. 1 and never contradicts the order of the evidence."""
    low, high = sorted((one, other))
    assert 0.0 <= score(low, 13.8) <= score(high, 13.8) <= 1.0


def test_evidence_below_zero_scores_zero() -> None:
    """Evidence for innocence gives the least score, not a negative one."""
    assert score(-20.0, 13.8) == 0.0
