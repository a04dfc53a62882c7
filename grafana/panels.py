"""Panels with the defaults that all dashboards share; each has a title, a meaning, a unit and its queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any, NamedTuple, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, dashboard, heatmap, nodegraph, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as shown
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    Panel,
    Threshold,
    ThresholdsMode,
)

from grafana.queries import Query

PanelBuilder = TypeVar("PanelBuilder", bound=Builder[Panel])

#: (from this value on, colour); the first applies from minus infinity on.
Steps = Sequence[tuple[float | None, str]]

NEUTRAL: Steps = ((None, "blue"),)
SEVERITY_COLOURS = {"critical": "dark-red", "high": "red", "medium": "orange", "low": "yellow", "info": "blue"}

#: Grafana has no unit for natural logarithms.
NATS = "suffix: nats"

_FIGURE_HEIGHT = 4
_GRAPH_HEIGHT = 8


class Column(NamedTuple):
    """How a table shows a column: unit, width (pixels), where its cells lead, whether they bear a severity's colour."""

    unit: str = ""
    width: int = 0
    link: str = ""
    severity: bool = False


class Drawing(NamedTuple):
    """How a graph is drawn."""

    stacked: bool = False
    bars: bool = False
    maximum: float | None = None
    steps: Steps = ()
    connected: bool = False


def graph(
    title: str, meaning: str, unit: str, queries: Sequence[Query], *, width: int = 8, drawing: Drawing | None = None
) -> timeseries.Panel:
    """A time series; ``width`` in the grid's 24ths."""
    drawing = drawing or Drawing()
    panel = (
        timeseries.Panel()
        .title(title)
        .description(meaning)
        .unit(unit)
        .span(width)
        .height(_GRAPH_HEIGHT)
        .min(0)
        .line_width(1)
        .fill_opacity(60 if drawing.bars else 10)
        .show_points(shown.VisibilityMode.AUTO)
        .draw_style(shown.GraphDrawStyle.BARS if drawing.bars else shown.GraphDrawStyle.LINE)
        .legend(
            common.VizLegendOptions()
            .display_mode(shown.LegendDisplayMode.LIST)
            .placement(shown.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs([])
        )
        .tooltip(common.VizTooltipOptions().mode(shown.TooltipDisplayMode.MULTI).sort(shown.SortOrder.DESCENDING))
    )
    if drawing.stacked:
        panel.stacking(common.StackingConfig().mode(shown.StackingMode.NORMAL).group("A"))
    if drawing.maximum is not None:
        panel.max(drawing.maximum)
    if drawing.connected:
        panel.span_nulls(True)
    if drawing.steps:
        panel.thresholds(_thresholds(drawing.steps))
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(shown.GraphThresholdsStyleMode.DASHED))
    return _queried(panel, queries)


def figure(
    title: str, meaning: str, unit: str, query: Query, *, steps: Steps = NEUTRAL, width: int = 4, when_empty: str = ""
) -> stat.Panel:
    """One number, coloured by where it lies; ``when_empty`` is shown without data."""
    panel = (
        stat.Panel()
        .title(title)
        .description(meaning)
        .unit(unit)
        .span(width)
        .height(_FIGURE_HEIGHT)
        .color_mode(shown.BigValueColorMode.BACKGROUND if len(steps) > 1 else shown.BigValueColorMode.VALUE)
        .graph_mode(shown.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("/.*/" if unit == "string" else ""))
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .thresholds(_thresholds(steps))
    )
    if when_empty:
        panel.no_value(when_empty)
    return _queried(panel, [query])


def rows(
    title: str,
    meaning: str,
    query: Query,
    columns: Mapping[str, Column],
    *,
    width: int = 24,
    height: int = _GRAPH_HEIGHT,
) -> table.Panel:
    """A table; columns that are not named are shown as they come."""
    panel = table.Panel().title(title).description(meaning).span(width).height(height).filterable(True)
    panel.cell_height(shown.TableCellHeight.SM).show_header(True)
    for name, column in columns.items():
        if properties := _properties(column):
            panel.override_by_name(name, properties)
    return _queried(panel, [query])


def weights(title: str, meaning: str, unit: str, query: Query, *, width: int = 8) -> bargauge.Panel:
    """A bar for each row of the query: red above zero, green below, as evidence for and against."""
    panel = (
        bargauge.Panel()
        .title(title)
        .description(meaning)
        .unit(unit)
        .span(width)
        .height(_GRAPH_HEIGHT)
        .orientation(shown.VizOrientation.HORIZONTAL)
        .display_mode(shown.BarGaugeDisplayMode.BASIC)
        .reduce_options(common.ReduceDataOptions().values(True).calcs([]).limit(25))
        .thresholds(_thresholds(((None, "green"), (0, "red"))))
    )
    return _queried(panel, [query])


def buckets(title: str, meaning: str, unit: str, query: Query, *, width: int = 12) -> heatmap.Panel:
    """How a distribution moves over time."""
    panel = heatmap.Panel().title(title).description(meaning).span(width).height(_GRAPH_HEIGHT)
    panel.calculate(False).y_axis(heatmap.YAxisConfig().unit(unit))
    panel.color(heatmap.HeatmapColorOptions().scheme("Blues").steps(32))
    panel.cell_values(heatmap.CellValues().unit("short"))
    return _queried(panel, [query])


def network(
    title: str, meaning: str, nodes: Query, edges: Query, *, width: int = 16, height: int = 16
) -> nodegraph.Panel:
    """Nodes (id, title, subtitle, mainstat, color) and edges (id, source, target, mainstat)."""
    panel = nodegraph.Panel().title(title).description(meaning).span(width).height(height)
    return _queried(panel, [nodes, edges])


def row(title: str) -> dashboard.Row:
    """A heading."""
    return dashboard.Row(title)


def _properties(column: Column) -> list[DynamicConfigValue]:
    properties = []
    if column.unit:
        properties.append(DynamicConfigValue("unit", column.unit))
    if column.width:
        properties.append(DynamicConfigValue("custom.width", column.width))
    if column.link:
        properties.append(DynamicConfigValue("links", [{"title": "Show", "url": column.link}]))
    if column.severity:
        options = {label: {"color": colour, "index": at} for at, (label, colour) in enumerate(SEVERITY_COLOURS.items())}
        properties.append(DynamicConfigValue("mappings", [{"type": "value", "options": options}]))
        properties.append(DynamicConfigValue("custom.cellOptions", {"type": "color-background", "mode": "basic"}))
    return properties


def _thresholds(steps: Steps) -> dashboard.ThresholdsConfig:
    listed = [Threshold(value=value, color=colour) for value, colour in steps]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(listed)


def _queried(panel: PanelBuilder, queries: Sequence[Query]) -> PanelBuilder:
    built = []
    for letter, query in zip(ascii_uppercase, queries, strict=False):
        target: Any = query.build()
        target.ref_id = letter
        built.append(target)
    # Every builder of panels has these two; the SDK has no type for that.
    opened: Any = panel
    opened.datasource(built[0].datasource)
    for query in queries:
        opened.with_target(query)
    return panel
