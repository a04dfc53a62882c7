"""`stillwatch grafana` through the real grafana-client, against a local double or a real Grafana that is named."""

from __future__ import annotations

import os
from collections.abc import Iterator

import orjson
import pytest
from click.testing import CliRunner, Result

from grafana.wanted import wanted
from streams.commands import main
from streams.settings import Settings, load_settings
from tests.grafana.double import TOKEN, GrafanaDouble

HOOK = "https://alerts.example/hook?key=secret-hook"


@pytest.fixture
def grafana(monkeypatch: pytest.MonkeyPatch) -> Iterator[GrafanaDouble]:
    """Return a running double that the settings of every command point to."""
    double = GrafanaDouble()
    double.start()
    for name, value in {
        "URL": double.url,
        "TOKEN": TOKEN,
        "PROMETHEUS_URL": "http://prometheus:9090",
        "DATABASE_ADDRESS": "db:5432",
        "DATABASE_PASSWORD": "secret-password",
        "CONTACT_URL": HOOK,
        "HEARTBEAT_URL": "https://snitch.example/1",
    }.items():
        monkeypatch.setenv(f"STILLWATCH_GRAFANA_{name}", value)
    yield double
    double.stop()


def run(*arguments: str) -> Result:
    """Run `stillwatch grafana` in this process."""
    return CliRunner().invoke(main, ["grafana", *arguments])


def standings(result: Result) -> dict[str, str]:
    """Return how each thing stands, by title."""
    return {outcome["uid"]: outcome["standing"] for outcome in orjson.loads(result.stdout)}


def test_an_empty_grafana_gets_everything(grafana: GrafanaDouble) -> None:
    """Folder, both data sources, contact points, five dashboards and the rules are created; then all is in order."""
    assert run("check").exit_code == 1
    assert grafana.writes == []
    result = run("apply", "--json")
    assert result.exit_code == 0, result.output
    assert set(standings(result).values()) == {"created"}
    assert list(grafana.folders) == ["stillwatch"]
    assert grafana.passwords["stillwatch-database"] == {"password": "secret-password"}
    assert len(grafana.dashboards) == 5
    assert {held["meta"]["folderUid"] for held in grafana.dashboards.values()} == {"stillwatch"}
    (group,) = grafana.rule_groups.values()
    receivers = {rule["title"]: rule["notification_settings"]["receiver"] for rule in group["rules"]}
    assert receivers["StillwatchNoWorker"] == "stillwatch-on-call"
    assert receivers["StillwatchHeartbeat"] == "stillwatch-heartbeat"
    assert run("check").exit_code == 0
    assert run("diff").exit_code == 0


def test_applying_twice_writes_once(grafana: GrafanaDouble) -> None:
    """What Grafana adds of its own is no difference: a second apply writes nothing and says so."""
    run("apply")
    grafana.writes.clear()
    result = run("apply", "--json")
    assert (result.exit_code, grafana.writes) == (0, [])
    assert set(standings(result).values()) == {"unchanged"}


def test_only_what_differs_is_updated(grafana: GrafanaDouble) -> None:
    """A panel added by hand, a rule's time and a folder's title are shown by diff, mended by apply, the rest left."""
    run("apply")
    grafana.dashboards["stillwatch-pipeline"]["dashboard"]["panels"].append({"title": "Mine"})
    grafana.rule_groups["stillwatch", "stillwatch-pipeline"]["rules"][0]["for"] = "3h"
    grafana.folders["stillwatch"]["title"] = "Still"
    grafana.writes.clear()
    shown = run("diff")
    assert shown.exit_code == 1
    assert '- "3h"' in shown.stdout
    assert '+ "3m"' in shown.stdout
    assert "$.dashboard.panels" in shown.stdout
    assert grafana.writes == []
    applied = run("apply", "--json")
    assert applied.exit_code == 0
    assert [uid for uid, standing in standings(applied).items() if standing == "updated"] == [
        "stillwatch",
        "stillwatch-pipeline",
    ]
    assert sorted(grafana.writes) == [
        "POST /api/dashboards/db",
        "PUT /api/folders/stillwatch",
        "PUT /api/v1/provisioning/folder/stillwatch/rule-groups/stillwatch-pipeline",
    ]
    assert grafana.dashboards["stillwatch-pipeline"]["dashboard"]["version"] == 2
    assert run("diff").exit_code == 0


def test_a_conflict_overwrites_nobody(grafana: GrafanaDouble) -> None:
    """A dashboard that somebody saves between our read and our write stays as it is; status 1 and the mend."""
    run("apply")
    held = grafana.dashboards["stillwatch-account"]["dashboard"]
    held["title"] = "Changed before"

    def meanwhile(uid: str) -> None:
        if uid == "stillwatch-account":
            held["version"] += 1

    grafana.before_save = meanwhile
    result = run("apply")
    assert result.exit_code == 1
    assert "somebody changed it meanwhile: look with `stillwatch grafana diff`" in result.stdout
    assert grafana.dashboards["stillwatch-account"]["dashboard"]["title"] == "Changed before"


def test_one_refusal_does_not_stop_the_rest(grafana: GrafanaDouble) -> None:
    """Where the token may not write data sources, everything else is there afterwards; status 1 and the mend."""
    grafana.forbidden_paths = ("/api/datasources",)
    result = run("apply", "--json")
    assert result.exit_code == 1
    assert sorted(set(standings(result).values())) == ["created", "failed"]
    faults = {outcome["kind"]: outcome["fault"] for outcome in orjson.loads(result.stdout) if outcome["fault"]}
    assert list(faults) == ["data source"]
    assert "needs the role Admin" in faults["data source"]
    assert len(grafana.dashboards) == 5


