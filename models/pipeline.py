"""The whole order in one place: requests, accounts, traces, campaigns, candidates, decisions, alerts.

    requests ─▶ AccountStage ─▶ traces ─▶ CampaignStage ─┐
                     └────────── candidates ─────────────┼─▶ DecisionStage ─▶ alerts
                        verdicts, enforcement ───────────┘

Live, each arrow is a Kafka topic and each stage a partition of a Faust table; here the same stages are wired directly.
Because a stage's result depends on its input records alone, both give the same alerts, byte for byte.
"""

from __future__ import annotations

import msgspec

from models.account_stage import AccountStage
from models.alert import Alert
from models.campaign_stage import CampaignStage
from models.candidate import CandidateBatch
from models.decision_stage import DecisionStage
from models.detection import DetectionSettings
from models.featurise import Featuriser
from models.group_evidence import GroupModel
from models.record import DeadLetter, Records
from models.trace import TraceBatch, pack
from models.verdict import Feedback, encode_feedback, kind_of


class Given(msgspec.Struct, frozen=True):
    """What one run of requests led to.

    ``candidates`` are the messages of the candidates topic behind the alerts, in order: given to a ``DecisionStage``
    with other settings they lead to what that one would have decided on the same evidence.
    """

    alerts: list[Alert]
    dead_letters: list[DeadLetter]
    candidates: list[Records]


class Pipeline:
    """All stages of a deployment in one process, for replay and for tests.

    ``feed`` takes any partition's next records; what has to wait for other partitions waits inside, as it does live.
    """

    def __init__(
        self,
        settings: DetectionSettings,
        featuriser: Featuriser,
        groups: GroupModel,
        model_version: str,
        latest_event_time_ms: int | None = None,
    ) -> None:
        partitions = range(settings.partitions)
        self.accounts = [AccountStage(number, settings, featuriser, latest_event_time_ms) for number in partitions]
        self.campaigns = [CampaignStage(number, settings, groups) for number in partitions]
        self.decisions = DecisionStage(settings, model_version, groups.pooled)

    def feed(self, records: Records, next_offset: int) -> Given:
        """Push one run of one request partition through everything it can reach; returns what came out."""
        outbound = self.accounts[records.partition].apply(records, next_offset)
        given = Given([], outbound.dead_letters, [])
        self._decide(outbound.candidates, given)
        for partition, traces in outbound.traces:
            self._pool(partition, traces, given)
        return given

    def give(self, feedback: Feedback) -> Given:
        """Write a verdict or an enforcement into the log of candidates, where it waits for its time.

        What is given before the first event takes effect with the bucket of its own time, however events are cut into
        runs; what is given later, and late, with the next bucket to close.
        """
        given = Given([], [], [])
        self._take(encode_feedback(feedback), given, kind_of(feedback).encode())
        return given

    def _pool(self, partition: int, traces: TraceBatch, given: Given) -> None:
        stage = self.campaigns[partition]
        outbound = stage.apply(_message("traces", partition, stage.next_offset, pack(traces)), stage.next_offset + 1)
        self._decide(outbound.candidates, given)

    def _decide(self, batches: list[CandidateBatch], given: Given) -> None:
        for batch in batches:
            self._take(msgspec.json.encode(batch), given)

    def _take(self, value: bytes, given: Given, key: bytes | None = None) -> None:
        stage = self.decisions
        message = _message("candidates", 0, stage.next_offset, value, key)
        given.candidates.append(message)
        outbound = stage.apply(message, stage.next_offset + 1)
        given.alerts.extend(outbound.alerts)
        given.dead_letters.extend(outbound.dead_letters)


def _message(topic: str, partition: int, offset: int, value: bytes, key: bytes | None = None) -> Records:
    return Records(topic, partition, [offset], [-1], [key], [value], [None])
