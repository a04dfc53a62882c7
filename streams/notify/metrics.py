"""Every metric that ``stillwatch notify`` exports: name, kind and meaning, in Prometheus base units."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector


class NotifyMetrics:
    """The catalogue; one instance a process, on a registry of its own.

    Labels are bounded: notifiers, actions, causes, HTTP statuses.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.lag = self._gauge("lag_records", "Alert records that the notifier has not dealt with.")
        self.pending = self._gauge("pending_alerts", "Alerts with something to tell: the notifier's queue.")
        self.held = self._gauge("held_alerts", "Alerts that wait for the next summary.")
        self.open = self._gauge("open_alerts", "Alerts that the receiver shows as open.")
        self.up = self._gauge("up", "1 when the last attempt to send was answered as it should be.")
        self.owner = self._gauge("owner", "1 when this process sends for the notifier, 0 when it stands by.")
        self.last_success = self._gauge(
            "last_success_timestamp_seconds", "When the receiver last took something or was found to be up."
        )
        self.sent = self._counter(
            "sent_total", "Notices taken, by action; summary and repost are actions too.", "action"
        )
        self.shadowed = self._counter("shadowed_total", "Pages and summaries that shadow mode kept back.")
        self.refused = self._counter("refused_total", "Notices that the receiver will never take.", "reason")
        self.retries = self._counter("retries_total", "Attempts that failed and are made again.")
        self.suppressed = self._counter("suppressed_total", "News left to a summary by flood control.", "cause")
        self.undecodable = self._counter("undecodable_total", "Records of the alerts topic that are no alerts.")
        self.send_seconds = Histogram(
            "stillwatch_notify_send_seconds",
            "Time of one attempt, failures included.",
            ["notifier"],
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=self.registry,
        )

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"stillwatch_notify_{name}", meaning, ["notifier"], registry=self.registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"stillwatch_notify_{name}", meaning, ["notifier", *labels], registry=self.registry)
