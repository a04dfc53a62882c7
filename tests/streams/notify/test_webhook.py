"""The webhook, read as others would: with the CloudEvents SDK and with models of OCSF."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st
from py_ocsf_models.events.findings.detection_finding import DetectionFinding

from models.alert import Alert, Kind
from models.explain import techniques
from streams.notify.notice import SEVERITIES, Notice, Summary
from streams.notify.notifier import Notifier
from streams.notify.ocsf import finding, summary_finding
from streams.notify.wording import LinkBases
from tests.streams.notify.alerts import NOON_MS, alert
from tests.streams.notify.receivers import AUTHORIZATION, Receiver


def notice(of: Alert, shown: Any = None) -> Notice:
    """A notice as the desk makes it."""
    action: Any = "close" if of.state == "closed" else "refresh" if shown else "page"
    return Notice(action=action, alert=of, severity=of.severity, shown=shown)


async def test_a_record_is_a_cloud_event(notifier_for: Callable[..., Notifier]) -> None:
    """The SDK reads the headers as CloudEvents 1.0 in binary mode; a repeat has the same id; the token is sent."""
    async with Receiver() as receiver:
        webhook = notifier_for("webhook", receiver)
        for _ in range(2):
            await webhook.send(notice(alert("日本語", sequence=3, state="update"), shown="medium"))
        events = []
        for _, headers, body in receiver.taken:
            assert headers["Authorization"] == AUTHORIZATION
            message = HTTPMessage({name.lower(): text for name, text in headers.items()}, json.dumps(body).encode())
            events.append(from_binary(message, JSONFormat(), CloudEvent))
    first, second = events
    assert first.get_attributes() == second.get_attributes()
    assert first.get_id() == f"{alert('日本語').alert_id}-3"
    assert first.get_type() == "io.stillwatch.alert.update.v1"
    assert first.get_source() == "/stillwatch/stillwatch"
    assert first.get_subject() == alert("日本語").alert_id
    assert first.get_datacontenttype() == "application/json"


@pytest.mark.parametrize(
    ("record", "shown", "activity", "status", "verdict"),
    [
        (alert(), None, 1, 1, None),
        (alert(sequence=1, state="update"), "medium", 2, 1, None),
        (alert(sequence=2, state="closed"), "medium", 3, 4, None),
        (alert(sequence=2, state="closed", closed_by_verdict="v1"), "medium", 3, 4, 3),
        (alert(sequence=2, state="closed", absorbed_by="a1"), "medium", 3, 4, 10),
        (alert(sequence=2, state="closed", merged_into="a1"), "medium", 3, 4, 10),
    ],
)
def test_life_of_an_alert_in_ocsf(record: Alert, shown: Any, activity: int, status: int, verdict: int | None) -> None:
    """Created, updated, closed; closed by a verdict is disregarded, part of another is a duplicate."""
    found = finding(notice(record, shown), LinkBases())
    assert (found["activity_id"], found["type_uid"]) == (activity, 200_400 + activity)
    assert (found["status_id"], found.get("verdict_id")) == (status, verdict)
    assert found["finding_info"]["uid"] == record.alert_id


def test_an_alert_names_the_techniques_of_atlas() -> None:
    """Every technique that alerts carry is an OCSF attack with tactic, technique and sub-technique."""
    kinds: tuple[Kind, ...] = ("account", "campaign")
    for kind in kinds:
        record = alert(kind=kind, techniques=techniques(kind))
        attacks = finding(notice(record), LinkBases())["finding_info"]["attacks"]
        assert [attack["sub_technique"]["uid"] for attack in attacks] == record.techniques
        assert all(attack["tactic"]["uid"].startswith("AML.TA") for attack in attacks)


def test_accounts_are_resources() -> None:
    """Each record names its new accounts, so that all records together name all."""
    record = alert("c1", kind="campaign", accounts=["a", "b"])
    assert [entry["uid"] for entry in finding(notice(record), LinkBases())["resources"]] == ["a", "b"]


@given(
    severity=st.sampled_from(SEVERITIES),
    state=st.sampled_from(["open", "update", "closed"]),
    kind=st.sampled_from(["account", "campaign"]),
    score=st.floats(0, 1),
    entity_id=st.text(st.characters(codec="utf-8"), min_size=1, max_size=128),
    test=st.booleans(),
)
def test_every_finding_is_valid(severity: Any, state: Any, kind: Any, score: float, entity_id: str, test: bool) -> None:
    """py-ocsf-models reads it: required fields are there, ids are among those of the class, types are right."""
    record = alert(entity_id, kind=kind, severity=severity, state=state, score=score)
    links = LinkBases("https://grafana.example", "https://docs.example")
    made = finding(Notice(action="page", alert=record, severity=severity, test=test), links)
    read = DetectionFinding.model_validate(json.loads(json.dumps(made)))
    assert read.finding_info.uid == record.alert_id
    assert read.severity_id == SEVERITIES.index(severity) + 1


def test_a_summary_is_a_valid_finding() -> None:
    """A webhook that leads to people gets summaries, as findings too."""
    summary = Summary(since_ms=NOON_MS, until_ms=NOON_MS + 60_000, counts={"high": 3})
    read = DetectionFinding.model_validate(summary_finding(summary))
    assert (read.count, read.message) == (3, "3 more alerts since 12:00 UTC: 3 high")
