"""A deployment without Kafka: topics are lists, workers are stages that flush, crash and lose what was in flight."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator

import msgspec

from models.account_stage import AccountStage
from models.alert import Alert, encode
from models.campaign_stage import CampaignStage
from models.decision_stage import DecisionStage
from models.detection import DetectionSettings
from models.featurise import Featuriser
from models.group_evidence import GroupModel
from models.record import Records
from models.stage import Outbound, Stage
from models.trace import pack
from models.verdict import Feedback, encode_feedback, kind_of

#: Which log a stage reads: the kind of topic and the partition.
Log = tuple[str, int]


class Logs:
    """The three topics that stages read, and the alerts and dead letters that they write, each an ordered list."""

    def __init__(self, requests: list[Records]) -> None:
        self.requests = requests
        self.messages: defaultdict[Log, list[bytes]] = defaultdict(list)
        self.keys: dict[tuple[Log, int], bytes] = {}
        self.alerts: list[bytes] = []
        self.dead_letters: list[bytes] = []

    def end(self, log: Log) -> int:
        """The offset after the last record."""
        return len(self.requests[log[1]]) if log[0] == "requests" else len(self.messages[log])

    def give(self, feedback: Feedback) -> None:
        """Forward a verdict or an enforcement into the candidates, as its agent does."""
        log: Log = ("candidates", 0)
        self.keys[log, self.end(log)] = kind_of(feedback).encode()
        self.messages[log].append(encode_feedback(feedback))

    def run(self, log: Log, first: int, count: int) -> Records:
        """The records ``first <= offset < first + count`` of a log."""
        name, partition = log
        if name == "requests":
            return part(self.requests[partition], first, first + count)
        values: list[bytes | None] = list(self.messages[log][first : first + count])
        none: list[None] = [None] * len(values)
        offsets = list(range(first, first + len(values)))
        keys = [self.keys.get((log, offset)) for offset in offsets]
        return Records(name, partition, offsets, [-1] * len(values), keys, values, list(none))


def part(records: Records, start: int, stop: int) -> Records:
    """Records ``start`` to ``stop`` of a run, by index."""
    lists = (records.offsets, records.append_times_ms, records.keys, records.values, records.ticks_ms)
    return Records(records.topic, records.partition, *(column[start:stop] for column in lists))  # type: ignore[arg-type]  # five lists of five types


def joined(runs: Iterator[tuple[Records, int]], partitions: int) -> list[Records]:
    """One run for each partition that holds all of its records in order."""
    logs = [Records("requests", number, [], [], [], [], []) for number in range(partitions)]
    for run, _ in runs:
        log = logs[run.partition]
        for name in ("offsets", "append_times_ms", "keys", "values", "ticks_ms"):
            getattr(log, name).extend(getattr(run, name))
    return logs


class Worker:
    """Runs one stage over its log; what it sends is in flight until delivered, what it flushed survives a crash."""

    def __init__(self, log: Log, new_stage: Callable[[], Stage], logs: Logs) -> None:
        self.log = log
        self._new_stage = new_stage
        self._logs = logs
        self._changelog: dict[bytes, bytes] = {}
        self._flushed_cut = self._committed = self.position = 0
        self._in_flight: defaultdict[int, list[tuple[list[bytes], bytes]]] = defaultdict(list)
        self.stage = new_stage()

    @property
    def idle(self) -> bool:
        """Whether it has read its log to the end and everything it sent was delivered."""
        return self.position == self._logs.end(self.log) and not any(self._in_flight.values())

    def step(self, count: int) -> None:
        """Read at most ``count`` records."""
        run = self._logs.run(self.log, self.position, count)
        if len(run):
            self.position += len(run)
            self._send(self.stage.apply(run, self.position))

    def _send(self, outbound: Outbound) -> None:
        messages = self._logs.messages
        for partition, traces in outbound.traces:
            self._queue(messages["traces", partition], pack(traces))
        for batch in outbound.candidates:
            self._queue(messages["candidates", 0], msgspec.json.encode(batch))
        for alert in outbound.alerts:
            self._queue(self._logs.alerts, encode(alert))
        for letter in outbound.dead_letters:
            self._queue(self._logs.dead_letters, msgspec.json.encode(letter))

    def _queue(self, target: list[bytes], value: bytes) -> None:
        self._in_flight[id(target)].append((target, value))

    def deliver(self, rng: random.Random | None = None) -> None:
        """The brokers take everything in flight, or with ``rng`` some first part of what goes to each log."""
        for queue in self._in_flight.values():
            count = len(queue) if rng is None else rng.randint(0, len(queue))
            for target, value in queue[:count]:
                target.append(value)
            del queue[:count]

    def flush(self) -> None:
        """Everything sent is acknowledged, then the changed rows are written at one cut."""
        rows = self.stage.dump_dirty()
        self.stage.mark_clean()
        cut = self.stage.committable_offset
        self.deliver()
        for key, value in rows:
            if value is None:
                self._changelog.pop(key, None)
            else:
                self._changelog[key] = value
        self._flushed_cut = cut

    def commit(self) -> None:
        """The consumer group learns of the last flushed cut; often later than the flush, sometimes never."""
        self._committed = self._flushed_cut

    def crash(self) -> None:
        """What was not delivered is lost; a new stage starts from the changelog and reads on from the commit."""
        self._in_flight.clear()
        self.stage = self._new_stage()
        self.stage.load(list(self._changelog.items()))
        self.position = self._committed


def workers(logs: Logs, settings: DetectionSettings, featuriser: Featuriser, groups: GroupModel) -> list[Worker]:
    """One worker for each partition of each step."""
    made = []
    for number in range(settings.partitions):
        made.append(Worker(("requests", number), lambda n=number: AccountStage(n, settings, featuriser), logs))  # type: ignore[misc]  # mypy cannot infer a default
        made.append(Worker(("traces", number), lambda n=number: CampaignStage(n, settings, groups), logs))  # type: ignore[misc]  # as above
    return [*made, Worker(("candidates", 0), lambda: DecisionStage(settings, "test"), logs)]


def without_repeats(alerts: list[bytes]) -> list[bytes]:
    """The alert records in order, repeats of (alert_id, sequence) dropped; a repeat that differs fails."""
    seen: dict[tuple[str, int], bytes] = {}
    for value in alerts:
        alert = msgspec.json.decode(value, type=Alert)
        assert seen.setdefault((alert.alert_id, alert.sequence), value) == value
    return list(seen.values())
