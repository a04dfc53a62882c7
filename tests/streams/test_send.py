"""Where a stage's records go, and what is measured of them."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from models.candidate import CandidateBatch
from models.stage import Outbound
from streams.metrics import Metrics
from streams.outbox import Outbox
from streams.send import Sender
from streams.settings import load_settings
from tests.models.test_campaign import group, members


class Written:
    """An outbox that keeps what it is given."""

    def __init__(self) -> None:
        self.values: list[bytes] = []

    async def send(self, _topic: str, value: bytes, **_options: Any) -> None:
        """Keep the value."""
        self.values.append(value)


async def test_who_only_pays_together_is_sent_and_does_not_count_as_a_look() -> None:
    """The decision hears of a payment, while the measured evidence stays that of groups above the low bar."""
    candidates = [group("01", members(0, 9), 5.0), group("02", members(0, 9), 0.0, link="payment")]
    batch = CandidateBatch("campaign", 0, 0, 60_000, 60_000, list(candidates))
    written, metrics = Written(), Metrics()
    await Sender(load_settings(), cast("Outbox", written), metrics).send(Outbound(candidates=[batch]))
    (value,) = written.values
    assert msgspec.json.decode(value, type=CandidateBatch) == batch
    sums = {kind: metrics.candidate_nats.labels(kind)._sum.get() for kind in ("account", "group")}
    counted = metrics.registry.get_sample_value("stillwatch_candidate_evidence_nats_count", {"kind": "group"})
    assert (sums, counted) == ({"account": 0.0, "group": 5.0}, 1.0)
