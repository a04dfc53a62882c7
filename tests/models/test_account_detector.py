from __future__ import annotations

from math import log

import pytest

from models.account_detector import AccountDetector, Mark
from models.account_row import Status
from models.habits import pack_habits
from models.trace import Link
from tests.models.account_events import as_dict, mixed_stream


def test_score_does_not_see_the_event_it_is_given() -> None:
    """Score before learn: the event to be judged leaves its own score and the state alone."""
    detector = AccountDetector()
    stream = mixed_stream(3, 200, accounts=1)
    for position in range(200):
        event = as_dict(stream, position)
        assert detector.score_one(event) == detector.score_one({})
        before = detector.events
        detector.learn_one(event)
        assert detector.events - before in (0, 1)


def test_warming_up_is_not_innocence() -> None:
    """Before the warm-up ends there is no evidence and no signal, and the score is the prior's, above 0."""
    detector = AccountDetector(warm_up_events=10)
    for i in range(9):
        detector.learn_one({"event_id": i + 1, "content": i + 1, "cell": i, "flags": 1, "effective_ms": i})
    assert (detector.status, detector.evidence_nats, detector.signals()) == (Status.WARMING_UP, None, [])
    assert detector.score_one({}) == pytest.approx(1e-6, rel=1e-5)
    detector.learn_one({"event_id": 10, "content": 10, "cell": 10, "flags": 1, "effective_ms": 10})
    assert detector.status is Status.JUDGED
    assert detector.evidence_nats is not None


def test_signals_sum_to_the_evidence() -> None:
    """After any event the signals' nats are the evidence, exactly."""
    detector = AccountDetector(warm_up_events=5)
    stream = mixed_stream(4, 300, accounts=1)
    for position in range(300):
        detector.learn_one(as_dict(stream, position))
        if detector.evidence_nats is not None:
            assert sum(signal.nats for signal in detector.signals()) == detector.evidence_nats


def test_events_without_content_count_but_do_not_warm_up() -> None:
    """A hundred bare events are counted and leave the account unjudged."""
    detector = AccountDetector()
    for i in range(100):
        detector.learn_one({"event_id": i + 1, "flags": 0, "effective_ms": i, "output_tokens": 7})
    assert (detector.events, detector.output_tokens, detector.status) == (100, 700, Status.WARMING_UP)


def test_marks_tell_the_shells_that_were_known_and_a_companion() -> None:
    """Of the second event with two known shells each is the other's companion, the least one the payment's."""
    detector = AccountDetector()
    for i in range(2):
        shells = (0x2_0009, 0x3_0000, 1_000 + i)
        detector.learn_one({"event_id": i + 1, "content": i + 1, "flags": 1, "shells": shells, "payment": 77})
    # No topic is known, all lengths are alike, and so is the hour.
    always_the_same = pack_habits(log(20.0), 0.0, 0.0, 1.0)
    assert detector.marks == [
        Mark(Link.SHELL, 0x2_0009, 2, 2, 1, always_the_same),
        Mark(Link.SHELL, 0x3_0000, 2, 2, 9, always_the_same),
        Mark(Link.PAYMENT, 77, 2, 2, 9, always_the_same),
    ]


def test_the_score_is_one_half_at_a_page() -> None:
    """Evidence of ``page_nats`` makes harvesting as likely as not; more of it scores higher, never above 1."""
    detector = AccountDetector()
    scores = []
    for nats in (-20.0, 0.0, detector.page_nats, 30.0):
        detector.evidence_nats = nats
        scores.append(detector.score_one({}))
    assert scores == sorted(scores)
    assert scores[2] == 0.5
    assert 0 < scores[0] < scores[3] < 1


def test_a_halving_keeps_every_share() -> None:
    """When the fading counts are halved, numerators and denominators are halved together."""
    detector = AccountDetector(halving_events=64)
    for i in range(64):
        detector.learn_one({"event_id": i + 1, "content": i + 1, "cell": i % 8, "flags": 3, "effective_ms": i})
    assert detector.cells.halvings == 1
    assert detector.fading_events == 32
    assert set(detector.fading.values()) == {32, 0}
