"""The sink: copies the topics into the alert store until it is stopped, whatever fails meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import psycopg
import stamina
import structlog
from kafka.errors import KafkaError, OffsetOutOfRangeError

from streams.database.collect import Fetched
from streams.database.connect import connect, server_of
from streams.database.metrics import StoreMetrics
from streams.database.migrate import migrate
from streams.database.positions import Log, Place, PositionMovedError, read_positions, skip_deleted
from streams.database.retention import tidy
from streams.database.source import Source, TopicsMissingError
from streams.database.write import Stored, store
from streams.settings import Settings

log = structlog.get_logger(__name__)

_TIDY_INTERVAL_S = 3_600.0
_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 15.0

# Not the errors of a wrong statement or value: trying those again would hide them.
_DATABASE_AWAY = (psycopg.OperationalError, psycopg.InterfaceError)

_Result = TypeVar("_Result")


class Sink:
    """One sink. A second one on the same database is safe: positions are locked, and what one stored the other skips.

    Nothing is held in memory but the batch in work: while the database is away nothing more is fetched.
    """

    def __init__(self, settings: Settings, metrics: StoreMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._connection: psycopg.Connection | None = None
        self._hash_key = settings.hash_key.get_secret_value()
        self._tidied_at_s = float("-inf")
        self._source: Source | None = None

    def run(self) -> None:
        """Store until an exception ends it, such as the one that a signal raises.

        Database and brokers that are away are waited for. Raises ``StoreError`` for what waiting does not mend, and
        psycopg's errors for a statement or value that is wrong.
        """
        # Each retry is logged here, with what is wrong; stamina's own line would say the same again.
        stamina.instrumentation.set_on_retry_hooks([])
        try:
            self._with_database(migrate)
            while True:
                try:
                    self._follow()
                except OffsetOutOfRangeError as error:
                    log.warning("offset_out_of_range", error=str(error), mend="positions are looked up again")
                except PositionMovedError as error:
                    log.warning("position_moved", error=str(error), mend="reading on from the database's position")
        finally:
            self._disconnect()

    def _follow(self) -> None:
        """Read on from the database's positions until it is connected to anew, or they or the logs change under us."""
        known = {} if self._source is None else self._source.positions
        with self._with_brokers(lambda: Source(self._settings, known)) as source:
            self._source = source
            logs = self._with_brokers(source.logs)
            positions = self._with_database(lambda connection: read_positions(connection, logs))
            source.seek({(each.topic, each.partition): self._existing(each, positions) for each in logs})
            log.info("store_follows", database=server_of(self._settings), partitions=len(logs))
            connected = self._connection
            # A server that comes back after a failure may have lost what it had confirmed (a replica that took over,
            # synchronous_commit off): what it says then counts, not what was read so far.
            while self._connection is connected:
                self._tidy_if_due()
                batch = self._with_brokers(source.fetch)
                if batch:
                    self._store(batch)
                else:
                    self._with_database(lambda connection: connection.execute("SELECT 1"))
                self._metrics.stored_at.set(time.time())
                self._tell_lags(source)

    def _existing(self, source_log: Log, positions: dict[Place, int]) -> int:
        """Where to read on in a log; what Kafka has deleted is skipped, loudly."""
        stored = positions[source_log.topic, source_log.partition]
        if stored >= source_log.first:
            return stored
        self._with_database(lambda connection: skip_deleted(connection, source_log, stored))
        self._metrics.lost.labels(source_log.topic).inc(source_log.first - stored)
        log.error(
            "records_deleted_before_they_were_stored",
            topic=source_log.topic,
            partition=source_log.partition,
            first=stored,
            last=source_log.first - 1,
            mend="raise the topic's retention, or keep the store running",
        )
        return source_log.first

    def _store(self, batch: list[Fetched]) -> None:
        self._metrics.queue.set(sum(len(fetched.records) for fetched in batch))
        started = time.perf_counter()
        stored = self._with_database(lambda connection: store(connection, batch, self._hash_key))
        self._metrics.batch_seconds.observe(time.perf_counter() - started)
        self._metrics.queue.set(0)
        self._tell(stored)

    def _tell(self, stored: Stored) -> None:
        for topic, count in stored.records.items():
            self._metrics.records.labels(topic).inc(count)
        self._metrics.repeats.inc(stored.repeats)
        for row in stored.refused:
            self._metrics.refused.labels(row.topic, row.reason).inc()
            log.error(
                "record_refused",
                reason=row.reason,
                detail=row.detail,
                topic=row.topic,
                partition=row.partition,
                offset=row.log_offset,
            )

    def _tell_lags(self, source: Source, *, asked: bool = False) -> None:
        for topic, partition, lag in source.lags(asked=asked):
            self._metrics.lag.labels(topic, partition).set(lag)

    def _tidy_if_due(self) -> None:
        if time.monotonic() - self._tidied_at_s < _TIDY_INTERVAL_S:
            return
        gone = self._with_database(lambda connection: tidy(connection, self._settings.store_retention_days))
        if gone:
            log.info("retention_applied", **gone)
        self._tidied_at_s = time.monotonic()
        self._metrics.tidied_at.set(time.time())

    def _with_database(self, work: Callable[[psycopg.Connection], _Result]) -> _Result:
        """Do work on a connection; where the database is away, wait ever longer and try again on a new one."""
        for attempt in stamina.retry_context(
            on=_DATABASE_AWAY, attempts=None, timeout=None, wait_initial=_FIRST_WAIT_S, wait_max=_LONGEST_WAIT_S
        ):
            with attempt:
                try:
                    if self._connection is None:
                        self._connection = connect(self._settings, "store")
                    result = work(self._connection)
                    self._metrics.database_up.set(1)
                except _DATABASE_AWAY as error:
                    self._disconnect()
                    self._metrics.database_up.set(0)
                    self._metrics.failures.labels(type(error).__name__).inc()
                    log.warning(
                        "database_away", database=server_of(self._settings), error=str(error).strip(), tries=attempt.num
                    )
                    if self._source is not None:
                        with suppress(KafkaError):
                            self._tell_lags(self._source, asked=True)
                    raise
        return result

    def _with_brokers(self, work: Callable[[], _Result]) -> _Result:
        """Do work with Kafka; where the brokers are away or a topic is not there yet, wait and try again."""
        away = _brokers_away
        for attempt in stamina.retry_context(
            on=away, attempts=None, timeout=None, wait_initial=_FIRST_WAIT_S, wait_max=_LONGEST_WAIT_S
        ):
            with attempt:
                try:
                    result = work()
                except Exception as error:
                    if away(error):
                        log.warning("brokers_away", error=f"{type(error).__name__}: {error}", tries=attempt.num)
                    raise
        return result

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _brokers_away(error: Exception) -> bool:
    return isinstance(error, KafkaError | TopicsMissingError) and not isinstance(error, OffsetOutOfRangeError)
