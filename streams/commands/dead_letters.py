"""The ``dead-letters`` commands: which records were refused and why, and how to send them again."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import msgspec

from models.event import epoch_ms
from models.record import Reason
from streams.commands.instants import Instant
from streams.commands.oncall_options import EXIT_STATUSES, alert_store, by_option, json_option, nothing, show, who
from streams.commands.options import database_or_exit, settings_or_exit, unreachable
from streams.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection
    from rich.console import RenderableType

    from streams.database.dead_letters import DeadLetterLine
    from streams.oncall.redrive import Place, Redriven

_REASONS = click.Choice([reason.value for reason in Reason])
_PLACE = re.compile(r"(?P<topic>[^/:\s]+)[/:](?P<partition>\d{1,9})[/:](?P<offset>\d{1,18})")


@click.group(name="dead-letters", epilog=EXIT_STATUSES)
def dead_letters_command() -> None:
    """See which records were refused and why, and send requests again that decode by now. Never shows a payload."""


@dead_letters_command.command(name="list", epilog=EXIT_STATUSES)
@click.option("--reason", type=_REASONS)
@click.option("--since", type=Instant(-1), help="Appended since then: a date, a time, or a span like 24h or 7d.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@json_option
def list_command(reason: str | None, since: datetime | None, limit: int, as_json: bool) -> None:
    """List refused records, the newest first: coordinates, field and reason.

    From the alert store; without a STILLWATCH_DATABASE_URL from the topic dead-letters.v1.
    """
    lines = _listed(settings_or_exit(), reason, since, limit)
    if not lines:
        nothing(as_json, "no such dead letters")
    show(lines, as_json, lambda: _table(lines))


@dead_letters_command.command(name="redrive", epilog=EXIT_STATUSES)
@click.argument("places", nargs=-1, metavar="[TOPIC/PARTITION/OFFSET]...")
@click.option("--reason", type=_REASONS, help="Instead of coordinates: all that were refused for this.")
@click.option("--since", type=Instant(-1), help="With --reason: appended since then.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=1_000, show_default=True, help="With --reason.")
@click.option("--dry-run", is_flag=True, help="Only say which would be sent.")
@click.option("--again", is_flag=True, help="Also what was sent again before.")
@by_option
@json_option
def redrive_command(
    places: tuple[str, ...],
    reason: str | None,
    since: datetime | None,
    limit: int,
    dry_run: bool,
    again: bool,
    actor: str | None,
    as_json: bool,
) -> None:
    """Send refused requests again, as they are and under the same key: those that decode under today's settings.

    Each is read at its coordinates, so it must still be in its topic. It counts as a late request does. An event that
    is sent twice counts once while it is among its account's last 64; with an alert store it is noted and not sent
    twice. Exit status 1 if none was sent.
    """
    if bool(places) == (reason is not None):
        raise click.UsageError("give coordinates as in `dead-letters list`, or --reason")
    settings, named = settings_or_exit(), who(actor)
    chosen = [_place(each) for each in places] or None
    with _store_if_any(settings) as store:
        lines = _listed(settings, reason, since, limit, chosen)
        for place in set(chosen or ()) - {(line.topic, line.partition, line.log_offset) for line in lines}:
            raise click.ClickException(
                f"{'/'.join(map(str, place))}: no dead letter tells of it; sending it might count it twice"
            )
        outcomes = _redriven(settings, store, lines[::-1], named, dry_run=dry_run, again=again)
    if not outcomes:
        nothing(as_json, "no such dead letters")
    show(outcomes, as_json, lambda: _outcomes_table(outcomes))
    counts = Counter(each.outcome for each in outcomes)
    raise SystemExit(0 if counts["sent"] + counts["would_send"] else 1)


def _redriven(
    settings: Settings,
    store: Connection | None,
    lines: Sequence[DeadLetterLine],
    actor: str,
    *,
    dry_run: bool,
    again: bool,
) -> list[Redriven]:
    from kafka import KafkaProducer  # noqa: PLC0415 - `--help` needs no client
    from kafka.errors import KafkaError  # noqa: PLC0415

    from streams.oncall.redrive import redrive, sender  # noqa: PLC0415

    letters = [((line.topic, line.partition, line.log_offset), Reason(line.reason)) for line in lines]
    known = zip(letters, lines, strict=True)
    before = {place for (place, _), line in known if line.redriven_by is not None and not again}
    outcomes = []
    try:
        producer = KafkaProducer(**settings.kafka_client(), acks="all", max_block_ms=10_000, max_request_size=9 << 20)
        try:
            send = None if dry_run else sender(settings, producer)
            for done in redrive(settings, letters, before.__contains__, int(time.time() * 1_000), send):
                outcomes.append(done)
                if store is not None and done.new_offset is not None:
                    from streams.database.dead_letters import note_redrive  # noqa: PLC0415

                    note_redrive(store, (done.topic, done.partition, done.log_offset), done.new_offset, actor)
        finally:
            producer.close(timeout=10)
    except KafkaError as error:
        raise unreachable(settings, error) from error
    return outcomes


@contextmanager
def _store_if_any(settings: Settings) -> Iterator[Connection | None]:
    if settings.database_url is None:
        yield None
        return
    with database_or_exit(settings, "dead-letters") as store:
        yield store


def _listed(
    settings: Settings, reason: str | None, since: datetime | None, most: int, places: Sequence[Place] | None = None
) -> list[DeadLetterLine]:
    from streams.database.dead_letters import DeadLetterLine, list_dead_letters  # noqa: PLC0415 - needs psycopg

    if settings.database_url is not None:
        with alert_store("dead-letters") as store:
            return list_dead_letters(store, reason=reason, since=since, places=places, most=most)
    from kafka.errors import KafkaError  # noqa: PLC0415

    from streams.oncall.redrive import read_dead_letters  # noqa: PLC0415
    from streams.topics import DEAD_LETTERS  # noqa: PLC0415

    try:
        lines = [
            DeadLetterLine(
                topic=letter.topic,
                partition=letter.partition,
                log_offset=letter.offset,
                appended_at=datetime.fromtimestamp(letter.append_time_ms / 1_000, UTC),
                field=letter.field,
                reason=letter.reason.value,
                detail=letter.detail,
            )
            for letter in read_dead_letters(settings, None if since is None else epoch_ms(since))
            if reason in (None, letter.reason.value)
            and (places is None or (letter.topic, letter.partition, letter.offset) in places)
        ]
    except KafkaError as error:
        raise unreachable(settings, error) from error
    except msgspec.MsgspecError as error:
        raise click.ClickException(
            f"{settings.topic(DEAD_LETTERS)}: a record that this build cannot read: {error}"
        ) from error
    # Written again after a crash, a letter is the same letter.
    distinct = {(line.topic, line.partition, line.log_offset): line for line in lines}
    return sorted(distinct.values(), key=lambda line: line.appended_at, reverse=True)[:most]


def _place(text: str) -> Place:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise click.UsageError(f"{text!r}: no TOPIC/PARTITION/OFFSET such as stillwatch.requests.v1/0/4711")
    return found["topic"], int(found["partition"]), int(found["offset"])


def _table(lines: Sequence[DeadLetterLine]) -> RenderableType:
    from rich.table import Table  # noqa: PLC0415

    table = Table("record", "appended", "field", "reason", "what", "sent again", box=None, header_style="dim")
    for line in lines:
        table.add_row(
            f"{line.topic}/{line.partition}/{line.log_offset}",
            f"{line.appended_at:%Y-%m-%d %H:%M:%S}",
            line.field,
            line.reason,
            line.detail,
            "" if line.redriven_by is None else f"by {line.redriven_by}",
        )
    return table


def _outcomes_table(outcomes: Sequence[Redriven]) -> RenderableType:
    from rich.table import Table  # noqa: PLC0415

    table = Table("record", "outcome", "what", box=None, header_style="dim")
    for each in outcomes:
        table.add_row(f"{each.topic}/{each.partition}/{each.log_offset}", each.outcome.replace("_", " "), each.said)
    return table
