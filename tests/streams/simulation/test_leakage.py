import msgspec
import numpy as np
import pytest

from streams.corpora import load_all
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.leakage.classifiers import TOGETHER, Leak, leaks
from tests.leakage.columns import CATEGORICAL, CONTENT, HASHED, NUMERIC, Columns, observe
from tests.leakage.features import groups, vocabulary
from tests.leakage.scenario import shrunk

#: A fifth of the standard week: 400 innocent accounts, every rung, the days by which all rungs have begun.
_FACTOR = 0.2
_DAYS = 4.0
#: Used nowhere else, so that nothing was adjusted to them.
_TRAINING_SEED, _TEST_SEED = 7_302, 7_303


@pytest.fixture(scope="module")
def week() -> list[Columns]:
    """Return the columns of a small week under the training seed, then under the test seed."""
    prompts = load_all()
    scenario = msgspec.structs.replace(shrunk(preset("week"), _FACTOR), days=_DAYS)
    return [observe(simulate(scenario, seed, prompts)) for seed in (_TRAINING_SEED, _TEST_SEED)]


@pytest.fixture(scope="module")
def found(week: list[Columns]) -> dict[str, Leak]:
    """Return what each field tells on the test seed."""
    return {leak.field: leak for leak in leaks(week[:-1], week[-1:])}


@pytest.mark.slow
def test_no_field_tells_the_class(found: dict[str, Leak]) -> None:
    """No field by itself, nor the times, nor the volume, gives the class away on a seed that nothing was fitted on."""
    assert found.keys() == {*NUMERIC, *CATEGORICAL, *HASHED, *CONTENT, "event_time", "volume", TOGETHER}
    told = {field: leak.auc for field, leak in found.items() if field != TOGETHER and leak.auc > leak.bar}
    assert told == {}


@pytest.mark.slow
def test_all_fields_together_leave_the_class_open(found: dict[str, Leak]) -> None:
    """With the text removed, everything together stays below the bar."""
    assert found[TOGETHER].auc <= found[TOGETHER].bar


@pytest.mark.slow
def test_a_planted_leak_is_found(week: list[Columns]) -> None:
    """A plan that only harvesters are on is above the bar, so that the search would have found the like."""
    found = {leak.field: leak for leak in leaks([_planted(week[0])], [_planted(week[-1])])}
    assert found["plan"].auc > found["plan"].bar


def _planted(columns: Columns) -> Columns:
    """Return three fields, where the harvesters alone are on a plan of their own."""
    plan = columns.fields["plan"]
    values = np.where(columns.harvesting[columns.account[plan.rows]], float(len(plan.words)), plan.values)
    kept = {field: columns.fields[field] for field in ("input_tokens", "output_tokens")}
    return columns._replace(fields={**kept, "plan": plan._replace(values=values, words=[*plan.words, "own"])})


def test_features_say_what_an_account_sent() -> None:
    """On a small quiet scenario missing fields, volumes and sharing counts agree with a plain count of the events."""
    simulation = simulate(shrunk(preset("quiet"), 0.1), 5)
    columns = observe(simulation)
    features = groups(columns, vocabulary([columns]))
    events = list(simulation.events())
    accounts = list(dict.fromkeys(event["account_id"] for event in events))
    of = {account: [event for event in events if event["account_id"] == account] for account in accounts}
    cards = {
        account: {event["payment_hash"] for event in found if "payment_hash" in event} for account, found in of.items()
    }
    for row, account in enumerate(accounts):
        outputs = [event["output_tokens"] for event in of[account]]
        assert features["volume"][row, 0] == len(outputs)
        assert features["output_tokens"][row, 1] == pytest.approx(np.mean(outputs))
        assert features["output_tokens"][row, -1] == max(outputs)
        missing = np.mean(["country" not in event for event in of[account]])
        assert features["country"][row, 0] == pytest.approx(missing)
        if cards[account]:
            sharing = sum(bool(cards[account] & found) for other, found in cards.items() if other != account)
            assert features["payment_hash"][row, -4] == sharing
