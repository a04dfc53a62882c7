"""The ``worker`` command: one process of the service."""

from __future__ import annotations

import click
from kafka.errors import KafkaError

from streams.commands.options import settings_or_exit, unreachable
from streams.start import nothing_collected
from streams.topics import TopicsError


@click.command()
@click.option("--web-port", type=click.IntRange(0, 65_535), help="Port of /metrics and /health, on web_host.")
def worker(web_port: int | None) -> None:
    """Run one worker; start more with the same settings to share the partitions.

    The worker creates missing topics, joins the consumer group, recovers its state and then reads requests until it
    gets SIGTERM or SIGINT, on which it makes its state durable and leaves. Exit status 1 after a crash: start it
    again, it goes on where it was.
    """
    settings = settings_or_exit(**({} if web_port is None else {"web_port": web_port}))
    # Imported here: the models load compiled kernels, which `--help` need not wait for.
    with nothing_collected():
        from streams.serve import serve  # noqa: PLC0415

    try:
        serve(settings)
    except TopicsError as error:
        raise click.ClickException(str(error)) from error
    except KafkaError as error:
        raise unreachable(settings, error) from error
