"""What tests read out of the committed dashboards."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from grafana.generate import ROOT

DASHBOARDS = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))


@cache
def dashboard(path: Path) -> dict[str, Any]:
    """Return the model of a dashboard."""
    model: dict[str, Any] = json.loads(path.read_text())
    return model


def panels(path: Path) -> list[dict[str, Any]]:
    """Return its panels, headings left out."""
    return [panel for panel in dashboard(path)["panels"] if panel["type"] != "row"]


def promql_targets(path: Path) -> list[dict[str, Any]]:
    """Return its queries against Prometheus."""
    return [target for panel in panels(path) for target in panel["targets"] if "expr" in target]


def sql_texts(path: Path) -> dict[str, str]:
    """Return its queries against the alert store, by what asks: panels, annotations and variables."""
    asked = {
        f"{panel['title']} {target['refId']}": target["rawSql"]
        for panel in panels(path)
        for target in panel["targets"]
        if "rawSql" in target
    }
    model = dashboard(path)
    asked |= {f"annotation {each['name']}": each["target"]["rawSql"] for each in model["annotations"]["list"]}
    asked |= {
        f"variable {each['name']}": each["query"]
        for each in model["templating"]["list"]
        if each["type"] == "query" and each["datasource"]["uid"] == "${database}"
    }
    return asked
