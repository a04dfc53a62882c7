"""Every metric the worker exports: name, kind and meaning in one place, in Prometheus base units.

Grafana's dashboards and the alert rules may use no other name of a worker (`grafana/catalogue.py`).
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

#: Fields of a request whose share is watched: a gateway that stops sending one of them blinds a part of the detection.
WATCHED_FIELDS = ("content", "payment", "address", "conversation", "end_user")

#: Around the candidate bar (3 nats), the usual page thresholds (7 to 14 nats) and what is far above them.
_NATS = (3, 4, 5, 6, 8, 10, 12, 14, 17, 20, 30, 50, 100)


class Metrics:
    """The catalogue; one instance a worker, on a registry of its own.

    Labels are bounded: steps, partitions, reasons, kinds. An account never is a label.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._declare_input()
        self._declare_work()
        self._declare_durability()
        self._declare_membership()
        self._declare_detection()

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"stillwatch_{name}", meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"stillwatch_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, *labels: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"stillwatch_{name}", meaning, labels, registry=self.registry, buckets=buckets)

    def _declare_input(self) -> None:
        """What comes in, and how much of it can be read."""
        self.events = self._counter("events_total", "Good requests counted, repeats left out.")
        self.event_fields = self._counter(
            "event_fields_total",
            "Good requests that had this field, repeats included; content is prompt text or an embedding.",
            "field",
        )
        for field in WATCHED_FIELDS:
            self.event_fields.labels(field)
        self.unknown_fields = self._counter(
            "unknown_fields_total", "Fields that this version does not know, in one event of each batch."
        )
        self.dead_letters = self._counter("dead_letters_total", "Records refused.", "reason")
        self.lag = self._gauge("lag_records", "Records between a stage and its log's end.", "step", "partition")
        self.watermark = self._gauge(
            "watermark_timestamp_seconds", "Event time up to which a request partition is complete.", "partition"
        )
        self.ticks = self._counter("ticks_total", "Ticks written for idle partitions.")
        self.holes = self._counter(
            "holes_total",
            "Times a stage missed offsets that were fetched or skipped, and the partition was read again.",
            "step",
        )

    def _declare_work(self) -> None:
        """How much is done, how long it takes and what waits."""
        self.records = self._counter("records_total", "Records applied, ticks included.", "step")
        self.batch_seconds = self._histogram(
            "batch_seconds",
            "Time to apply one batch, sending included.",
            "step",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
        )
        self.queries = self._counter(
            "queries_total", "Requests to the query API, by its route and the answer's status.", "route", "status"
        )
        self.outbox = self._gauge("outbox_messages", "Messages sent on and not yet acknowledged by the brokers.")
        self.accounts = self._gauge("accounts", "Accounts held by this worker.")
        self.groups = self._gauge("groups", "Anchor groups held by this worker.")
        self.loop_delay_seconds = self._gauge(
            "loop_delay_seconds", "How much later than asked for the event loop last came to the heartbeat."
        )

    def _declare_durability(self) -> None:
        """How far back a crash would throw the worker."""
        self.flush_seconds = self._histogram(
            "flush_seconds",
            "Time of one stage's flush, acknowledgements included.",
            "step",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30),
        )
        self.flushed_rows = self._counter("flushed_rows_total", "Rows written to changelogs.", "step")
        self.flushed_at = self._gauge("flushed_timestamp_seconds", "When every stage was last durable.")
        self.committed_at = self._gauge("committed_timestamp_seconds", "When the brokers last took a commit.")
        self.commits = self._counter("commits_total", "Commits of offsets by what became of them.", "outcome")
        for outcome in ("committed", "refused"):
            self.commits.labels(outcome)

    def _declare_membership(self) -> None:
        """Whether this worker is there, and what it has to do before it works."""
        self.build = Info("stillwatch_build", "The version, its models and its settings.", registry=self.registry)
        self.heartbeat = self._gauge(
            "heartbeat_timestamp_seconds", "When the worker last looked at its partitions; silence is a fault."
        )
        self.ready = self._gauge("ready", "1 when this worker owns its partitions and has recovered.")
        self.partitions = self._gauge("assigned_partitions", "Partitions this worker reads.", "step")
        self.rebalances = self._counter("rebalances_total", "Times the group began to share out its partitions anew.")
        self.rebalance_seconds = self._histogram(
            "rebalance_seconds",
            "Time from a rebalance's beginning until work went on, recovery included.",
            buckets=(0.5, 1, 2.5, 5, 10, 30, 60, 300),
        )
        self.recovering = self._gauge("recovering", "1 while state is read back from changelogs.")
        self.recovered = self._counter("recovery_records_total", "Changelog offsets read back.")
        self.recovery_remaining = self._gauge("recovery_remaining_records", "Changelog offsets still to read.")
        self.recovery_left = self._gauge(
            "recovery_left_seconds", "How long recovery takes yet at its pace so far; 0 when there is none."
        )

    def _declare_detection(self) -> None:
        """What is found, and how it was judged."""
        self.alerts = self._counter("alerts_total", "Alert records written.", "kind", "state", "severity")
        self.open_alerts = self._gauge("open_alerts", "Alerts open now.", "kind", "severity")
        self.candidate_nats = self._histogram(
            "candidate_evidence_nats", "Evidence of what passed the low bar, at each look.", "kind", buckets=_NATS
        )
        for kind in ("account", "group"):
            self.candidate_nats.labels(kind)
        self.decided_through = self._gauge(
            "decided_through_timestamp_seconds", "Event time up to which everything has been decided."
        )
        self.budget = self._gauge("false_page_budget_pages", "False pages a week that the operator allows.")
        self.budget_left = self._gauge(
            "false_page_budget_left_pages",
            "False pages of the week of event time that are not yet granted to groups.",
            "partition",
        )
        self.verdicts = self._counter("verdicts_total", "Verdicts read, repeats included.", "finding")
        for finding in ("true_positive", "false_positive", "expected"):
            self.verdicts.labels(finding)
        self.enforcements = self._counter("enforcements_total", "Enforcement records read, repeats included.", "action")
