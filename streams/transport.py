"""Batch delivery: one Faust event for each fetched run of a partition instead of one for each record.

Faust spends about 80 microseconds on the path of one event (four tasks, a queue, an acknowledgement). Here that price
is paid once per batch; group membership, rebalancing, recovery and the commit loop remain Faust's. What is committed is
not what was acknowledged but the cut that was flushed (`Cuts`), because an acknowledged batch may live in memory only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import faust
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import ConsumerStoppedError
from aiokafka.structs import TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from streams.cuts import Cuts
from streams.fetched import FetchedBatch, unpack


class BatchSchema(faust.Schema[Any, Any]):
    """Hands a batch to the stream as it is; decoding is the models' first step."""

    def compile(self, app: Any, **_: Any) -> Any:
        """Return the coroutine that Faust calls for each message."""
        create_event = app.create_event

        async def decode(message: Any, *, propagate: bool = False) -> Any:  # noqa: ARG001 - Faust passes it by name
            return create_event(None, message.value, message.headers, message)

        return decode


class BatchConsumerThread(driver.AIOKafkaConsumerThread):
    """Fetches in the consumer thread and unpacks runs without a ``ConsumerRecord`` per record."""

    #: A batch ends at the first of these: long enough that what it costs once is little (of 2,000 records each costs a
    #: tenth more), short enough (some 150 ms) that heartbeats are never late.
    max_records = 5_000
    max_bytes = 4 << 20

    #: Monotonic time at which the consumer was last asked for records; a liveness probe watches it.
    fetched_at_s = 0.0

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Changelogs are written in transactions, and no aborted row may ever be recovered.
        consumer._isolation_level = "read_committed"  # noqa: SLF001 - Faust has no setting for it
        return consumer

    async def rewind(self, tps: Iterable[TP]) -> None:
        """Read partitions from their earliest record on; no error for one that was revoked meanwhile."""
        consumer = self._ensure_consumer()

        async def seek() -> None:
            assigned = [TopicPartition(*tp) for tp in tps if TopicPartition(*tp) in consumer.assignment()]
            if assigned:
                await consumer.seek_to_beginning(*assigned)

        await self.call_thread(seek)

    async def go_to(self, tp: TP, offset: int) -> None:
        """Read a partition from an offset on; no error if it was revoked meanwhile.

        Faust seeks from the main thread, where a run that is just being unpacked would move the position again.
        """
        consumer = self._ensure_consumer()

        async def seek() -> None:
            if TopicPartition(*tp) in consumer.assignment():
                consumer.seek(TopicPartition(*tp), offset)

        await self.call_thread(seek)

    def position_now(self, tp: TP) -> int | None:
        """Where the next fetch begins; ``None`` while that is looked up and for partitions that are not owned here."""
        subscription = self._ensure_consumer()._subscription.subscription  # noqa: SLF001 - aiokafka's own call waits
        assignment = None if subscription is None else subscription.assignment
        state = None if assignment is None else assignment.state_value(TopicPartition(*tp))
        position: int | None = None if state is None else state._position  # noqa: SLF001
        return position

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: set[TP] | None,
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's signature
        max_records: int | None = None,  # noqa: ARG002 - a batch's limits are this class's
    ) -> dict[TP, list[FetchedBatch]]:
        BatchConsumerThread.fetched_at_s = time.monotonic()
        if not self.consumer.flow_active:
            return {}
        fetcher = consumer._fetcher  # noqa: SLF001 - aiokafka offers no access to unpacked batches
        if consumer._closed or fetcher._closed:  # noqa: SLF001
            raise ConsumerStoppedError
        with fetcher._subscriptions.fetch_context():  # noqa: SLF001
            return await self._drain(fetcher, active_partitions, timeout or 0.0)

    async def _drain(
        self, fetcher: Any, active_partitions: set[TP] | None, within_s: float
    ) -> dict[TP, list[FetchedBatch]]:
        deadline = time.monotonic() + within_s
        while True:
            if fetcher._subscriptions.reassignment_in_progress:  # noqa: SLF001
                await fetcher._subscriptions.wait_for_assignment()  # noqa: SLF001
            drained = self._take_ready(fetcher, active_partitions)
            remaining = deadline - time.monotonic()
            if drained or remaining <= 0:
                return drained
            waiter = fetcher._create_fetch_waiter()  # noqa: SLF001
            done, _ = await asyncio.wait([waiter], timeout=remaining)
            if not done or fetcher._closed:  # noqa: SLF001
                waiter.cancel()
                return {}
            waiter.result()

    def _take_ready(self, fetcher: Any, active_partitions: set[TP] | None) -> dict[TP, list[FetchedBatch]]:
        drained: dict[TP, list[FetchedBatch]] = {}
        for tp in list(fetcher._records):  # noqa: SLF001
            if active_partitions is not None and tp not in active_partitions:
                if not fetcher._subscriptions.is_assigned(tp):  # noqa: SLF001
                    del fetcher._records[tp]  # noqa: SLF001
                continue
            result = fetcher._records[tp]  # noqa: SLF001
            if not isinstance(result, FetchResult):
                if drained:
                    return drained
                del fetcher._records[tp]  # noqa: SLF001
                fetcher._notify(fetcher._wait_consume_future)  # noqa: SLF001
                result.check_raise()
            batch = unpack(TP(tp.topic, tp.partition), result, self.max_records, self.max_bytes)
            if not result.has_more():
                del fetcher._records[tp]  # noqa: SLF001
                fetcher._notify(fetcher._wait_consume_future)  # noqa: SLF001
            if batch is not None:
                drained[TP(tp.topic, tp.partition)] = [batch]
        return drained


