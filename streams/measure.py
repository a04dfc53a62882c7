"""What a worker looks at in each interval to tell how it stands: partitions, lag, open alerts, heartbeat."""

from __future__ import annotations

import time
from typing import Any, get_args

from faust.types import TP

from models.account_stage import AccountStage
from models.alert import Kind, SeverityLabel
from models.campaign_stage import CampaignStage
from models.decision_stage import DecisionStage
from models.stage import Stage
from streams.metrics import Metrics


class Measurement:
    """Sets the gauges of one worker; `beat` in every interval, `measure` when no rebalance is under way.

    Partitions that went to another worker must not stay behind with their last values, so labelled gauges start anew
    each time. Cost: O(partitions + open alerts).
    """

    def __init__(self, app: Any, interval_s: float, false_pages_per_week: float) -> None:
        self._app = app
        self._metrics: Metrics = app.metrics
        self._interval_s = interval_s
        self._false_pages_per_week = false_pages_per_week
        self._beat_at_s = 0.0

    def beat(self) -> None:
        """Tell that the event loop turns, and how late it came here."""
        now_s = time.monotonic()
        if self._beat_at_s:
            self._metrics.loop_delay_seconds.set(max(0.0, now_s - self._beat_at_s - self._interval_s))
        self._beat_at_s = now_s
        self._metrics.heartbeat.set(time.time())
        self._metrics.outbox.set(self._app.outbox.in_flight)

    def measure(self) -> None:
        """Look at every partition owned here."""
        for gauge in (self._metrics.lag, self._metrics.watermark, self._metrics.budget_left, self._metrics.open_alerts):
            gauge.clear()
        for step in self._app.steps:
            stages: list[Stage] = step.stages
            self._metrics.partitions.labels(step.name).set(len(stages))
            for stage in stages:
                self._lag(step.name, TP(step.topic, stage.partition), stage.next_offset)
                self._stage(stage)
        for feed in self._app.feeds:
            for tp, position in feed.positions.items():
                self._lag(feed.name, tp, position)
        accounts, campaigns = self._app.steps[0].stages, self._app.steps[1].stages
        self._metrics.accounts.set(sum(stage.account_count for stage in accounts))
        self._metrics.groups.set(sum(stage.group_count for stage in campaigns))

    def _lag(self, name: str, tp: TP, position: int) -> None:
        end = self._app.end_offset(tp)
        if end is not None:
            self._metrics.lag.labels(name, tp.partition).set(max(0, end - position))

    def _stage(self, stage: Stage) -> None:
        if isinstance(stage, AccountStage):
            self._metrics.watermark.labels(stage.partition).set(stage.watermark_ms / 1_000)
        elif isinstance(stage, CampaignStage):
            pages = stage.budget_left * self._false_pages_per_week
            self._metrics.budget_left.labels(stage.partition).set(pages)
        elif isinstance(stage, DecisionStage):
            # Only the worker that decides shows these, so a sum over the workers counts each alert once.
            counts = stage.open_counts()
            for kind in get_args(Kind):
                for severity in get_args(SeverityLabel):
                    self._metrics.open_alerts.labels(kind, severity).set(counts[kind, severity])
            self._metrics.decided_through.set(stage.closed_through_ms / 1_000)
