"""All stages together: what comes out depends on the logs, not on batches, interleaving or crashes."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime

import msgspec
import orjson
import pytest

from models.account_stage import AccountStage
from models.alert import Alert, decode, encode
from models.decision_stage import DecisionStage
from models.detection import DetectionSettings
from models.event import epoch_ms
from models.featurise import Featuriser
from models.pipeline import Pipeline
from models.record import Records
from models.verdict import Enforcement, Feedback, Finding, Scope, Verdict
from streams.events_file import event_runs
from streams.references import load_references
from streams.settings import load_settings
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.models.group_weights import group_model
from tests.models.partition_logs import Logs, Worker, joined, part, without_repeats, workers

#: Alerts close after three quiet hours here, so that half a day holds openings, updates and closings; few entities are
#: watched, so that several accounts are paged.
SETTINGS = DetectionSettings(partitions=3, quiet_ms=3 * 3_600_000, watched_entities=50_000)
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
    return [msgspec.structs.replace(log, keys=[*log.keys, None], values=[*log.values, None]) for log in logs]


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


def _ms(alert: Alert, hours: float) -> int:
    """Epoch milliseconds that many hours after a record was written."""
    return epoch_ms(datetime.fromisoformat(alert.detected_at)) + round(hours * 3_600_000)


@pytest.fixture(scope="module")
def feedback(expected: tuple[list[bytes], list[bytes]]) -> list[Feedback]:
    """Return what people said and did about the alerts of the first run, an hour or two after each opened."""
    opened = [alert for alert in map(decode, expected[0]) if alert.state == "open"]
    campaigns = [alert for alert in opened if alert.kind == "campaign"]
    accounts = [alert for alert in opened if alert.kind == "account"]
    said: list[tuple[Alert, Finding, Scope, int]] = [
        (campaigns[0], "false_positive", "campaign", 48),
        (campaigns[-1], "true_positive", "template", 48),
        (accounts[0], "expected", "template", 2),
        (accounts[1], "false_positive", "accounts", 48),
    ]
    judged: list[Feedback] = [
        Verdict(verdict_id=f"v-{alert.alert_id}", alert_id=alert.alert_id, verdict=finding, scope=scope,
                given_at=_ms(alert, 1.01), until=_ms(alert, 1.01 + hours))
        for alert, finding, scope, hours in said
    ]  # fmt: skip
    banned = campaigns[-1].accounts[:3]
    return [
        *judged,
        Enforcement(enforcement_id="e", account_ids=banned, action="banned", imposed_at=_ms(campaigns[-1], 2)),
    ]


@pytest.fixture(scope="module")
def judged(request_logs: list[Records], featuriser: Featuriser, feedback: list[Feedback]) -> list[bytes]:
    """Return the alerts of the plainest order with everything that was said given before the first event."""
    pipeline = Pipeline(SETTINGS, featuriser, group_model(), "test")
    alerts = [encode(alert) for record in feedback for alert in pipeline.give(record).alerts]
    for log in request_logs:
        alerts += [encode(alert) for alert in pipeline.feed(log, len(log)).alerts]
    return alerts


def test_feedback_changes_the_alerts(expected: tuple[list[bytes], list[bytes]], judged: list[bytes]) -> None:
    """Without an effect, and alerts that it does not touch, the tests below would show nothing."""
    closed = [alert for alert in map(decode, judged) if alert.closed_by_verdict]
    assert len(closed) == 3
    assert set(judged) & set(expected[0])
    assert set(expected[0]) - set(judged)


@pytest.mark.parametrize("seed", SEEDS)
def test_feedback_in_between_does_not_depend_on_batches(
    request_logs: list[Records], featuriser: Featuriser, feedback: list[Feedback], judged: list[bytes], seed: int
) -> None:
    """Workers that crash, logs in runs of any size, verdicts that arrive any time before theirs: the same alerts."""
    rng = random.Random(seed)
    logs = Logs(request_logs)
    running = workers(logs, SETTINGS, featuriser, group_model())
    stages = [worker for worker in running if worker.log[0] == "requests"]
    unsaid = rng.sample(feedback, len(feedback))
    while not all(worker.idle for worker in running) or unsaid:
        behind_ms = min(worker.stage.watermark_ms for worker in stages if isinstance(worker.stage, AccountStage))
        for record in list(unsaid):
            # A step reads less than five hours of events: 80 records of the quietest partition span four and a half.
            if rng.random() < 0.02 or behind_ms > record.given_ms - 5 * 3_600_000:
                assert behind_ms <= record.given_ms
                unsaid.remove(record)
                for _ in range(rng.choice([1, 1, 2])):
                    logs.give(record)
        worker = rng.choice(running)
        worker.step(rng.choice([1, 5, 50, 80]) if worker.log[0] == "requests" else rng.choice([1, 3, 20, 400]))
        worker.deliver(rng)
        if rng.random() < 0.15:
            worker.flush()
        if rng.random() < 0.1:
            worker.commit()
        if rng.random() < 0.03:
            worker.crash()
    assert without_repeats(logs.alerts) == judged


@pytest.fixture(scope="module")
def candidate_log(request_logs: list[Records], featuriser: Featuriser) -> list[Records]:
    """Return the messages of the candidates topic, as the plainest order writes them."""
    pipeline = Pipeline(SETTINGS, featuriser, group_model(), "test")
    return [message for log in request_logs for message in pipeline.feed(log, len(log)).candidates]


@pytest.mark.parametrize("seed", SEEDS)
def test_late_feedback_takes_effect_where_the_log_has_it(
    candidate_log: list[Records], feedback: list[Feedback], seed: int
) -> None:
    """Wherever a verdict lies in the log, long after its time too, every reading of that log gives the same alerts."""
    rng = random.Random(seed)
    logs = Logs([])
    places = sorted(rng.choices(range(len(candidate_log)), k=len(feedback)))
    for number, message in enumerate(candidate_log):
        for record in [record for place, record in zip(places, feedback, strict=True) if place == number]:
            logs.give(record)
        logs.messages["candidates", 0].extend(value for value in message.values if value is not None)
    end = logs.end(("candidates", 0))
    whole = DecisionStage(SETTINGS, "test")
    one_by_one = [
        encode(alert)
        for offset in range(end)
        for alert in whole.apply(logs.run(("candidates", 0), offset, 1), offset + 1).alerts
    ]
    worker = Worker(("candidates", 0), lambda: DecisionStage(SETTINGS, "test"), logs)
    while not worker.idle:
        worker.step(rng.choice([1, 3, 40, 500]))
        worker.deliver(rng)
        for chance, act in ((0.2, worker.flush), (0.2, worker.commit), (0.1, worker.crash)):
            if rng.random() < chance:
                act()
    assert without_repeats(logs.alerts) == one_by_one
    assert any(decode(alert).closed_by_verdict for alert in one_by_one)
