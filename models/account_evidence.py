"""What one account's own row says for and against harvesting: eleven signals, each worth a bounded number of nats.

A first version with weights set by hand and tried on simulated days, not fitted: the evidence of an account is the sum
of its signals. Each maps a value to nats by straight lines between four bounds and is constant outside them, so no
signal can outvote the others. Nats are whole multiples of 1/1,024, hence their sum is exact in any order.
"""

from __future__ import annotations

from math import floor, log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from models.candidate import Signal

#: Entries of an account's summary, the input of ``weigh``.
(
    EVENTS_PER_DAY,
    CELL_ENTROPY,
    CONTENT_EVENTS,
    DISTINCT_CONTENTS,
    DISTINCT_END_USERS,
    ACTIVE_SHARE,
    ACTIVE_SPAN_HOURS,
    MULTI_TURN_SHARE,
    MEAN_OUTPUT_TOKENS,
    ELICITATION_SHARE,
    TOP_SHELL_USES,
    TOOL_SHARE,
) = range(12)
SUMMARY_SIZE = 12

#: Columns of a weighed signal.
VALUE, USUAL, NATS = range(3)
SIGNAL_COLUMNS = 3

#: Below this age (hours) a lack of idle hours says nothing: a person may stay up for half a day.
LEAST_SPAN_HOURS = 12.0

_QUANTUM_PER_NAT = 1024.0


class Ramp(NamedTuple):
    """One signal: ``low_nats`` up to ``low``, 0 from ``usual_from`` to ``usual_to``, ``high_nats`` from ``high`` on."""

    name: str
    usual: float
    low: float
    low_nats: float
    usual_from: float
    usual_to: float
    high: float
    high_nats: float


# The bounds on entropy are relative to the usual entropy at as many events; the others are in the signal's own unit.
# Between its bounds, generated tokens count by their logarithm. All but the two volumes sum to 7.5 nats at most, and
# one false page a week among a million accounts takes 13.8: nobody is paged for a modest number of answers, whatever
# they look like. Those are for the campaign stage.
RAMPS = (
    # Fading events a day. People stay below a hundred, most jobs and products of one account below some hundreds, and
    # those above ask for little: what is asked for weighs more.
    Ramp("volume", 20.0, 0.0, 0.0, 0.0, 150.0, 1_500.0, 7.0),
    # Chao-Shen entropy over semantic cells (nats). Products and jobs are narrow; a harvest is hardly wider than a
    # person, for a template pulls its prompts together, so width proves little.
    Ramp("coverage_entropy", 0.0, -2.0, -4.0, -0.7, 0.4, 1.2, 1.0),
    # Distinct contents per event with content: retries, regression suites and reruns repeat themselves.
    Ramp("distinct_contents", 0.95, 0.3, -5.0, 0.8, 1.0, 2.0, 0.0),
    # Share of active hours among the last ones.
    Ramp("idle_free_hours", 0.4, 0.0, 0.0, 0.0, 0.7, 1.0, 1.0),
    # Share of events that open a conversation: people answer back, harvests do not.
    Ramp("single_turn", 0.4, 0.1, -6.0, 0.7, 0.9, 1.0, 1.5),
    # Mean output tokens: long answers train a student, labels and multiple-choice letters hardly do.
    Ramp("output_tokens", 280.0, 30.0, -12.0, 120.0, 250.0, 500.0, 1.5),
    # Share of events that ask for the reasoning to be written out, as evaluation teams do too.
    Ramp("reasoning_elicitation", 0.03, 0.0, 0.0, 0.0, 0.1, 0.6, 0.5),
    # Top shell's share of events times distinct contents per event: one template, ever new fillings.
    Ramp("template_fill", 0.1, 0.0, 0.0, 0.0, 0.4, 0.8, 2.0),
    # Distinct end users behind the account: a product serves many. Cheap to forge, hence bounded like the rest.
    Ramp("end_users", 1.0, 0.0, 0.0, 0.0, 3.0, 20.0, -5.0),
    # Share of events with tools: agents at work. Trajectories of tools are harvested as well, hence the small weight.
    Ramp("tool_use", 0.0, 0.0, 0.0, 0.0, 0.3, 0.9, -2.0),
    # Fading generated tokens a day: what a student is trained on. Evaluations and most jobs ask often for little.
    Ramp("generated_tokens", 5_000.0, 0.0, 0.0, 0.0, 150_000.0, 800_000.0, 13.0),
)
SIGNAL_COUNT = len(RAMPS)
(
    VOLUME,
    ENTROPY,
    DISTINCT,
    IDLE_FREE,
    SINGLE_TURN,
    OUTPUT,
    ELICITATION,
    TEMPLATE_FILL,
    END_USERS,
    TOOL_USE,
    GENERATED,
) = range(SIGNAL_COUNT)

