from collections import defaultdict

import pytest

from streams.corpora import Prompt, load_all
from streams.simulation import AccountLabel, Labelled, Simulation, preset, simulate


@pytest.fixture(scope="session")
def prompts() -> dict[str, list[Prompt]]:
    """Return the first 400 prompts of every bundled corpus: enough for small scenarios, quick to divide."""
    return {name: found[:400] for name, found in load_all().items()}


@pytest.fixture(scope="session")
def demo() -> Simulation:
    """Return the demo scenario under seed 7."""
    return simulate(preset("demo"), 7)


@pytest.fixture(scope="session")
def demo_events(demo: Simulation) -> list[Labelled]:
    """Return all events of the demo."""
    return list(demo.labelled())


@pytest.fixture(scope="session")
def demo_labels(demo: Simulation, demo_events: list[Labelled]) -> dict[str, AccountLabel]:
    """Return the demo's labels by account."""
    assert demo_events
    return {label.account_id: label for label in demo.labels()}


@pytest.fixture(scope="session")
def by_kind(demo_events: list[Labelled], demo_labels: dict[str, AccountLabel]) -> dict[str, dict[str, list[Labelled]]]:
    """Return the demo's events by kind and account."""
    found: dict[str, dict[str, list[Labelled]]] = defaultdict(lambda: defaultdict(list))
    for labelled in demo_events:
        account_id = labelled.event["account_id"]
        found[demo_labels[account_id].kind][account_id].append(labelled)
    return found
