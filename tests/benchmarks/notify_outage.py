"""A real outage of each receiver under load: who is held up, what is lost, what is doubled.

``python -m tests.benchmarks.notify_outage --minutes 10`` starts a broker, ``stillwatch notify``, a real Alertmanager
and local receivers of the webhook, PagerDuty, Slack and Grafana, writes alerts all the time, and takes each receiver
down for that long, one after the other, or with ``--every 5`` one every five minutes, so that two are down at once. It
prints what each got, the longest delay while it was up, and how long it took to tell what waited; it ends with status 1
if an alert is lost, told twice, or waits for more than ``--bar`` seconds at a receiver that is up. Cost: a fifth of a
core.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from models.alert import Alert
from streams.broker import KafkaBroker
from tests.benchmarks.outage_receivers import NAMES, Receivers
from tests.integration.deployment import Deployment
from tests.integration.notifying import Notify, until, write
from tests.streams.notify.alerts import alert

#: So long after an outage a receiver may be catching up; what comes then is not counted as a delay while it is up.
_CATCH_UP_S = 30.0


class Run:
    """What was written when, and what each receiver took when; times in monotonic seconds."""

    def __init__(self, receivers: Receivers) -> None:
        self.receivers = receivers
        self.written_s: dict[str, float] = {}
        self.by_entity: dict[str, str] = {}
        self.down: dict[str, tuple[float, float]] = {}

    def arrivals(self, name: str) -> dict[str, list[float]]:
        """Arrivals of the openings, by alert."""
        found: dict[str, list[float]] = {}
        for uid, arrival_s in self.receivers.openings(name, self.by_entity):
            found.setdefault(uid, []).append(arrival_s)
        return found

    def delays(self, name: str, arrivals: dict[str, list[float]]) -> list[float]:
        """How long each alert took that was not written while this receiver was down or catching up."""
        start, end = self.down.get(name, (0.0, 0.0))
        return [
            min(arrivals[uid]) - written_s
            for uid, written_s in self.written_s.items()
            if uid in arrivals and not start - 5 <= written_s <= end + _CATCH_UP_S
        ]

    def caught_up_s(self, name: str, arrivals: dict[str, list[float]]) -> float:
        """How long after its outage the last alert written meanwhile was told."""
        start, end = self.down.get(name, (0.0, 0.0))
        waited = [uid for uid, written_s in self.written_s.items() if start <= written_s <= end and uid in arrivals]
        return max((min(arrivals[uid]) for uid in waited), default=end) - end


@click.command()
@click.option("--minutes", default=0.25, show_default=True, help="How long each receiver is down.")
@click.option("--every", type=float, help="Minutes between two outages' beginnings.  [default: one after the other]")
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="Take down these alone.  [default: all]")
@click.option("--rate", default=1.4, show_default=True, help="Alerts a second; a thousand an outage go to a summary.")
@click.option("--bar", default=5.0, show_default=True, help="Longest delay allowed at a receiver that is up, in s.")
def main(minutes: float, every: float | None, only: tuple[str, ...], rate: float, bar: float) -> None:
    """Take each receiver down while alerts are written."""
    alertmanager = shutil.which("prometheus-alertmanager")
    if alertmanager is None:
        raise click.ClickException("prometheus-alertmanager is not installed")
    with tempfile.TemporaryDirectory() as folder, KafkaBroker() as broker:
        # Every opening is told by itself here: what is measured is delivery, not flood control.
        deployment = Deployment(
            broker.bootstrap_servers,
            "outage",
            Path(folder),
            STILLWATCH_NOTIFY_PAGES_PER_MINUTE="1000",
            STILLWATCH_NOTIFY_COOLDOWN_S="0",
        )
        run = Run(Receivers(alertmanager, Path(folder)))
        every_s = minutes * 60 + _CATCH_UP_S if every is None else every * 60
        asyncio.run(_outages(deployment, run, only or NAMES, minutes * 60, every_s, rate))
    sys.exit(_report(run, bar))


async def _outages(
    deployment: Deployment, run: Run, names: tuple[str, ...], down_s: float, every_s: float, rate: float
) -> None:
    for name in NAMES:
        await run.receivers[name].start()
    notify = Notify(deployment, 0, **run.receivers.settings())
    await notify.wait_working(*NAMES)
    load = asyncio.create_task(_load(deployment, run, rate))
    await asyncio.gather(*(_outage(run, name, place * every_s, down_s) for place, name in enumerate(names)))
    await asyncio.sleep(_CATCH_UP_S)
    load.cancel()
    await asyncio.gather(load, return_exceptions=True)

    async def caught_up() -> bool:
        return await notify.metric("lag_records") == 0 and await notify.metric("pending_alerts") == 0

    await asyncio.sleep(2)
    await until(caught_up, 300, notify)
    # Alertmanager tells of a new group after its wait.
    await asyncio.sleep(2)
    notify.stop()
    for name in NAMES:
        await run.receivers[name].stop()
    await run.receivers.alertmanager.heard.stop()


async def _outage(run: Run, name: str, after_s: float, down_s: float) -> None:
    await asyncio.sleep(10 + after_s)
    await run.receivers[name].stop()
    started_s = time.monotonic()
    await asyncio.sleep(down_s)
    await run.receivers[name].start()
    run.down[name] = (started_s, time.monotonic())
    click.echo(f"{name} was down for {down_s:.0f} s", err=True)


async def _load(deployment: Deployment, run: Run, rate: float) -> None:
    number = 0
    while True:
        opened = alert(f"acct-{number}")
        records: list[Alert] = [opened]
        if number >= 20:
            records.append(alert(f"acct-{number - 20}", sequence=1, state="update"))
        run.by_entity[opened.entity_id] = opened.alert_id
        await asyncio.shield(write(deployment, records))
        # From here on it is ours: what the broker took to accept it is not measured.
        run.written_s[opened.alert_id] = time.monotonic()
        number += 1
        await asyncio.sleep(1 / rate)


def _report(run: Run, bar: float) -> int:
    headings = (
        "receiver",
        "alerts",
        "lost",
        "told twice",
        "longest delay while up, s",
        "down, s",
        "caught up after, s",
    )
    table = Table(*headings)
    failed = False
    for name in NAMES:
        arrivals = run.arrivals(name)
        delays = run.delays(name, arrivals)
        lost = len(run.written_s.keys() - arrivals.keys())
        doubled = sum(len(times) > 1 for times in arrivals.values())
        failed |= bool(lost or doubled or max(delays, default=0.0) > bar)
        start, end = run.down.get(name, (0.0, 0.0))
        slowest = f"{max(delays):.2f}" if delays else "not seen"
        caught_up = f"{run.caught_up_s(name, arrivals):.1f}"
        table.add_row(name, str(len(run.written_s)), str(lost), str(doubled), slowest, f"{end - start:.0f}", caught_up)
    Console(width=120).print(table)
    return int(failed)


if __name__ == "__main__":
    main()
