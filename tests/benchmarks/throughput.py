"""Events per CPU second of a worker against a naive Faust agent, on one broker in one run, interleaved."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from streams import topics
from streams.broker import KafkaBroker
from tests.benchmarks.texts import events
from tests.integration.deployment import Deployment, wait_until

WORKER_EVENTS = 120_000
NAIVE_EVENTS = 15_000
ACCOUNTS = 5_000
ROUNDS = 3
#: Below this the naive agent is slower than its kind should be, and a ratio to it says nothing.
LEAST_NAIVE_PER_CPU_S = 2_500
WANTED_RATIO = 10
#: The first tenth is left out: compiled code is loaded and word vectors are made then.
WARM_UP_SHARE = 0.1


def main() -> int:
    """Run, print a table and a line of JSON; status 1 if the naive agent was too slow or the ratio too small."""
    console = Console()
    records = [(str(event["account_id"]).encode(), orjson.dumps(event)) for event in events(WORKER_EVENTS, ACCOUNTS, 1)]
    texts = [orjson.loads(value)["prompt_text"] for _, value in records]
    console.print(
        f"{len(records):,} events, {len(set(texts)) / len(texts):.1%} of the texts distinct, "
        f"{statistics.mean(map(len, texts)):.0f} characters on average, "
        f"{statistics.mean(' ' not in text for text in texts):.1%} without spaces"
    )
    naive: list[float] = []
    worker: list[float] = []
    with tempfile.TemporaryDirectory() as folder, KafkaBroker(progress=console.print) as broker:
        for round_number in range(ROUNDS):
            naive.append(_naive(broker, records[:NAIVE_EVENTS], Path(folder), round_number))
            worker.append(_worker(broker, records, Path(folder), round_number))
            console.print(f"round {round_number + 1}: naive {naive[-1]:,.0f}/s, worker {worker[-1]:,.0f}/s of CPU")
    return _report(console, naive, worker)


def _report(console: Console, naive: list[float], worker: list[float]) -> int:
    ratio = statistics.median(worker) / statistics.median(naive)
    table = Table("", "median", "min", "max", title="Events per CPU second (all threads of the process)")
    for name, rates in (("naive Faust agent", naive), ("stillwatch worker", worker)):
        table.add_row(name, *(f"{value:,.0f}" for value in (statistics.median(rates), min(rates), max(rates))))
    console.print(table, f"ratio of the medians: {ratio:.1f} (at least {WANTED_RATIO} wanted)")
    console.print_json(data={"naive_per_cpu_s": naive, "worker_per_cpu_s": worker, "ratio": ratio})
    if statistics.median(naive) < LEAST_NAIVE_PER_CPU_S:
        console.print(f"void: the naive agent made less than {LEAST_NAIVE_PER_CPU_S:,} events per CPU second")
        return 1
    return 0 if ratio >= WANTED_RATIO else 1


def _naive(broker: KafkaBroker, records: list[tuple[bytes, bytes]], folder: Path, number: int) -> float:
    deployment = Deployment(broker.bootstrap_servers, f"naive-{number}", folder)
    deployment.produce(records)
    log = folder / f"naive-{number}.log"
    progress = folder / f"naive-{number}.progress"
    progress.touch()
    environment = os.environ | {
        "NAIVE_BOOTSTRAP": broker.bootstrap_servers,
        "NAIVE_TOPIC": deployment.settings.topic(topics.REQUESTS),
        "NAIVE_PARTITIONS": str(deployment.settings.decides.partitions),
        "NAIVE_TARGET": str(len(records)),
        "NAIVE_PROGRESS": str(progress),
        "FAUST_DATADIR": str(folder / f"naive-{number}"),
    }
    # From warning on Faust draws a spinner, for which it has every debug line made: a seventh of the agent's time.
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.naive_worker",
        "--loop=uvloop",
        "worker",
        "--loglevel=info",
        "--without-web",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            wait_until(lambda: f"\n{len(records)} " in progress.read_text(), 120, log.read_text)
        finally:
            process.terminate()
            process.wait(60)
    samples = [
        (int(count), float(cpu_s)) for count, cpu_s in (line.split() for line in progress.read_text().splitlines())
    ]
    return _rate(samples)


def _worker(broker: KafkaBroker, records: list[tuple[bytes, bytes]], folder: Path, number: int) -> float:
    deployment = Deployment(
        broker.bootstrap_servers,
        f"worker-{number}",
        folder,
        STILLWATCH_FLUSH_INTERVAL_S="2",
        STILLWATCH_LOG_LEVEL="error",
    )
    deployment.produce(records)
    worker = deployment.start_worker()
    samples: list[tuple[int, float]] = []
    try:
        deployment.wait_ready(worker)
        while not samples or samples[-1][0] < len(records):
            # Of one moment: a batch between two questions would be counted on one side alone.
            count, cpu_s = worker.metrics("stillwatch_events_total", "process_cpu_seconds_total")
            samples.append((int(count), cpu_s))
            time.sleep(0.5)
        # Work is done when it is durable: the last flush and commit count too.
        deployment.wait_applied([worker])
        samples[-1] = (len(records), worker.metric("process_cpu_seconds_total"))
    finally:
        deployment.close()
    return _rate(samples)


def _rate(samples: list[tuple[int, float]]) -> float:
    """Events per CPU second from the first sample after the warm-up to the last."""
    total = samples[-1][0]
    first = next(sample for sample in samples if sample[0] >= WARM_UP_SHARE * total)
    return (total - first[0]) / (samples[-1][1] - first[1])


if __name__ == "__main__":
    raise SystemExit(main())