_TABLE = np.array([ramp[1:] for ramp in RAMPS])
_TABLE[GENERATED, 4:6] = np.log(_TABLE[GENERATED, 4:6])

# Median of simulated chat accounts: 3.75 nats at 20 events, 3.97 at 80; it grows as a person's interests show.
_USUAL_AT_20, _USUAL_GROWTH, _USUAL_MOST = 3.7, 0.2, 4.1

#: Below this many events with content, nats against the account shrink in proportion: a property of few is chance.
FULL_WEIGHT_EVENTS = 100.0

Floats = npt.NDArray[np.float64]


@njit(cache=True)
def usual_entropy(content_events: float) -> float:
    """Entropy (nats) usual for an account with this many events with content, 1 or more."""
    return min(_USUAL_MOST, _USUAL_AT_20 + _USUAL_GROWTH * log(content_events / 20.0))


@njit(cache=True)
def ramp_nats(bounds: Floats, value: float, weight: float) -> float:
    """Nats of ``value`` under one row of bounds (``Ramp`` without its name), a whole multiple of 1/1,024.

    Nats above 0 are multiplied by ``weight`` (0 to 1).
    """
    low, usual_from, usual_to, high = bounds[1], bounds[3], bounds[4], bounds[5]
    nats = 0.0
    if value <= low:
        nats = bounds[2]
    elif value < usual_from:
        nats = bounds[2] * (usual_from - value) / (usual_from - low)
    elif value >= high:
        nats = bounds[6]
    elif value > usual_to:
        nats = bounds[6] * (value - usual_to) / (high - usual_to)
    if nats > 0.0:
        nats *= weight
    return floor(nats * _QUANTUM_PER_NAT + 0.5) / _QUANTUM_PER_NAT


@njit(cache=True)
def weigh(summary: Floats, signals: Floats) -> float:
    """Fill ``signals`` (``SIGNAL_COUNT`` rows of value, usual, nats) and return the evidence, the sum of the nats.

    ``summary`` holds the entries above, all finite, with one event with content at least.
    """
    for signal in range(SIGNAL_COUNT):
        signals[signal, USUAL] = _TABLE[signal, 0]
    distinct = min(1.0, summary[DISTINCT_CONTENTS] / summary[CONTENT_EVENTS])
    signals[VOLUME, VALUE] = summary[EVENTS_PER_DAY]
    signals[ENTROPY, VALUE] = summary[CELL_ENTROPY]
    signals[ENTROPY, USUAL] = usual_entropy(summary[CONTENT_EVENTS])
    signals[DISTINCT, VALUE] = distinct
    signals[IDLE_FREE, VALUE] = summary[ACTIVE_SHARE]
    signals[SINGLE_TURN, VALUE] = 1.0 - summary[MULTI_TURN_SHARE]
    signals[OUTPUT, VALUE] = summary[MEAN_OUTPUT_TOKENS]
    signals[ELICITATION, VALUE] = summary[ELICITATION_SHARE]
    signals[TEMPLATE_FILL, VALUE] = min(1.0, summary[TOP_SHELL_USES] / summary[CONTENT_EVENTS]) * distinct
    signals[END_USERS, VALUE] = summary[DISTINCT_END_USERS]
    signals[TOOL_USE, VALUE] = summary[TOOL_SHARE]
    signals[GENERATED, VALUE] = summary[EVENTS_PER_DAY] * summary[MEAN_OUTPUT_TOKENS]
    weight = min(1.0, summary[CONTENT_EVENTS] / FULL_WEIGHT_EVENTS)
    evidence = 0.0
    for signal in range(SIGNAL_COUNT):
        value = signals[signal, VALUE]
        if signal == ENTROPY:
            value -= signals[ENTROPY, USUAL]
        elif signal == GENERATED:
            value = log(max(1.0, value))
        nats = ramp_nats(_TABLE[signal], value, weight)
        if signal == IDLE_FREE and summary[ACTIVE_SPAN_HOURS] < LEAST_SPAN_HOURS:
            nats = 0.0
        signals[signal, NATS] = nats
        evidence += nats
    return evidence


def named(signals: Floats) -> list[Signal]:
    """Weighed signals as candidates carry them, in the order of ``RAMPS``."""
    rows: list[list[float]] = signals.tolist()
    return [Signal(ramp.name, *row) for ramp, row in zip(RAMPS, rows, strict=True)]
