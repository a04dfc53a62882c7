"""Every metric the service exports: name, kind and meaning in one place, in Prometheus base units."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector


class Metrics:
    """The catalogue; one instance a worker, on a registry of its own.

    Labels are bounded: steps, partitions, reasons, kinds. An account never is a label.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        ProcessCollector(registry=registry)
        self.records = Counter(
            "stillwatch_records_total", "Records applied, ticks included.", ["step"], registry=registry
        )
        self.events = Counter("stillwatch_events_total", "Good requests counted.", registry=registry)
        self.unknown_fields = Counter(
            "stillwatch_unknown_fields_total",
            "Fields that this version does not know, in one event of each batch.",
            registry=registry,
        )
        self.dead_letters = Counter("stillwatch_dead_letters_total", "Records refused.", ["reason"], registry=registry)
        self.alerts = Counter(
            "stillwatch_alerts_total", "Alert records written.", ["kind", "state", "severity"], registry=registry
        )
        self.batch_seconds = Histogram(
            "stillwatch_batch_seconds",
            "Time to apply one batch, sending included.",
            ["step"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
            registry=registry,
        )
        self.flush_seconds = Histogram(
            "stillwatch_flush_seconds",
            "Time of one stage's flush, acknowledgements included.",
            ["step"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30),
            registry=registry,
        )
        self.flushed_rows = Counter(
            "stillwatch_flushed_rows_total", "Rows written to changelogs.", ["step"], registry=registry
        )
        self.flushed_at = Gauge(
            "stillwatch_flushed_timestamp_seconds", "When every stage was last durable.", registry=registry
        )
        self.lag = Gauge(
            "stillwatch_lag_records",
            "Records between a stage and its log's end.",
            ["step", "partition"],
            registry=registry,
        )
        self.watermark = Gauge(
            "stillwatch_watermark_timestamp_seconds",
            "Event time up to which a request partition is complete.",
            ["partition"],
            registry=registry,
        )
        self.accounts = Gauge("stillwatch_accounts", "Accounts held by this worker.", registry=registry)
        self.groups = Gauge("stillwatch_groups", "Anchor groups held by this worker.", registry=registry)
        self.ticks = Counter("stillwatch_ticks_total", "Ticks written for idle partitions.", registry=registry)
        self.holes = Counter(
            "stillwatch_holes_total",
            "Times a fetch skipped offsets and the partition was read again.",
            ["step"],
            registry=registry,
        )
        self.recovery_remaining = Gauge(
            "stillwatch_recovery_remaining_records", "Changelog records still to read.", registry=registry
        )
        self.queries = Counter(
            "stillwatch_queries_total",
            "Requests to the query API, by its route and the answer's status.",
            ["route", "status"],
            registry=registry,
        )
        self.ready = Gauge(
            "stillwatch_ready", "1 when this worker owns its partitions and has recovered.", registry=registry
        )
