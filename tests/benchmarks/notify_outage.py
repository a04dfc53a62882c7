"""A real outage of one receiver after the other under load: who is held up, what is lost, what is doubled.

``python -m tests.benchmarks.notify_outage --minutes 10`` starts a broker, ``stillwatch notify`` and local receivers of
the webhook, PagerDuty and Slack, writes alerts all the time, and takes each receiver down for that long in turn. It
prints what each got and the longest delay of the others, and ends with status 1 if an alert is lost, told twice, or
waits for more than ``--bar`` seconds at a receiver that is up. Cost: three outages and two minutes, a tenth of a core.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from models.alert import Alert
from streams.broker import KafkaBroker
from tests.integration.deployment import Deployment
from tests.integration.notifying import Notify, until, write
from tests.streams.notify.alerts import alert
from tests.streams.notify.receivers import ROUTING_KEY, PagerDutyReceiver, Receiver, SlackReceiver

NAMES = ("webhook", "pagerduty", "slack")


class Run:
    """What was written when, and what each receiver took when; times in monotonic seconds."""

    def __init__(self, receivers: Mapping[str, Receiver]) -> None:
        self.receivers = receivers
        self.written_s: dict[str, float] = {}
        self.down: dict[str, tuple[float, float]] = {}

    def arrivals(self, name: str) -> dict[str, list[float]]:
        """Arrivals of the openings, by alert."""
        found: dict[str, list[float]] = {}
        for arrival_s, headers, body in self.receivers[name].taken:
            if name == "pagerduty":
                uid = body["dedup_key"] if body["event_action"] == "trigger" else None
            elif name == "webhook":
                uid = headers["ce-subject"] if headers["ce-type"].endswith(".open.v1") else None
            else:
                uid = str(body["blocks"][-1]["elements"][0]["text"]).split("`")[1]
            if uid is not None:
                found.setdefault(uid, []).append(arrival_s)
        return found

    def delays(self, name: str) -> list[float]:
        """How long each alert took that was not written while this receiver was down or catching up."""
        start, end = self.down.get(name, (0.0, 0.0))
        firsts = {uid: min(times) for uid, times in self.arrivals(name).items()}
        return [
            firsts[uid] - written_s
            for uid, written_s in self.written_s.items()
            if uid in firsts and not start - 5 <= written_s <= end + 30
        ]


@click.command()
@click.option("--minutes", default=0.25, show_default=True, help="How long each receiver is down.")
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="Take down these alone.  [default: all in turn]")
@click.option("--rate", default=2.0, show_default=True, help="Alerts a second.")
@click.option("--bar", default=5.0, show_default=True, help="Longest delay allowed at a receiver that is up, in s.")
def main(minutes: float, only: tuple[str, ...], rate: float, bar: float) -> None:
    """Take each receiver down in turn while alerts are written."""
    with tempfile.TemporaryDirectory() as folder, KafkaBroker() as broker:
        # Every opening is told by itself here: what is measured is delivery, not flood control.
        deployment = Deployment(
            broker.bootstrap_servers,
            "outage",
            Path(folder),
            STILLWATCH_NOTIFY_PAGES_PER_MINUTE="1000",
            STILLWATCH_NOTIFY_COOLDOWN_S="0",
        )
        run = asyncio.run(_outages(deployment, only or NAMES, minutes * 60, rate))
    sys.exit(_report(run, bar))


async def _outages(deployment: Deployment, names: tuple[str, ...], down_s: float, rate: float) -> Run:
    slack = SlackReceiver()
    receivers: dict[str, Receiver] = {"webhook": Receiver(), "pagerduty": PagerDutyReceiver(), "slack": slack}
    run = Run(receivers)
    for receiver in receivers.values():
        await receiver.start()
    notify = Notify(
        deployment,
        0,
        STILLWATCH_NOTIFY_WEBHOOK_URL=receivers["webhook"].url,
        STILLWATCH_NOTIFY_PAGERDUTY_URL=receivers["pagerduty"].url,
        STILLWATCH_NOTIFY_PAGERDUTY_ROUTING_KEY=ROUTING_KEY,
        STILLWATCH_NOTIFY_SLACK_URL=slack.webhook,
    )
    await notify.wait_working(*receivers)
    load = asyncio.create_task(_load(deployment, run, rate))
    for name in names:
        receiver = receivers[name]
        await receiver.stop()
        started_s = time.monotonic()
        await asyncio.sleep(down_s)
        await receiver.start()
        run.down[name] = (started_s, time.monotonic())
        click.echo(f"{name} was down for {down_s:.0f} s", err=True)
        await asyncio.sleep(30)
    load.cancel()
    await asyncio.gather(load, return_exceptions=True)

    async def caught_up() -> bool:
        return await notify.metric("lag_records") == 0 and await notify.metric("pending_alerts") == 0

    await asyncio.sleep(2)
    await until(caught_up, 300, notify)
    notify.stop()
    for receiver in receivers.values():
        await receiver.stop()
    return run


async def _load(deployment: Deployment, run: Run, rate: float) -> None:
    number = 0
    while True:
        opened = alert(f"acct-{number}")
        records: list[Alert] = [opened]
        if number >= 20:
            records.append(alert(f"acct-{number - 20}", sequence=1, state="update"))
        await asyncio.shield(write(deployment, records))
        # From here on it is ours: what the broker took to accept it is not measured.
        run.written_s[opened.alert_id] = time.monotonic()
        number += 1
        await asyncio.sleep(1 / rate)


def _report(run: Run, bar: float) -> int:
    table = Table("receiver", "alerts", "lost", "told twice", "longest delay while up, s", "down, s")
    failed = False
    for name in run.receivers:
        arrivals, delays = run.arrivals(name), run.delays(name)
        lost = len(run.written_s.keys() - arrivals.keys())
        # The webhook gets joined records after an outage: its openings then arrive as updates.
        if name == "webhook":
            subjects = {headers["ce-subject"] for _, headers, _ in run.receivers[name].taken}
            lost = len(run.written_s.keys() - subjects)
        doubled = sum(len(times) > 1 for times in arrivals.values())
        slowest = f"{max(delays):.2f}" if delays else "not seen"
        failed |= bool(lost or doubled or max(delays, default=0.0) > bar)
        start, end = run.down.get(name, (0.0, 0.0))
        table.add_row(name, str(len(run.written_s)), str(lost), str(doubled), slowest, f"{end - start:.0f}")
    Console().print(table)
    return int(failed)


if __name__ == "__main__":
    main()
