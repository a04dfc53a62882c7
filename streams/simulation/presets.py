"""Scenarios by name."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from streams.simulation.attack.ladder import RUNGS
from streams.simulation.innocent import WEEK
from streams.simulation.plan import CAPABILITIES, GENERAL, Attack
from streams.simulation.release import Release
from streams.simulation.scenario import Scenario


def demo() -> Scenario:
    """One day, some 20,000 events: 220 innocent accounts, one loud harvester, one campaign of 60 quiet accounts."""
    loud = Attack(
        name="loud",
        kind="loud",
        requests_per_day=2_500,
        corpora=GENERAL,
        shells=1,
        human_hours=False,
        output_tokens_median=600,
    )
    campaign = Attack(
        name="campaign-60",
        kind="campaign",
        accounts=60,
        requests_per_day=26,
        stagger_hours=1,
        resold_account_share=0.4,
    )
    return msgspec.structs.replace(quiet(), name="demo", attacks=(loud, campaign))


def quiet() -> Scenario:
    """One day of the demo's innocent accounts without any attacker: every alert is a false one."""
    return Scenario(
        name="quiet",
        innocents={"chat": 150, "app": 40, "batch": 12, "evaluation": 10, "developer": 8},
    )


def parity() -> Scenario:
    """Three days, some 20,000 events: attacks start and stop, so that alerts open, are updated and close after a day.

    Events stand up to 60 seconds out of order. The last attack stops at hour 44, and 24 quiet hours follow.
    """
    loud_windows = ((1, 9), (5, 14), (11, 21), (28, 38))
    campaign_windows = ((1, 15), (6, 22), (18, 34), (28, 44))
    loud = tuple(
        Attack(
            name=f"loud-{order}",
            kind="loud",
            requests_per_day=2_000,
            corpora=GENERAL if order % 2 else CAPABILITIES,
            shells=1,
            human_hours=False,
            start_hour=start,
            stop_hour=stop,
        )
        for order, (start, stop) in enumerate(loud_windows)
    )
    campaigns = tuple(
        Attack(
            name=f"campaign-{order}",
            kind="campaign",
            accounts=24,
            requests_per_day=60,
            corpora=CAPABILITIES if order % 2 else GENERAL,
            shells=1 + order,
            human_hours=False,
            start_hour=start,
            stop_hour=stop,
            stagger_hours=5,
            resold_account_share=0.25,
        )
        for order, (start, stop) in enumerate(campaign_windows)
    )
    return Scenario(
        name="parity",
        days=3,
        innocents={"chat": 56, "app": 14, "batch": 4, "evaluation": 4, "developer": 4},
        attacks=loud + campaigns,
        organizations=5,
        disorder_ms=60_000,
    )


def week() -> Scenario:
    """Seven days, some 570,000 events: 2,000 innocent accounts of fifteen kinds, every rung of the ladder once.

    At most a fifth of the events come from harvesting accounts. In the middle a model is released, and every pool's
    accounts are subject to the same bans as the innocent are.
    """
    return msgspec.structs.replace(quiet_week(), name="week", attacks=tuple(RUNGS.values()))


def quiet_week() -> Scenario:
    """Seven days of the standard week's innocent accounts without any attacker: every alert is a false one."""
    return Scenario(
        name="quiet-week",
        days=7,
        innocents=WEEK,
        organizations=90,
        staggered_share=0.6,
        releases=(Release("sable-5", 84),),
        banned_share=0.01,
        disorder_ms=20_000,
    )


PRESETS: dict[str, Callable[[], Scenario]] = {
    "week": week,
    "quiet-week": quiet_week,
    "demo": demo,
    "quiet": quiet,
    "parity": parity,
}


def preset(name: str) -> Scenario:
    """Return the preset of that name; raises ``ValueError`` that lists the names for any other."""
    if name not in PRESETS:
        raise ValueError(f"preset {name!r}: unknown; choose one of {', '.join(PRESETS)}")
    return PRESETS[name]()
