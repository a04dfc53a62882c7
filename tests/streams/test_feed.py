"""What a feed forwards, refuses and allows to be committed."""

from __future__ import annotations

from typing import Any

import msgspec
from faust.types import TP

from models.record import DeadLetter, Records
from models.stage import Outbound
from streams.cuts import Cuts
from streams.feed import Feed
from streams.fetched import FetchedBatch
from streams.metrics import Metrics

SOURCE = TP("verdicts", 0)
GOOD = b'{"verdict_id":"v","alert_id":"a","verdict":"true_positive","given_at":1767225600000}'


class Sent:
    """An outbox and a sender that keep what they are given."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes, bytes | None, int | None]] = []
        self.dead_letters: list[DeadLetter] = []
        self.settled = 0

    async def send(self, topic: Any, value: bytes = b"", *, key: bytes | None = None, partition: int = -1) -> None:
        """Keep a message, or the dead letters of a stage."""
        if isinstance(topic, Outbound):
            self.dead_letters += topic.dead_letters
        else:
            self.messages.append((topic, value, key, partition))

    async def settle(self) -> None:
        """Count."""
        self.settled += 1


class Consumer:
    """A consumer that only seeks."""

    def __init__(self, earliest: int) -> None:
        self.earliest = earliest
        self.sought: list[tuple[TP, int]] = []

    async def earliest_offsets(self, tp: TP) -> dict[TP, int]:
        """The first offset that is still kept."""
        return {tp: self.earliest}

    async def seek(self, tp: TP, offset: int) -> None:
        """Keep where to."""
        self.sought.append((tp, offset))


def made() -> tuple[Feed, Sent, Cuts]:
    """Make a feed of verdicts over doubles."""
    sent, cuts = Sent(), Cuts()
    doubles: Any = sent
    feed = Feed(
        "verdict", "verdicts", "candidates", outbox=doubles, sender=doubles, cuts=cuts, metrics=Metrics()
    )  # fmt: skip
    return feed, sent, cuts


def batch(first: int, *values: bytes | None) -> FetchedBatch:
    """Make a fetched run of records from an offset on."""
    count = len(values)
    none: list[None] = [None] * count
    offsets = list(range(first, first + count))
    records = Records("verdicts", 0, offsets, [7] * count, list(none), list(values), list(none))
    return FetchedBatch(records, first, first + count)


async def test_good_records_go_on_as_they_are_and_bad_ones_are_dead_letters() -> None:
    """Bytes are not written anew; a refusal has the record's coordinates."""
    feed, sent, _ = made()
    await feed.run(batch(3, GOOD, b"{", None), Consumer(0))
    assert sent.messages == [("candidates", GOOD, b"verdict", 0)]
    assert [(letter.topic, letter.offset, letter.reason.value) for letter in sent.dead_letters] == [
        ("verdicts", 4, "invalid_json"),
        ("verdicts", 5, "empty"),
    ]
    assert feed.positions == {SOURCE: 6}


async def test_what_is_acknowledged_may_be_committed_by_its_owner() -> None:
    """A flush allows the position after the last record once it settled, and nothing of a partition that went away."""
    feed, sent, cuts = made()
    await feed.flush(lambda: {SOURCE})
    assert (sent.settled, cuts.get(SOURCE)) == (0, None)
    await feed.run(batch(0, GOOD), Consumer(0))
    await feed.flush(lambda: {SOURCE})
    assert (sent.settled, cuts.get(SOURCE)) == (1, 1)
    await feed.run(batch(1, GOOD), Consumer(0))
    await feed.flush(set)
    assert cuts.get(SOURCE) == 1
    await feed.run(batch(2, GOOD), Consumer(0))
    feed.forget({SOURCE})
    await feed.flush(lambda: {SOURCE})
    assert cuts.get(SOURCE) == 1


async def test_a_fetch_that_skipped_records_is_read_again() -> None:
    """The feed goes back to where it was; what the topic deleted meanwhile is passed over."""
    feed, sent, _ = made()
    consumer = Consumer(0)
    await feed.run(batch(0, GOOD), consumer)
    await feed.run(batch(5, GOOD), consumer)
    assert consumer.sought == [(SOURCE, 1)]
    assert len(sent.messages) == 1
    await feed.run(batch(5, GOOD), Consumer(5))
    assert len(sent.messages) == 2


def test_the_example_is_a_verdict() -> None:
    """The tests above forward what the decision can read."""
    assert msgspec.json.decode(GOOD)["verdict"] == "true_positive"
