"""Whether the reported campaign is found at its real size: ``python -m tests.benchmarks.scale_detection``.

25,000 accounts and 28.8 million exchanges in 45 days inside the traffic of 200,000 innocent accounts, through the
stages of the service in one process. Prints, as the traffic passes: exchanges served, accounts named, innocent accounts
named, pages, peak memory and events per CPU second. Exit status 1 if nothing was found when 0.1 % of all exchanges had
been served. ``--quiet`` leaves the campaign out: exit status 1 if more pages came than 95 % of chance at one a week.
``--weights`` takes what ``tests.benchmarks.scale_calibration`` wrote; with the shipped weights nothing is found.
All of it takes some three hours, a week of innocent traffic (``--quiet --events 4480000``) ten minutes.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from scipy.stats import poisson

from models.alert import Alert
from models.budget import WEEK_MS
from streams.replay import Replay
from streams.settings import load_settings
from streams.simulation.scale import Scale, Traffic, batches
from streams.simulation.scale.batches import EventBatch
from streams.simulation.scale.labels import account_ids
from streams.warm_up import warm_up

_MOST_LEAKED = 0.001
_CONFIDENCE = 0.95
#: What a week of the innocent traffic forms, and a quarter more: what ``scale_calibration`` says.
_PLANNED_GROUPS = 4_616


class Standing:
    """What was served and named so far."""

    def __init__(self, traffic: Traffic) -> None:
        self._ids = account_ids(traffic)
        self._harvesting = set(self._ids[: traffic.scale.accounts])
        self.named: set[str] = set()
        self.pages = self.served = self.events = 0
        self.served_at_page: int | None = None
        self._seen = np.zeros(len(self._ids), dtype=np.bool_)

    def pass_on(self, batch: EventBatch) -> None:
        """Count a batch."""
        self.events += len(batch)
        self.served += int(batch.harvest.sum())
        self._seen[batch.account[batch.harvest]] = True

    def hear(self, alerts: list[Alert]) -> None:
        """Take alert records in order."""
        for alert in alerts:
            self.pages += alert.state == "open" and alert.sequence == 0
            self.named.update(alert.accounts)
        if self.served_at_page is None and self.named & self._harvesting:
            self.served_at_page = self.served

    def line(self, exchanges: int, cpu_s: float) -> str:
        """One line of the report."""
        found = len(self.named & self._harvesting)
        resident_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        innocent, active = len(self.named - self._harvesting), int(self._seen.sum())
        return (
            f"{self.events:>10,} events  {self.served / exchanges:7.4%} served  {found:>6,} of {active:,} active "
            f"harvesting accounts named  {innocent:>4} innocent  {self.pages:>3} pages  {resident_mib:,.0f} MiB  "
            f"{self.events / cpu_s:,.0f} events/CPU s"
        )


@click.command()
@click.option("--events", type=click.IntRange(1), default=2_000_000, show_default=True, help="61,200,000 is all of it.")
@click.option("--every", type=click.IntRange(1), default=100_000, show_default=True, help="Events between two lines.")
@click.option("--quiet", is_flag=True, help="Innocent traffic alone.")
@click.option("--weights", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Calibrated weights.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the traffic; 11 to 14 calibrate."
)
def scale_detection(events: int, every: int, quiet: bool, weights: Path | None, seed: int) -> None:
    """Run the full-scale traffic through the detector."""
    scale = Scale(exchanges=0, resold_events=0, seed=seed) if quiet else Scale(seed=seed)
    traffic = Traffic(scale)
    os.environ.setdefault("STILLWATCH_DETECTION__PLANNED_GROUPS", str(_PLANNED_GROUPS))
    if weights is not None:
        os.environ["STILLWATCH_GROUP_WEIGHTS"] = str(weights)
    settings = load_settings()
    replaying = Replay(settings)
    warm_up(settings.decides, replaying.references)
    standing, console = Standing(traffic), Console()
    exchanges, begun_s = max(1, scale.exchanges), time.process_time()

    def lines() -> Iterator[bytes]:
        due = every
        for batch in batches(traffic):
            standing.pass_on(batch)
            yield from batch.lines()
            if standing.events >= due:
                console.print(standing.line(exchanges, time.process_time() - begun_s), soft_wrap=True)
                due += every
            if standing.events >= events:
                return

    for given in replaying.run(lines()):
        standing.hear(given.alerts)
    if quiet:
        weeks = standing.events / scale.events * scale.days * 86_400_000 / WEEK_MS
        bound = int(poisson.ppf(_CONFIDENCE, weeks * settings.decides.false_pages_per_week))
        console.print(f"{standing.pages} false pages in {weeks:.2f} weeks; {bound} would still be chance")
        sys.exit(standing.pages > bound)
    first = standing.served_at_page
    console.print(f"first page that names a member: {'none' if first is None else f'{first / exchanges:.4%} served'}")
    sys.exit(first is None or first > _MOST_LEAKED * exchanges)


if __name__ == "__main__":
    scale_detection()
