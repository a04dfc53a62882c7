"""What the account stage sends on: positions of traces, wherever in its topic it stands."""

from __future__ import annotations

import msgspec
import pytest

from models.account_stage import AccountStage
from models.campaign_stage import CampaignStage
from models.detection import DetectionSettings
from models.featurise import Featuriser
from models.record import Records
from models.trace import pack
from streams.references import load_references
from streams.settings import load_settings
from tests.models.account_events import START_MS
from tests.models.group_weights import group_model

ONE = DetectionSettings(partitions=1)


@pytest.fixture(scope="module")
def featuriser() -> Featuriser:
    """Return the featuriser of the service."""
    return load_references(load_settings()).featuriser


def requests(first_offset: int, count: int = 8) -> Records:
    """Make requests of one account with one payment and another question each, a minute apart."""
    values: list[bytes | None] = [
        msgspec.json.encode(
            {
                "schema_version": 1,
                "event_id": f"{first_offset}-{number}",
                "event_time": START_MS + (first_offset % 1_000 + number) * 60_000,
                "account_id": "a",
                "payment_hash": "p",
                "operation": "chat",
                "request_model": "none",
                "input_tokens": 1,
                "output_tokens": 1,
                "prompt_text": f"What is the square root of {first_offset + number} in words?",
            }
        )
        for number in range(count)
    ]
    offsets = list(range(first_offset, first_offset + count))
    return Records("requests", 0, offsets, [-1] * count, [b"a"] * count, values, [None] * count)


@pytest.mark.parametrize("first_offset", [0, 2**31, 2**32 - 4, 2**40])
def test_traces_keep_their_request_offsets(featuriser: Featuriser, first_offset: int) -> None:
    """Whatever a topic dropped before the first record, every trace lies in its message's range at its own offset."""
    stage, pooled = AccountStage(0, ONE, featuriser), CampaignStage(0, ONE, group_model())
    sent, offset = [], 0
    for start in (first_offset, first_offset + 8):
        run = requests(start)
        batches = [batch for _, batch in stage.apply(run, start + 8).traces]
        sent += batches
        for batch in batches:
            message = Records("traces", 0, [offset], [-1], [None], [pack(batch)], [None])
            offset += 1
            pooled.apply(message, offset)
    assert [batch.from_position for batch in sent] == [0, *(batch.through_position for batch in sent[:-1])]
    found = [(batch, position) for batch in sent for position in batch.positions.tolist()]
    assert all(batch.from_position <= position < batch.through_position for batch, position in found)
    payment = [first_offset + uses - 1 for uses in (2, 4, 8, 16)]
    assert set(payment) <= {position for _, position in found}
    assert stage.next_offset == first_offset + 16


def test_every_trace_of_a_late_start_is_pooled(featuriser: Featuriser) -> None:
    """A stage that starts far into a topic loses no trace to the message that moves its position there."""
    counts = []
    for first_offset in (0, 2**40):
        stage, pooled = AccountStage(0, ONE, featuriser), CampaignStage(0, ONE, group_model())
        run = requests(0)
        run = Records(
            run.topic, 0, [first_offset + offset for offset in run.offsets], run.append_times_ms, run.keys, run.values,
            run.ticks_ms,
        )  # fmt: skip
        tick = Records("requests", 0, [first_offset + 8], [-1], [None], [None], [START_MS + 3_600_000])
        batches = [batch for one in (run, tick) for _, batch in stage.apply(one, one.offsets[-1] + 1).traces]
        for offset, batch in enumerate(batches):
            pooled.apply(Records("traces", 0, [offset], [-1], [None], [pack(batch)], [None]), offset + 1)
        counts.append((pooled.event_count, pooled.group_count))
    assert counts[0] == counts[1]
    assert counts[0][0] > 0
