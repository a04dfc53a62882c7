"""The campaign, ack, assign, comment and export commands."""

from __future__ import annotations

import csv
import io
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from models.alert import Alert, decode
from tests.streams.commands.conftest import Said, run, run_json

pytestmark = pytest.mark.usefixtures("connection")


def named_by(said: Said, alert: Alert) -> set[str]:
    """Every account that an alert named over its life."""
    return {account for record in said.alerts if record.alert_id == alert.alert_id for account in record.accounts}


def members(*words: str) -> list[dict[str, Any]]:
    """List members."""
    found: list[dict[str, Any]] = run_json("campaign", "members", *words)
    return found


def test_members_are_all_that_the_records_named(said: Said) -> None:
    """Each once, with what it did at the shared anchors."""
    for alert in said.opened("campaign")[:3]:
        found = members(alert.alert_id)
        assert {member["account_id"] for member in found} == named_by(said, alert)
        assert len(found) == alert.account_count
        assert all(member["uses"] >= 2 for member in found if member["anchors"])
        assert any(member["anchors"] for member in found)
    assert run("campaign", "members", said.opened("account")[0].alert_id).exit_code == 1


def test_why_names_the_founding_anchor_and_its_evidence(said: Said) -> None:
    """Its signals sum to its evidence, and no more accounts share an anchor than there are."""
    alert = said.opened("campaign")[0]
    links: Any = run_json("campaign", "why", alert.alert_id)
    assert links[0]["founding"]
    for link in links:
        assert sum(signal["nats"] for signal in link["signals"].values()) == pytest.approx(
            link["evidence_nats"], abs=0.01
        )
        assert link["shared_accounts"] <= alert.account_count
    shown = run("campaign", "why", alert.alert_id)
    assert "(founding)" in shown.stdout
    assert run("campaign", "show", alert.alert_id).exit_code == 0


def test_a_split_sets_accounts_apart_until_it_is_taken_back(said: Said, connection: psycopg.Connection) -> None:
    """Parts never share an account, exports take one part, strangers are refused, and the trail has all of it."""
    alert = said.opened("campaign")[0]
    first, second, *_ = sorted(named_by(said, alert))
    words = ["campaign", "split", alert.alert_id, "--note", "another vendor", "--by", "ada"]
    assert run(*words, "--account", first).exit_code == 0
    assert run(*words, "--from-file", "-", input=f"{first}\n{second}\n\n").exit_code == 0
    assert {m["account_id"] for m in members(alert.alert_id, "--part", "3")} == {first, second}
    assert run("campaign", "members", alert.alert_id, "--part", "2").exit_code == 1
    assert len(members(alert.alert_id, "--part", "1")) == alert.account_count - 2
    exported = run("export", "accounts", alert.alert_id, "--part", "3")
    assert [row["account_id"] for row in csv.DictReader(io.StringIO(exported.stdout))] == [first, second] or (
        {row["account_id"] for row in csv.DictReader(io.StringIO(exported.stdout))} == {first, second}
    )
    stranger = run(*words, "--account", "nobody-at-all")
    assert (stranger.exit_code, "nobody-at-all" in stranger.output) == (1, True)
    assert run("campaign", "merge", alert.alert_id, "--part", "3", "--note", "no").exit_code == 0
    assert len(members(alert.alert_id, "--part", "1")) == alert.account_count
    trail = connection.execute("SELECT action, actor FROM alert_action ORDER BY action_id").fetchall()
    assert [action for action, _ in trail] == ["split", "split", "export", "merge"]
    assert trail[0] == ("split", "ada")


def test_cases_are_sets_that_people_make(said: Said, connection: psycopg.Connection) -> None:
    """Merging a case moves all of it; leaving moves one; nothing that records tell of the alerts changes."""
    a, b, c, d = said.ids()[:4]
    before = connection.execute("SELECT alert_id, state, severity, account_count FROM alert ORDER BY 1").fetchall()
    note = ["--note", "one operator behind both"]
    assert run("campaign", "merge", a, b, *note).exit_code == 0
    assert run("campaign", "merge", c, d, *note).exit_code == 0
    merged: Any = run_json("campaign", "merge", b, d, *note)
    assert merged["said"].startswith("one case: ")
    cases = {
        line["alert_id"]: line["case_id"] for line in run_json("alerts", "list", "--state", "all", "--limit", "1000")
    }
    assert [cases[each] for each in (a, b, c, d)] == [None, a, a, a]
    again = run("campaign", "merge", a, d, *note)
    assert (again.exit_code, "of this case already" in again.output) == (1, True)
    lead = run("campaign", "split", a, *note)
    assert (lead.exit_code, "split those off" in lead.output) == (1, True)
    assert run("campaign", "split", c, *note).exit_code == 0
    sheet: Any = run_json("alerts", "show", a)
    assert {b, d} <= {other["alert_id"] for other in sheet["related"]}
    exported = run("export", "accounts", d, "--case", "--format", "json")
    assert {row["account_id"] for row in msgspec.json.decode(exported.stdout)} >= {
        row["account_id"] for row in members(a)
    }
    assert (
        connection.execute("SELECT alert_id, state, severity, account_count FROM alert ORDER BY 1").fetchall() == before
    )


