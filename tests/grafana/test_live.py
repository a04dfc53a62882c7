"""Every query of every dashboard and rule, asked of a real Prometheus and PostgreSQL that watched a real deployment."""

from __future__ import annotations

import re
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

import promql_parser
import psycopg
import pytest

from grafana.rules import RULES
from models.alert import Alert
from tests.grafana.macros import expand_promql, expand_sql
from tests.grafana.panels import DASHBOARDS, dashboard, panels, promql_targets, sql_texts
from tests.grafana.watched import Watched
from tests.integration.deployment import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(1_200)]

BY_NAME = {path.stem: path for path in DASHBOARDS}


def last_records(watched: Watched) -> dict[str, Alert]:
    """Return the last record of each alert, by alert_id."""
    return {alert.alert_id: alert for alert in watched.alerts()}


def chosen(watched: Watched) -> dict[str, str]:
    """Return what a viewer looks at: the campaign that names most, judged true, and an account that was banned."""
    with psycopg.connect(watched.database.url) as connection:
        campaign = connection.execute(
            "SELECT entity_id FROM stillwatch.alert JOIN stillwatch.verdict USING (alert_id) "
            "WHERE kind = 'campaign' AND verdict = 'true_positive'"
        ).fetchone()
        account = connection.execute(
            "SELECT account_id FROM stillwatch.enforcement_account JOIN stillwatch.alert ON entity_id = account_id"
        ).fetchone()
    assert campaign
    assert account
    return {"campaign": campaign[0], "account": account[0]}


def rows(watched: Watched, text: str) -> list[dict[str, Any]]:
    """Return what a query of a panel gives the viewer."""
    with psycopg.connect(watched.database.url, row_factory=psycopg.rows.dict_row) as connection:
        query: Any = expand_sql(text, chosen(watched), watched.range())
        return connection.execute(query).fetchall()


def asked(watched: Watched, name: str, panel: str) -> list[dict[str, Any]]:
    """Return the rows of the first query of a panel."""
    (text,) = [sql for title, sql in sql_texts(BY_NAME[name]).items() if title == f"{panel} A"]
    return rows(watched, text)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_promql_gives_data(watched: Watched, path: Path) -> None:
    """Each query parses, and Prometheus, which scraped the processes for a while, has numbers for it."""
    empty = []
    for target in promql_targets(path):
        expression = expand_promql(target["expr"], rate_interval="15m")
        promql_parser.parse(expression)
        if not any(isfinite(float(one["value"][1])) for one in watched.query(expression)):
            empty.append(target["expr"])
    assert empty == []


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_sql_gives_rows(watched: Watched, path: Path) -> None:
    """Each query of panels, annotations and variables runs, and has rows in which not all is missing."""
    empty = []
    for title, text in sql_texts(path).items():
        found = rows(watched, text)
        if not any(value is not None for row in found for value in row.values()):
            empty.append(title)
    assert empty == []


def test_rules_run_and_only_the_heartbeat_fires(watched: Watched) -> None:
    """Prometheus evaluates every rule without an error; of a sound deployment only the heartbeat is heard."""
    wait_until(lambda: firing(watched) == {"StillwatchHeartbeat"}, 60, lambda: str(firing(watched)))
    (group,) = watched.ask("/api/v1/rules")["groups"]
    assert {rule["name"]: rule["health"] for rule in group["rules"]} == {rule.name: "ok" for rule in RULES}


