"""Expands what Grafana expands in queries before they reach a data source: variables and SQL macros.

The macros as Grafana's PostgreSQL data source defines them (pkg/tsdb/grafana-postgresql-datasource/macros.go).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple


class Range(NamedTuple):
    """What a viewer looks at: from and to (epoch seconds), and the width of a point (seconds)."""

    from_s: int
    to_s: int
    interval_s: int = 3_600


def expand_sql(text: str, variables: Mapping[str, str], seen: Range) -> str:
    """Return the SQL that PostgreSQL gets; raises ``KeyError`` for an unknown macro or variable."""
    bounds = {
        "From": datetime.fromtimestamp(seen.from_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "To": datetime.fromtimestamp(seen.to_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }

    def variable(found: re.Match[str]) -> str:
        return "'" + variables[found[1]].replace("'", "''") + "'"

    def macro(found: re.Match[str]) -> str:
        arguments = [part.strip() for part in found[2].split(",")]
        group = f"floor(extract(epoch from {arguments[0]})/{seen.interval_s})*{seen.interval_s}"
        return {
            "timeFilter": f"{arguments[0]} BETWEEN '{bounds['From']}' AND '{bounds['To']}'",
            "timeFrom": f"'{bounds['From']}'",
            "timeTo": f"'{bounds['To']}'",
            "timeGroup": group,
            "timeGroupAlias": f'{group} AS "time"',
        }[found[1]]

    text = re.sub(r"\$\{(\w+):sqlstring\}", variable, text)
    return re.sub(r"\$__(\w+)\(([^)]*)\)", macro, text)


def expand_promql(text: str, *, rate_interval: str) -> str:
    """Return the PromQL that Prometheus gets, every worker chosen."""
    return text.replace("$__rate_interval", rate_interval).replace("$instance", ".*")
