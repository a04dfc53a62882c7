"""*Campaign*: who belongs together, why, how much leaked, and since when it was known."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.frame import ACCOUNT_LINK, chosen_by_sql, frame
from grafana.panels import NATS, Column, Drawing, figure, graph, network, row, rows, weights
from grafana.queries import sql, sql_series

_THIS = "entity_id = ${campaign:sqlstring} AND kind = 'campaign'"
_MEMBERS = "SELECT account_id FROM stillwatch.campaign_member WHERE campaign_id = ${campaign:sqlstring}"

#: Drawn at most: more make a ball of wool.
_DRAWN_ACCOUNTS = 150


def campaign() -> Dashboard:
    """Build it."""
    built = frame(
        "stillwatch-campaign",
        "Stillwatch / Campaign",
        "Who belongs to this campaign, why, and what leaked before and after it was known?",
        since="now-14d",
        alerts=_THIS,
        enforced=f"""EXISTS (
        SELECT FROM stillwatch.enforcement_account x
        WHERE x.enforcement_id = e.enforcement_id AND x.account_id IN ({_MEMBERS}))""",
    )
    built.with_variable(
        chosen_by_sql(
            "campaign",
            "A campaign, newest first.",
            """
            SELECT entity_id AS __value, to_char(min(opened_at), 'YYYY-MM-DD HH24:MI') || ' ' || left(entity_id, 8)
                   || ' (' || max(account_count) || ' accounts)' AS __text
            FROM stillwatch.alert WHERE kind = 'campaign'
            GROUP BY entity_id ORDER BY min(opened_at) DESC LIMIT 500
            """.strip(),
        )
    )
    _figures(built)
    built.with_row(row("Why"))
    _why(built)
    built.with_row(row("Who"))
    _who(built)
    built.with_row(row("What was said and done"))
    _done(built)
    return built


def _latest(expression: str) -> str:
    return f"SELECT {expression} FROM stillwatch.alert WHERE {_THIS} ORDER BY opened_at DESC LIMIT 1"


def _figures(built: Dashboard) -> None:
    built.with_panel(
        figure("State", "How its latest alert stands.", "string", sql(_latest("state || ', ' || severity AS state")))
    )
    built.with_panel(figure("Accounts named", "Members over the alert's life.", "short", sql(_latest("account_count"))))
    built.with_panel(
        figure(
            "Exchanges leaked",
            "Requests of the members that fill what they share: what the harvester has.",
            "short",
            sql(_latest("event_count")),
        )
    )
    built.with_panel(
        figure("Output tokens leaked", "The answers to these requests.", "short", sql(_latest("output_tokens")))
    )
    built.with_panel(
        figure(
            "Leaked before the first alert",
            "Exchanges counted when the alert opened, as a part of all until now.",
            "percentunit",
            sql(
                """
                SELECT r.event_count::double precision / nullif(a.event_count, 0) AS share
                FROM stillwatch.alert a JOIN stillwatch.alert_record r ON r.alert_id = a.alert_id AND r.sequence = 0
                WHERE a.entity_id = ${campaign:sqlstring} AND a.kind = 'campaign' ORDER BY a.opened_at DESC LIMIT 1
                """
            ),
        )
    )
    built.with_panel(figure("Evidence", "Log likelihood ratio against innocence.", NATS, sql(_latest("evidence_nats"))))


def _why(built: Dashboard) -> None:
    built.with_panel(
        weights(
            "Evidence by signal",
            "What the twelve heaviest signals of the last record weigh: above zero they speak for harvesting, below "
            "for innocence.",
            NATS,
            sql(
                f"""
                SELECT signal, weight FROM (
                    SELECT r ->> 'signal' AS signal, (r ->> 'weight')::double precision AS weight
                    FROM (SELECT * FROM stillwatch.alert_current WHERE {_THIS} ORDER BY opened_at DESC LIMIT 1) a,
                         jsonb_array_elements(a.reasons || a.counter_evidence) r
                    ORDER BY abs((r ->> 'weight')::double precision) DESC LIMIT 12
                ) heaviest
                ORDER BY 2 DESC
                """
            ),
        )
    )
    built.with_panel(
        rows(
            "For and against, in words",
            "Each signal with its value and what is usual, the heaviest first, for or against. Read what speaks "
            "against before anybody is banned.",
            sql(
                f"""
                SELECT (r ->> 'weight')::double precision AS weight, r ->> 'sentence' AS sentence,
                       (r ->> 'value')::double precision AS value, (r ->> 'usual')::double precision AS usual,
                       r ->> 'signal' AS signal
                FROM (SELECT * FROM stillwatch.alert_current WHERE {_THIS} ORDER BY opened_at DESC LIMIT 1) a,
                     jsonb_array_elements(a.reasons || a.counter_evidence) r
                ORDER BY abs((r ->> 'weight')::double precision) DESC
                """
            ),
            {
                "weight": Column(NATS, 100),
                "value": Column("short", 80),
                "usual": Column("short", 80),
                "signal": Column(width=150),
            },
            width=16,
        )
    )
    built.with_panel(
        graph(
            "Evidence over time",
            "Evidence of each record of its alerts. It pages from its share of the week's budget on.",
            NATS,
            [
                sql_series(
                    f"""
                    SELECT detected_at AS time, evidence_nats AS evidence FROM stillwatch.alert_record
                    WHERE {_THIS} AND $__timeFilter(detected_at) ORDER BY 1
                    """
                )
            ],
            drawing=Drawing(connected=True),
        )
    )
    built.with_panel(
        graph(
            "Members over time",
            "Accounts named so far, at each record that named some.",
            "short",
            [
                sql_series(
                    """
                    SELECT named_at AS time, sum(count(*)) OVER (ORDER BY named_at) AS members
                    FROM stillwatch.campaign_member
                    WHERE campaign_id = ${campaign:sqlstring} AND $__timeFilter(named_at)
                    GROUP BY named_at ORDER BY 1
                    """
                )
            ],
            drawing=Drawing(connected=True),
        )
    )
    built.with_panel(
        graph(
            "Exchanges leaked over time",
            "Requests that fill what the members share, as each record counted them.",
            "short",
            [
                sql_series(
                    f"""
                    SELECT detected_at AS time, event_count AS exchanges FROM stillwatch.alert_record
                    WHERE {_THIS} AND $__timeFilter(detected_at) ORDER BY 1
                    """
                )
            ],
            drawing=Drawing(connected=True),
        )
    )


def _who(built: Dashboard) -> None:
    built.with_panel(
        network(
            "Links",
            f"Anchors that members share (prompt shells, payments, addresses; keyed hashes) and the {_DRAWN_ACCOUNTS} "
            "members that use them most. An account on several anchors is a stronger member than one on a single one.",
            sql(
                f"""
                WITH links AS (
                    SELECT link, anchor_key, shared_accounts, evidence_nats FROM stillwatch.campaign_link
                    WHERE campaign_id = ${{campaign:sqlstring}}
                ), members AS (
                    SELECT t.account_id, sum(t.uses) AS uses
                    FROM stillwatch.group_member t JOIN links USING (link, anchor_key)
                    WHERE t.account_id IN ({_MEMBERS})
                    GROUP BY t.account_id ORDER BY 2 DESC, 1 LIMIT {_DRAWN_ACCOUNTS}
                )
                SELECT link || ':' || anchor_key AS id, link AS title, left(anchor_key, 8) AS subtitle,
                       shared_accounts AS mainstat, 'orange' AS color
                FROM links
                UNION ALL
                SELECT 'account:' || account_id, left(account_id, 16), '', uses, 'blue' FROM members
                """
            ),
            sql(
                f"""
                WITH drawn AS (
                    SELECT t.account_id, sum(t.uses) AS uses
                    FROM stillwatch.group_member t
                    JOIN stillwatch.campaign_link l USING (link, anchor_key)
                    WHERE l.campaign_id = ${{campaign:sqlstring}} AND t.account_id IN ({_MEMBERS})
                    GROUP BY t.account_id ORDER BY 2 DESC, 1 LIMIT {_DRAWN_ACCOUNTS}
                )
                SELECT t.link || ':' || t.anchor_key || '>' || t.account_id AS id,
                       t.link || ':' || t.anchor_key AS source, 'account:' || t.account_id AS target, t.uses AS mainstat
                FROM stillwatch.group_member t
                JOIN stillwatch.campaign_link l USING (link, anchor_key)
                JOIN drawn USING (account_id)
                WHERE l.campaign_id = ${{campaign:sqlstring}}
                """
            ),
        )
    )
    built.with_panel(
        rows(
            "Shared anchors",
            "What members share. `founding` is the anchor that the campaign was found by.",
            sql(
                """
                SELECT link, anchor_key AS anchor, founding, shared_accounts AS members,
                       group_account_count AS accounts, uses, evidence_nats AS evidence
                FROM stillwatch.campaign_link WHERE campaign_id = ${campaign:sqlstring}
                ORDER BY founding DESC, shared_accounts DESC LIMIT 100
                """
            ),
            {
                "link": Column(width=65),
                "anchor": Column(width=120),
                "founding": Column(width=70),
                "members": Column("short", 70),
                "accounts": Column("short", 70),
                "uses": Column("short", 55),
                "evidence": Column(NATS),
            },
            width=8,
            height=16,
        )
    )
    built.with_panel(
        rows(
            "Shell skeleton",
            "Prompt shells that the same members use are parts of one template. Their text is kept nowhere; this is "
            "its outline, by keyed hash, in the order in which they were first seen. Many parts are a tool's template, "
            "one alone may be a phrase.",
            sql(
                f"""
                WITH shells AS (
                    SELECT DISTINCT link, anchor_key FROM stillwatch.campaign_link
                    WHERE campaign_id = ${{campaign:sqlstring}} AND link = 'shell'
                ), used AS (
                    SELECT t.anchor_key, array_agg(t.account_id ORDER BY t.account_id) AS accounts,
                           sum(t.uses) AS uses, sum(t.output_tokens) AS tokens,
                           min(t.first_seen) AS first_seen, max(t.last_seen) AS last_seen,
                           (array_agg(t.account_id ORDER BY t.first_seen, t.account_id))[1] AS first_account
                    FROM stillwatch.group_member t JOIN shells USING (link, anchor_key)
                    WHERE t.account_id IN ({_MEMBERS})
                    GROUP BY t.anchor_key
                )
                SELECT cardinality(accounts) AS members, count(*) AS parts, max(uses) AS uses,
                       max(tokens) AS "output tokens", min(first_seen) AS "first seen", max(last_seen) AS "last seen",
                       min(first_account) AS "first account",
                       string_agg(left(anchor_key, 8), ' ' ORDER BY first_seen, anchor_key) AS shells
                FROM used GROUP BY accounts ORDER BY 1 DESC, 3 DESC, 8 LIMIT 100
                """
            ),
            {
                "members": Column("short", 80),
                "parts": Column("short", 60),
                "uses": Column("short", 70),
                "output tokens": Column("short", 110),
                "first seen": Column(width=160),
                "last seen": Column(width=160),
                "first account": Column(width=220, link=ACCOUNT_LINK),
            },
            height=8,
        )
    )
    built.with_panel(
        rows(
            "Members",
            "Accounts by how often they used one shared anchor, with all their requests and what was done to them. "
            "`stillwatch export` gives the list to whoever acts. Act on all at once: accounts banned one by one are "
            "replaced.",
            sql(
                """
                SELECT m.account_id AS account, m.named_at AS named, g.anchors, g.uses,
                       g.requests, g.tokens AS "output tokens", w.evidence AS "own evidence", x.action AS enforced
                FROM stillwatch.campaign_member m
                LEFT JOIN LATERAL (
                    SELECT count(*) AS anchors, max(t.uses) AS uses, max(t.event_count) AS requests,
                           max(t.output_tokens) AS tokens
                    FROM stillwatch.group_member t JOIN stillwatch.campaign_link l USING (link, anchor_key)
                    WHERE t.account_id = m.account_id AND l.alert_id = m.alert_id
                ) g ON true
                LEFT JOIN LATERAL (
                    SELECT evidence_nats AS evidence FROM stillwatch.account_window
                    WHERE account_id = m.account_id ORDER BY window_start DESC LIMIT 1
                ) w ON true
                LEFT JOIN LATERAL (
                    SELECT e.action
                    FROM stillwatch.enforcement_account a JOIN stillwatch.enforcement e USING (enforcement_id)
                    WHERE a.account_id = m.account_id ORDER BY e.imposed_at DESC LIMIT 1
                ) x ON true
                WHERE m.campaign_id = ${campaign:sqlstring}
                ORDER BY g.uses DESC NULLS LAST, m.account_id LIMIT 1000
                """
            ),
            {
                "account": Column(width=220, link=ACCOUNT_LINK),
                "named": Column(width=160),
                "anchors": Column("short", 80),
                "uses": Column("short", 80),
                "requests": Column("short", 90),
                "output tokens": Column("short", 110),
                "own evidence": Column(NATS, 120),
            },
            height=12,
        )
    )


def _done(built: Dashboard) -> None:
    built.with_panel(
        rows(
            "Records",
            "Every record of its alerts, newest first.",
            sql(
                f"""
                SELECT detected_at AS at, sequence, state, severity, evidence_nats AS evidence,
                       account_count AS accounts, event_count AS exchanges,
                       coalesce(closed_by_verdict, merged_into, absorbed_by) AS "ended by"
                FROM stillwatch.alert_record WHERE {_THIS} ORDER BY detected_at DESC, sequence DESC LIMIT 200
                """
            ),
            {
                "at": Column(width=160),
                "sequence": Column(width=80),
                "state": Column(width=70),
                "severity": Column(width=90, severity=True),
                "evidence": Column(NATS, 100),
                "accounts": Column("short", 80),
                "exchanges": Column("short", 90),
            },
            width=12,
        )
    )
    built.with_panel(
        rows(
            "Verdicts and actions",
            "What people said of its alerts and did with them.",
            sql(
                f"""
                WITH its AS (SELECT alert_id FROM stillwatch.alert WHERE {_THIS})
                SELECT given_at AS at, given_by AS who, 'verdict ' || verdict || ' (' || scope || ')' AS what, note
                FROM stillwatch.verdict JOIN its USING (alert_id)
                UNION ALL
                SELECT acted_at, actor, action || coalesce(' ' || assignee, ''), body
                FROM stillwatch.alert_action JOIN its USING (alert_id)
                ORDER BY 1 DESC LIMIT 200
                """
            ),
            {"at": Column(width=160), "who": Column(width=120), "what": Column(width=220)},
            width=12,
        )
    )
