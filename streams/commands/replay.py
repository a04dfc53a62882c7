"""The ``replay`` command."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from streams.commands.options import feedback_or_exit, settings_or_exit

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(name="replay")
@click.argument("events", nargs=-1, required=True, type=_FILE)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write to.")
@click.option("--recorded", is_flag=True, help="EVENTS are a recording of `topics --record`: coordinates, append "
              "times, bad bytes and ticks as the topic held them.")  # fmt: skip
@click.option("--verdicts", type=_FILE, multiple=True, help="Verdicts (JSON lines, as in verdicts.v1), each of which "
              "takes effect at its given_at. The summary counts the pages that they hid.")  # fmt: skip
@click.option("--enforcement", type=_FILE, multiple=True,
              help="Bans and limits, as in enforcement.v1; `simulate` writes such a file.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def replay_command(
    events: tuple[Path, ...],
    out: Path,
    recorded: bool,
    verdicts: tuple[Path, ...],
    enforcement: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Run EVENTS (.jsonl, .gz, .zst) through the live service's models, without Kafka.

    Writes alerts.jsonl, accounts.csv, dead_letters.jsonl and summary.json. The same events give the same alerts as
    live, byte for byte.
    """
    settings = settings_or_exit()
    feedback = feedback_or_exit(verdicts, enforcement)
    console = Console(stderr=True)
    from streams.replay import replay  # noqa: PLC0415 - `--help` need not wait for the models

    columns = (TextColumn("replaying"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("replaying", total=sum(path.stat().st_size for path in events))
        try:
            summary = replay(
                list(events),
                out,
                settings,
                recorded=recorded,
                feedback=feedback,
                advanced=lambda count: progress.advance(task, count),
            )
        except OSError as error:
            raise click.ClickException(str(error)) from error
        except ValueError as error:
            raise click.ClickException(f"{', '.join(map(str, events))}: {error}") from error
    if as_json:
        click.echo(msgspec.json.encode(summary))
        return
    table = Table(title=f"Replay into {out}", show_header=False)
    for name, value in msgspec.to_builtins(summary).items():
        table.add_row(name.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value))
    Console().print(table)
