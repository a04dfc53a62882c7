"""One pass of labelled events through the detector."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from models.event import Event
from streams.evaluation.batch import LabelledBatch, simulated_batches
from streams.evaluation.passage import Passage, run_passage
from streams.evaluation.truth import AccountTruth
from streams.settings import load_settings
from streams.simulation import Simulation, preset, simulate

BUDGETS = (0.001, 1.0, 1_000.0)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    """Return ten hours of the demo with few innocents."""
    return simulate(msgspec.structs.replace(preset("demo").scaled(0.2), days=0.4), 77)


def pass_through(simulation: Simulation, budget: float, budgets: tuple[float, ...] = ()) -> Passage:
    """Return what a pass under one budget gives."""

    def labels() -> Iterator[AccountTruth]:
        return (AccountTruth(*label) for label in simulation.labels())

    # Some 50 accounts, in whose groups a fifth of the default is to be planned for.
    settings = load_settings(detection={"false_pages_per_week": budget, "planned_groups": 20})
    return run_passage(simulated_batches(simulation), labels, settings, budgets)


@pytest.fixture(scope="module")
def passage(simulation: Simulation) -> Passage:
    """Return the pass under the default budget, with others on the side."""
    return pass_through(simulation, 1.0, BUDGETS)


def test_the_truth_is_that_of_the_simulation(simulation: Simulation, passage: Passage) -> None:
    """As many events, harvesting requests and accounts as the simulation labelled."""
    labelled = list(simulation.labelled())
    assert passage.truth.harvest is not None
    assert passage.truth.harvest.tolist() == [one.harvest for one in labelled]
    assert passage.truth.time_ms.tolist() == [one.time_ms for one in labelled]
    assert len(passage.truth.accounts) == len(simulation.labels())


@pytest.mark.parametrize("budget", BUDGETS[:2])
def test_a_budget_on_the_side_decides_as_a_pass_of_its_own(
    simulation: Simulation, passage: Passage, budget: float
) -> None:
    """The decision under another budget, run on the same candidates, names what a whole pass under it names."""
    alone = passage if budget == 1.0 else pass_through(simulation, budget)
    assert passage.by_budget[budget].pages == alone.detections.pages
    assert passage.by_budget[budget].parameters == alone.detections.parameters


def test_a_larger_budget_pages_no_later(passage: Passage) -> None:
    """A lower threshold names every account that a higher one names."""
    named = [{name for page in passage.by_budget[budget].pages for name in page.named_ms} for budget in BUDGETS]
    assert named[0] <= named[1] <= named[2]
    assert len(named[1]) >= 5
    assert len(named[0]) < len(named[2])


def test_who_watches_sees_every_event(simulation: Simulation) -> None:
    """What is given ``also`` gets all events in order, and lines that are no events go to the detector alone."""
    seen: list[str] = []

    class Watcher:
        def add(self, events: list[Event]) -> None:
            seen.extend(event.event_id for event in events)

    def batches() -> Iterator[LabelledBatch]:
        yield LabelledBatch([b"{not json"], [], [], [])
        yield from simulated_batches(simulation)

    run_passage(
        batches(), lambda: [AccountTruth(*label) for label in simulation.labels()], load_settings(), also=Watcher()
    )
    assert seen == [event["event_id"] for event in simulation.events()]
