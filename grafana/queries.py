"""Queries of panels: PromQL against the metric catalogue, SQL against the alert store."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import Literal

from grafana_foundation_sdk.builders.prometheus import Dataquery as PrometheusQuery
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat, QueryEditorMode

from grafana.catalogue import check_names

POSTGRES_TYPE = "grafana-postgresql-datasource"

#: Dashboard variables, so that a dashboard works with other data sources than those that are provisioned.
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="${prometheus}")
DATABASE = DataSourceRef(type_val=POSTGRES_TYPE, uid="${database}")

Query = Builder[Dataquery]


def promql(expression: str, legend: str = "") -> Query:
    """A range query; raises ``ValueError`` for a metric that nothing exports."""
    return _prometheus(expression).range().legend_format(legend or "__auto")


def promql_events(expression: str, legend: str = "") -> Query:
    """A range query over counters that exist from their first event on: zero, not "No data", before it.

    A legend that begins with a label has nothing to show then: the zero is named.
    """
    label = re.match(r"\{\{(\w+)\}\}", legend)
    zero = f'label_replace(vector(0), "{label[1]}", "none yet", "", "")' if label else "vector(0)"
    return promql(f"{expression} or on () {zero}", legend)


def promql_now(expression: str, legend: str = "") -> Query:
    """An instant query, for panels that show one figure."""
    return _prometheus(expression).instant().legend_format(legend or "__auto")


def promql_buckets(expression: str) -> Query:
    """A range query whose series are the buckets of a heatmap."""
    return _prometheus(expression).range().legend_format("{{le}}").format(PromQueryFormat.HEATMAP)


def _prometheus(expression: str) -> PrometheusQuery:
    check_names(expression)
    return PrometheusQuery().datasource(PROMETHEUS).editor_mode(QueryEditorMode.CODE).expr(expression)


class SqlQuery(Dataquery):
    """What Grafana's PostgreSQL data source takes; the SDK has no builder for it."""

    def __init__(self, text: str, frame: Literal["table", "time_series"]) -> None:
        self.ref_id = ""
        self.datasource = DATABASE
        self._text = text
        self._frame = frame

    def to_json(self) -> dict[str, object]:
        """The query as a panel holds it."""
        return {
            "datasource": self.datasource,
            "editorMode": "code",
            "format": self._frame,
            "rawQuery": True,
            "rawSql": self._text,
            "refId": self.ref_id,
        }


class _Sql(Builder[Dataquery]):
    def __init__(self, query: SqlQuery) -> None:
        self._query = query

    def build(self) -> Dataquery:
        return self._query


def sql(text: str) -> Query:
    """Rows for a table, a figure or a graph. Variables belong in as ``${name:sqlstring}``, which quotes them."""
    return _Sql(SqlQuery(dedent(text).strip(), "table"))


def sql_series(text: str) -> Query:
    """Rows with a column ``time``; a column of text, ``metric``, names the series."""
    return _Sql(SqlQuery(dedent(text).strip(), "time_series"))
