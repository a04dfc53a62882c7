"""The ``verdict`` command: say what an alert turned out to be."""

from __future__ import annotations

import getpass
import time
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import click
import msgspec

from models.event import epoch_ms
from models.verdict import Verdict, encode_feedback
from streams.commands.options import settings_or_exit, unreachable


class _Instant(click.ParamType):
    """A date, whose beginning in UTC is meant, or RFC 3339."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date like 2026-03-01 and no time like 2026-03-01T12:00:00Z", param, ctx)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


@click.command(name="verdict")
@click.argument("alert_id")
@click.argument("finding", metavar="VERDICT", type=click.Choice(["false-positive", "true-positive", "expected"]))
@click.option("--until", type=_Instant(), help="When it ends, at most 366 days ahead; needed unless true-positive.")
@click.option("--scope", type=click.Choice(["template", "accounts", "campaign"]), default="template",
              show_default=True, help="What falls silent: the shared anchors and their team, the accounts, "
              "or both.")  # fmt: skip
@click.option("--account", "accounts", multiple=True, help="With --scope accounts: which; all named ones without.")
@click.option("--note", default="", help="Why, for whoever looks next.")
@click.option("--by", "given_by", help="Who says so.  [default: the user]")
@click.option("--given-at", type=_Instant(), help="For replayed or simulated events: when, in their time.  "
              "[default: now]")  # fmt: skip
@click.option("--file", "path", type=click.Path(dir_okay=False, path_type=Path),
              help="Append to this file, for `replay --verdicts`, instead of the topic.")  # fmt: skip
def verdict_command(
    alert_id: str,
    finding: str,
    until: datetime | None,
    scope: str,
    accounts: tuple[str, ...],
    note: str,
    given_by: str | None,
    given_at: datetime | None,
    path: Path | None,
) -> None:
    """Say that alert ALERT_ID is a false-positive, a true-positive or expected.

    A false-positive or expected alert is closed and what the scope names falls silent until the date, nothing else.
    A true-positive has its prompt shells, payments and addresses watched for. The same words at the same time are the
    same verdict: giving it twice does nothing more.
    """
    fields = {
        "alert_id": alert_id,
        "verdict": finding.replace("-", "_"),
        "scope": scope,
        "account_ids": list(accounts),
        "until": None if until is None else epoch_ms(until),
        "note": note,
        "given_by": getpass.getuser() if given_by is None else given_by,
        "given_at": time.time_ns() // 1_000_000 if given_at is None else epoch_ms(given_at),
    }
    named = blake2b(msgspec.json.encode(fields), digest_size=16).hexdigest()
    try:
        verdict = msgspec.convert({"verdict_id": named, **fields}, Verdict)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from error
    if path is None:
        _send(verdict)
    else:
        with path.open("ab") as file:
            file.write(encode_feedback(verdict) + b"\n")
    click.echo(verdict.verdict_id)


def _send(verdict: Verdict) -> None:
    settings = settings_or_exit()
    from kafka import KafkaProducer  # noqa: PLC0415 - `--help` and --file need no client
    from kafka.errors import KafkaError  # noqa: PLC0415

    from streams.topics import VERDICTS  # noqa: PLC0415

    try:
        producer = KafkaProducer(**settings.kafka_client(), acks="all", max_block_ms=10_000)
        try:
            key = verdict.alert_id.encode()
            producer.send(settings.topic(VERDICTS), encode_feedback(verdict), key=key).get(timeout=30)
        finally:
            producer.close(timeout=10)
    except KafkaError as error:
        raise unreachable(settings, error) from error