def firing(watched: Watched) -> set[str]:
    """Names of the rules that fire as of the last evaluation."""
    (group,) = watched.ask("/api/v1/rules")["groups"]
    return {rule["name"] for rule in group["rules"] if rule["state"] == "firing"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules_ask_for_series_that_are_there(watched: Watched, rule: Any) -> None:
    """Every metric that a rule names has series, or is a count of what has not happened yet."""
    for name in set(re.findall(r"stillwatch_\w+", rule.expression)):
        if not watched.query(name):
            assert name.endswith(("refused_total", "lost_total")), name


def test_open_alerts_are_those_of_the_topic(watched: Watched) -> None:
    """The table of open alerts holds what alerts.v1 leaves open, with the same figures, gravest first."""
    wanted = {alert.alert_id: alert for alert in last_records(watched).values() if alert.state != "closed"}
    shown = asked(watched, "stillwatch-on-call", "Open alerts")
    assert {row["id"] for row in shown} == set(wanted)
    for row in shown:
        alert = wanted[row["id"]]
        assert (row["severity"], row["kind"], row["entity"]) == (alert.severity, alert.kind, alert.entity_id)
        assert (row["accounts"], row["requests"]) == (alert.account_count, alert.event_count)
        assert row["evidence"] == alert.evidence_nats
        assert row["why"] == alert.reasons[0].sentence
    graveness = ["critical", "high", "medium", "low", "info"]
    ranks = [graveness.index(row["severity"]) for row in shown]
    assert ranks == sorted(ranks)
    live = sum(watched.scalar(f'stillwatch_open_alerts{{severity="{label}"}}') for label in graveness)
    assert asked(watched, "stillwatch-on-call", "All open")[0]["count"] == len(wanted)
    assert live <= watched.scalar("sum(stillwatch_open_alerts)") == len(wanted)


def test_a_campaign_is_shown_as_the_topic_tells_it(watched: Watched) -> None:
    """Members, leaked exchanges, the share before the first alert and evidence by signal equal those of alerts.v1."""
    campaign = chosen(watched)["campaign"]
    records = [alert for alert in watched.alerts() if alert.kind == "campaign" and alert.entity_id == campaign]
    first, last = records[0], records[-1]
    assert asked(watched, "stillwatch-campaign", "Accounts named")[0]["account_count"] == last.account_count
    assert asked(watched, "stillwatch-campaign", "Exchanges leaked")[0]["event_count"] == last.event_count
    share = asked(watched, "stillwatch-campaign", "Leaked before the first alert")[0]["share"]
    assert share == pytest.approx(first.event_count / last.event_count)
    told = {reason.signal: reason.weight for reason in [*last.reasons, *last.counter_evidence]}
    shown = asked(watched, "stillwatch-campaign", "Evidence by signal")
    weights = {row["signal"]: row["weight"] for row in shown}
    assert weights.items() <= told.items()
    assert len(weights) == min(12, len(told))
    left_out = [abs(weight) for signal, weight in told.items() if signal not in weights]
    assert min(map(abs, weights.values())) >= max(left_out, default=0.0)
    named = {account for record in records for account in record.accounts}
    members = asked(watched, "stillwatch-campaign", "Members")
    assert {row["account"] for row in members} == named
    shells = [row for row in asked(watched, "stillwatch-campaign", "Shared anchors") if row["link"] == "shell"]
    outline = asked(watched, "stillwatch-campaign", "Shell skeleton")
    assert sum(row["parts"] for row in outline) == len(shells)
    growth = asked(watched, "stillwatch-campaign", "Members over time")
    assert int(growth[-1]["members"]) == len(named)
    exchanges = asked(watched, "stillwatch-campaign", "Exchanges leaked over time")
    assert [row["exchanges"] for row in exchanges] == [record.event_count for record in records]


def test_links_join_nodes_that_are_drawn(watched: Watched) -> None:
    """Each edge of the node graph leads from a drawn anchor to a drawn member; ids are unique; there are both kinds."""
    texts = sql_texts(BY_NAME["stillwatch-campaign"])
    nodes, edges = rows(watched, texts["Links A"]), rows(watched, texts["Links B"])
    ids = [node["id"] for node in nodes]
    assert len(set(ids)) == len(ids)
    assert {edge["source"] for edge in edges} | {edge["target"] for edge in edges} == set(ids)
    assert len({edge["id"] for edge in edges}) == len(edges)
    assert {node["color"] for node in nodes} == {"orange", "blue"}


def test_precision_counts_the_last_word(watched: Watched) -> None:
    """Of three judged alerts one is true: a third, in the store's figure; the workers have read each verdict."""
    assert asked(watched, "stillwatch-detector", "Precision of pages")[0]["precision"] == pytest.approx(Decimal(1) / 3)
    read = {one["metric"]["finding"]: float(one["value"][1]) for one in watched.query("stillwatch_verdicts_total")}
    # What was read but not committed when the group shared out its partitions was read again.
    assert set(read) == {"true_positive", "false_positive", "expected"}
    assert min(read.values()) >= 1


def test_the_worker_exports_what_it_did(watched: Watched) -> None:
    """Counts agree with the topics: events, dead letters, alert records, fields; no account is a label."""
    assert watched.scalar("stillwatch_events_total") == 16_000
    assert watched.scalar('stillwatch_dead_letters_total{reason="invalid_json"}') == 1
    assert watched.scalar("sum(stillwatch_alerts_total)") == len(list(watched.alerts()))
    share = watched.scalar('stillwatch_event_fields_total{field="content"}') / 16_000
    assert 0.9 < share <= 1
    assert watched.scalar("sum(stillwatch_candidate_evidence_nats_count)") > 0
    assert watched.scalar("sum(stillwatch_commits_total)") > 0
    assert watched.scalar("time() - stillwatch_heartbeat_timestamp_seconds") < 10
    accounts = {account for alert in watched.alerts() for account in alert.accounts}
    labels = {value for one in watched.query('{__name__=~"stillwatch_.+"}') for value in one["metric"].values()}
    assert not labels & accounts


def test_a_variable_cannot_leave_its_quotes(watched: Watched) -> None:
    """What a viewer types is data: an account id with a quote finds nothing and breaks nothing."""
    (text,) = [sql for title, sql in sql_texts(BY_NAME["stillwatch-account"]).items() if title == "Evidence now A"]
    with psycopg.connect(watched.database.url) as connection:
        query: Any = expand_sql(text, {"account": "x' OR '1' = '1"}, watched.range())
        assert connection.execute(query).fetchall() == []


def test_every_panel_is_asked(watched: Watched) -> None:  # noqa: ARG001 - belongs to these tests
    """No panel has a query that these tests would pass over."""
    for path in DASHBOARDS:
        targets = [target for panel in panels(path) for target in panel["targets"]]
        assert len(targets) == len(promql_targets(path)) + sum("rawSql" in target for target in targets)
        assert dashboard(path)["uid"] == path.stem
