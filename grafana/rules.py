"""When somebody must look at the pipeline itself: one list, from which Prometheus' rules and Grafana's are made.

Each rule measures something and names the bound beyond which it is a fault; each has a section in docs/runbooks.md.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["critical", "warning", "none"]


class Rule(NamedTuple):
    """A rule: it fires when ``measured`` (PromQL) lies beyond ``bound`` for as long as ``lasting`` says.

    ``critical`` wakes somebody, ``warning`` waits for the morning, ``none`` is the heartbeat that must never stop.
    ``absent_is`` says what no data means: mostly peace, since a rule of its own tells that nothing is scraped.
    """

    name: str
    measured: str
    beyond: Literal[">", "<"]
    bound: float
    lasting: str
    severity: Severity
    summary: str
    meaning: str
    absent_is: Literal["OK", "Alerting"] = "OK"

    @property
    def expression(self) -> str:
        """PromQL that gives series while the rule is breached."""
        return f"({self.measured}) {self.beyond} {self.bound:g}"

    @property
    def runbook(self) -> str:
        """Its section, below the address where docs/ is served."""
        return f"/runbooks.md#{self.name.lower()}"


_REFUSED = "(sum(rate(stillwatch_dead_letters_total[10m])) or vector(0))"
_EVENTS = "sum(rate(stillwatch_events_total[10m]))"
_READY = "on () (sum(stillwatch_ready) > 0)"
_SHARE = (
    "sum by (field) (rate(stillwatch_event_fields_total[{window}])) "
    "/ on () group_left sum(rate(stillwatch_events_total[{window}]))"
)
_SHARE_NOW, _SHARE_BEFORE = _SHARE.format(window="30m"), _SHARE.format(window="1d")

RULES = (
    Rule(
        "StillwatchNoWorker",
        "sum(stillwatch_ready) or vector(0)",
        "<",
        1,
        "3m",
        "critical",
        "No Stillwatch worker is ready: nobody is watching.",
        "Either no worker runs, none is scraped, or all are recovering or rebalancing.",
        absent_is="Alerting",
    ),
    Rule(
        "StillwatchWorkerNotReady",
        "stillwatch_ready",
        "<",
        1,
        "10m",
        "warning",
        "Worker {{ $labels.instance }} has not been ready for ten minutes.",
        "It recovers, waits for its partitions, or is stuck in a rebalance.",
    ),
    Rule(
        "StillwatchHeartbeatOld",
        "time() - stillwatch_heartbeat_timestamp_seconds",
        ">",
        60,
        "2m",
        "critical",
        "Worker {{ $labels.instance }} answers, but has not looked at its partitions for over a minute.",
        "Its page is served while its timers stand still.",
    ),
    Rule(
        "StillwatchNoRequests",
        f"({_EVENTS} or vector(0)) and {_READY}",
        "<",
        1e-9,
        "10m",
        "critical",
        "No request has come in for twenty minutes.",
        "The gateway stopped producing, everything is refused, or the workers read nothing. Silence is not peace.",
    ),
    Rule(
        "StillwatchLag",
        "sum by (step) (stillwatch_lag_records)",
        ">",
        100_000,
        "10m",
        "warning",
        "Step {{ $labels.step }} is over 100,000 records behind its log.",
        "More comes in than is read: alerts will be late.",
    ),
    Rule(
        "StillwatchDecisionsLate",
        "max(stillwatch_watermark_timestamp_seconds) - max(stillwatch_decided_through_timestamp_seconds > 0)",
        ">",
        900,
        "10m",
        "critical",
        "Decisions are over a quarter of an hour of event time behind the newest requests.",
        "One partition stands still or a step lags: every alert waits for the slowest.",
    ),
    Rule(
        "StillwatchFlushStalled",
        "time() - stillwatch_flushed_timestamp_seconds and on (instance) stillwatch_ready == 1",
        ">",
        120,
        "2m",
        "critical",
        "Worker {{ $labels.instance }} has not made its state durable for over two minutes.",
        "The brokers do not take its transactions, or it hangs in one. A crash now repeats all that work.",
    ),
    Rule(
        "StillwatchCommitStalled",
        "time() - stillwatch_committed_timestamp_seconds "
        "and on (instance) sum by (instance) (rate(stillwatch_flushed_rows_total[5m])) > 0",
        ">",
        120,
        "5m",
        "warning",
        "Worker {{ $labels.instance }} flushes state, but has committed no offset for over two minutes.",
        "Its commits are refused: the group takes it for gone, or the offsets topic is short of replicas.",
    ),
    Rule(
        "StillwatchDeadLetters",
        f"{_REFUSED} / ({_EVENTS} + {_REFUSED} > 0)",
        ">",
        0.01,
        "10m",
        "warning",
        "{{ $value | humanizePercentage }} of the records are refused.",
        "Producers send what is no event: refused requests are seen by no model.",
    ),
    Rule(
        "StillwatchFieldMissing",
        f"({_SHARE_NOW}) / (({_SHARE_BEFORE}) > 0.02)",
        "<",
        0.2,
        "15m",
        "critical",
        "Requests hardly have {{ $labels.field }} any more.",
        "The share of requests with this field is less than a fifth of the last day's: a gateway stopped sending it, "
        "and what rests on it sees nothing.",
    ),
    Rule(
        "StillwatchRecoveryStuck",
        "stillwatch_recovering unless on (instance) rate(stillwatch_recovery_records_total[5m]) > 0",
        ">",
        0,
        "5m",
        "critical",
        "Worker {{ $labels.instance }} is recovering, but has read nothing for five minutes.",
        "Its changelog cannot be read: brokers away, or a leader is missing.",
    ),
    Rule(
        "StillwatchRebalancing",
        "sum(increase(stillwatch_rebalances_total[30m])) / count(stillwatch_ready)",
        ">",
        6,
        "10m",
        "warning",
        "The workers share out their partitions again and again.",
        "Workers miss their session timeout or crash in turn; each time work stops and state is read back.",
    ),
    Rule(
        "StillwatchStoreDown",
        "time() - max(max_over_time(stillwatch_store_success_timestamp_seconds[1d]))",
        ">",
        300,
        "5m",
        "warning",
        "The alert store has taken nothing for over five minutes.",
        "Dashboards and commands show old news. Detection and pages go on; nothing is lost while the topics keep it.",
    ),
    Rule(
        "StillwatchStoreRefuses",
        "sum by (topic, reason) (increase(stillwatch_store_refused_total[15m])) "
        "or sum by (topic) (increase(stillwatch_store_lost_total[15m]))",
        ">",
        0,
        "0s",
        "warning",
        "The alert store could not take records of {{ $labels.topic }}.",
        "Records were unreadable, contradict what is stored, or were deleted by Kafka before they were stored.",
    ),
    Rule(
        "StillwatchNotifierDown",
        "stillwatch_notify_up and on (notifier, instance) stillwatch_notify_owner == 1",
        "<",
        1,
        "3m",
        "critical",
        "Notifier {{ $labels.notifier }} does not reach its receiver.",
        "Pages wait until it does. Somebody must look at the On-call dashboard meanwhile.",
    ),
    Rule(
        "StillwatchNotifierGone",
        "count by (notifier) (last_over_time(stillwatch_notify_owner[1d])) "
        "unless on (notifier) sum by (notifier) (stillwatch_notify_owner) > 0",
        ">",
        0,
        "5m",
        "critical",
        "No process sends for notifier {{ $labels.notifier }} any more.",
        "`stillwatch notify` ran within the last day and does not now, or none of its processes is in charge.",
    ),
    Rule(
        "StillwatchNotifierLate",
        "max by (notifier) (stillwatch_notify_lag_records)",
        ">",
        1_000,
        "5m",
        "critical",
        "Notifier {{ $labels.notifier }} is over 1,000 records behind the alerts.",
        "It does not read, or its receiver is too slow: pages are late.",
    ),
    Rule(
        "StillwatchNotifierRefused",
        "sum by (notifier, reason) (increase(stillwatch_notify_refused_total[15m]))",
        ">",
        0,
        "0s",
        "warning",
        "The receiver of {{ $labels.notifier }} refused notices for good.",
        "An address, key or payload is not accepted: those pages never reached anybody.",
    ),
    Rule(
        "StillwatchSettingsDiffer",
        "count(count by (models, settings) (stillwatch_build_info))",
        ">",
        1,
        "1h",
        "warning",
        "Workers run with different models or settings.",
        "Accounts are judged by whichever worker has their partition: alerts depend on chance.",
    ),
    Rule(
        "StillwatchHeartbeat",
        "sum(stillwatch_ready * on (instance, job) (time() - stillwatch_heartbeat_timestamp_seconds < bool 60))",
        ">",
        0,
        "0s",
        "none",
        "Stillwatch watches. This alert always fires; whoever receives it must notice when it stops.",
        "Goes to the contact point of the heartbeat: a dead man's switch outside of this monitoring.",
    ),
)
