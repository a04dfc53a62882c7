"""River's own checks, one by one, over every estimator of ``models``, on a stream of ours instead of a download."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from river import base, checks

import models
from models.hashing import mix
from tests.models.account_events import as_dict, mixed_stream

Pair = tuple[dict[str, Any], bool]
Check = Callable[[base.Estimator], None]


class OurStream(list[Pair]):
    """An account that chats for a while, then harvests; the label tells which. Iterates as often as it is asked."""


def account_stream(scale: int) -> OurStream:
    """``200 * scale`` events, all but the first fifth a harvest: one turn, long answers, new contents, every cell."""
    count = 200 * scale
    stream = mixed_stream(seed=11, count=count, accounts=1)
    pairs = OurStream()
    for position in range(count):
        event = as_dict(stream, position)
        harvesting = position >= count // 5
        if harvesting:
            event.update(flags=1, content=mix(position + 1), cell=position * 37 % 256, output_tokens=900, end_user=0)
        else:
            event.update(flags=event["flags"] | 2, cell=position % 4, output_tokens=40)
        pairs.append((event, harvesting))
    return pairs


def streams(_: base.Estimator, scale: int = 1) -> Iterator[OurStream]:
    """Stand in for River's choice of data sets."""
    yield account_stream(scale)


def roc_auc_score(labels: Sequence[bool], scores: Sequence[float]) -> float:
    """Probability that a positive outranks a negative, ties half: the only function a check takes of scikit-learn."""
    positive = [score for label, score in zip(labels, scores, strict=True) if label]
    negative = [score for label, score in zip(labels, scores, strict=True) if not label]
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / (len(positive) * len(negative))


def estimators() -> list[type[base.Estimator]]:
    """Every concrete estimator defined in ``models``."""
    found = set()
    for module in pkgutil.walk_packages(models.__path__, "models."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, base.Estimator) and kind.__module__.startswith("models."):
                found.add(kind)
    return sorted((kind for kind in found if not inspect.isabstract(kind)), key=lambda kind: kind.__name__)


def cases() -> Iterator[Any]:
    """Each estimator with each of River's checks for its kind, in each of its parameter sets for tests."""
    with mock.patch.object(checks, "_yield_datasets", streams):
        for kind in estimators():
            for parameters in kind._unit_test_params():
                for check in checks.yield_checks(kind(**parameters)):
                    yield pytest.param(kind, parameters, check, id=f"{kind.__name__}-{check.__name__}")


@pytest.mark.parametrize(("kind", "parameters", "check"), list(cases()))
def test_river_check(
    kind: type[base.Estimator], parameters: dict[str, Any], check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The estimator passes the check as River wrote it."""
    sklearn, metrics = ModuleType("sklearn"), ModuleType("sklearn.metrics")
    metrics.roc_auc_score = roc_auc_score  # type: ignore[attr-defined]  # a stand-in for the one function used
    sklearn.metrics = metrics  # type: ignore[attr-defined]  # likewise
    monkeypatch.setitem(sys.modules, "sklearn", sklearn)
    monkeypatch.setitem(sys.modules, "sklearn.metrics", metrics)
    check(kind(**parameters))


def test_no_check_is_skipped() -> None:
    """Introspection finds the account detector, none of our classes opts out of a check, and all kinds run."""
    assert "AccountDetector" in {kind.__name__ for kind in estimators()}
    for kind in estimators():
        assert kind()._unit_test_skips() == set()
    names = {case.values[2].__name__ for case in cases()}
    assert {"check_roc_auc", "check_bounded_memory_growth", "check_clone_is_independent"} <= names
    assert len(names) >= 25
