"""The ``topics`` command: create, check and record the topics."""

from __future__ import annotations

from pathlib import Path

import click
from kafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from streams import topics
from streams.commands.options import settings_or_exit, unreachable


@click.command(name="topics")
@click.option("--create", is_flag=True, help="Create what is missing.")
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path),
              help="Write all that the requests topic holds to this file (.jsonl, .gz, .zst), for "
              "`replay --recorded`. It contains the prompts: keep it as you keep the topic.")  # fmt: skip
def topics_command(create: bool, record: Path | None) -> None:
    """Check the topics against the settings; exit status 1 if something differs."""
    settings = settings_or_exit()
    try:
        client = topics.admin(settings)
        try:
            wanted = topics.topics(settings)
            if create:
                topics.create(client, topics.missing(client, wanted), settings.replication_factor)
            faults = topics.faults(client, wanted)
        finally:
            client.close()
        if record is not None:
            from streams.record import record_requests  # noqa: PLC0415

            click.echo(f"{record_requests(settings, record):,} records written to {record}", err=True)
            return
    except KafkaError as error:
        raise unreachable(settings, error) from error
    table = Table("topic", "partitions", "purpose")
    for topic in wanted:
        table.add_row(topic.name, str(topic.partitions), topic.purpose)
    Console().print(table)
    for fault in faults:
        click.echo(fault, err=True)
    raise SystemExit(1 if faults else 0)
