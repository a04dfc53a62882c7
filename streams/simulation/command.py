"""The ``simulate`` command."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from streams import corpora
from streams.corpora import BUNDLED
from streams.simulation.output import digest, read_recipe, traces_digest, write
from streams.simulation.presets import PRESETS, preset
from streams.simulation.scale import Scale, holds_scale, read_scale, write_scale
from streams.simulation.scenario import Scenario
from streams.simulation.simulation import Simulation, simulate
from streams.simulation.traces import load_traces

#: The preset that is no scenario: kernels write it, and neither corpora nor days change it.
FULL_SCALE = "full-scale"

_PRESETS = "\n\n".join(
    [
        *(f"{name}: {(build.__doc__ or '').splitlines()[0]}" for name, build in PRESETS.items()),
        f"{FULL_SCALE}: 45 days, 61 million events, 25,000 accounts that harvest among 200,000 (see --null).",
    ]
)


@click.command(name="simulate", epilog=f"Presets:\n\n{_PRESETS}")
@click.option("--preset", "preset_name", type=click.Choice([*PRESETS, FULL_SCALE]), default="week", show_default=True)
@click.option("--scenario", "scenario_path", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A scenario.json to repeat, in place of a preset; --seed and --days still override it.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), help="Same seed, same bytes. [default: 0]")
@click.option("--days", type=click.FloatRange(min=0, min_open=True), help="Length in days, in place of the preset's.")
@click.option("--accounts-scale", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True,
              help="Factor on the innocent accounts; at full scale on all accounts and requests.")  # fmt: skip
@click.option("--corpus", type=click.Path(exists=True, file_okay=False, path_type=Path), default=BUNDLED,
              help="Folder of prompt files (.jsonl, .gz, .zst) in place of the bundled ones.")  # fmt: skip
@click.option("--traces", "traces_path", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder with trace_servegen_clients and trace_servegen_tokens (.csv, .csv.gz): arrivals of machines "
              "follow these clients, not the laws fitted on them.")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
@click.option("--null", is_flag=True, help="At full scale: make the events and drop them, to see how fast it is.")
def simulate_command(
    preset_name: str,
    scenario_path: Path | None,
    seed: int | None,
    days: float | None,
    accounts_scale: float,
    corpus: Path,
    traces_path: Path | None,
    out: Path | None,
    null: bool,
) -> None:
    """Write labelled traffic of a provider: the standard week, unless another preset or scenario is named.

    The folder gets events.jsonl.gz, labels.csv (the kind, campaign and harvesting share of each account),
    event_labels.csv.gz (which requests harvest), enforcement.jsonl (bans) and scenario.json, which repeats it all.
    """
    console = Console(stderr=True)
    if null != (out is None):
        raise click.UsageError("--out: name a folder to write to, or give --null with the preset full-scale")
    try:
        if (scale := _full_scale(preset_name, scenario_path, seed)) is not None:
            if days is not None or traces_path is not None:
                raise click.UsageError("--days and --traces do not go with full scale")
            _write_full_scale(scale if accounts_scale == 1 else scale.scaled(accounts_scale), out, console)
            return
        if out is None:
            raise click.UsageError("--null goes with full scale alone; name a folder with --out")
        prompts = corpora.load_all(corpus)
        traces = None if traces_path is None else load_traces(traces_path)
        scenario = preset(preset_name)
        if scenario_path is not None:
            recipe = read_recipe(scenario_path)
            scenario, seed = recipe.scenario, recipe.seed if seed is None else seed
            changed = [name for name, value in recipe.corpora.items() if digest(prompts.get(name, [])) != value]
            changed += ["traces"] if recipe.traces != traces_digest(traces) else []
            if changed:
                console.print(f"warning: inputs differ from those of {scenario_path}: {', '.join(changed)}")
        if days is not None:
            scenario = msgspec.structs.replace(scenario, days=days)
        if accounts_scale != 1:
            scenario = scenario.scaled(accounts_scale)
        simulation = simulate(scenario, seed or 0, prompts, traces)
        started = time.perf_counter()
        count = _write(simulation, out, console)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    elapsed_s = time.perf_counter() - started
    console.print(
        f"{count:,} events of {scenario.name!r}, seed {seed or 0}, in {elapsed_s:.1f} s: {out}", highlight=False
    )
    console.print(_summary(simulation), highlight=False)


def _write(simulation: Simulation, out: Path, console: Console) -> int:
    scenario: Scenario = simulation.scenario
    with _progress(scenario.start_ms, scenario.end_ms, console) as advance:
        return write(simulation, out, advance)


def _full_scale(preset_name: str, scenario_path: Path | None, seed: int | None) -> Scale | None:
    """Return the size of a full-scale simulation, the preset's or a recipe's; ``None`` when another one is named."""
    if scenario_path is None:
        return Scale(seed=seed or 0) if preset_name == FULL_SCALE else None
    if not holds_scale(scenario_path):
        return None
    scale = read_scale(scenario_path)
    return scale if seed is None else msgspec.structs.replace(scale, seed=seed)


def _write_full_scale(scale: Scale, out: Path | None, console: Console) -> None:
    begun_s = time.process_time()
    with _progress(scale.start_ms, scale.end_ms, console) as advance:
        count = write_scale(out, scale, advance)
    cpu_s = time.process_time() - begun_s
    console.print(f"{count:,} events in {cpu_s:.1f} s of CPU: {out or 'dropped'}", highlight=False)


@contextmanager
def _progress(start_ms: int, end_ms: int, console: Console) -> Iterator[Callable[[int], None]]:
    """Show a bar in a terminal; the function given wants the event time reached, epoch milliseconds."""
    columns = (TextColumn("simulating"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("simulating", total=end_ms - start_ms)
        yield lambda time_ms: progress.update(task, completed=time_ms - start_ms)


def _summary(simulation: Simulation) -> str:
    accounts = Counter(label.kind for label in simulation.labels())
    return "accounts: " + ", ".join(f"{count:,} {kind}" for kind, count in accounts.items())
