"""The ``evaluate`` command."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from models.verdict import Feedback
from streams.commands.options import feedback_or_exit, settings_or_exit
from streams.corpora import BUNDLED
from streams.evaluation.evaluation import Evaluation, write_metrics
from streams.evaluation.files import evaluate_files
from streams.evaluation.report import MissingPackageError, require_report_packages, write_report
from streams.evaluation.seeds import Plan, evaluate_seeds
from streams.evaluation.table import render
from streams.simulation import PRESETS, preset

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

#: What ``simulate`` writes beside ``labels.csv``.
_EVENT_LABELS = "event_labels.csv.gz"


@click.command(name="evaluate")
@click.argument("events", nargs=-1, type=_FILE)
@click.option("--labels", type=_FILE, help="With EVENTS: account_id,kind,campaign,attack_fraction of every account.")
@click.option("--event-labels", type=_FILE, help="With EVENTS: event_id,harvest of every request (.csv.gz). "
              f"[default: {_EVENT_LABELS} beside --labels, if there]")  # fmt: skip
@click.option("--verdicts", type=_FILE, multiple=True, help="With EVENTS: verdicts (JSON lines, as in verdicts.v1).")
@click.option("--enforcement", type=_FILE, multiple=True, help="With EVENTS: bans and limits, as in enforcement.v1.")
@click.option("--preset", "preset_name", type=click.Choice(list(PRESETS)),
              help="Instead of EVENTS: simulate this scenario.")  # fmt: skip
@click.option("--seeds", type=click.IntRange(min=1), default=5, show_default=True, help="How many to simulate.")
@click.option("--first-seed", type=click.IntRange(min=0), default=0, show_default=True, help="The others follow it.")
@click.option("--jobs", type=click.IntRange(min=1), default=3, show_default=True, help="Seeds judged at a time.")
@click.option("--baselines/--no-baselines", default=True, show_default=True,
              help="With --preset: run published detectors on the same events.")  # fmt: skip
@click.option("--split-by-source", is_flag=True, help="With --preset: fit on one half of the prompt sources and "
              "wrapper families, judge on the other.")  # fmt: skip
@click.option("--corpus", type=click.Path(exists=True, file_okay=False, path_type=Path), default=BUNDLED,
              help="With --preset: folder of prompt files in place of the bundled ones.")  # fmt: skip
@click.option("--accounts-scale", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True,
              help="With --preset: factor on the number of innocent accounts.")  # fmt: skip
@click.option("--days", type=click.FloatRange(min=0, min_open=True), help="With --preset: length in days.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path),
              help="Folder to write metrics.json and report.html to.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON in place of tables.")
def evaluate_command(
    events: tuple[Path, ...],
    labels: Path | None,
    event_labels: Path | None,
    verdicts: tuple[Path, ...],
    enforcement: tuple[Path, ...],
    preset_name: str | None,
    seeds: int,
    first_seed: int,
    jobs: int,
    baselines: bool,
    split_by_source: bool,
    corpus: Path,
    accounts_scale: float,
    days: float | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Say how good detection is: on EVENTS (.jsonl, .gz, .zst) with their labels, or on simulated traffic.

    Shows who was named, what leaked first and how many pages were false, with 95 % intervals.
    """
    if bool(events) == bool(preset_name):
        raise click.UsageError("give either EVENTS with --labels, or --preset")
    if preset_name is not None and (verdicts or enforcement):
        raise click.UsageError("--verdicts and --enforcement go with EVENTS")
    console = Console(stderr=True)
    feedback = feedback_or_exit(verdicts, enforcement)
    try:
        if out is not None:
            require_report_packages()
        if preset_name is None:
            evaluation = _of_files(list(events), labels, event_labels, feedback, console)
        else:
            scenario = preset(preset_name)
            if days is not None:
                scenario = msgspec.structs.replace(scenario, days=days)
            plan = Plan(
                scenario=scenario if accounts_scale == 1 else scenario.scaled(accounts_scale),
                seeds=tuple(range(first_seed, first_seed + seeds)),
                jobs=jobs,
                folder=corpus,
                baselines=baselines,
                split_by_source=split_by_source,
            )
            evaluation = evaluate_seeds(
                plan, settings_or_exit(), lambda said: console.print(said, highlight=False, soft_wrap=True)
            )
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            write_metrics(evaluation, out / "metrics.json")
            write_report(evaluation, out / "report.html")
    except (MissingPackageError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    _show(evaluation, out, as_json=as_json)


def _of_files(
    events: list[Path],
    labels: Path | None,
    event_labels: Path | None,
    feedback: list[Feedback],
    console: Console,
) -> Evaluation:
    if labels is None:
        raise click.UsageError("--labels is needed with EVENTS: what is judged is measured against them")
    beside = labels.with_name(_EVENT_LABELS)
    requests = event_labels or (beside if beside.is_file() else None)
    if requests is None:
        console.print(f"no {_EVENT_LABELS} beside {labels}: nothing is said about leaks; name one by --event-labels")
    settings = settings_or_exit()
    columns = (TextColumn("evaluating"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("evaluating", total=sum(path.stat().st_size for path in events))
        return evaluate_files(events, labels, requests, settings, lambda count: progress.advance(task, count), feedback)


def _show(evaluation: Evaluation, out: Path | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(evaluation))
        return
    Console(width=None if sys.stdout.isatty() else 132).print(render(evaluation))
    if out is not None:
        Console(stderr=True).print(f"{out / 'metrics.json'}, {out / 'report.html'}", highlight=False, soft_wrap=True)
