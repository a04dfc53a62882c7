"""The metric names that dashboards and rules may use: what the workers and sinks really export."""

from __future__ import annotations

import re
from functools import cache

from prometheus_client.registry import CollectorRegistry

from streams.database.metrics import StoreMetrics
from streams.metrics import Metrics
from streams.notify.metrics import NotifyMetrics

_OWN_NAME = re.compile(r"\bstillwatch_[a-z0-9_]+")
_SAMPLES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",), "info": ("_info",)}


def registries() -> list[CollectorRegistry]:
    """A registry of each process that is scraped, with every metric it can have."""
    return [Metrics().registry, StoreMetrics().registry, NotifyMetrics().registry]


@cache
def meanings() -> dict[str, str]:
    """Meaning of each sample that PromQL can name, from the catalogue itself."""
    return {
        f"{family.name}{suffix}": family.documentation
        for registry in registries()
        for family in registry.collect()
        if family.name.startswith("stillwatch_")
        for suffix in _SAMPLES[family.type]
    }


def check_names(expression: str) -> None:
    """Raise ``ValueError`` if PromQL names a metric of this project that nothing exports."""
    unknown = sorted(set(_OWN_NAME.findall(expression)) - meanings().keys())
    if unknown:
        raise ValueError(
            f"{expression}: nothing exports {', '.join(unknown)}; see streams/metrics.py and those of its kind"
        )
