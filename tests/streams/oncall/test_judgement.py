"""Why an alert was judged so, and what would change it."""

from __future__ import annotations

import pytest

from models.alert import AlertReason
from models.severity import score
from streams.oncall.judgement import judgement
from tests.streams.database.records import alert


def reason(signal: str, weight: float, value: float = 1.0, usual: float = 0.0) -> AlertReason:
    """Make a reason."""
    return AlertReason(signal, value, usual, weight, f"It is {signal}.")


def test_a_reason_is_decisive_if_its_weight_exceeds_the_margin() -> None:
    """Then, and only then, the alert would not have paged without it."""
    judged = judgement(
        alert(
            evidence_nats=15.0,
            score=score(15.0, 13.8),
            reasons=[reason("volume", 10.0), reason("single_turn", 1.5), reason("template_fill", 1.0)],
            counter_evidence=[reason("tool_use", -0.5)],
        )
    )
    assert judged.threshold_nats == pytest.approx(13.8, abs=0.01)
    assert judged.margin_nats == pytest.approx(1.2, abs=0.01)
    assert [each.decisive for each in judged.reasons] == [True, True, False]
    assert "Without volume or single_turn alone it would not have paged." in judged.changed_by


def test_where_none_is_decisive_the_fewest_together_are_named() -> None:
    """The heaviest first, until the margin is used up."""
    judged = judgement(
        alert(evidence_nats=20.0, score=score(20.0, 10.0), reasons=[reason(name, 4.0) for name in ("a", "b", "c", "d")])
    )
    assert any("without a, b, c together" in said for said in judged.changed_by)


def test_bounds_say_where_a_signal_weighs_nothing() -> None:
    """In the signal's own unit; entropy's are relative to what is usual."""
    judged = judgement(
        alert(
            evidence_nats=13.0,
            score=0.5,
            reasons=[
                reason("volume", 7.0, 1_500.0, 20.0),
                reason("generated_tokens", 2.0, 190_000.0, 5_000.0),
                reason("coverage_entropy", 1.0, 5.2, 4.0),
            ],
            counter_evidence=[reason("end_users", -5.0, 20.0, 1.0), reason("output_tokens", -12.0, 20.0, 280.0)],
        )
    )
    bounds = {each.signal: each.changed_by for each in [*judged.reasons, *judged.counter_evidence]}
    assert bounds == {
        "volume": "nothing from 0 to 150; most (+7) from 1500 on",
        "generated_tokens": "nothing from 0 to 150000; most (+13) from 800000 on",
        "coverage_entropy": "nothing from 3.3 to 4.4; most (+1) from 5.2 on",
        "end_users": "nothing from 0 to 3; most (-5) from 20 on",
        "output_tokens": "nothing from 120 to 250; most (-12) at 30 and below",
    }


@pytest.mark.parametrize(("evidence", "ranked"), [(0.0, 0.0), (-3.0, 0.0), (90_000.0, 1.0)])
def test_where_the_score_cannot_tell_the_threshold_nothing_is_made_up(evidence: float, ranked: float) -> None:
    """No threshold, no margin, nothing decisive."""
    judged = judgement(alert(evidence_nats=evidence, score=ranked, reasons=[reason("volume", 1.0)]))
    assert (judged.threshold_nats, judged.margin_nats) == (None, None)
    assert not judged.reasons[0].decisive
