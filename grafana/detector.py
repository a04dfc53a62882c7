"""*Detector quality*: whether its pages can be trusted, the budget holds, and the traffic drifts away from it."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.frame import ENTITY_LINK, frame
from grafana.panels import NATS, Column, Drawing, buckets, figure, graph, row, rows
from grafana.queries import promql, promql_buckets, promql_events, promql_now, sql, sql_series

#: Each alert with the last word about it; an alert that went into another is judged with that.
_JUDGED = """
    SELECT DISTINCT ON (a.alert_id) a.*, v.verdict
    FROM stillwatch.alert a JOIN stillwatch.standing_verdict v
      ON stillwatch.surviving_alert(v.alert_id) = a.alert_id
    WHERE $__timeFilter(a.opened_at)
    ORDER BY a.alert_id, v.given_at DESC, v.log_offset DESC
"""


def detector() -> Dashboard:
    """Build it."""
    built = frame(
        "stillwatch-detector",
        "Stillwatch / Detector quality",
        "Can its pages be trusted, does the budget of false pages hold, and does the traffic drift away from it?",
        since="now-30d",
    )
    _figures(built)
    built.with_row(row("Pages and what became of them"))
    _pages(built)
    built.with_row(row("Drift"))
    _drift(built)
    return built


def _figures(built: Dashboard) -> None:
    built.with_panel(
        figure(
            "Precision of pages",
            "True positives among the alerts of this time that somebody judged. Merged alerts count once, withdrawn "
            "verdicts not at all.",
            "percentunit",
            sql(f"SELECT avg((verdict = 'true_positive')::int) AS precision FROM ({_JUDGED}) j"),
            steps=((None, "red"), (0.5, "orange"), (0.8, "green")),
            when_empty="none judged",
        )
    )
    built.with_panel(
        figure(
            "Judged",
            "Share of the alerts of this time that have a verdict. Precision says little while it is low.",
            "percentunit",
            sql(
                f"""
                SELECT (SELECT count(*) FROM ({_JUDGED}) j)::double precision / nullif(count(*), 0) AS judged
                FROM stillwatch.alert
                WHERE $__timeFilter(opened_at) AND merged_into IS NULL AND absorbed_by IS NULL
                """
            ),
            steps=((None, "red"), (0.5, "orange"), (0.8, "green")),
            when_empty="no alerts",
        )
    )
    built.with_panel(
        figure(
            "False pages a week",
            "Alerts judged false_positive or expected, as a weekly rate over this time.",
            "short",
            sql(
                f"""
                SELECT count(*) * 604800.0
                       / nullif(extract(epoch FROM $__timeTo()::timestamptz - $__timeFrom()::timestamptz), 0)
                       AS "false pages a week"
                FROM ({_JUDGED}) j WHERE verdict <> 'true_positive'
                """
            ),
        )
    )
    built.with_panel(
        figure(
            "Budget of false pages a week",
            "What the operator allows; the figure before it should stay below.",
            "short",
            promql_now("max(stillwatch_false_page_budget_pages)"),
        )
    )
    built.with_panel(
        figure(
            "Budget not yet granted",
            "Part of the week's budget (in event time) that is left for groups which form until it ends. At nothing, "
            "new campaigns need ever more evidence.",
            "percentunit",
            promql_now("sum(stillwatch_false_page_budget_left_pages) / max(stillwatch_false_page_budget_pages)"),
            steps=((None, "red"), (0.05, "orange"), (0.1, "green")),
        )
    )
    built.with_panel(
        figure(
            "Open now",
            "Alerts that the deciding worker holds open: live, where the store may be behind.",
            "short",
            promql_now("sum(stillwatch_open_alerts)"),
        )
    )


def _pages(built: Dashboard) -> None:
    built.with_panel(
        graph(
            "Verdicts by week",
            "Alerts judged, by the week that they opened in and the last word about them.",
            "short",
            [
                sql_series(
                    f"""
                    SELECT date_trunc('week', opened_at) AS time, verdict AS metric, count(*) AS alerts
                    FROM ({_JUDGED}) j GROUP BY 1, 2 ORDER BY 1
                    """
                )
            ],
            drawing=Drawing(stacked=True, bars=True),
        )
    )
    built.with_panel(
        graph(
            "Verdicts and enforcement as they are read",
            "Records that the workers read, live, repeats included.",
            "short",
            [
                promql_events(
                    "sum by (finding) (increase(stillwatch_verdicts_total[$__rate_interval]))", "{{finding}}"
                ),
                promql_events(
                    "sum by (action) (increase(stillwatch_enforcements_total[$__rate_interval]))", "{{action}}"
                ),
            ],
            drawing=Drawing(stacked=True, bars=True),
        )
    )
    built.with_panel(
        graph(
            "Alert records",
            "Records written a second, by kind, state and severity.",
            "ops",
            [
                promql(
                    "sum by (kind, state, severity) (rate(stillwatch_alerts_total[$__rate_interval]))",
                    "{{kind}} {{state}} {{severity}}",
                )
            ],
        )
    )
    built.with_panel(
        rows(
            "Precision by leading reason",
            "Of judged alerts, by the signal that weighed most in their last record: which reasons mislead?",
            sql(
                f"""
                SELECT c.reasons -> 0 ->> 'signal' AS signal, j.kind, count(*) AS judged,
                       count(*) FILTER (WHERE j.verdict = 'true_positive') AS "true",
                       avg((j.verdict = 'true_positive')::int) AS precision, avg(j.evidence_nats) AS evidence
                FROM ({_JUDGED}) j JOIN stillwatch.alert_current c USING (alert_id)
                GROUP BY 1, 2 ORDER BY 3 DESC
                """
            ),
            {"precision": Column("percentunit"), "evidence": Column(NATS)},
            width=12,
        )
    )
    built.with_panel(
        rows(
            "Judged false or expected",
            "The innocent that were paged, newest first, with what was noted.",
            sql(
                f"""
                SELECT j.opened_at AS opened, j.severity, j.kind, j.entity_id AS entity, j.verdict,
                       c.reasons -> 0 ->> 'sentence' AS why, v.note
                FROM ({_JUDGED}) j JOIN stillwatch.alert_current c USING (alert_id)
                LEFT JOIN LATERAL (
                    SELECT note FROM stillwatch.standing_verdict WHERE alert_id = j.alert_id
                    ORDER BY given_at DESC, log_offset DESC LIMIT 1
                ) v ON true
                WHERE j.verdict <> 'true_positive' ORDER BY j.opened_at DESC LIMIT 100
                """
            ),
            {
                "opened": Column(width=160),
                "severity": Column(width=90, severity=True),
                "kind": Column(width=85),
                "entity": Column(width=140, link=ENTITY_LINK),
                "verdict": Column(width=110),
            },
            width=12,
        )
    )


def _drift(built: Dashboard) -> None:
    for kind in ("account", "group"):
        built.with_panel(
            buckets(
                f"Evidence of {kind}s above the low bar",
                f"How much evidence looks at {kind}s gave. A whole band that moves up without verdicts that agree: the "
                "traffic changed, not the attackers.",
                NATS,
                promql_buckets(
                    "sum by (le) (increase("
                    f'stillwatch_candidate_evidence_nats_bucket{{kind="{kind}"}}[$__rate_interval]))'
                ),
            )
        )
    built.with_panel(
        graph(
            "Looks above the low bar",
            "Candidates a second by kind.",
            "ops",
            [promql("sum by (kind) (rate(stillwatch_candidate_evidence_nats_count[$__rate_interval]))")],
        )
    )
    built.with_panel(
        graph(
            "Middle evidence",
            "Half of the looks gave more than this.",
            NATS,
            [
                promql(
                    "histogram_quantile(0.5, sum by (kind, le) "
                    "(rate(stillwatch_candidate_evidence_nats_bucket[$__rate_interval])))"
                )
            ],
        )
    )
    built.with_panel(
        graph(
            "Versions and settings at work",
            "Workers by version, models and settings that decide. Two at once for long: alerts differ.",
            "short",
            [
                promql(
                    "count by (version, models, settings) (stillwatch_build_info)",
                    "{{version}}, settings {{settings}}",
                )
            ],
            drawing=Drawing(stacked=True),
        )
    )
