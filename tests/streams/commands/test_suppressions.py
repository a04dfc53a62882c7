"""What verdicts silence, as the store tells it; how it is taken back; and what it would have hidden."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from models.alert import Alert
from models.verdict import Verdict
from streams.feedback_file import read_files
from tests.streams.commands.conftest import Said, run, run_json

pytestmark = pytest.mark.usefixtures("connection")


def silence(alert: Alert, *words: str) -> list[str]:
    """Words of a verdict that silences an alert, in the scenario's time."""
    return ["verdict", alert.alert_id, "expected", "--until", "2026-06-01", "--given-at", alert.detected_at,
            "--note", "our evaluation team", "--owner", "ada", *words]  # fmt: skip


def listed(*words: str) -> list[dict[str, Any]]:
    """List suppressions."""
    found: list[dict[str, Any]] = run_json("suppressions", "list", *words)
    return found


def test_a_silence_has_owner_reason_and_end_until_it_is_withdrawn(
    said: Said, judge: Callable[..., str], connection: psycopg.Connection
) -> None:
    """Listed while it holds, gone after its end; removing it names who ended it, and restores nothing else."""
    alert = said.opened("campaign")[0]
    verdict_id = judge(*silence(alert))
    (line,) = listed("--at", "2026-04-01")
    assert [line[name] for name in ("verdict_id", "owner", "reason", "lifted_by")] == [
        verdict_id, "ada", "our evaluation team", None]  # fmt: skip
    assert run("suppressions", "list", "--at", "2026-06-02").exit_code == 1
    assert verdict_id[:12] in run("suppressions", "list", "--all").stdout
    early = run("suppressions", "remove", verdict_id, "--note", "n", "--given-at", "2026-01-01")
    assert (early.exit_code, "after this" in early.output) == (2, True)
    lifting = judge("suppressions", "remove", verdict_id[:10], "--note", "they left", "--by", "ben",
                    "--given-at", "2026-04-02")  # fmt: skip
    assert run("suppressions", "list", "--at", "2026-04-03").exit_code == 1
    (lifted,) = listed("--all")
    assert (lifted["lifted_by"], lifted["lifted_at"][:10]) == (lifting, "2026-04-02")
    again = run("suppressions", "remove", verdict_id, "--note", "n")
    assert (again.exit_code, "has ended it already" in again.output) == (1, True)
    assert run("suppressions", "remove", "nothing", "--note", "n").exit_code == 1
    stored = connection.execute("SELECT verdict, withdraws, given_by FROM verdict ORDER BY given_at").fetchall()
    assert stored == [("expected", None, "ada"), ("withdrawn", verdict_id, "ben")]
    assert run_json("alerts", "show", alert.alert_id)["standing"]["verdict"] is None


def test_accounts_that_stand_alone_are_withdrawn_too(said: Said, judge: Callable[..., str]) -> None:
    """A later verdict on the alert does not end them, a withdrawal does."""
    alert = said.opened("campaign")[0]
    account = alert.accounts[0] if alert.accounts else said.alerts[0].accounts[0]
    listed_id = judge(*silence(alert, "--scope", "accounts", "--account", account))
    judge("verdict", alert.alert_id, "true-positive", "--given-at", "2026-03-20")
    assert [line["verdict_id"] for line in listed("--at", "2026-04-01")] == [listed_id]
    judge("suppressions", "remove", listed_id, "--note", "n", "--given-at", "2026-03-25")
    assert run("suppressions", "list", "--at", "2026-04-01").exit_code == 1


def test_a_silence_that_would_have_hidden_a_true_positive_is_not_sent_unasked(
    said: Said, judge: Callable[..., str], connection: psycopg.Connection, tmp_path: Path
) -> None:
    """The alert that it would have hidden is named; --yes sends it; a withdrawn or unrelated verdict hides nothing."""
    judged = said.opened("campaign")[0]
    twin = "f" * 32
    # A confirmed campaign on the same anchors and accounts, as one that closed and came back is.
    connection.execute(
        "INSERT INTO alert SELECT (r).* FROM (SELECT jsonb_populate_record(a, %s::jsonb) AS r FROM alert a "
        "WHERE alert_id = %s) t",
        [orjson.dumps({"alert_id": twin}).decode(), judged.alert_id],
    )
    connection.execute(
        "INSERT INTO alert_account SELECT %s, account_id, sequence, named_at FROM alert_account WHERE alert_id = %s",
        [twin, judged.alert_id],
    )
    path = tmp_path / "sent.jsonl"
    words = [*silence(judged), "--file", str(path)]
    assert run(*words).exit_code == 0
    confirmed = judge("verdict", twin, "true-positive", "--given-at", judged.detected_at)
    path.unlink()
    for scope in ("template", "accounts", "campaign"):
        refused = run(*words, "--scope", scope)
        assert refused.exit_code == 1, scope
        assert twin[:12] in refused.stderr
        assert not path.exists()
    other = next(a for a in said.opened("account") if a.alert_id != judged.alert_id)
    assert run(*silence(other), "--file", str(path)).exit_code == 0
    sent: Any = run_json(*words, "--yes")
    assert [each["alert_id"] for each in sent[0]["hides"]] == [twin]
    assert isinstance(read_files([path], [])[-1], Verdict)
    assert confirmed
    judge("verdict", twin, "false-positive", "--until", "30d", "--note", "n", "--yes")
    assert run(*words).exit_code == 0
