"""*On-call*: what is open, since when, how bad, and what is about to be missed."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.builders.table import Panel

from grafana.frame import ENTITY_LINK, frame
from grafana.panels import NATS, Column, Drawing, figure, graph, row, rows
from grafana.queries import promql_now, sql, sql_series

_BY_GRAVITY = "array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], a.severity)"


def on_call() -> Dashboard:
    """Build it."""
    built = frame("stillwatch-on-call", "Stillwatch / On-call", "What is open, since when, how bad, and what waits?")
    _figures(built)
    built.with_row(row("Open"))
    built.with_panel(_open())
    built.with_row(row("What happened"))
    _happened(built)
    built.with_row(row("What waits for somebody"))
    _waiting(built)
    return built


def _figures(built: Dashboard) -> None:
    built.with_panel(
        figure(
            "High or critical, open",
            "Open alerts of severity high or critical. Look at them first.",
            "short",
            sql("SELECT count(*) FROM stillwatch.alert WHERE state = 'open' AND severity IN ('high', 'critical')"),
            steps=((None, "green"), (1, "red")),
        )
    )
    built.with_panel(
        figure(
            "All open",
            "Open alerts of every severity. One closes after 24 quiet hours, by a verdict, or into another.",
            "short",
            sql("SELECT count(*) FROM stillwatch.alert WHERE state = 'open'"),
        )
    )
    built.with_panel(
        figure(
            "Longest without an ack",
            "Age of the oldest open alert that nobody acknowledged (`stillwatch ack ID`), from when it opened.",
            "s",
            sql(
                """
                SELECT extract(epoch FROM now() - min(opened_at)) AS age
                FROM stillwatch.alert WHERE state = 'open' AND acked_at IS NULL
                """
            ),
            steps=((None, "green"), (3600, "orange"), (14400, "red")),
            when_empty="none",
        )
    )
    built.with_panel(
        figure(
            "False pages of 7 days",
            "Alerts opened in the last seven days that somebody judged false_positive or expected, against the budget "
            "in the next figure.",
            "short",
            sql(
                """
                SELECT count(DISTINCT a.alert_id)
                FROM stillwatch.alert a JOIN stillwatch.standing_verdict v USING (alert_id)
                WHERE a.opened_at > now() - interval '7 days' AND v.verdict <> 'true_positive'
                """
            ),
            steps=((None, "green"), (1, "orange"), (3, "red")),
        )
    )
    built.with_panel(
        figure(
            "Budget of false pages a week",
            "What the operator allows (STILLWATCH_DETECTION__FALSE_PAGES_PER_WEEK); thresholds follow from it.",
            "short",
            promql_now("max(stillwatch_false_page_budget_pages)"),
        )
    )
    built.with_panel(
        figure(
            "Workers ready",
            "Workers that own their partitions and have recovered. None: nobody is watched. See Pipeline.",
            "short",
            promql_now("sum(stillwatch_ready)"),
            steps=((None, "red"), (1, "green")),
            when_empty="no worker is scraped",
        )
    )


def _open() -> Panel:
    return rows(
        "Open alerts",
        "Gravest first. `news` says that records came after somebody acknowledged. The entity leads to its dashboard; "
        "`stillwatch alerts show ID` and `explain ID` say the same in a terminal, the runbook what to do.",
        sql(
            f"""
            SELECT a.severity, a.kind, a.entity_id AS entity, a.opened_at AS opened,
                   extract(epoch FROM now() - a.opened_at) AS "open for", a.evidence_nats AS evidence,
                   a.account_count AS accounts, a.event_count AS requests,
                   a.reasons -> 0 ->> 'sentence' AS why, a.counter_evidence -> 0 ->> 'sentence' AS against,
                   a.assignee, a.acked_by AS "acked by", a.last_sequence > a.acked_sequence AS news, a.alert_id AS id
            FROM stillwatch.alert_current a
            WHERE a.state = 'open'
            ORDER BY {_BY_GRAVITY}, a.opened_at
            LIMIT 500
            """
        ),
        {
            "severity": Column(width=90, severity=True),
            "kind": Column(width=85),
            "entity": Column(width=120, link=ENTITY_LINK),
            "opened": Column(width=140),
            "open for": Column("s", 75),
            "evidence": Column(NATS, 85),
            "accounts": Column("short", 75),
            "requests": Column("short", 75),
            "assignee": Column(width=75),
            "acked by": Column(width=75),
            "news": Column(width=55),
            "id": Column(width=90),
        },
        height=12,
    )


def _happened(built: Dashboard) -> None:
    built.with_panel(
        graph(
            "Alerts opened",
            "Alerts by the time they opened, by their present severity. Each is a page that may have gone out.",
            "short",
            [
                sql_series(
                    """
                    SELECT $__timeGroupAlias(opened_at, $__interval), severity AS metric, count(*) AS opened
                    FROM stillwatch.alert WHERE $__timeFilter(opened_at) GROUP BY 1, 2 ORDER BY 1
                    """
                )
            ],
            width=12,
            drawing=Drawing(stacked=True, bars=True),
        )
    )
    built.with_panel(
        rows(
            "Closed in this time",
            "How alerts ended: by a verdict, merged into another campaign's, absorbed by their campaign's, or quiet.",
            sql(
                """
                SELECT closed_at AS closed, severity, kind, entity_id AS entity, account_count AS accounts,
                       CASE WHEN closed_by_verdict IS NOT NULL THEN 'verdict ' || closed_by_verdict
                            WHEN merged_into IS NOT NULL THEN 'merged into ' || merged_into
                            WHEN absorbed_by IS NOT NULL THEN 'absorbed by ' || absorbed_by
                            ELSE 'quiet' END AS ended
                FROM stillwatch.alert
                WHERE state = 'closed' AND $__timeFilter(closed_at)
                ORDER BY closed_at DESC LIMIT 200
                """
            ),
            {
                "closed": Column(width=160),
                "severity": Column(width=90, severity=True),
                "kind": Column(width=85),
                "entity": Column(width=160, link=ENTITY_LINK),
                "accounts": Column("short", 80),
            },
            width=12,
        )
    )


def _waiting(built: Dashboard) -> None:
    built.with_panel(
        rows(
            "Opened in this time, without a verdict",
            "Nobody said yet what these turned out to be (`stillwatch verdict ID …`): precision is not known and what "
            "is innocent pages again.",
            sql(
                """
                SELECT a.opened_at AS opened, a.severity, a.kind, a.entity_id AS entity, a.state, a.alert_id AS id
                FROM stillwatch.alert a
                WHERE $__timeFilter(a.opened_at) AND a.merged_into IS NULL AND a.absorbed_by IS NULL
                  AND NOT EXISTS (SELECT FROM stillwatch.standing_verdict v WHERE v.alert_id = a.alert_id)
                ORDER BY a.opened_at LIMIT 200
                """
            ),
            {
                "opened": Column(width=160),
                "severity": Column(width=90, severity=True),
                "kind": Column(width=85),
                "entity": Column(width=180, link=ENTITY_LINK),
                "state": Column(width=80),
            },
            width=12,
        )
    )
    built.with_panel(
        rows(
            "Silences that end within 14 days",
            "What verdicts silence and until when. After that it pages again: renew it, or let it.",
            sql(
                """
                SELECT expires_at AS ends, verdict, scope, owner, reason, alert_id AS id
                FROM stillwatch.suppression
                WHERE lifted_by IS NULL AND expires_at BETWEEN now() AND now() + interval '14 days'
                ORDER BY expires_at LIMIT 200
                """
            ),
            {"ends": Column(width=160), "verdict": Column(width=110), "scope": Column(width=90)},
            width=12,
        )
    )
