"""Whether the false-page budget holds: attack-free weeks with fresh organisations under several budgets.

``python -m tests.benchmarks.budget --weeks 50 --jobs 2`` simulates weeks whose seeds are used nowhere else, judges each
once under every budget, and compares the false pages with the 95 % bound of a Poisson count at exactly the budget.
Exit status 1 if a bound is passed. Cost: about two minutes of CPU a week.
"""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from scipy.stats import poisson

from streams.corpora import BUNDLED
from streams.evaluation.evaluation import SeedOutcome
from streams.evaluation.seed import SeedTask, run_seed
from streams.settings import load_settings
from streams.simulation.presets import preset

BUDGETS = (0.1, 1.0, 10.0)
FIRST_SEED = 810_000
_CONFIDENCE = 0.95


@click.command()
@click.option("--weeks", type=click.IntRange(1), default=50, show_default=True)
@click.option("--first-seed", type=int, default=FIRST_SEED, show_default=True)
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True)
@click.option("--corpora", type=click.Path(exists=True, file_okay=False, path_type=Path), default=BUNDLED,
              help="Folder of prompt files; others than the bundled show the inflation on unlike traffic.")  # fmt: skip
@click.option("--wrappers", type=click.Choice(["all", "a", "b"]), default="all", show_default=True)
def budget(weeks: int, first_seed: int, jobs: int, corpora: Path, wrappers: str) -> None:
    """Count false pages over attack-free weeks."""
    scenario = msgspec.structs.replace(preset("quiet-week"), wrappers=wrappers)
    tasks = [SeedTask(scenario=scenario, seed=first_seed + week, folder=corpora) for week in range(weeks)]
    console = Console()
    false_pages: Counter[float] = Counter()
    innocents: Counter[float] = Counter()
    accounts = 0
    progress = Progress(console=console)
    with progress, ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for outcome in progress.track(pool.map(_week, tasks), total=weeks, description="weeks"):
            accounts += outcome.accounts
            for judged in outcome.by_budget:
                false_pages[judged.false_pages_per_week] += judged.false_pages
                innocents[judged.false_pages_per_week] += sum(kind.named for kind in judged.innocents)
    table = Table("budget a week", "false pages", "bound", "a week", "innocent named")
    failed = False
    for allowed in BUDGETS:
        bound = int(poisson.ppf(_CONFIDENCE, allowed * weeks))
        found = false_pages[allowed]
        failed |= found > bound
        table.add_row(
            f"{allowed:g}", str(found), str(bound), f"{found / weeks:.2f}", f"{innocents[allowed] / accounts:.3%}"
        )
    console.print(f"{weeks} attack-free weeks, {accounts:,} accounts", table)
    sys.exit(failed)


def _week(task: SeedTask) -> SeedOutcome:
    return run_seed(task, load_settings(), ())


if __name__ == "__main__":
    budget()
