"""Sends what stages produce, in order, and tells when all of it was acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaProducer

#: Unacknowledged messages above which a stage waits before it applies more.
_MAX_IN_FLIGHT = 2_000


class Outbox:
    """One idempotent producer for traces, candidates, alerts, dead letters and ticks.

    Idempotence keeps the messages of one source in order and without holes on each target partition, which is what the
    merge of the next stage relies on. The first failed send is kept and raised by every later call.
    """

    def __init__(self, client: Mapping[str, Any]) -> None:
        self._client = dict(client)
        self._producer: AIOKafkaProducer | None = None
        self._in_flight: set[asyncio.Future[Any]] = set()
        self._failure: BaseException | None = None

    async def start(self) -> None:
        """Connect."""
        producer = AIOKafkaProducer(
            **self._client, acks="all", enable_idempotence=True, max_request_size=9 << 20, linger_ms=5
        )
        await producer.start()
        self._producer = producer

    async def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        partition: int | None = None,
        headers: list[tuple[str, bytes]] | None = None,
    ) -> None:
        """Queue one message (``None``: a tombstone); waits only while too many are unacknowledged."""
        self._check()
        if self._producer is None:
            raise RuntimeError("outbox: not started")
        future = await self._producer.send(topic, value, key=key, partition=partition, headers=headers or [])
        self._in_flight.add(future)
        future.add_done_callback(self._done)
        while len(self._in_flight) > _MAX_IN_FLIGHT:
            await asyncio.wait(self._in_flight, return_when=asyncio.FIRST_COMPLETED)

    @property
    def in_flight(self) -> int:
        """Messages that are not acknowledged yet."""
        return len(self._in_flight)

    def _done(self, future: asyncio.Future[Any]) -> None:
        self._in_flight.discard(future)
        if not future.cancelled() and future.exception() is not None and self._failure is None:
            self._failure = future.exception()

    async def settle(self) -> None:
        """Return when everything sent before this call was acknowledged; raises if any of it failed."""
        if pending := set(self._in_flight):
            await asyncio.wait(pending)
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def stop(self) -> None:
        """Send what is queued and disconnect."""
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None
