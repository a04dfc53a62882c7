"""The worker's metric catalogue: names, units and labels, and which columns it watches."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from prometheus_client import generate_latest

from models.features import WATCHED_COLUMNS
from streams.metrics import WATCHED_FIELDS, Metrics


def test_names_have_base_units(require_program: Callable[[str], str]) -> None:
    """`promtool check metrics` finds nothing wrong with names, units and help of the whole catalogue."""
    exposed = generate_latest(Metrics().registry)
    checked = subprocess.run(
        [require_program("promtool"), "check", "metrics"], input=exposed, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_watched_fields_are_the_features() -> None:
    """Each field whose share is shown is a column that featurise fills."""
    assert WATCHED_FIELDS == WATCHED_COLUMNS


@pytest.mark.parametrize("family", list(Metrics().registry.collect()), ids=lambda family: family.name)
def test_meanings_are_sentences(family: object) -> None:
    """Every metric of ours says what it means, and no label of it can hold an account."""
    name, documentation = family.name, family.documentation  # type: ignore[attr-defined]
    if name.startswith("stillwatch_"):
        assert documentation.endswith(".")
    labels = {label for sample in family.samples for label in sample.labels}  # type: ignore[attr-defined]
    assert not labels & {"account", "account_id", "entity", "entity_id", "alert_id"}
