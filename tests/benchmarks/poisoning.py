"""Whether a harvest gains by beginning slowly: ``python -m tests.benchmarks.poisoning --seeds 3 --jobs 2``.

The same campaign of forty accounts, in weeks of the same innocent traffic, once at its full rate from the first day on
and once growing to it over thirty days, as one would who wants to teach the detector that this is normal. Told is what
was served before the first alert and before each account was named, over all seeds, and the ratio of the two; at most
1.1 is asked for. Exit status 1 above it. Cost: some eight minutes of CPU a seed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import click
import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from streams.corpora import BUNDLED
from streams.evaluation.leaks import Leak
from streams.evaluation.seed import SeedTask, run_seed
from streams.settings import load_settings
from streams.simulation.attack.ladder import rung
from streams.simulation.presets import preset
from streams.simulation.scenario import Scenario

FIRST_SEED = 820_000
_RAMP_DAYS = 30.0
_DAYS = 35.0
_MOST = 1.1


class Found(msgspec.Struct, frozen=True):
    """One campaign of one seed."""

    seed: int
    ramped: bool
    accounts: int
    named: int
    leak: Leak


@click.command()
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--first-seed", type=int, default=FIRST_SEED, show_default=True)
@click.option("--accounts-scale", type=float, default=0.5, show_default=True, help="Innocent accounts, of 2,000.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True)
def poisoning(seeds: int, first_seed: int, accounts_scale: float, jobs: int) -> None:
    """Compare a harvest that grows over thirty days with one that does not."""
    tasks = [
        SeedTask(scenario=_scenario(accounts_scale, ramped=ramped), seed=first_seed + number, folder=BUNDLED)
        for number in range(seeds)
        for ramped in (False, True)
    ]
    console = Console()
    progress = Progress(console=console)
    with progress, ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        found = list(progress.track(pool.map(_judged, tasks), total=len(tasks), description="runs"))
    table = Table("seed", "grows over", "named", "requests", "before the first alert", "before each was named")
    for one in found:
        named, days = f"{one.named} of {one.accounts}", f"{_RAMP_DAYS:g} days" if one.ramped else "at once"
        counts = (one.leak.requests, one.leak.before_first_alert, one.leak.before_named)
        table.add_row(str(one.seed), days, named, *(f"{count:,}" for count in counts))
    console.print(table)
    alert = _ratio(found, lambda leak: leak.before_first_alert)
    named_ratio = _ratio(found, lambda leak: leak.before_named)
    console.print(f"slow against at once: {alert:.2f} before the first alert, {named_ratio:.2f} before naming")
    sys.exit(named_ratio > _MOST)


def _scenario(accounts_scale: float, *, ramped: bool) -> Scenario:
    attack = rung("poisoning", ramp_days=_RAMP_DAYS if ramped else 0.0)
    return msgspec.structs.replace(preset("quiet-week").scaled(accounts_scale), days=_DAYS, attacks=(attack,))


def _judged(task: SeedTask) -> Found:
    (attack,) = task.scenario.attacks
    (campaign,) = run_seed(task, load_settings(), ()).outcomes[0].campaigns
    if campaign.leak is None:
        raise ValueError(f"seed {task.seed}: the simulation told nothing of requests")
    return Found(task.seed, bool(attack.ramp_days), campaign.accounts, campaign.accounts_named, campaign.leak)


def _ratio(found: list[Found], count: Callable[[Leak], int]) -> float:
    slow, at_once = (sum(count(one.leak) for one in found if one.ramped is ramped) for ramped in (True, False))
    return slow / max(at_once, 1)


if __name__ == "__main__":
    poisoning()
