"""How far each topic partition is stored. Positions live in the database alone and change with the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import psycopg

from streams.database.collect import Fetched
from streams.database.errors import PositionError

Place = tuple[str, int]


class PositionMovedError(PositionError):
    """The database expects other records than those that were fetched; read on from where it says."""


class Log(msgspec.Struct, frozen=True):
    """A topic partition as Kafka has it: the topic's id, its first offset and the one after its last."""

    topic: str
    partition: int
    topic_id: str
    first: int
    end: int


def read_positions(connection: psycopg.Connection, logs: Iterable[Log]) -> dict[Place, int]:
    """Where each log was stored up to; new ones begin at their first record.

    A position before ``Log.first`` means that Kafka deleted records unread: ``skip_deleted`` then. Raises
    ``PositionError`` where a log is not the one that was stored.
    """
    logs = list(logs)
    with connection.transaction():
        connection.cursor().executemany(
            "INSERT INTO source_position (topic, partition, topic_id, next_offset) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT DO NOTHING",
            [(log.topic, log.partition, log.topic_id, log.first) for log in logs],
        )
        known = _read(connection, [log.topic for log in logs])
    return {(log.topic, log.partition): _position(log, *known[log.topic, log.partition]) for log in logs}


def skip_deleted(connection: psycopg.Connection, log: Log, stored: int) -> None:
    """Move a position past records that Kafka no longer has, unless another sink moved it meanwhile."""
    connection.execute(
        "UPDATE source_position SET next_offset = %s WHERE topic = %s AND partition = %s AND next_offset = %s",
        [log.first, log.topic, log.partition, stored],
    )


def _position(log: Log, topic_id: str, next_offset: int) -> int:
    place = f"{log.topic} partition {log.partition}"
    mend = (
        "if the topic was made anew on purpose, store it from its beginning: delete its rows from "
        "stillwatch.source_position"
    )
    if topic_id != log.topic_id:
        raise PositionError(f"{place}: stored from topic id {topic_id}, Kafka has {log.topic_id}; {mend}")
    if next_offset > log.end:
        raise PositionError(f"{place}: stored up to offset {next_offset}, Kafka ends at {log.end}; {mend}")
    return next_offset


def _read(connection: psycopg.Connection, names: Sequence[str]) -> dict[Place, tuple[str, int]]:
    rows = connection.execute(
        "SELECT topic, partition, topic_id, next_offset FROM source_position WHERE topic = ANY(%s)", [list(names)]
    )
    return {(topic, partition): (topic_id, next_offset) for topic, partition, topic_id, next_offset in rows}


def lock_positions(connection: psycopg.Connection, batch: Sequence[Fetched]) -> Mapping[Place, int]:
    """Return where the batch's partitions stand and hold them until the transaction ends.

    Another sink that stored some of the batch has moved them further. Raises ``PositionMovedError`` for one that stands
    before the batch: somebody reset it.
    """
    rows = connection.execute(
        """
        SELECT p.topic, p.partition, p.next_offset
        FROM source_position p JOIN unnest(%s::text[], %s::integer[]) AS b (topic, partition) USING (topic, partition)
        ORDER BY p.topic, p.partition
        FOR UPDATE OF p
        """,
        [[fetched.topic for fetched in batch], [fetched.partition for fetched in batch]],
    ).fetchall()
    stood = {(topic, partition): next_offset for topic, partition, next_offset in rows}
    for fetched in batch:
        at = stood.get((fetched.topic, fetched.partition))
        if at is None or at < fetched.from_offset:
            raise PositionMovedError(
                f"{fetched.topic} partition {fetched.partition}: the database stands at {at}, the batch begins at "
                f"{fetched.from_offset}"
            )
    return stood


def advance(connection: psycopg.Connection, batch: Sequence[Fetched]) -> None:
    """Note that a batch is stored; never moves a position back."""
    connection.execute(
        """
        UPDATE source_position p
        SET next_offset = b.next_offset, stored_at = now(), appended_at = coalesce(b.appended_at, p.appended_at)
        FROM unnest(%s::text[], %s::integer[], %s::bigint[], %s::bigint[]) AS u (topic, partition, next_offset, ms),
             LATERAL (SELECT u.topic, u.partition, u.next_offset, to_timestamp(u.ms / 1000.0) AS appended_at) b
        WHERE p.topic = b.topic AND p.partition = b.partition AND p.next_offset < b.next_offset
        """,
        [
            [fetched.topic for fetched in batch],
            [fetched.partition for fetched in batch],
            [fetched.next_offset for fetched in batch],
            [fetched.records[-1].appended_ms if fetched.records else None for fetched in batch],
        ],
    )
