"""All stages together: what comes out depends on the logs, not on batches, interleaving or crashes."""

from __future__ import annotations

import random
from collections import Counter

import msgspec
import orjson
import pytest

from models.account_stage import AccountStage
from models.alert import encode
from models.detection import DetectionSettings
from models.featurise import Featuriser
from models.pipeline import Pipeline
from models.record import Records
from streams.events_file import event_runs
from streams.references import load_references
from streams.settings import load_settings
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.models.group_weights import group_model
from tests.models.partition_logs import Logs, joined, part, without_repeats, workers

#: Alerts close after three quiet hours here, so that half a day holds openings, updates and closings.
SETTINGS = DetectionSettings(partitions=3, quiet_ms=3 * 3_600_000)
SEEDS = range(4)


@pytest.fixture(scope="module")
def featuriser() -> Featuriser:
    """Return the featuriser of the service."""
    return load_references(load_settings()).featuriser


@pytest.fixture(scope="module")
def request_logs(featuriser: Featuriser) -> list[Records]:
    """Return three partitions of a reduced scenario: disordered, with repeats, bad values and ticks in between."""
    scenario = msgspec.structs.replace(preset("parity").scaled(0.2), days=0.75)
    lines = [orjson.dumps(event) for event in simulate(scenario, 33).events()]
    rng = random.Random(1)
    for _ in range(40):
        lines.insert(rng.randrange(len(lines)), b"{")
        where = rng.randrange(20, len(lines))
        lines.insert(where, lines[where - rng.randrange(1, 20)])
    pipeline = Pipeline(SETTINGS, featuriser, group_model(), "test")

    def watermark(number: int) -> int:
        return pipeline.accounts[number].watermark_ms

    def fed() -> list[tuple[Records, int]]:
        runs = []
        for run, next_offset in event_runs(iter(lines), SETTINGS.partitions, watermark, SETTINGS.bucket_ms):
            pipeline.feed(run, next_offset)
            runs.append((run, next_offset))
        return runs

    logs = joined(iter(fed()), SETTINGS.partitions)
    for log in logs:
        offset = len(log)
        for values, value in ((log.offsets, offset), (log.append_times_ms, -1), (log.ticks_ms, scenario.end_ms * 2)):
            values.append(value)
        log.keys.append(None)
        log.values.append(None)
    return logs


@pytest.fixture(scope="module")
def expected(request_logs: list[Records], featuriser: Featuriser) -> tuple[list[bytes], list[bytes]]:
    """Return alerts and dead letters of the plainest order: one partition after the other, each in one piece."""
    pipeline = Pipeline(SETTINGS, featuriser, group_model(), "test")
    alerts, letters = [], []
    for log in request_logs:
        given = pipeline.feed(log, len(log))
        alerts += [encode(alert) for alert in given.alerts]
        letters += [msgspec.json.encode(letter) for letter in given.dead_letters]
    return alerts, sorted(letters)


def test_the_reduced_scenario_has_everything(expected: tuple[list[bytes], list[bytes]]) -> None:
    """Without openings, updates and closings of both kinds the other tests would show little."""
    alerts, letters = expected
    states = Counter((alert["kind"], alert["state"]) for alert in map(orjson.loads, alerts))
    assert {(kind, state) for kind in ("account", "campaign") for state in ("open", "update", "closed")} <= set(states)
    assert Counter(orjson.loads(letter)["reason"] for letter in letters) == {"invalid_json": 40, "duplicate": 40}


@pytest.mark.parametrize("seed", SEEDS)
def test_batches_and_interleaving_change_nothing(
    request_logs: list[Records], featuriser: Featuriser, expected: tuple[list[bytes], list[bytes]], seed: int
) -> None:
    """The partitions in runs of any size, in any turn, one of them far ahead: the same alerts, byte for byte."""
    rng = random.Random(seed)
    pipeline = Pipeline(SETTINGS, featuriser, group_model(), "test")
    positions = [0] * SETTINGS.partitions
    weights = [rng.choice([1, 1, 8]) for _ in positions]
    alerts: list[bytes] = []
    letters: list[bytes] = []
    while remaining := [number for number, log in enumerate(request_logs) if positions[number] < len(log)]:
        (number,) = rng.choices(remaining, [weights[number] for number in remaining])
        run = part(request_logs[number], positions[number], positions[number] + rng.choice([1, 7, 60, 400]))
        positions[number] += len(run)
        given = pipeline.feed(run, positions[number])
        alerts += [encode(alert) for alert in given.alerts]
        letters += [msgspec.json.encode(letter) for letter in given.dead_letters]
    assert (alerts, sorted(letters)) == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_crashes_lose_and_double_nothing(
    request_logs: list[Records], featuriser: Featuriser, expected: tuple[list[bytes], list[bytes]], seed: int
) -> None:
    """Stages that crash at any moment, with messages in flight and commits behind flushes, give the same alerts."""
    rng = random.Random(seed)
    logs = Logs(request_logs)
    running = workers(logs, SETTINGS, featuriser, group_model())
    crashes = 0
    while not all(worker.idle for worker in running):
        worker = rng.choice(running)
        worker.step(rng.choice([1, 5, 50, 300]) if worker.log[0] == "requests" else rng.choice([1, 3, 20]))
        worker.deliver(rng)
        if rng.random() < 0.15:
            worker.flush()
        if rng.random() < 0.1:
            worker.commit()
        if crashes < 60 and rng.random() < 0.08:
            worker.crash()
            crashes += 1
    assert crashes >= 10
    alerts, letters = expected
    assert without_repeats(logs.alerts) == alerts
    assert set(logs.dead_letters) == set(letters)
    counted = sum(worker.stage.event_count for worker in running if isinstance(worker.stage, AccountStage))
    ticks = sum(tick is not None for log in request_logs for tick in log.ticks_ms)
    assert counted == sum(map(len, request_logs)) - ticks - len(letters)
