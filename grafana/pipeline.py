"""*Pipeline*: whether the service keeps up (rate, errors, duration) and what it is short of (use, saturation)."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.frame import chosen_by_label, frame
from grafana.panels import Drawing, figure, graph, row
from grafana.queries import promql, promql_events, promql_now

_HERE = 'instance=~"$instance"'

_REFUSED = "(sum(rate(stillwatch_dead_letters_total[5m])) or vector(0))"
_REFUSED_RATIO = f"{_REFUSED} / (sum(rate(stillwatch_events_total[5m])) + {_REFUSED} > 0)"


def pipeline() -> Dashboard:
    """Build it."""
    built = frame(
        "stillwatch-pipeline",
        "Stillwatch / Pipeline",
        "Does the service keep up with the requests, and if not, what is it short of?",
        since="now-6h",
    )
    built.with_variable(chosen_by_label("instance", "A worker, all unless chosen.", "stillwatch_ready"))
    _figures(built)
    built.with_row(row("Rate, errors, duration"))
    _requests(built)
    built.with_row(row("What the gateway sends"))
    _fields(built)
    built.with_row(row("Use and saturation"))
    _resources(built)
    built.with_row(row("Durability"))
    _durability(built)
    built.with_row(row("Membership and recovery"))
    _membership(built)
    built.with_row(row("Alert store"))
    _store(built)
    built.with_row(row("Notifiers"))
    _notifiers(built)
    return built


def _figures(built: Dashboard) -> None:
    for title, meaning, unit, expression, steps in (
        (
            "Workers ready",
            "Workers that own their partitions and have recovered.",
            "short",
            "sum(stillwatch_ready)",
            ((None, "red"), (1, "green")),
        ),
        (
            "Requests a second",
            "Good requests counted, over five minutes.",
            "reqps",
            "sum(rate(stillwatch_events_total[5m]))",
            ((None, "blue"),),
        ),
        (
            "Records behind",
            "Records between all stages and the ends of their logs.",
            "short",
            "sum(stillwatch_lag_records)",
            ((None, "green"), (10_000, "orange"), (100_000, "red")),
        ),
        (
            "Decided up to, behind the newest request",
            (
                "Event time between the newest partition's watermark and what has been decided: how old news is. "
                "Three minutes are usual; it waits for the slowest partition."
            ),
            "s",
            "max(stillwatch_watermark_timestamp_seconds) - max(stillwatch_decided_through_timestamp_seconds > 0)",
            ((None, "green"), (600, "orange"), (1800, "red")),
        ),
        (
            "Refused",
            "Dead letters among all records of the last five minutes.",
            "percentunit",
            _REFUSED_RATIO,
            ((None, "green"), (0.01, "orange"), (0.05, "red")),
        ),
        (
            "Since the last flush",
            "How much work a crash would throw back, in time: the worker that flushed longest ago.",
            "s",
            "max(time() - stillwatch_flushed_timestamp_seconds)",
            ((None, "green"), (30, "orange"), (120, "red")),
        ),
    ):
        built.with_panel(figure(title, meaning, unit, promql_now(expression), steps=steps, when_empty="nothing"))


def _requests(built: Dashboard) -> None:
    built.with_panel(
        graph(
            "Requests",
            "Good requests counted a second, by worker.",
            "reqps",
            [promql(f"sum by (instance) (rate(stillwatch_events_total{{{_HERE}}}[$__rate_interval]))")],
            drawing=Drawing(stacked=True),
        )
    )
    built.with_panel(
        graph(
            "Records by step",
            "Records applied a second: requests, packed traces, candidates, feedback.",
            "ops",
            [promql(f"sum by (step) (rate(stillwatch_records_total{{{_HERE}}}[$__rate_interval]))")],
        )
    )
    built.with_panel(
        graph(
            "Refused, by reason",
            "Dead letters a second. `stillwatch dead-letters list` shows coordinates and fields.",
            "ops",
            [
                promql_events(
                    f"sum by (reason) (rate(stillwatch_dead_letters_total{{{_HERE}}}[$__rate_interval]))",
                    "refused {{reason}}",
                )
            ],
            drawing=Drawing(stacked=True),
        )
    )
    for quantile, name in ((0.5, "Usual"), (0.99, "Slowest hundredth")):
        built.with_panel(
            graph(
                f"Batch time, {name.lower()}",
                f"{name} time to apply one batch, sending included ({quantile:g} quantile), by step.",
                "s",
                [
                    promql(
                        f"histogram_quantile({quantile:g}, sum by (step, le) "
                        f"(rate(stillwatch_batch_seconds_bucket{{{_HERE}}}[$__rate_interval])))"
                    )
                ],
            )
        )
    built.with_panel(
        graph(
            "Lag",
            "Records between each stage and its log's end, by partition. One partition alone: one account or a bad "
            "worker; all: too few workers.",
            "short",
            [promql(f"sum by (step, partition) (stillwatch_lag_records{{{_HERE}}})", "{{step}} {{partition}}")],
        )
    )


def _fields(built: Dashboard) -> None:
    built.with_panel(
        graph(
            "Requests with content and identity",
            "Share of requests that had each field. One that falls to nothing: the gateway stopped sending it, and "
            "that part of the detection is blind.",
            "percentunit",
            [
                promql(
                    f"sum by (field) (rate(stillwatch_event_fields_total{{{_HERE}}}[$__rate_interval])) "
                    f"/ on () group_left sum(rate(stillwatch_events_total{{{_HERE}}}[$__rate_interval]))"
                )
            ],
            drawing=Drawing(maximum=1),
        )
    )
    built.with_panel(
        graph(
            "Event time behind the clock",
            "Between now and the event time each partition is complete to. Growing: requests come late or not at all.",
            "s",
            [promql(f"time() - (stillwatch_watermark_timestamp_seconds{{{_HERE}}} > 0)", "partition {{partition}}")],
        )
    )
    built.with_panel(
        graph(
            "Unknown fields and skipped offsets",
            "Fields that this version does not know (a sample), and fetches that skipped offsets and were repeated.",
            "ops",
            [
                promql(f"sum(rate(stillwatch_unknown_fields_total{{{_HERE}}}[$__rate_interval]))", "unknown fields"),
                promql_events(f"sum(rate(stillwatch_holes_total{{{_HERE}}}[$__rate_interval]))", "repeated fetches"),
                promql(f"sum(rate(stillwatch_ticks_total{{{_HERE}}}[$__rate_interval]))", "ticks of idle partitions"),
            ],
        )
    )


def _resources(built: Dashboard) -> None:
    own = "and on (instance, job) stillwatch_ready"
    built.with_panel(
        graph(
            "CPU",
            "Cores used by each worker. A worker cannot use more than one for long: near one, start another.",
            "short",
            [promql(f"rate(process_cpu_seconds_total{{{_HERE}}}[$__rate_interval]) {own}", "{{instance}}")],
            drawing=Drawing(steps=((None, "green"), (0.9, "red"))),
        )
    )
    built.with_panel(
        graph(
            "Memory",
            "Resident memory of each worker.",
            "bytes",
            [promql(f"process_resident_memory_bytes{{{_HERE}}} {own}", "{{instance}}")],
        )
    )
    built.with_panel(
        graph(
            "Accounts and groups held",
            "Rows in memory. Above the ceilings the longest unseen are forgotten.",
            "short",
            [
                promql(f"sum(stillwatch_accounts{{{_HERE}}})", "accounts"),
                promql(f"sum(stillwatch_groups{{{_HERE}}})", "groups"),
            ],
        )
    )
    built.with_panel(
        graph(
            "Unacknowledged messages",
            "Sent on and not yet acknowledged. At 2,000 a worker waits for the brokers.",
            "short",
            [promql(f"stillwatch_outbox_messages{{{_HERE}}}", "{{instance}}")],
            drawing=Drawing(steps=((None, "green"), (2000, "red"))),
        )
    )
    built.with_panel(
        graph(
            "Event loop behind",
            "How late the event loop came to the heartbeat. Above the session timeout the group takes partitions away.",
            "s",
            [promql(f"stillwatch_loop_delay_seconds{{{_HERE}}}", "{{instance}}")],
        )
    )
    built.with_panel(
        graph(
            "Partitions by worker",
            "What each worker reads, over all steps.",
            "short",
            [promql(f"sum by (instance) (stillwatch_assigned_partitions{{{_HERE}}})")],
            drawing=Drawing(stacked=True),
        )
    )


def _durability(built: Dashboard) -> None:
    built.with_panel(
        graph(
            "Age of flush and commit",
            "Time since every stage was durable, and since the brokers took a commit. An idle worker commits nothing.",
            "s",
            [
                promql(f"time() - stillwatch_flushed_timestamp_seconds{{{_HERE}}}", "flush {{instance}}"),
                promql(f"time() - stillwatch_committed_timestamp_seconds{{{_HERE}}} < 1e9", "commit {{instance}}"),
            ],
        )
    )
    built.with_panel(
        graph(
            "Flush time",
            "Time of one stage's flush, acknowledgements included (0.99 quantile), by step.",
            "s",
            [
                promql(
                    "histogram_quantile(0.99, sum by (step, le) "
                    f"(rate(stillwatch_flush_seconds_bucket{{{_HERE}}}[$__rate_interval])))"
                )
            ],
        )
    )
    built.with_panel(
        graph(
            "Rows flushed and commits",
            "Rows written to changelogs by step, and commits by what became of them.",
            "ops",
            [
                promql(
                    f"sum by (step) (rate(stillwatch_flushed_rows_total{{{_HERE}}}[$__rate_interval]))", "rows {{step}}"
                ),
                promql(
                    f"sum by (outcome) (rate(stillwatch_commits_total{{{_HERE}}}[$__rate_interval]))", "{{outcome}}"
                ),
            ],
        )
    )


def _membership(built: Dashboard) -> None:
    built.with_panel(
        graph(
            "Rebalances",
            "Times the group shared out its partitions anew. Some at a deployment; a steady trickle means that workers "
            "miss their session timeout.",
            "short",
            [promql(f"sum by (instance) (increase(stillwatch_rebalances_total{{{_HERE}}}[$__rate_interval]))")],
            width=6,
            drawing=Drawing(bars=True),
        )
    )
    built.with_panel(
        graph(
            "Time to share out",
            "From a rebalance's beginning until work went on, recovery included: the mean of each interval.",
            "s",
            [
                promql(
                    f"sum(rate(stillwatch_rebalance_seconds_sum{{{_HERE}}}[$__rate_interval])) / "
                    f"sum(rate(stillwatch_rebalance_seconds_count{{{_HERE}}}[$__rate_interval]))",
                    "mean",
                )
            ],
            width=6,
        )
    )
    built.with_panel(
        graph(
            "Changelog left to read",
            "Offsets that recovering workers have yet to read.",
            "short",
            [promql(f"stillwatch_recovery_remaining_records{{{_HERE}}}", "{{instance}}")],
            width=6,
        )
    )
    built.with_panel(
        graph(
            "Recovery, time left",
            "At the pace so far, while a worker reads its state back.",
            "s",
            [promql(f"stillwatch_recovery_left_seconds{{{_HERE}}}", "{{instance}}")],
            width=6,
        )
    )


def _store(built: Dashboard) -> None:
    built.with_panel(
        graph(
            "Store: behind",
            "Records between what is stored and the ends of the logs, by topic. Dashboards are as old as that.",
            "short",
            [promql("sum by (topic) (stillwatch_store_lag_records)")],
        )
    )
    built.with_panel(
        graph(
            "Store: since the last success",
            "Time since the database confirmed that all that was fetched is stored, and since it was last tidied.",
            "s",
            [
                promql("time() - max(stillwatch_store_success_timestamp_seconds)", "stored"),
                promql("time() - max(stillwatch_store_tidied_timestamp_seconds)", "tidied"),
            ],
        )
    )
    built.with_panel(
        graph(
            "Store: database",
            "1 while the database takes batches; records that wait for it, and tries that failed a second.",
            "short",
            [
                promql("max(stillwatch_store_database_up)", "up"),
                promql("sum(stillwatch_store_queue_records)", "waiting"),
                promql_events(
                    "sum by (error) (rate(stillwatch_store_failures_total[$__rate_interval]))", "failed {{error}}"
                ),
            ],
        )
    )
    built.with_panel(
        graph(
            "Store: records",
            "Records stored a second, by topic, and alert records that were stored before.",
            "ops",
            [
                promql("sum by (topic) (rate(stillwatch_store_records_total[$__rate_interval]))"),
                promql("sum(rate(stillwatch_store_repeats_total[$__rate_interval]))", "repeats"),
            ],
        )
    )
    built.with_panel(
        graph(
            "Store: batch time",
            "Time to store one batch, its transaction included (0.99 quantile).",
            "s",
            [
                promql(
                    "histogram_quantile(0.99, sum by (le) "
                    "(rate(stillwatch_store_batch_seconds_bucket[$__rate_interval])))",
                    "slowest hundredth",
                )
            ],
        )
    )
    built.with_panel(
        graph(
            "Store: refused and lost",
            "Records that could not be stored (see the table refused_record), and that Kafka deleted before they were.",
            "short",
            [
                promql_events(
                    "sum by (topic, reason) (increase(stillwatch_store_refused_total[$__rate_interval]))",
                    "refused {{topic}} {{reason}}",
                ),
                promql_events(
                    "sum by (topic) (increase(stillwatch_store_lost_total[$__rate_interval]))", "lost {{topic}}"
                ),
            ],
            drawing=Drawing(bars=True),
        )
    )


def _notifiers(built: Dashboard) -> None:
    built.with_panel(
        graph(
            "Notifiers: what waits",
            "Alert records not dealt with, alerts with something to tell, and those held for a summary, by notifier.",
            "short",
            [
                promql("max by (notifier) (stillwatch_notify_lag_records)", "records {{notifier}}"),
                promql("max by (notifier) (stillwatch_notify_pending_alerts)", "pending {{notifier}}"),
                promql("max by (notifier) (stillwatch_notify_held_alerts)", "held {{notifier}}"),
            ],
        )
    )
    built.with_panel(
        graph(
            "Notifiers: up and in charge",
            "1 when the last attempt was answered as it should be; and processes that send, one for each notifier.",
            "short",
            [
                promql("min by (notifier) (stillwatch_notify_up)", "up {{notifier}}"),
                promql("sum by (notifier) (stillwatch_notify_owner)", "owners {{notifier}}"),
            ],
        )
    )
    built.with_panel(
        graph(
            "Notifiers: since the last success",
            "Time since the receiver took something or was found to be up.",
            "s",
            [
                promql(
                    "time() - max by (notifier) (stillwatch_notify_last_success_timestamp_seconds > 0)", "{{notifier}}"
                )
            ],
        )
    )
    built.with_panel(
        graph(
            "Notifiers: sent",
            "Notices taken in each interval, by notifier and action.",
            "short",
            [
                promql(
                    "sum by (notifier, action) (increase(stillwatch_notify_sent_total[$__rate_interval]))",
                    "{{notifier}} {{action}}",
                )
            ],
            drawing=Drawing(stacked=True, bars=True),
        )
    )
    built.with_panel(
        graph(
            "Notifiers: kept back",
            "News that flood control left to a summary, by cause, and pages that shadow mode kept back.",
            "short",
            [
                promql_events(
                    "sum by (notifier, cause) (increase(stillwatch_notify_suppressed_total[$__rate_interval]))",
                    "held {{notifier}} {{cause}}",
                ),
                promql_events(
                    "sum by (notifier) (increase(stillwatch_notify_shadowed_total[$__rate_interval]))",
                    "shadow {{notifier}}",
                ),
            ],
            drawing=Drawing(stacked=True, bars=True),
        )
    )
    built.with_panel(
        graph(
            "Notifiers: failures",
            "Attempts made again, notices that the receiver will never take, and records that are no alerts.",
            "short",
            [
                promql_events(
                    "sum by (notifier) (increase(stillwatch_notify_retries_total[$__rate_interval]))",
                    "retry {{notifier}}",
                ),
                promql_events(
                    "sum by (notifier, reason) (increase(stillwatch_notify_refused_total[$__rate_interval]))",
                    "refused {{notifier}} {{reason}}",
                ),
                promql_events(
                    "sum by (notifier) (increase(stillwatch_notify_undecodable_total[$__rate_interval]))",
                    "unreadable {{notifier}}",
                ),
            ],
            drawing=Drawing(bars=True),
        )
    )
    built.with_panel(
        graph(
            "Notifiers: open at the receiver",
            "Alerts that each receiver shows as open. It should follow On-call.",
            "short",
            [promql("max by (notifier) (stillwatch_notify_open_alerts)")],
            width=12,
        )
    )
    built.with_panel(
        graph(
            "Notifiers: time of an attempt",
            "Failures included (0.99 quantile), by notifier.",
            "s",
            [
                promql(
                    "histogram_quantile(0.99, sum by (notifier, le) "
                    "(rate(stillwatch_notify_send_seconds_bucket[$__rate_interval])))"
                )
            ],
            width=12,
        )
    )
    built.with_panel(
        graph(
            "Query API",
            "Requests for accounts and campaigns in each interval, by route and the answer's status.",
            "short",
            [
                promql_events(
                    "sum by (route, status) (increase(stillwatch_queries_total[$__rate_interval]))",
                    "{{route}} {{status}}",
                )
            ],
            drawing=Drawing(stacked=True, bars=True),
            width=24,
        )
    )
