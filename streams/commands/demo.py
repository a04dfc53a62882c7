"""The ``demo`` command."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBar

from models.alert import Alert
from streams.broker.errors import BrokerError
from streams.commands.options import settings_or_exit
from streams.database import PostgresError, PostgresNotFoundError
from streams.demo import Demo, DemoError
from streams.interrupt import Interrupt
from streams.terminal import RunSummary, render_alert, render_line, render_summary


@click.command()
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the simulated day.")
@click.option("--seconds", type=click.FloatRange(min=1), default=20.0, show_default=True,
              help="How long the simulated day takes.")  # fmt: skip
@click.option("--keep", is_flag=True, help="Stay up after the day, with an alert store, until Ctrl-C.")
def demo(seed: int, seconds: float, keep: bool) -> None:
    """Watch a simulated day of real prompts pass through Kafka and a worker, and alerts come out.

    Starts its own Kafka and worker on loopback and stops them; with STILLWATCH_KAFKA_BOOTSTRAP_SERVERS it uses that
    cluster, under topics of its own that are deleted afterwards.
    """
    settings_or_exit()
    interrupt = Interrupt()
    interrupt.listen()
    console = Console(width=None if sys.stdout.isatty() else 110)
    started = time.monotonic()

    def say(sentence: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:5.1f} s[/]  {sentence}", highlight=False, soft_wrap=True)

    try:
        with Demo(seed, seconds, say, interrupt.check) as running:
            _watch(running, console)
            if keep:
                _keep_store(running, say)
                say(f"Staying up: Kafka at {running.settings.kafka_bootstrap_servers}, worker at {running.web}; "
                    "Ctrl-C ends both")  # fmt: skip
                while True:
                    interrupt.check()
                    time.sleep(0.2)
    except (DemoError, BrokerError, PostgresError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        say("Stopped")
        raise SystemExit(0 if keep else 130) from None


def _keep_store(running: Demo, say: Callable[[str], None]) -> None:
    try:
        url = running.start_store()
    except PostgresNotFoundError as error:
        say(f"No alert store: {error}")
    else:
        say(f"Alert store at STILLWATCH_DATABASE_URL={url}")


def _watch(running: Demo, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    records: list[Alert] = []
    began = time.monotonic()
    with ProgressBar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("requests", total=None)
        for alert in running.alerts():
            if alert is not None:
                records.append(alert)
                console.print(render_alert(alert) if alert.state == "open" else render_line(alert))
            bar.update(task, total=running.progress.total or None, completed=running.progress.applied)
    labels = running.simulation.labels()
    summary = RunSummary(
        events=running.progress.applied,
        dead_letters=running.progress.refused,
        accounts=len(labels),
        elapsed_s=time.monotonic() - began,
        alerts=records,
        harvesting=frozenset(label.account_id for label in labels if label.attack_fraction > 0),
    )
    console.print(render_summary(summary))