def test_secrets_are_written_but_never_shown(grafana: GrafanaDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """No output holds the token, the password or a webhook's address; --secrets writes them again."""
    outputs = [run(*words).output for words in (["diff"], ["apply"], ["check"])]
    monkeypatch.setenv("STILLWATCH_GRAFANA_CONTACT_URL", HOOK + "-new")
    outputs += [run("diff").output, run("diff", "--json").output]
    assert "$.settings.url" in outputs[-2]
    monkeypatch.setenv("STILLWATCH_GRAFANA_DATABASE_PASSWORD", "another-password")
    outputs.append(run("apply").output)
    assert grafana.passwords["stillwatch-database"] == {"password": "secret-password"}
    outputs.append(run("apply", "--secrets").output)
    assert grafana.passwords["stillwatch-database"] == {"password": "another-password"}
    for output in outputs:
        assert not any(word in output for word in ("secret-hook", "-password", TOKEN))


def test_check_asks_whether_data_sources_are_reached(grafana: GrafanaDouble) -> None:
    """All in place, but the database does not answer Grafana: status 1, and what to look at."""
    run("apply")
    grafana.unreachable_data_sources = {"stillwatch-database"}
    result = run("check")
    assert result.exit_code == 1
    assert "connection refused" in result.stdout
    assert [line.split()[0] for line in result.stdout.splitlines() if line.split()[1] == "health"] == [
        "healthy",
        "failed",
    ]


def test_the_operators_own_data_sources_are_used(grafana: GrafanaDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address no data source or contact point is made, and rules and dashboards name the operator's."""
    for name in ("PROMETHEUS_URL", "DATABASE_ADDRESS", "CONTACT_URL", "HEARTBEAT_URL"):
        monkeypatch.delenv(f"STILLWATCH_GRAFANA_{name}")
    monkeypatch.setenv("STILLWATCH_GRAFANA_PROMETHEUS_UID", "mimir")
    result = run("apply")
    assert result.exit_code == 0, result.output
    assert (grafana.data_sources, grafana.contact_points) == ({}, {})
    (group,) = grafana.rule_groups.values()
    assert {rule["data"][0]["datasourceUid"] for rule in group["rules"]} == {"mimir"}
    assert not any("notification_settings" in rule for rule in group["rules"])
    variables = grafana.dashboards["stillwatch-pipeline"]["dashboard"]["templating"]["list"]
    assert {variable["name"]: variable["current"]["value"] for variable in variables}["prometheus"] == "mimir"


@pytest.mark.parametrize("command", ["apply", "check", "diff"])
def test_a_wrong_token_is_named(grafana: GrafanaDouble, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Status 1, the setting to mend, no traceback, nothing written, and not the token itself."""
    monkeypatch.setenv("STILLWATCH_GRAFANA_TOKEN", "glsa_wrong")
    result = run(command)
    assert result.exit_code == 1
    assert "STILLWATCH_GRAFANA_TOKEN" in result.output
    assert "glsa_wrong" not in result.output
    assert grafana.writes == []


@pytest.mark.parametrize("command", ["apply", "check", "diff"])
def test_a_grafana_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Status 1, the address and the mend."""
    monkeypatch.setenv("STILLWATCH_GRAFANA_URL", "http://127.0.0.1:1")
    result = run(command)
    assert result.exit_code == 1
    assert result.output.startswith("Error: grafana_url=http://127.0.0.1:1: nothing answers there")


def test_a_rule_that_grafana_would_refuse_is_told(grafana: GrafanaDouble) -> None:
    """What the API says of a bad request reaches the operator."""
    grafana.forbidden_paths = ("/api/v1/provisioning/contact-points",)
    result = run("apply")
    assert result.exit_code == 1
    assert "receiver stillwatch-on-call does not exist" in result.stdout


def test_a_real_grafana_takes_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opt-in: with GRAFANA_URL and GRAFANA_TOKEN, apply twice on a real server; the second changes nothing."""
    if not os.environ.get("GRAFANA_URL"):
        pytest.skip("GRAFANA_URL is not set")
    monkeypatch.setenv("STILLWATCH_GRAFANA_URL", os.environ["GRAFANA_URL"])
    monkeypatch.setenv("STILLWATCH_GRAFANA_TOKEN", os.environ["GRAFANA_TOKEN"])
    monkeypatch.setenv("STILLWATCH_GRAFANA_PROMETHEUS_URL", "http://127.0.0.1:9090")
    monkeypatch.setenv("STILLWATCH_GRAFANA_DATABASE_ADDRESS", "127.0.0.1:5432")
    first = run("apply", "--json")
    assert first.exit_code == 0, first.output
    second = run("apply", "--json")
    assert set(standings(second).values()) == {"unchanged"}, second.output


def test_uids_fit_grafana() -> None:
    """Every uid is at most 40 characters and none appears twice among things of a kind."""
    settings: Settings = load_settings(grafana_prometheus_url="http://p:9090", grafana_database_address="db:5432")
    named = [(resource.kind, resource.uid) for resource in wanted(settings)]
    assert len(set(named)) == len(named)
    assert max(len(uid) for _, uid in named) <= 40