def test_actions_change_who_has_an_alert_and_stay_in_the_trail(said: Said, connection: psycopg.Connection) -> None:
    """Acknowledge and take it back, give and take away, comment; of all or of none."""
    one, two = said.ids()[:2]
    assert run("ack", one, two, "--by", "ada").exit_code == 0
    assert run("assign", one, "--to", "ben", "--by", "ada", "--note", "yours").exit_code == 0
    lines = {line["alert_id"]: line for line in run_json("alerts", "list", "--state", "all", "--limit", "1000")}
    assert [(lines[each]["acked_by"], lines[each]["assignee"]) for each in (one, two)] == [
        ("ada", "ben"),
        ("ada", None),
    ]
    assert [line["alert_id"] for line in run_json("alerts", "list", "--state", "all", "--assignee", "ben")] == [one]
    assert run("ack", one, "--undo").exit_code == run("assign", one, "--nobody").exit_code == 0
    lines = {line["alert_id"]: line for line in run_json("alerts", "list", "--state", "all", "--limit", "1000")}
    assert (lines[one]["acked_by"], lines[one]["assignee"]) == (None, None)
    count = connection.execute("SELECT count(*) FROM alert_action").fetchone()
    assert run("ack", one, "no-such-alert").exit_code == 1
    assert connection.execute("SELECT count(*) FROM alert_action").fetchone() == count == (5,)
    for wrong in (["assign", one, "--to", "x", "--nobody"], ["comment", one, " "], ["ack"], ["ack", one, "--by", ""]):
        assert run(*wrong).exit_code == 2
    with pytest.raises(psycopg.errors.RaiseException):
        connection.execute("DELETE FROM alert_action")


def test_an_alert_that_got_graver_after_the_ack_is_news(said: Said, connection: psycopg.Connection) -> None:
    """Acknowledged as it was then: a list says so when its severity rises."""
    grown = [(a, b) for a in said.alerts for b in said.alerts
             if a.alert_id == b.alert_id and a.sequence == 0 and a.severity != b.severity]  # fmt: skip
    first, later = grown[0]
    run("ack", first.alert_id, "--by", "ada")
    line = sheet_line(first.alert_id)
    assert not line["graver_since_ack"]
    connection.execute("UPDATE alert SET acked_sequence = 0 WHERE alert_id = %s", [first.alert_id])
    assert sheet_line(first.alert_id)["graver_since_ack"] == (later.severity != first.severity)


def sheet_line(alert_id: str) -> dict[str, Any]:
    """How an alert stands."""
    sheet: Any = run_json("alerts", "show", alert_id)
    standing: dict[str, Any] = sheet["standing"]
    return standing


def test_accounts_are_exported_as_they_are(said: Said, tmp_path: Path) -> None:
    """Every id, in both forms, in a file that only its owner reads."""
    alert = said.opened("campaign")[0]
    path = tmp_path / "accounts.csv"
    assert run("export", "accounts", alert.entity_id, "--out", str(path)).exit_code == 0
    with path.open(newline="") as file:
        assert {row["account_id"] for row in csv.DictReader(file)} == named_by(said, alert)
    assert path.stat().st_mode & 0o777 == 0o600
    as_json = run("export", "accounts", alert.entity_id, "--format", "json")
    assert {row["account_id"] for row in msgspec.json.decode(as_json.stdout)} == named_by(said, alert)


def test_a_bundle_holds_all_evidence_and_proves_itself(said: Said, tmp_path: Path) -> None:
    """The records byte for byte, hashes of every file, no text of any prompt, and the export in the next trail."""
    alert = said.opened("campaign")[0]
    path = tmp_path / "evidence.zip"
    for _ in range(2):
        assert run("export", "evidence", alert.alert_id, "--out", str(path), "--by", "ada").exit_code == 0
    with zipfile.ZipFile(path) as bundle:
        files = {name: bundle.read(name) for name in bundle.namelist()}
    manifest = msgspec.json.decode(files.pop("manifest.json"))
    assert manifest["sha256"] == {name: sha256(content).hexdigest() for name, content in files.items()}
    records = [record for record in said.alerts if record.alert_id == alert.alert_id]
    assert [decode(line) for line in files["records.jsonl"].splitlines()] == records
    trail = msgspec.json.decode(files["audit_trail.json"])
    assert [(row["action"], row["actor"]) for row in trail] == [("export", "ada")]
    assert run("export", "evidence", alert.alert_id, "--out", str(tmp_path / "no" / "where")).exit_code == 1
