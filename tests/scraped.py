"""Reads a few metrics off a page of them."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


def samples_of(page: str, *names: str) -> list[Sample]:
    """Return the samples of some metrics; no other line is parsed, because a test that waits asks all the time."""
    lines = [line for line in page.splitlines() if line.startswith(names)]
    families = text_string_to_metric_families("".join(f"{line}\n" for line in lines))
    return [sample for family in families for sample in family.samples if sample.name in names]
