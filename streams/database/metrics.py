"""Every metric of the sink: name, kind and meaning in one place, in Prometheus base units."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector


class StoreMetrics:
    """The catalogue; one instance a sink, on a registry of its own. Labels are topics, partitions and reasons."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        ProcessCollector(registry=registry)
        self.records = Counter(
            "stillwatch_store_records_total", "Records stored, repeats included.", ["topic"], registry=registry
        )
        self.repeats = Counter(
            "stillwatch_store_repeats_total", "Alert records that were stored before.", registry=registry
        )
        self.refused = Counter(
            "stillwatch_store_refused_total",
            "Records that could not be stored, by why: unreadable, out of range, in conflict with a stored one.",
            ["topic", "reason"],
            registry=registry,
        )
        self.lost = Counter(
            "stillwatch_store_lost_total",
            "Records that Kafka deleted before they were stored.",
            ["topic"],
            registry=registry,
        )
        self.failures = Counter(
            "stillwatch_store_failures_total", "Tries to store a batch that failed.", ["error"], registry=registry
        )
        self.batch_seconds = Histogram(
            "stillwatch_store_batch_seconds",
            "Time to store one batch, its transaction included.",
            buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=registry,
        )
        self.lag = Gauge(
            "stillwatch_store_lag_records",
            "Records between what is stored and the log's end.",
            ["topic", "partition"],
            registry=registry,
        )
        self.queue = Gauge(
            "stillwatch_store_queue_records", "Records fetched that wait for the database.", registry=registry
        )
        self.stored_at = Gauge(
            "stillwatch_store_success_timestamp_seconds",
            "When the database last confirmed that all fetched records are stored.",
            registry=registry,
        )
        self.database_up = Gauge(
            "stillwatch_store_database_up", "1 when the database took the last batch.", registry=registry
        )
        self.tidied_at = Gauge(
            "stillwatch_store_tidied_timestamp_seconds",
            "When days were last made ahead and old rows deleted.",
            registry=registry,
        )
