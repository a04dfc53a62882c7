"""What the commands ask the alert store about refused records, and what they write of those that were sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import psycopg
from psycopg.rows import class_row


class DeadLetterLine(msgspec.Struct, frozen=True, kw_only=True):
    """A refused record's coordinates and reason, and where it stands since it was sent again."""

    topic: str
    partition: int
    log_offset: int
    appended_at: datetime
    field: str
    reason: str
    detail: str
    redriven_offset: int | None = None
    redriven_by: str | None = None
    redriven_at: datetime | None = None


def list_dead_letters(
    connection: psycopg.Connection,
    *,
    reason: str | None = None,
    since: datetime | None = None,
    places: Sequence[tuple[str, int, int]] | None = None,
    most: int,
) -> list[DeadLetterLine]:
    """Refused records, the newest first: of a reason, appended since then, or at these (topic, partition, offset)."""
    columns = None if places is None else [[place[column] for place in places] for column in range(3)]
    with connection.cursor(row_factory=class_row(DeadLetterLine)) as cursor:
        return cursor.execute(
            """
            SELECT d.topic, d.partition, d.log_offset, d.appended_at, d.field, d.reason, d.detail,
                   r.new_offset AS redriven_offset, r.redriven_by, r.redriven_at
            FROM dead_letter d
            LEFT JOIN dead_letter_redrive r USING (topic, partition, log_offset)
            WHERE (%(reason)s::text IS NULL OR d.reason = %(reason)s)
              AND (%(places)s OR (d.topic, d.partition, d.log_offset) IN (
                   SELECT * FROM unnest(%(topics)s::text[], %(partitions)s::int[], %(offsets)s::bigint[])))
              AND (%(since)s::timestamptz IS NULL OR d.appended_at >= %(since)s)
            ORDER BY d.appended_at DESC, d.topic, d.partition, d.log_offset DESC
            LIMIT %(most)s
            """,
            {
                "reason": reason,
                "since": since,
                "most": most,
                "places": columns is None,
                **dict(zip(("topics", "partitions", "offsets"), columns or ([], [], []), strict=True)),
            },
        ).fetchall()


def note_redrive(connection: psycopg.Connection, place: tuple[str, int, int], new_offset: int, actor: str) -> None:
    """Note that a refused record was sent again, and by whom."""
    connection.execute(
        "INSERT INTO dead_letter_redrive (topic, partition, log_offset, new_offset, redriven_by) "
        "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (topic, partition, log_offset) DO UPDATE "
        "SET new_offset = excluded.new_offset, redriven_by = excluded.redriven_by, redriven_at = now()",
        [*place, new_offset, actor],
    )
