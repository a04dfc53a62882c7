"""Why an alert was judged as it was, and what would change that. Pure: reads the record alone."""

from __future__ import annotations

import msgspec

from models.account_evidence import RAMPS
from models.alert import Alert, AlertReason

_RAMPS = {ramp.name: ramp for ramp in RAMPS}

#: Scores are rounded to four digits: nearer to one, the threshold cannot be told from them.
_LARGEST_SCORE = 0.999


class WeighedReason(msgspec.Struct, frozen=True, kw_only=True):
    """A reason with what would take its weight away; ``decisive`` if the alert would not have paged without it."""

    signal: str
    value: float
    usual: float
    weight_nats: float
    sentence: str
    decisive: bool
    changed_by: str


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence against the page's threshold, and each reason. ``margin_nats`` below zero: it would not page now."""

    alert_id: str
    sequence: int
    evidence_nats: float
    threshold_nats: float | None
    margin_nats: float | None
    score: float
    false_pages_per_week: float
    reasons: list[WeighedReason]
    counter_evidence: list[WeighedReason]
    changed_by: list[str]


def judgement(alert: Alert) -> Judgement:
    """Explain one record.

    The threshold follows from the score, which is one half at it; for a campaign it is that of its founding group.
    """
    threshold = _threshold_nats(alert)
    margin = None if threshold is None else round(alert.evidence_nats - threshold, 2)
    reasons = [_weighed(alert, reason, margin) for reason in alert.reasons]
    return Judgement(
        alert_id=alert.alert_id,
        sequence=alert.sequence,
        evidence_nats=alert.evidence_nats,
        threshold_nats=threshold,
        margin_nats=margin,
        score=alert.score,
        false_pages_per_week=alert.false_alarm_budget,
        reasons=reasons,
        counter_evidence=[_weighed(alert, reason, margin) for reason in alert.counter_evidence],
        changed_by=_changes(alert, margin, reasons),
    )


def _threshold_nats(alert: Alert) -> float | None:
    if not 0.0 < alert.score < _LARGEST_SCORE or alert.evidence_nats <= 0.0:
        return None
    return round(alert.evidence_nats * (1.0 - alert.score) / alert.score, 2)


def _weighed(alert: Alert, reason: AlertReason, margin: float | None) -> WeighedReason:
    return WeighedReason(
        signal=reason.signal,
        value=reason.value,
        usual=reason.usual,
        weight_nats=reason.weight,
        sentence=reason.sentence,
        decisive=margin is not None and 0.0 <= margin < reason.weight,
        changed_by=_bounds(reason) if alert.kind == "account" else "",
    )


def _bounds(reason: AlertReason) -> str:
    """Between which values a signal of an account weighs nothing, and where it weighs most."""
    ramp = _RAMPS.get(reason.signal)
    if ramp is None:
        return ""
    # The bounds on entropy are relative to what is usual at as many events.
    shift = reason.usual if reason.signal == "coverage_entropy" else 0.0
    neutral = f"nothing from {ramp.usual_from + shift:g} to {ramp.usual_to + shift:g}"
    if reason.weight > 0:
        return f"{neutral}; most ({ramp.high_nats:+g}) from {ramp.high + shift:g} on"
    if ramp.low_nats < 0:
        return f"{neutral}; most ({ramp.low_nats:+g}) at {ramp.low + shift:g} and below"
    return f"{neutral}; most ({ramp.high_nats:+g}) from {ramp.high + shift:g} on"


def _changes(alert: Alert, margin: float | None, reasons: list[WeighedReason]) -> list[str]:
    said = []
    if margin is not None and margin >= 0.0:
        said.append(f"{margin:.1f} nats less, and it would not page; it stays open until it is quiet for a while.")
        said += _without(alert, margin, reasons)
    elif margin is not None:
        said.append(f"By now it is {-margin:.1f} nats below the threshold that its page took.")
    if any(reason.signal == "watched_anchor" for reason in reasons):
        said.append("Its anchor is watched, which is why it took less evidence.")
    said.append(
        "A budget of ten times as many false pages takes 2.3 nats less, a tenth of it 2.3 nats more "
        "(`stillwatch budget preview`)."
    )
    return said


def _without(alert: Alert, margin: float, reasons: list[WeighedReason]) -> list[str]:
    about = "" if alert.kind == "account" else " (about: the weights of a group are its parts of one score)"
    decisive = [reason.signal for reason in reasons if reason.decisive]
    if decisive:
        return [f"Without {' or '.join(decisive)} alone it would not have paged{about}."]
    left, heaviest = margin, list[str]()
    for reason in sorted(reasons, key=lambda reason: -reason.weight_nats):
        heaviest.append(reason.signal)
        left -= reason.weight_nats
        if left < 0.0:
            return [
                f"No reason is decisive alone; without {', '.join(heaviest)} together it would not have paged{about}."
            ]
    return []
