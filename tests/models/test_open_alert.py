"""What an open alert reports."""

import json

from models.alert import encode
from models.candidate import Signal
from models.detection import DetectionSettings
from models.open_alert import OpenAlert, Reporter
from tests.models.synthetic_traces import START_MS

SETTINGS = DetectionSettings(false_pages_per_week=2.0)


def test_a_record_carries_budget_version_and_settings() -> None:
    """What decided is named in every record: the budget, the model's version, the hash of the settings."""
    (record,) = Reporter(SETTINGS, "1.2.3").open(OpenAlert("account", "a", START_MS, START_MS, START_MS))
    assert record.false_alarm_budget == 2.0
    assert record.model_version == "1.2.3"
    assert record.config_hash == SETTINGS.config_hash()


def test_numbers_are_rounded_to_stated_digits() -> None:
    """Score and values have at most four decimals, nats and weights three."""
    alert = OpenAlert("account", "a", START_MS, START_MS, START_MS, evidence_nats=100 / 7)
    alert.signals = [Signal("volume", 1_000 / 3, 100 / 3, 10 / 7)]
    (record,) = Reporter(SETTINGS, "1").open(alert)
    reason = json.loads(encode(record))["reasons"][0]
    assert (record.evidence_nats, reason["value"], reason["usual"], reason["weight"]) == (
        14.286,
        333.3333,
        33.3333,
        1.429,
    )


def test_entity_ids_cannot_break_a_link() -> None:
    """An account id with URL syntax in it stays one parameter."""
    alert = OpenAlert("account", "a&b=/ü", START_MS, START_MS, START_MS)
    (record,) = Reporter(SETTINGS, "1").open(alert)
    assert record.links.dashboard == "/d/stillwatch-account?var-account=a%26b%3D%2F%C3%BC"


def test_names_that_wait_come_before_the_end() -> None:
    """Closing an alert early reports the accounts that were still to be named first."""
    reporter = Reporter(SETTINGS, "1")
    alert = OpenAlert("campaign", "c", START_MS, START_MS, START_MS)
    reporter.open(alert)
    alert.unnamed = ["b", "a"]
    records = reporter.close(alert, START_MS + 1)
    assert [(record.state, record.accounts) for record in records] == [("update", ["a", "b"]), ("closed", [])]
