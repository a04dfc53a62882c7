"""Weights calibrated to innocent traffic of full scale: ``python -m tests.benchmarks.scale_calibration OUT``.

What `stillwatch calibrate` does with files it does here with simulated weeks of 200,000 innocent accounts, each of
another seed, so of other people: the first is learned from, evidence is read off the others. None is the traffic that
``tests.benchmarks.scale_detection`` judges. Takes seven minutes of CPU a week; memory some 3 GiB a week at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import click
import msgspec

from streams.calibration import calibrate
from streams.group_looks import Looks, watch_events
from streams.looks_file import read_looks
from streams.references import load_featuriser
from streams.settings import load_settings
from streams.simulation.scale import Scale, Traffic, batches
from streams.weights import LOOKS_PATH

#: Seeds of the weeks; the judged traffic has seed 0.
_FIRST_SEED = 11


@click.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--weeks", type=click.IntRange(2), default=4, show_default=True, help="One is learned from.")
@click.option("--events", type=click.IntRange(1), default=4_480_000, show_default=True, help="Of a week.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Weeks watched at once.")
def scale_calibration(out: Path, weeks: int, events: int, jobs: int) -> None:
    """Watch innocent weeks of full scale and write the weights."""
    tasks = [(_FIRST_SEED + number, events) for number in range(weeks)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        learned, *referred = pool.map(_watch, tasks)
    found = calibrate(learned, referred, [*read_looks(LOOKS_PATH).values()])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(msgspec.json.encode(found.weights) + b"\n")
    click.echo(f"{out}: evidence read off {found.referred_groups:,} groups, planned groups {found.planned_groups:,}")


def _watch(task: tuple[int, int]) -> Looks:
    seed, events = task
    settings = load_settings()
    kinds: defaultdict[str, tuple[str, bool]] = defaultdict(lambda: ("innocent", False))
    return watch_events(_lines(seed, events), kinds, load_featuriser(settings), settings.decides)


def _lines(seed: int, events: int) -> Iterator[bytes]:
    given = 0
    for batch in batches(Traffic(Scale(exchanges=0, resold_events=0, seed=seed))):
        yield from batch.lines()
        given += len(batch)
        if given >= events:
            return


if __name__ == "__main__":
    scale_calibration()