class BatchConsumer(driver.Consumer):
    """Faust's consumer with batches as messages and flushed cuts as committed offsets."""

    #: Monotonic time of the last commit that the brokers took.
    committed_at_s = 0.0

    def committed(self) -> Mapping[TP, int | None]:
        """What is committed, by partition, as far as this worker knows."""
        return dict(self._committed_offset)

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def cuts(self) -> Cuts:
        """The composition root's cuts."""
        app: Any = self.app
        cuts: Cuts = app.cuts
        return cuts

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.next_offset - 1,
            time.time(),
            0,
            None,
            None,
            record,
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    def ack(self, message: Any) -> bool:
        """Mark a batch as processed; durability is the flush's business, so nothing is queued for commit."""
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        return True

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        before = {tp: self._committed_offset[tp] for tp in offsets}
        committed: bool = await super()._commit_offsets(offsets, start_new_transaction)
        if not committed:
            # Faust notes as committed what the brokers refuse in a rebalance, and would never commit it again.
            self._committed_offset.update(before)
        app: Any = self.app
        app.metrics.commits.labels("committed" if committed else "refused").inc()
        if committed:
            self.committed_at_s = time.monotonic()
            app.metrics.committed_at.set(time.time())
        return committed

    async def perform_seek(self) -> None:
        """Seek to what is committed, and to the beginning where nothing is.

        A run that was fetched at the end of a rebalance is dropped, and Faust leaves the position behind it wherever
        no offset above 0 is committed: without a later record nobody would read the run again.

        Nothing is fetched until Faust resumes the flow, which it does after this: before, it empties the agents'
        queues, and a run that was fetched from the new position would go with the rest.
        """
        self.stop_flow()
        await super().perform_seek()
        changelogs = self.app.tables.changelog_topics
        unread = [tp for tp in self.assignment() if tp.topic not in changelogs and not self._committed_offset[tp]]
        if unread:
            await cast("BatchConsumerThread", self._thread).rewind(unread)
            self._read_offset.update(dict.fromkeys(unread))

    def position_now(self, tp: TP) -> int | None:
        """Where the next fetch of a partition begins, as far as that is known without asking."""
        return cast("BatchConsumerThread", self._thread).position_now(tp)

    async def _seek(self, partition: TP, offset: int) -> None:
        await cast("BatchConsumerThread", self._thread).go_to(partition, offset)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Leave out Faust's complaints about slow partitions: lag is measured, ``streams.stall`` watches the commits.

        They end the worker where a position is just being looked up, as after ``perform_seek``.
        """

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Batches jump by design; there is no gap to track."""

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (tp for tp in self.cuts if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        return self.cuts.get(tp)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Let Faust commit what was flushed, then forget the cuts: their next owner commits for them."""
        await super().on_partitions_revoked(revoked)
        self.cuts.forget(revoked)
        app: Any = self.app
        for feed in app.feeds:
            feed.forget(revoked)


class BatchTransport(driver.Transport):
    """The transport to name in ``app.transport``."""

    Consumer = BatchConsumer
