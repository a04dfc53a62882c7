"""Which corpora are found when they are harvested: ``python -m tests.benchmarks.corpora FOLDER --seeds 2 --jobs 2``.

Every corpus of a folder of prompt files that has enough to harvest gets a campaign of its own in one week: the same
accounts, template and hours, only the texts differ, and the rate where a corpus is small. Innocent accounts draw on
what is left of all corpora. Told is, for each corpus and over the seeds, whether its campaign was found, how many of
its accounts were named and what was served before. Cost: some two minutes of CPU a seed.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from streams.corpora import BUNDLED, load_all
from streams.evaluation.campaigns import CampaignOutcome
from streams.evaluation.metrics import Outcome
from streams.evaluation.seed import SeedTask, run_seed
from streams.settings import load_settings
from streams.simulation.attack.ladder import rung
from streams.simulation.plan import Attack
from streams.simulation.presets import preset
from streams.simulation.texts import Texts, is_chinese

FIRST_SEED = 830_000
_ACCOUNTS = 24
_MOST_PER_DAY = 26.0
#: With fewer texts an account would repeat itself within the week.
_LEAST_PER_DAY = 3.0
_SAMPLE = 200


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=BUNDLED)
@click.option("--seeds", type=click.IntRange(1), default=2, show_default=True)
@click.option("--first-seed", type=int, default=FIRST_SEED, show_default=True)
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True)
def corpora(folder: Path, seeds: int, first_seed: int, jobs: int) -> None:
    """Harvest every corpus of a folder and tell which harvests were found."""
    week = preset("week")
    texts = Texts(load_all(folder), first_seed)
    rates = {name: len(found) / (_ACCOUNTS * week.days) for name, found in texts.harvest.items()}
    attacks = tuple(_campaign(name, rate) for name, rate in rates.items() if rate >= _LEAST_PER_DAY)
    scenario = msgspec.structs.replace(week, name="corpora", attacks=attacks)
    tasks = [SeedTask(scenario=scenario, seed=first_seed + number, folder=folder) for number in range(seeds)]
    console = Console()
    progress = Progress(console=console)
    with progress, ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        outcomes = list(progress.track(pool.map(_judged, tasks), total=seeds, description="weeks"))
    table = Table("corpus", "Chinese", "requests a day", "found", "accounts named", "served before the first alert")
    for attack in sorted(attacks, key=lambda attack: attack.name):
        ran = [one for outcome in outcomes for one in outcome.campaigns if one.campaign == attack.name]
        sample = texts.harvest[attack.name][:_SAMPLE]
        chinese = sum(map(is_chinese, sample)) / len(sample)
        table.add_row(attack.name, f"{chinese:.0%}", f"{attack.requests_per_day:.0f}", *_told(ran))
    console.print(table)
    console.print("left out, too few texts:", ", ".join(name for name, rate in rates.items() if rate < _LEAST_PER_DAY))
    false = sum(outcome.false_pages for outcome in outcomes)
    console.print(f"{false} false pages in {seeds} weeks")


def _campaign(corpus: str, rate: float) -> Attack:
    changes = {"accounts": _ACCOUNTS, "shells": 2, "start_hour": 12, "stop_hour": None}
    attack = rung("shell60", requests_per_day=min(rate, _MOST_PER_DAY), corpora=(corpus,), **changes)
    return msgspec.structs.replace(attack, name=corpus, kind=corpus)


def _judged(task: SeedTask) -> Outcome:
    return run_seed(task, load_settings(), ()).outcomes[0]


def _told(ran: list[CampaignOutcome]) -> tuple[str, str, str]:
    named, accounts = sum(one.accounts_named for one in ran), sum(one.accounts for one in ran)
    leaks = [one.leak for one in ran if one.leak is not None]
    served = sum(leak.before_first_alert for leak in leaks) / max(1, sum(leak.requests for leak in leaks))
    return f"{sum(one.found for one in ran)} of {len(ran)}", f"{named / max(1, accounts):.0%}", f"{served:.0%}"


if __name__ == "__main__":
    corpora()
