"""What a panel shows of an alert store that a test filled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from grafana.generate import ROOT
from tests.grafana.macros import Range, expand_sql
from tests.grafana.panels import sql_texts
from tests.streams.database.conftest import connection, put, settings

#: For the modules that use them.
__all__ = ["connection", "put", "settings", "shown"]


def shown(
    connection: psycopg.Connection, dashboard: str, panel: str, variables: Mapping[str, str], seen: Range
) -> list[dict[str, Any]]:
    """Return the rows that a panel's first query gives; ``dashboard`` is its name without "stillwatch-"."""
    text = sql_texts(ROOT / "grafana" / "dashboards" / f"stillwatch-{dashboard}.json")[f"{panel} A"]
    with connection.cursor(row_factory=dict_row) as cursor:
        query: Any = expand_sql(text, variables, seen)
        return cursor.execute(query).fetchall()
