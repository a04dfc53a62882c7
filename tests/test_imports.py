"""Which module may import which."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: What `models` may import besides itself: the standard library's pure parts and pure, offline libraries.
PURE = {
    "__future__", "abc", "base64", "bisect", "collections", "dataclasses", "datetime", "enum", "functools", "hashlib",
    "heapq", "itertools", "math", "operator", "re", "struct", "sys", "typing", "unicodedata", "urllib.parse",
    "llvmlite", "msgspec", "numba", "numpy", "river", "xxhash",
}  # fmt: skip

#: The only modules that may talk to a Kafka client: everything of `streams`.
CLIENTS = {"faust", "mode", "aiokafka", "kafka"}


def modules(package: str) -> list[Path]:
    """Python files of a package."""
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports anywhere."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {_package(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(_package(node.module))
    return names


def _package(module: str) -> str:
    """The top-level package, or the module itself where only that part of a package is pure."""
    return module if module in PURE else module.split(".", maxsplit=1)[0]


@pytest.mark.parametrize("path", modules("models"), ids=lambda path: str(path.relative_to(ROOT)))
def test_models_are_pure(path: Path) -> None:
    """Nothing in models imports a clock, the environment, logging, Kafka or streams."""
    assert imported(path) - PURE - {"models"} == set()


@pytest.mark.parametrize("path", modules("grafana") + modules("models"), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_streams_imports_kafka(path: Path) -> None:
    """Kafka clients and Faust are imported by streams alone."""
    assert imported(path) & CLIENTS == set()


#: What of `streams` may be asked for by `grafana`: names of metrics, settings, and how commands read them.
ASKED_BY_GRAFANA = {
    "streams.commands.options",
    "streams.database.metrics",
    "streams.metrics",
    "streams.notify.metrics",
    "streams.settings",
}


@pytest.mark.parametrize("path", modules("grafana"), ids=lambda path: str(path.relative_to(ROOT)))
def test_grafana_asks_streams_for_names_and_settings_alone(path: Path) -> None:
    """Dashboards and provisioning know no model and nothing of how the service works."""
    tree = ast.walk(ast.parse(path.read_text()))
    named = {node.module for node in tree if isinstance(node, ast.ImportFrom) and node.module}
    assert {name for name in named if name.startswith(("streams", "models"))} <= ASKED_BY_GRAFANA


@pytest.mark.parametrize("path", modules("streams"), ids=lambda path: str(path.relative_to(ROOT)))
def test_streams_does_not_import_grafana(path: Path) -> None:
    """Data flows one way: the service runs without dashboards."""
    assert "grafana" not in imported(path)


@pytest.mark.parametrize("path", modules("streams/simulation"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_simulator_knows_no_model(path: Path) -> None:
    """The simulator imports nothing from models, so that it cannot be fitted to what they look for."""
    assert "models" not in imported(path)
