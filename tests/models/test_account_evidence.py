from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import account_evidence as evidence
from models.account_evidence import RAMPS, Floats, named, ramp_nats, usual_entropy, weigh

FIELDS = (
    *("rate", "entropy", "contents", "distinct", "users", "active", "hours"),
    *("multi_turn", "output", "elicitation", "top_shell", "tools"),
)
SHARE = st.floats(0, 1)
SUMMARIES = st.builds(
    lambda **values: np.array([float(values[name]) for name in FIELDS]),
    rate=st.floats(1, 1e6),
    entropy=st.floats(0, log(256)),
    contents=st.integers(1, 10**6),
    distinct=st.floats(0, 1e6),
    users=st.floats(0, 1e4),
    active=SHARE,
    hours=st.integers(1, 64),
    multi_turn=SHARE,
    output=st.floats(0, 1e5),
    elicitation=SHARE,
    top_shell=st.integers(0, 65_535),
    tools=SHARE,
)
ONE_PAGE_A_WEEK_NATS = log(1e6)


def judge(**values: float) -> tuple[float, dict[str, float]]:
    """Evidence and nats by signal of an account that is usual but for ``values``."""
    usual = dict(zip(FIELDS, (20.0, 4.0, 400.0, 390.0, 1.0, 0.4, 24.0, 0.6, 200.0, 0.0, 20.0, 0.0), strict=True))
    usual.update(values)
    signals = np.zeros((evidence.SIGNAL_COUNT, evidence.SIGNAL_COLUMNS))
    total = weigh(np.array([usual[name] for name in FIELDS]), signals)
    return total, {signal.name: signal.nats for signal in named(signals)}


@settings(deadline=None)
@given(SUMMARIES)
def test_nats_are_bounded_and_sum_exactly(summary: Floats) -> None:
    """Every signal stays within its ramp, and in any order the nats sum to the evidence without rounding."""
    signals = np.zeros((evidence.SIGNAL_COUNT, evidence.SIGNAL_COLUMNS))
    total = weigh(summary, signals)
    weighed = named(signals)
    assert sum(signal.nats for signal in weighed) == sum(signal.nats for signal in reversed(weighed)) == total
    for signal, ramp in zip(weighed, RAMPS, strict=True):
        assert min(0.0, ramp.low_nats, ramp.high_nats) <= signal.nats <= max(0.0, ramp.low_nats, ramp.high_nats)
        assert signal.nats * 1_024 == int(signal.nats * 1_024)


@settings(deadline=None)
@given(st.sampled_from(RAMPS), st.floats(-10, 2_000), st.floats(0, 500))
def test_ramps_are_monotone(ramp: evidence.Ramp, value: float, step: float) -> None:
    """More of a property never turns the evidence back: the nats rise with the value, or fall with it."""
    bounds = np.array(ramp[1:])
    rising = ramp.high_nats >= 0
    before, after = ramp_nats(bounds, value, 1.0), ramp_nats(bounds, value + step, 1.0)
    assert before <= after if rising else before >= after


def test_bounds_are_in_order() -> None:
    """Each ramp runs from low over what is usual to high, and names itself once."""
    for ramp in RAMPS:
        assert ramp.low <= ramp.usual_from <= ramp.usual_to < ramp.high
    assert len({ramp.name for ramp in RAMPS}) == len(RAMPS)


def test_no_page_without_volume() -> None:
    """Everything but the volumes of requests and answers together stays below the evidence that a page takes."""
    volumes = {"volume", "generated_tokens"}
    assert sum(max(0.0, ramp.high_nats) for ramp in RAMPS if ramp.name not in volumes) < ONE_PAGE_A_WEEK_NATS


def test_a_loud_harvester_passes_the_page_threshold() -> None:
    """Half a million tokens a day in one-turn long answers through one template are worth a page."""
    total, _ = judge(
        rate=900, contents=500, distinct=490, multi_turn=0, output=560, top_shell=430, elicitation=0.9, hours=6
    )
    assert total >= ONE_PAGE_A_WEEK_NATS


INNOCENT: dict[str, dict[str, float]] = {
    "chat": {"rate": 60, "multi_turn": 0.55, "output": 450},
    "narrow app": {"rate": 2_000, "entropy": 1.8, "users": 60, "output": 95, "active": 1, "multi_turn": 0.3},
    "batch labelling": {"rate": 900, "entropy": 2.6, "multi_turn": 0, "output": 25, "active": 1, "top_shell": 390},
    "evaluation with reasons": {"rate": 500, "multi_turn": 0, "output": 190, "top_shell": 390, "elicitation": 1},
    "evaluation": {"rate": 2_000, "entropy": 5.0, "multi_turn": 0, "output": 3, "top_shell": 380},
    "developer": {"rate": 200, "multi_turn": 0.95, "output": 550, "tools": 1, "entropy": 3},
}


@pytest.mark.parametrize("kind", INNOCENT)
def test_innocent_kinds_stay_low(kind: str) -> None:
    """What makes an innocent account look like a harvest is outweighed by what does not."""
    total, _ = judge(**INNOCENT[kind])
    assert total < 6


def test_few_events_prove_little() -> None:
    """At twenty events, nats against the account weigh a fifth, and those for it in full."""
    _, many = judge(output=900, tools=0.9, contents=100, distinct=100)
    _, few = judge(output=900, tools=0.9, contents=20, distinct=20)
    assert few["output_tokens"] == pytest.approx(many["output_tokens"] / 5, abs=1 / 1_024)
    assert few["tool_use"] == many["tool_use"] < 0


def test_a_young_account_is_not_held_to_have_no_idle_hours() -> None:
    """Eleven busy hours say nothing; sixty do."""
    assert judge(active=1, hours=11)[1]["idle_free_hours"] == 0
    assert judge(active=1, hours=60)[1]["idle_free_hours"] > 0


def test_entropy_is_judged_against_what_is_usual_at_equal_n() -> None:
    """The same entropy speaks less for harvesting the more events it was measured on."""
    assert usual_entropy(20) < usual_entropy(80) < usual_entropy(400) <= log(256)
    assert usual_entropy(10**6) == usual_entropy(10**7)
