"""Draws each dashboard's grid with what its queries give: `python -m tests.grafana.preview --out build/dashboards`.

No Grafana can be had where the tests run. This shows what a viewer would see: which panel lies where, how wide, with
which title and data. Fonts, colours and chart details are not Grafana's.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import shutil
import tempfile
import textwrap
import time
import uuid
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import matplotlib as mpl
import psycopg
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from streams.broker import KafkaBroker
from streams.database.postgres_server import PostgresServer
from tests.grafana.macros import expand_promql, expand_sql
from tests.grafana.panels import DASHBOARDS, dashboard
from tests.grafana.test_live import chosen
from tests.grafana.watched import Watched
from tests.integration.deployment import Deployment

_COLUMN_IN, _ROW_IN = 0.75, 0.4
_COLOURS = {"dark-red": "#7a0d0d", "red": "#d33", "orange": "#f93", "yellow": "#fc3", "blue": "#59d", "green": "#3a3"}
_SHOWN_ROWS = 40
_METRICS_SINCE_S = 300


def draw(model: dict[str, Any], watched: Watched, path: Path) -> None:
    """Draw one dashboard as a PNG."""
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in model["panels"])
    figure = plt.figure(figsize=(24 * _COLUMN_IN, height * _ROW_IN + 0.6), facecolor="#f4f5f5")
    total = height + 0.6 / _ROW_IN
    figure.text(
        0.01, 1 - 0.3 / (total * _ROW_IN), f"{model['title']}   {model['description']}", fontsize=13, va="center"
    )
    for panel in model["panels"]:
        place = panel["gridPos"]
        bottom = 1 - (place["y"] + place["h"] + 0.6 / _ROW_IN) / total
        box = (place["x"] / 24 + 0.004, bottom + 0.15 / total, place["w"] / 24 - 0.008, (place["h"] - 0.3) / total)
        if panel["type"] == "row":
            figure.text(box[0], box[1], "▾ " + panel["title"], fontsize=12, weight="bold")
            continue
        figure.add_artist(
            Rectangle(box[:2], box[2], box[3], facecolor="white", edgecolor="#ccc", linewidth=0.6, zorder=-1)
        )
        top = box[1] + box[3]
        figure.text(box[0] + 0.003, top - 0.5 / total, panel["title"], fontsize=8, weight="bold", va="center")
        inset = (0.03 if panel["type"] in ("timeseries", "heatmap") else 0.005, 1.1 / total)
        low = (1.6 if panel["type"] in ("timeseries", "heatmap") else 0.2) / total
        axes = figure.add_axes((box[0] + inset[0], box[1] + low, box[2] - inset[0] - 0.008, box[3] - inset[1] - low))
        _panel(axes, panel, watched)
    figure.savefig(path, dpi=80)
    plt.close(figure)


def _panel(axes: Axes, panel: dict[str, Any], watched: Watched) -> None:
    answers = [_answer(target, watched) for target in panel["targets"]]
    unit = panel["fieldConfig"]["defaults"].get("unit", "") if panel.get("fieldConfig") else ""
    kind = panel["type"]
    if not any(answers):
        axes.axis("off")
        empty = panel["fieldConfig"]["defaults"].get("noValue", "No data") if kind == "stat" else "No data"
        axes.text(0.5, 0.5, empty, ha="center", color="red", transform=axes.transAxes)
    elif kind == "stat":
        _stat(axes, panel, answers[0], unit)
    elif kind == "table":
        _table(axes, panel, answers[0])
    elif kind == "bargauge":
        _bars(axes, answers[0], unit)
    elif kind == "nodeGraph" or kind == "nodegraph":
        _network(axes, *answers)
    elif kind == "heatmap":
        _heatmap(axes, answers[0])
    else:
        _lines(axes, panel, answers, unit)


def _answer(target: dict[str, Any], watched: Watched) -> list[dict[str, Any]]:
    if "rawSql" in target:
        with psycopg.connect(watched.database.url, row_factory=psycopg.rows.dict_row) as connection:
            text: Any = expand_sql(target["rawSql"], chosen(watched), watched.range())
            return connection.execute(text).fetchall()
    expression = expand_promql(target["expr"], rate_interval="15s")
    if target.get("instant"):
        return [{"value": float(one["value"][1])} for one in watched.query(expression)]
    now = time.time()
    found = watched.ask(
        "/api/v1/query_range", query=expression, start=str(now - _METRICS_SINCE_S), end=str(now), step="3"
    )["result"]
    return [
        {"name": _legend(target, one["metric"]), "points": [(at, float(value)) for at, value in one["values"]]}
        for one in found
    ]


def _legend(target: dict[str, Any], labels: dict[str, str]) -> str:
    form = target.get("legendFormat", "__auto")
    if form == "__auto":
        return " ".join(value for name, value in labels.items() if name != "__name__") or "value"
    for name, value in labels.items():
        form = form.replace("{{" + name + "}}", value)
    # Grafana leaves out what a series has no label for.
    return re.sub(r"\{\{\w+\}\}", "", str(form)) or "value"


def _stat(axes: Axes, panel: dict[str, Any], rows: list[dict[str, Any]], unit: str) -> None:
    axes.axis("off")
    value = next(iter(rows[0].values()))
    defaults = panel["fieldConfig"]["defaults"]
    shown = defaults.get("noValue", "No data") if value is None else _formatted(value, unit)
    colour = "#59d"
    if isinstance(value, int | float | Decimal):
        for step in defaults["thresholds"]["steps"]:
            if step["value"] is None or value >= step["value"]:
                colour = _COLOURS.get(step["color"], "#59d")
    axes.text(0.5, 0.5, shown, ha="center", va="center", fontsize=18, color=colour, transform=axes.transAxes)


def _table(axes: Axes, panel: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    axes.axis("off")
    width_px = panel["gridPos"]["w"] * 76
    fixed = {
        override["matcher"]["options"]: {each["id"]: each["value"] for each in override["properties"]}
        for override in panel["fieldConfig"]["overrides"]
    }
    names = list(rows[0])
    given = {name: fixed.get(name, {}).get("custom.width", 0) for name in names}
    free = [name for name in names if not given[name]]
    rest = max(150, (width_px - sum(given.values())) / max(1, len(free)))
    shown = min(_SHOWN_ROWS, panel["gridPos"]["h"] * 2 - 3, len(rows))
    left = 0.0
    for name in names:
        share = (given[name] or rest) / width_px
        letters = max(3, int(share * width_px / 6.2))
        texts = [name, *(_formatted(row[name], fixed.get(name, {}).get("unit", "")) for row in rows[:shown])]
        for line, text in enumerate(texts):
            place = 1 - (line + 0.7) / (panel["gridPos"]["h"] * 2 - 2)
            colour = _COLOURS.get({"critical": "dark-red", "high": "red", "medium": "orange"}.get(text, ""), "black")
            short = text if len(text) <= letters else text[: letters - 1] + "…"
            weight = "bold" if line == 0 else "normal"
            axes.text(left, place, short, fontsize=6.5, weight=weight, color=colour, transform=axes.transAxes)
        left += share
    if left > 1.01:
        axes.text(
            0.99, 0.0, f"{left:.1f} widths: scrolls", fontsize=6, color="grey", ha="right", transform=axes.transAxes
        )


def _bars(axes: Axes, rows: list[dict[str, Any]], unit: str) -> None:
    names, values = zip(*[tuple(row.values()) for row in rows], strict=True)
    colours = ["#d33" if value >= 0 else "#3a3" for value in values]
    axes.barh(range(len(names)), values, color=colours)
    axes.set_yticks([])
    axes.invert_yaxis()
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        axes.text(0, place, f" {name}  {_formatted(value, unit)}", fontsize=7, va="center")
    axes.tick_params(labelsize=6)


def _network(axes: Axes, nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> None:
    axes.axis("off")
    hubs = [node for node in nodes if node["color"] == "orange"]
    leaves = [node for node in nodes if node["color"] != "orange"]
    places = {node["id"]: _ring(at, len(hubs), 0.35) for at, node in enumerate(hubs)}
    places |= {node["id"]: _ring(at, len(leaves), 1.0) for at, node in enumerate(leaves)}
    for edge in edges:
        (x, y), (u, v) = places[edge["source"]], places[edge["target"]]
        axes.plot([x, u], [y, v], color="#bbb", linewidth=0.5, zorder=1)
    for node in nodes:
        x, y = places[node["id"]]
        axes.scatter([x], [y], s=160 if node in hubs else 50, color=_COLOURS[node["color"]], zorder=2)
        label = f"{node['title']} {node['subtitle']}\n{node['mainstat']}" if node in hubs else f"{node['mainstat']}"
        axes.text(x, y, label, fontsize=5.5, ha="center", va="center", zorder=3)
    axes.set_aspect("equal")


def _ring(at: int, many: int, radius: float) -> tuple[float, float]:
    angle = 2 * math.pi * at / max(1, many)
    return radius * math.cos(angle), radius * math.sin(angle)


def _heatmap(axes: Axes, series: list[dict[str, Any]]) -> None:
    bounds = sorted(series, key=lambda one: float(one["name"].replace("+Inf", "inf")))
    columns = min(len(one["points"]) for one in bounds)
    cumulated = [[value for _, value in one["points"][-columns:]] for one in bounds]
    cells = [
        [max(0.0, value - (cumulated[at - 1][column] if at else 0.0)) for column, value in enumerate(row)]
        for at, row in enumerate(cumulated)
    ]
    axes.imshow(cells, aspect="auto", origin="lower", cmap="Blues")
    axes.set_yticks(range(len(bounds)), [one["name"] for one in bounds], fontsize=5.5)
    axes.tick_params(labelsize=5.5)


def _lines(axes: Axes, panel: dict[str, Any], answers: list[list[dict[str, Any]]], unit: str) -> None:
    bars = panel["fieldConfig"]["defaults"]["custom"]["drawStyle"] == "bars"
    for series in _as_series(answers):
        instants = [at / 86_400 for at, _ in series["points"]]
        values = [value for _, value in series["points"]]
        if bars:
            spread = (instants[-1] - instants[0]) / 80 if len(instants) > 1 else 0.02
            axes.bar(instants, values, width=spread, label=series["name"], alpha=0.7)
        else:
            axes.plot(instants, values, label=series["name"], linewidth=1, marker="." if len(values) < 30 else "")
    axes.xaxis_date()
    axes.tick_params(labelsize=5.5)
    axes.set_ylabel(unit, fontsize=6)
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=5, loc="upper left", ncols=2, frameon=False)


def _as_series(answers: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for rows in answers:
        for row in rows:
            if "points" in row:
                found.setdefault(row["name"], []).extend(row["points"])
                continue
            instant = row["time"]
            at = instant.timestamp() if isinstance(instant, datetime) else float(instant)
            for name, value in row.items():
                if name not in ("time", "metric") and value is not None:
                    found.setdefault(str(row.get("metric", name)), []).append((at, float(value)))
    return [{"name": name, "points": points} for name, points in found.items() if points]


def _formatted(value: Any, unit: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    number = float(value)
    if unit == "percentunit":
        return f"{number:.1%}"
    if unit == "s":
        return (
            f"{number / 86_400:.1f} d"
            if number > 172_800
            else f"{number / 3_600:.1f} h"
            if number > 7_200
            else f"{number:.1f} s"
        )
    text = f"{number:,.0f}" if number == int(number) else f"{number:.3g}"
    return text + unit.removeprefix("suffix:") if unit.startswith("suffix:") else text


def draw_all(watched: Watched, folder: Path) -> None:
    """Draw every dashboard into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in DASHBOARDS:
        draw(dashboard(path), watched, folder / f"{path.stem}.png")


def _main() -> None:
    parser = argparse.ArgumentParser(description=textwrap.dedent(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("build/dashboards"), help="Folder of the pictures.")
    folder = parser.parse_args().out
    mpl.use("Agg")
    work = Path(tempfile.mkdtemp(prefix="stillwatch-preview-"))
    prometheus = shutil.which("prometheus")
    if prometheus is None:
        raise SystemExit("the program prometheus is not installed: apt-get install prometheus")
    with KafkaBroker() as kafka, PostgresServer() as database:
        settings = {"STILLWATCH_DETECTION__FALSE_PAGES_PER_WEEK": "30"}
        deployment = Deployment(kafka.bootstrap_servers, f"preview-{uuid.uuid4().hex[:8]}", work, **settings)
        watched = Watched(deployment, database, prometheus, work)
        try:
            watched.start()
            watched.live()
            draw_all(watched, folder)
        finally:
            watched.stop()
            deployment.close()
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "Agg")
    _main()
