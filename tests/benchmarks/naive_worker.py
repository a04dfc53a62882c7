"""What one writes first with Faust: decode each event, count it in a dict and in a table. The benchmark's yardstick.

As fast as settings make it: uvloop, batches from the producer, large buffers.
``python -m tests.benchmarks.naive_worker --loop=uvloop worker`` with ``NAIVE_BOOTSTRAP``, ``NAIVE_TOPIC``,
``NAIVE_PARTITIONS`` and ``NAIVE_TARGET`` set; it appends ``count cpu_seconds`` to the file ``NAIVE_PROGRESS`` every
thousand events.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import faust
import orjson

TOPIC = os.environ["NAIVE_TOPIC"]
TARGET = int(os.environ["NAIVE_TARGET"])
PROGRESS = Path(os.environ["NAIVE_PROGRESS"])

app = faust.App(
    f"naive-{TOPIC}",
    broker=f"kafka://{os.environ['NAIVE_BOOTSTRAP']}",
    topic_partitions=int(os.environ["NAIVE_PARTITIONS"]),
    broker_max_poll_records=500,
    web_enabled=False,
    store="memory://",
    # Changelog writes wait for company: without, each turn of the loop is a request to the broker, a third of the time.
    producer_linger=0.05,
    producer_max_batch_size=1 << 20,
    stream_buffer_maxsize=16_384,
    stream_wait_empty=False,
)
requests = app.topic(TOPIC, value_serializer="raw", key_serializer="raw")
counts: Counter[str] = Counter()
events_by_account = app.Table("events", default=int, partitions=int(os.environ["NAIVE_PARTITIONS"]))


def report(seen: int) -> None:
    """Tell the benchmark how far the agent is."""
    with PROGRESS.open("a") as file:
        file.write(f"{seen} {time.process_time()}\n")


@app.agent(requests)
async def count(stream: Any) -> None:
    """Count every event twice, as the naive detector does."""
    seen = 0
    async for value in stream:
        event = orjson.loads(value)
        account_id = event["account_id"]
        counts[account_id] += 1
        events_by_account[account_id] = counts[account_id]
        seen += 1
        if seen % 1_000 == 0 or seen == TARGET:
            report(seen)


if __name__ == "__main__":
    app.main()
