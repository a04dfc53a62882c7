"""Where each kind of outbound record goes, and in which encoding."""

from __future__ import annotations

import msgspec

from models.alert import encode as encode_alert
from models.candidate import AccountCandidate, CandidateBatch
from models.stage import Outbound
from models.trace import pack
from streams import topics
from streams.metrics import Metrics
from streams.outbox import Outbox
from streams.settings import Settings


class Sender:
    """Encodes a stage's outbound records and queues them on their topics."""

    def __init__(self, settings: Settings, outbox: Outbox, metrics: Metrics) -> None:
        self._outbox = outbox
        self._metrics = metrics
        self._traces = settings.topic(topics.TRACES)
        self._candidates = settings.topic(topics.CANDIDATES)
        self._alerts = settings.topic(topics.ALERTS)
        self._alert_state = settings.topic(topics.ALERT_STATE)
        self._dead_letters = settings.topic(topics.DEAD_LETTERS)
        self._encode = msgspec.json.Encoder().encode

    async def send(self, outbound: Outbound) -> None:
        """Queue everything in order; waits only for room in the outbox."""
        for partition, traces in outbound.traces:
            await self._outbox.send(self._traces, pack(traces), partition=partition)
        for candidates in outbound.candidates:
            await self._outbox.send(self._candidates, self._encode(candidates), partition=0)
            self._observe(candidates)
        for alert in outbound.alerts:
            value = encode_alert(alert)
            await self._outbox.send(self._alerts, value, key=alert.entity_id.encode(), partition=0)
            await self._outbox.send(self._alert_state, value, key=alert.alert_id.encode(), partition=0)
            self._metrics.alerts.labels(alert.kind, alert.state, alert.severity).inc()
        for letter in outbound.dead_letters:
            await self._outbox.send(
                self._dead_letters, self._encode(letter), key=f"{letter.partition}".encode(), partition=letter.partition
            )
            self._metrics.dead_letters.labels(letter.reason.value).inc()

    def _observe(self, batch: CandidateBatch) -> None:
        for candidate in batch.candidates:
            if not candidate.evidence_nats:
                # Who pays together is told, not looked at: it would pull down what looks gave.
                continue
            kind = "account" if isinstance(candidate, AccountCandidate) else "group"
            self._metrics.candidate_nats.labels(kind).observe(candidate.evidence_nats)

    async def settle(self) -> None:
        """Everything queued before this call was acknowledged."""
        await self._outbox.settle()
