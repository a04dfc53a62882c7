"""The ``calibrate`` command: fit how groups are judged to a deployment's own quiet traffic."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from streams.commands.options import settings_or_exit

if TYPE_CHECKING:
    from models.record import DeadLetter
    from streams.calibration import Calibration, Suspect
    from streams.group_looks import Looks
    from streams.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN_SUSPECTS = 10
_SHOWN_ACCOUNTS = 3


@click.command(name="calibrate")
@click.argument("events", nargs=-1, required=True, type=_FILE)
@click.option("--harvesting", type=_FILE, help="File of account ids, one a line, that are known to harvest: their "
              "groups are learned as campaigns, not as innocent.")  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("group_weights.json"),
              show_default=True, help="File of group weights to write.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def calibrate_command(events: tuple[Path, ...], harvesting: Path | None, out: Path, as_json: bool) -> None:
    """Fit how groups are judged to your own traffic without a campaign.

    EVENTS are files (.jsonl, .gz, .zst) of a week or so each. The first is learned from, the evidence is read off the
    others, so give two at least and three if you can; of a single file every other group is learned from. The more
    accounts you have, the more it matters: shipped weights know weeks of two thousand accounts. Look at the groups that
    it lists before you use what it writes: what is in these files passes for innocent from then on. Needs scikit-learn.
    """
    settings = settings_or_exit()
    if find_spec("sklearn") is None:
        raise click.ClickException("calibrate needs scikit-learn: pip install 'stillwatch[calibration]'")
    from streams.calibration import calibrate, divide, suspects  # noqa: PLC0415 - `--help` need not wait for the models
    from streams.looks_file import LooksError, read_looks  # noqa: PLC0415
    from streams.weights import LOOKS_PATH, load_group_weights  # noqa: PLC0415

    known = frozenset(harvesting.read_text(encoding="utf-8").split()) if harvesting else frozenset()
    console = Console(stderr=True)
    watched = _watch(events, known, settings, console)
    learned, *referred = watched if len(watched) > 1 else divide(watched[0])
    doubtful = suspects(watched, load_group_weights().links["shell"], settings.decides.candidate_bar_nats)
    try:
        calibration = calibrate(learned, referred, [*read_looks(LOOKS_PATH).values()])
    except (LooksError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    out.write_bytes(msgspec.json.encode(calibration.weights) + b"\n")
    if as_json:
        report = {name: getattr(calibration, name) for name in calibration.__struct_fields__ if name != "weights"}
        click.echo(msgspec.json.encode({"out": str(out), **report, "suspects": doubtful}))
    else:
        _show(calibration, doubtful, out)


def _watch(events: tuple[Path, ...], known: frozenset[str], settings: Settings, console: Console) -> list[Looks]:
    from streams.events_file import open_lines  # noqa: PLC0415 - `--help` need not wait for the models
    from streams.group_looks import watch_events  # noqa: PLC0415
    from streams.references import load_featuriser  # noqa: PLC0415

    kinds: defaultdict[str, tuple[str, bool]] = defaultdict(lambda: ("own", False))
    kinds.update(dict.fromkeys(known, ("known", True)))
    refused: Counter[str] = Counter()
    found = []
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        for path in events:
            task = progress.add_task(path.name, total=path.stat().st_size)
            lines = open_lines(path, partial(progress.advance, task))
            featuriser = load_featuriser(settings)
            try:
                found.append(watch_events(lines, kinds, featuriser, settings.decides, partial(_count, refused)))
            except OSError as error:
                raise click.ClickException(str(error)) from error
    if refused:
        counts = ", ".join(f"{count:,} {reason}" for reason, count in refused.most_common())
        console.print(f"lines that are no event, left out: {counts}")
    return found


def _count(refused: Counter[str], letter: DeadLetter) -> None:
    refused[letter.reason] += 1


def _show(calibration: Calibration, doubtful: list[Suspect], out: Path) -> None:
    console = Console()
    if doubtful:
        title = f"Groups taken for innocent that the shipped weights suspect: {len(doubtful)}, the worst first"
        table = Table("evidence, nats", "accounts", "some of them", title=title, title_justify="left", box=None)
        for suspect in doubtful[:_SHOWN_SUSPECTS]:
            some = ", ".join(suspect.accounts[:_SHOWN_ACCOUNTS])
            table.add_row(f"{suspect.evidence_nats:.1f}", f"{len(suspect.accounts):,}", escape(some))
        console.print(table)
    beside = "alone" if calibration.own_reference_alone else "and the shipped ones, since they are few"
    console.print(f"Evidence is read off {calibration.referred_groups:,} groups of your own, {beside}.")
    console.print("On every worker, and in replay:")
    console.print(f"  STILLWATCH_GROUP_WEIGHTS={out.resolve()}", soft_wrap=True, highlight=False)
    console.print(f"  STILLWATCH_DETECTION__PLANNED_GROUPS={calibration.planned_groups}", highlight=False)
