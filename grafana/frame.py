"""What all dashboards have in common: data sources to choose, links to each other, annotations of alerts and bans."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from grafana.names import DATABASE_UID, PROMETHEUS_UID, TAG
from grafana.queries import DATABASE, POSTGRES_TYPE, PROMETHEUS, Query, sql

#: Where a cell that holds an account's or an alert's entity leads.
ACCOUNT_LINK = "/d/stillwatch-account?var-account=${__value.raw:percentencode}&${__url_time_range}"
ENTITY_LINK = (
    "/d/stillwatch-${__data.fields.kind}?var-${__data.fields.kind}=${__value.raw:percentencode}&${__url_time_range}"
)

ALERTS_OPENED = """
    SELECT opened_at AS time, kind || ' alert, ' || severity || ': ' || account_count || ' accounts' AS text,
           'alert,' || severity AS tags
    FROM stillwatch.alert
    WHERE $__timeFilter(opened_at) AND {which}
    ORDER BY opened_at LIMIT 500
"""

ENFORCED = """
    SELECT imposed_at AS time, action || ' ' || account_count || ' accounts: ' || reason AS text,
           'enforcement,' || action AS tags
    FROM stillwatch.enforcement e
    WHERE $__timeFilter(imposed_at) AND {which}
    ORDER BY imposed_at LIMIT 500
"""


def frame(
    uid: str, title: str, question: str, *, since: str = "now-7d", alerts: str = "true", enforced: str = "true"
) -> dashboard.Dashboard:
    """An empty dashboard that answers a question; ``alerts`` and ``enforced`` choose in SQL what is annotated."""
    built = (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(question)
        .tags([TAG])
        .readonly()
        .timezone("utc")
        .time(since, "now")
        .refresh("1m")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(
            dashboard.DashboardLink("Stillwatch")
            .type(DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(False)
            .keep_time(True)
            .include_vars(False)
        )
    )
    for name, kind, current in (
        ("prometheus", "prometheus", PROMETHEUS_UID),
        ("database", POSTGRES_TYPE, DATABASE_UID),
    ):
        chosen = VariableOption(text=current, value=current)
        built.with_variable(dashboard.DatasourceVariable(name).label(name.capitalize()).type(kind).current(chosen))
    built.annotation(_annotation("Alerts", "red", sql(ALERTS_OPENED.format(which=alerts))))
    built.annotation(_annotation("Enforcement", "purple", sql(ENFORCED.format(which=enforced))))
    return built


def text_variable(name: str, meaning: str) -> dashboard.TextBoxVariable:
    """A variable that is typed in or comes with a link."""
    return dashboard.TextBoxVariable(name).label(name.capitalize()).description(meaning).default_value("")


def chosen_by_sql(name: str, meaning: str, query: str) -> dashboard.QueryVariable:
    """A variable chosen from rows with ``__value`` and ``__text``."""
    return (
        dashboard.QueryVariable(name)
        .label(name.capitalize())
        .description(meaning)
        .datasource(DATABASE)
        .query(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.DISABLED)
        .multi(False)
        .include_all(False)
    )


def chosen_by_label(name: str, meaning: str, metric: str) -> dashboard.QueryVariable:
    """Values of a label of a metric, all of them unless some are chosen."""
    return (
        dashboard.QueryVariable(name)
        .label(name.capitalize())
        .description(meaning)
        .datasource(PROMETHEUS)
        .query({"query": f"label_values({metric}, {name})", "refId": "A"})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(VariableOption(text="All", value="$__all"))
    )


def _annotation(name: str, colour: str, query: Query) -> Any:
    target: Any = query.build()
    target.ref_id = "A"
    return dashboard.AnnotationQuery().name(name).datasource(DATABASE).enable(True).icon_color(colour).target(query)
