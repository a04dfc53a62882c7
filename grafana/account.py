"""*Account*: what this one account does, and since when."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.frame import ENTITY_LINK, frame, text_variable
from grafana.panels import NATS, Column, Drawing, figure, graph, row, rows, weights
from grafana.queries import Query, sql, sql_series

_ITS = "account_id = ${account:sqlstring}"
_LATEST = f"FROM stillwatch.account_window WHERE {_ITS} ORDER BY window_start DESC LIMIT 1"


def account() -> Dashboard:
    """Build it."""
    built = frame(
        "stillwatch-account",
        "Stillwatch / Account",
        "What does this account do, since when, and what is known of it?",
        since="now-14d",
        alerts=f"alert_id IN (SELECT alert_id FROM stillwatch.alert_account WHERE {_ITS})",
        enforced=f"enforcement_id IN (SELECT enforcement_id FROM stillwatch.enforcement_account WHERE {_ITS})",
    )
    built.with_variable(text_variable("account", "The account_id, as the gateway sends it."))
    _figures(built)
    built.with_row(row("What it does"))
    _behaviour(built)
    built.with_row(row("What is known of it"))
    _known(built)
    return built


def _figures(built: Dashboard) -> None:
    for title, meaning, unit, expression in (
        ("Evidence now", "Of its last look that passed the low bar.", NATS, "evidence_nats"),
        ("Requests so far", "Over its life, at that look.", "short", "event_count"),
        ("Output tokens", "Over its life, at that look.", "short", "output_tokens"),
        ("Requests a day", "Its pace, at that look.", "short", "requests_per_day"),
        (
            "Known for",
            "From its first to its last request.",
            "s",
            "extract(epoch FROM last_seen - first_seen) AS known",
        ),
    ):
        built.with_panel(figure(title, meaning, unit, sql(f"SELECT {expression} {_LATEST}"), when_empty="never passed"))
    built.with_panel(
        figure(
            "Alerts that name it",
            "Its own alerts and those of campaigns that it belongs to.",
            "short",
            sql(f"SELECT count(*) FROM stillwatch.alert_account WHERE {_ITS}"),
            steps=((None, "green"), (1, "orange")),
        )
    )


def _over_time(columns: str) -> Query:
    return sql_series(
        f"""
        SELECT window_start AS time, {columns} FROM stillwatch.account_window
        WHERE {_ITS} AND $__timeFilter(window_start) ORDER BY 1
        """
    )


def _behaviour(built: Dashboard) -> None:
    joined = Drawing(connected=True)
    built.with_panel(
        graph(
            "Evidence over time",
            "At the last look of each ten minutes, and the most of them. Only looks above the low bar are kept.",
            NATS,
            [_over_time("evidence_nats AS evidence, peak_evidence_nats AS most")],
            drawing=joined,
        )
    )
    built.with_panel(
        graph(
            "Coverage entropy",
            "How evenly its prompts spread over the semantic cells. High for harvesting, but for evaluation teams and "
            "search products too.",
            NATS,
            [_over_time('coverage_entropy AS "coverage entropy"')],
            drawing=joined,
        )
    )
    built.with_panel(
        graph(
            "Distinct contents",
            "Share of its requests whose content was new. Near one: nothing is ever asked twice.",
            "percentunit",
            [_over_time('distinct_contents AS "distinct contents"')],
            drawing=Drawing(connected=True, maximum=1),
        )
    )
    built.with_panel(
        graph(
            "Volume",
            "Requests between two looks that were kept.",
            "short",
            [
                sql_series(
                    f"""
                    SELECT time, requests FROM (
                        SELECT window_start AS time,
                               event_count - lag(event_count) OVER (ORDER BY window_start) AS requests
                        FROM stillwatch.account_window WHERE {_ITS}
                    ) w WHERE requests IS NOT NULL AND $__timeFilter(time) ORDER BY 1
                    """
                )
            ],
            drawing=Drawing(bars=True),
        )
    )
    built.with_panel(
        weights(
            "Evidence by signal",
            "At its last look: above zero a signal speaks for harvesting, below for innocence.",
            NATS,
            sql(
                f"""
                SELECT s.key AS signal, (s.value ->> 'nats')::double precision AS weight
                FROM (SELECT signals {_LATEST}) w, jsonb_each(w.signals) s ORDER BY 2 DESC
                """
            ),
        )
    )
    built.with_panel(
        rows(
            "Signals, value and usual",
            "The same look: what was measured, and what is usual of an innocent account.",
            sql(
                f"""
                SELECT s.key AS signal, (s.value ->> 'value')::double precision AS value,
                       (s.value ->> 'usual')::double precision AS usual,
                       (s.value ->> 'nats')::double precision AS weight
                FROM (SELECT signals {_LATEST}) w, jsonb_each(w.signals) s ORDER BY 4 DESC
                """
            ),
            {"value": Column("short", 90), "usual": Column("short", 90), "weight": Column(NATS, 100)},
            width=8,
        )
    )


def _known(built: Dashboard) -> None:
    built.with_panel(
        rows(
            "Alerts that named it",
            "Its own and its campaigns', newest first. The entity leads to the campaign.",
            sql(
                f"""
                SELECT n.named_at AS named, a.severity, a.kind, a.entity_id AS entity, a.state,
                       a.account_count AS accounts, a.evidence_nats AS evidence, v.verdict
                FROM stillwatch.alert_account n JOIN stillwatch.alert a USING (alert_id)
                LEFT JOIN LATERAL (
                    SELECT verdict FROM stillwatch.standing_verdict WHERE alert_id = a.alert_id
                    ORDER BY given_at DESC, log_offset DESC LIMIT 1
                ) v ON true
                WHERE n.{_ITS} ORDER BY n.named_at DESC LIMIT 100
                """
            ),
            {
                "named": Column(width=160),
                "severity": Column(width=90, severity=True),
                "kind": Column(width=85),
                "entity": Column(width=160, link=ENTITY_LINK),
                "state": Column(width=70),
                "accounts": Column("short", 80),
                "evidence": Column(NATS, 100),
            },
            width=12,
        )
    )
    built.with_panel(
        rows(
            "What it shares",
            "Groups that told of it: anchors as keyed hashes, and how many accounts share them.",
            sql(
                f"""
                SELECT m.link, m.anchor_key AS anchor, g.account_count AS accounts, m.uses, g.evidence_nats AS evidence,
                       m.last_seen AS "last seen"
                FROM stillwatch.group_member m JOIN stillwatch.anchor_group g USING (link, anchor_key)
                WHERE m.{_ITS} ORDER BY g.evidence_nats DESC LIMIT 100
                """
            ),
            {
                "link": Column(width=80),
                "anchor": Column(width=150),
                "accounts": Column("short", 80),
                "uses": Column("short", 70),
                "evidence": Column(NATS, 100),
            },
            width=12,
        )
    )
    built.with_panel(
        rows(
            "What was done to it",
            "Enforcement, newest first.",
            sql(
                f"""
                SELECT e.imposed_at AS at, e.action, e.reason, e.account_count AS "accounts at once"
                FROM stillwatch.enforcement e JOIN stillwatch.enforcement_account x USING (enforcement_id)
                WHERE x.{_ITS} ORDER BY e.imposed_at DESC LIMIT 100
                """
            ),
            {"at": Column(width=160), "action": Column(width=100)},
            width=12,
            height=6,
        )
    )
    built.with_panel(
        rows(
            "Silences that cover it",
            "Verdicts in force that list it, or that silence an alert which names it.",
            sql(
                f"""
                SELECT s.expires_at AS ends, s.verdict, s.scope, s.owner, s.reason
                FROM stillwatch.suppression s
                WHERE s.lifted_by IS NULL AND s.expires_at > now() AND (
                    EXISTS (SELECT FROM stillwatch.verdict_account x WHERE x.verdict_id = s.verdict_id AND x.{_ITS})
                    OR EXISTS (SELECT FROM stillwatch.alert_account x WHERE x.alert_id = s.alert_id AND x.{_ITS}))
                ORDER BY s.expires_at LIMIT 100
                """
            ),
            {"ends": Column(width=160), "verdict": Column(width=110), "scope": Column(width=90)},
            width=12,
            height=6,
        )
    )
