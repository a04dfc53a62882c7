"""The ``notify`` command: tell people and programs of alerts."""

from __future__ import annotations

import asyncio

import click
from aiokafka.errors import KafkaError as AIOKafkaError
from kafka.errors import KafkaError

from streams.commands.options import settings_or_exit, unreachable
from streams.notify.configured import NOTIFIERS, configured
from streams.notify.notifier import RefusedError, UnavailableError
from streams.notify.serve import clock_ms, serve_notifiers
from streams.notify.trial import try_out
from streams.settings import Settings, SettingsError
from streams.topics import TopicsError


@click.command(name="notify")
@click.option("--test", "tested", type=click.Choice(list(NOTIFIERS)), metavar="NOTIFIER",
              help=f"Send a page marked as a test to one of {', '.join(NOTIFIERS)}, and end.")  # fmt: skip
@click.option("--web-port", type=click.IntRange(0, 65_535), help="Port of /metrics and /health, on web_host.")
def notify_command(tested: str | None, web_port: int | None) -> None:
    """Tell Alertmanager, a webhook, PagerDuty, Slack and Grafana of alerts, as far as the settings name them.

    Reads alerts.v1 in a consumer group of its own for each notifier: one that is down holds back neither the others
    nor detection, and goes on where it was. A second process with the same settings stands by. Exit status 1 if Kafka
    fails: start it again.
    """
    settings = settings_or_exit(**({} if web_port is None else {"notify_web_port": web_port}))
    try:
        if tested is not None:
            _try(settings, tested)
        else:
            serve_notifiers(settings)
    except (SettingsError, TopicsError) as error:
        raise click.ClickException(str(error)) from error
    except (KafkaError, AIOKafkaError) as error:
        raise unreachable(settings, error) from error
    except ExceptionGroup as errors:
        if (lost := errors.subgroup(AIOKafkaError)) is None:
            raise
        raise unreachable(settings, lost.exceptions[0]) from errors


def _try(settings: Settings, name: str) -> None:
    async def send() -> None:
        notifier = next((one for one in configured(settings, clock_ms) if one.name == name), None)
        if notifier is None:
            raise SettingsError(f"{name} is not configured; set STILLWATCH_{NOTIFIERS[name].upper()}")
        await try_out(notifier, clock_ms())

    try:
        asyncio.run(send())
    except (RefusedError, UnavailableError) as error:
        raise click.ClickException(f"the test page did not arrive: {error}") from error
    click.echo(f"{name} took the test page")
