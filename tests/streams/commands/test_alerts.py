"""The alerts commands on a store that holds what the pipeline said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import psycopg
import pytest

from models.alert import decode
from tests.streams.commands.conftest import Said, run, run_json

pytestmark = pytest.mark.usefixtures("connection")


def listed(*words: str) -> list[dict[str, Any]]:
    """List alerts."""
    found: list[dict[str, Any]] = run_json("alerts", "list", "--limit", "10000", *words)
    return found


def test_every_alert_is_listed_as_its_last_record_has_it(said: Said) -> None:
    """State, figures and all, of open and closed ones."""
    last = {alert.alert_id: alert for alert in said.alerts}
    lines = {line["alert_id"]: line for line in listed("--state", "all")}
    assert set(lines) == set(last)
    for alert_id, alert in last.items():
        line = lines[alert_id]
        assert line["state"] == ("closed" if alert.state == "closed" else "open")
        same = ("kind", "severity", "entity_id", "score", "evidence_nats", "account_count", "event_count")
        assert [line[name] for name in same] == [getattr(alert, name) for name in same]
    assert {line["alert_id"] for line in listed()} == {a.alert_id for a in last.values() if a.state != "closed"}


def test_filters_leave_out_what_they_should(said: Said) -> None:
    """Kind, least severity, time, account and assignee."""
    assert {line["kind"] for line in listed("--kind", "campaign")} == {"campaign"}
    grave = Counter(line["severity"] for line in listed("--state", "all") if line["severity"] in ("high", "critical"))
    assert Counter(line["severity"] for line in listed("--state", "all", "--severity", "high")) == grave
    moment = sorted(line["last_detected_at"] for line in listed())[-2]
    assert len(listed("--since", moment)) == sum(line["last_detected_at"] >= moment for line in listed())
    member = said.opened("campaign")[0]
    named = {a.alert_id for a in said.alerts if a.accounts and member.accounts[:1] == a.accounts[:1]}
    account = next(a for record in said.alerts if record.alert_id == member.alert_id for a in record.accounts)
    assert member.alert_id in {line["alert_id"] for line in listed("--account", account)}
    assert named <= {line["alert_id"] for line in listed("--state", "all")}
    assert run("alerts", "list", "--assignee", "nobody").exit_code == 1
    assert run("alerts", "list", "--since", "soon").exit_code == 2


def test_an_alert_is_found_by_what_people_have_at_hand(said: Said) -> None:
    """Its id, the beginning of it, its campaign or account; anything else is refused with what to give."""
    alert = said.opened("campaign")[0]
    for named in (alert.alert_id, alert.alert_id[:8], alert.entity_id, alert.entity_id[:8]):
        sheet: Any = run_json("alerts", "show", named)
        assert sheet["standing"]["alert_id"] == alert.alert_id
    short = run("alerts", "show", alert.alert_id[:5])
    assert (short.exit_code, "at least 6 characters" in short.output) == (1, True)


def test_one_screen_says_what_on_call_asks(said: Said, judge: Callable[..., str]) -> None:
    """Who, why, how sure, what speaks against it, what to do, links, and everything that happened."""
    alert = said.opened("campaign")[0]
    run("ack", alert.alert_id, "--by", "ada", "--note", "looking")
    judge("verdict", alert.alert_id, "true-positive", "--note", "seen it before", "--by", "ben")
    shown = run("alerts", "show", alert.alert_id)
    assert shown.exit_code == 0, shown.output
    for words in (alert.entity_id, "Why", "Against", "How sure", "Do", "Linked by", "What happened", "founding",
                  "acknowledged: looking", "ada", "true positive", "ben", alert.links.runbook):  # fmt: skip
        assert words in shown.stdout, words
    sheet: Any = run_json("alerts", "show", alert.alert_id)
    assert decode(msgspec.json.encode(sheet["last_record"])) == alert
    records = [record for record in said.alerts if record.alert_id == alert.alert_id]
    assert sum(line["what"] == "record" for line in sheet["history"]) == len(records)
    assert sheet["standing"]["verdict"] == "true_positive"


def test_an_explanation_adds_up(said: Said) -> None:
    """The weights sum to the evidence, the threshold is where the score says, and a decisive reason is one."""
    for alert in [*said.opened("campaign")[:3], *said.opened("account")[:3]]:
        judged: Any = run_json("alerts", "explain", alert.alert_id)
        weights = [reason["weight_nats"] for reason in [*judged["reasons"], *judged["counter_evidence"]]]
        assert sum(weights) == pytest.approx(alert.evidence_nats, abs=0.05)
        threshold = judged["threshold_nats"]
        assert alert.score == pytest.approx(alert.evidence_nats / (alert.evidence_nats + threshold), abs=0.001)
        for reason in judged["reasons"]:
            assert reason["decisive"] == (alert.evidence_nats - reason["weight_nats"] < threshold - 0.005) or (
                abs(alert.evidence_nats - reason["weight_nats"] - threshold) < 0.02
            )
        assert judged["changed_by"]
        shown = run("alerts", "explain", alert.alert_id)
        assert shown.exit_code == 0
        assert "nothing from" in shown.stdout or alert.kind == "campaign"


def test_tail_gives_every_record_in_order(said: Said) -> None:
    """What the topic had, in its order, as JSON lines; only the sign of a zero is lost in the store."""
    result = run("alerts", "tail", "--from-start", "--once", "--json")
    assert result.exit_code == 0
    assert [decode(line) for line in result.stdout.encode().splitlines()] == said.alerts
    assert run("alerts", "tail", "--once").exit_code == 1
    shown = run("alerts", "tail", "--from-start", "--once")
    assert shown.stdout.count("OPEN") == sum(alert.state == "open" for alert in said.alerts)


def test_what_strangers_wrote_commands_no_terminal(said: Said, connection: psycopg.Connection) -> None:
    """Control sequences and markup in a note are shown, not obeyed."""
    alert = said.opened("account")[0]
    assert run("comment", alert.alert_id, "\x1b[2J[bold red]gone[/]\u202etxt").exit_code == 0
    assert connection.execute("SELECT body FROM alert_action").fetchone() == ("\x1b[2J[bold red]gone[/]\u202etxt",)
    shown = run("alerts", "show", alert.alert_id)
    assert "[2J[bold red]gone[/]" in shown.stdout
    assert not {"\x1b[2J", "\u202e"} & set(shown.stdout)
    assert "\x1b" not in shown.stdout


def test_without_a_store_the_mend_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback: which setting, and how to set it; a database that is away is named without its password."""
    monkeypatch.delenv("STILLWATCH_DATABASE_URL")
    result = run("alerts", "list")
    assert (result.exit_code, "STILLWATCH_DATABASE_URL" in result.output) == (1, True)
    monkeypatch.setenv("STILLWATCH_DATABASE_URL", "postgresql://ada:secret@127.0.0.1:1/stillwatch")
    result = run("alerts", "list")
    assert result.exit_code == 1
    assert "127.0.0.1" in result.output
    assert "secret" not in result.output
