"""What every statistic of ``models`` obeys, in the spirit of River's checks for estimators."""

from __future__ import annotations

import copy
import importlib
import inspect
import math
import pickle
import pkgutil
from collections.abc import Iterable

import pytest
from river import stats

import models

# Whole numbers from 0 to 255 are cells, hashes and times alike.
VALUES = [(i * 89) % 256 for i in range(300)]
REFUSED = [math.nan, math.inf, -math.inf, -1, 0.5, 2**64]

Statistic = stats.base.Statistic[float]


def statistics() -> list[type[Statistic]]:
    """Every concrete statistic defined in ``models``."""
    found = set()
    for module in pkgutil.walk_packages(models.__path__, "models."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, stats.base.Statistic) and kind.__module__.startswith("models."):
                found.add(kind)
    return sorted((kind for kind in found if not inspect.isabstract(kind)), key=lambda kind: kind.__name__)


def feed(statistic: Statistic, values: Iterable[float]) -> None:
    """Update with each value; a bivariate statistic gets it beside its successor."""
    for value in values:
        if isinstance(statistic, stats.base.Bivariate):
            statistic.update(value, value + 1)
        else:
            assert isinstance(statistic, stats.base.Univariate)
            statistic.update(value)


every = pytest.mark.parametrize("kind", statistics(), ids=lambda kind: kind.__name__)


def test_introspection_finds_the_statistics() -> None:
    """The list is not empty by accident."""
    assert {kind.__name__ for kind in statistics()} >= {"ChaoShenEntropy", "HyperLogLog", "AnchorUses"}


@every
def test_undefined_is_none(kind: type[Statistic]) -> None:
    """Before any update there is no value, and asking changes nothing."""
    statistic = kind()
    assert statistic.get() is None
    assert statistic.get() is None


@every
def test_value_is_finite_and_pure(kind: type[Statistic]) -> None:
    """After updates the value is a finite float, the same each time it is asked for, and ``update`` returns nothing."""
    statistic = kind()
    feed(statistic, VALUES)
    before = pickle.dumps(statistic)
    value = statistic.get()
    assert isinstance(value, float)
    assert math.isfinite(value)
    assert statistic.get() == value
    assert pickle.dumps(statistic) == before


@every
@pytest.mark.parametrize("value", REFUSED)
def test_bad_input_is_refused_and_leaves_no_mark(kind: type[Statistic], value: float) -> None:
    """NaN, infinities, fractions, negatives and the too large raise ``ValueError`` with the value named."""
    statistic = kind()
    feed(statistic, VALUES[:10])
    before = pickle.dumps(statistic)
    with pytest.raises(ValueError, match="no whole number"):
        feed(statistic, [value])
    assert pickle.dumps(statistic) == before


@every
def test_same_stream_same_state(kind: type[Statistic]) -> None:
    """Two instances fed alike agree bit for bit."""
    first, second = kind(), kind()
    feed(first, VALUES)
    feed(second, VALUES)
    assert pickle.dumps(first) == pickle.dumps(second)


@every
def test_clone_is_fresh_and_independent(kind: type[Statistic]) -> None:
    """A clone has the parameters and none of the state; a deep copy has both and lives on its own."""
    statistic = kind()
    feed(statistic, VALUES)
    clone = statistic.clone()
    assert type(clone) is kind
    assert clone._get_params() == statistic._get_params()
    assert clone.get() is None
    twin = copy.deepcopy(statistic)
    feed(statistic, VALUES)
    feed(clone, VALUES)
    feed(twin, VALUES)
    assert pickle.dumps(twin) == pickle.dumps(statistic)


@every
def test_survives_serialisation(kind: type[Statistic]) -> None:
    """River pickles its models in checks; ours come back the same."""
    statistic = kind()
    feed(statistic, VALUES)
    again = pickle.loads(pickle.dumps(statistic))  # noqa: S301 (written a line above)
    assert again.get() == statistic.get()


@every
def test_memory_is_bounded(kind: type[Statistic]) -> None:
    """Ten thousand updates take no more room than a hundred."""
    statistic = kind()
    feed(statistic, VALUES[:100])
    early = len(pickle.dumps(statistic))
    for _ in range(33):
        feed(statistic, VALUES)
    assert len(pickle.dumps(statistic)) <= early + 64


@every
def test_is_documented_with_a_printed_example_and_a_source(kind: type[Statistic]) -> None:
    """The class docstring has a doctest and names where the method comes from."""
    doc = inspect.getdoc(kind) or ""
    assert ">>>" in doc
    assert "References" in doc
    assert repr(kind())


@every
def test_parameters_have_immutable_defaults(kind: type[Statistic]) -> None:
    """Every parameter has a plain default and is kept under its own name, so that ``clone`` works."""
    for name, parameter in inspect.signature(kind).parameters.items():
        assert isinstance(parameter.default, int | float | str | bool)
        assert getattr(kind(), name) == parameter.default


@every
def test_merging_equals_one_stream(kind: type[Statistic]) -> None:
    """Where a statistic can be merged, two halves merged give the value of the whole; empty is neutral."""
    if not hasattr(kind, "__iadd__"):
        assert kind.__name__ in {"AnchorUses", "FadingRate"}  # depend on the order of the events
        return
    first, second, whole = kind(), kind(), kind()
    feed(first, VALUES[:150])
    feed(second, VALUES[150:])
    feed(whole, VALUES)
    merged = first
    merged += second  # type: ignore[operator]  # asked for above
    merged += kind()
    assert merged is first
    assert merged.get() == whole.get()
