"""The alert rules: each fires when it must and stays quiet when it must, as promtool evaluates them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import promql_parser
import pytest
import yaml

from grafana.generate import ROOT
from grafana.rules import RULES

RULE_FILE = ROOT / "deploy" / "prometheus" / "rules.yml"

ON = 'job="stillwatch", instance="a:6066"'
READY = f"stillwatch_ready{{{ON}}}"
STORE = 'job="stillwatch-store", instance="a:6068"'
SLACK = 'job="stillwatch-notify", instance="a:6067", notifier="slack"'
SENDS = f"stillwatch_notify_owner{{{SLACK}}}"
#: Counters of a service that takes 100 good requests a second, all of them with content.
BUSY = {
    f"stillwatch_events_total{{{ON}}}": "0+6000x2000",
    f'stillwatch_event_fields_total{{{ON}, field="content"}}': "0+6000x2000",
    READY: "1x2000",
}
#: A day after which the gateway sends no content any more, while requests go on.
BLIND = BUSY | {f'stillwatch_event_fields_total{{{ON}, field="content"}}': "0+6000x1440 8640000x120"}


class Case(NamedTuple):
    """Series in promtool's notation, one sample a minute, when to look, and on how many series the rule then fires."""

    rule: str
    series: dict[str, str]
    after: str
    fires: int


CASES = [
    Case("StillwatchNoWorker", {READY: "0x20"}, "10m", 1),
    Case("StillwatchNoWorker", {}, "10m", 1),
    Case("StillwatchNoWorker", {READY: "1x20"}, "10m", 0),
    Case("StillwatchNoWorker", {READY: "1x5 0x2 1x20"}, "8m", 0),
    Case("StillwatchWorkerNotReady", {READY: "0x30", 'stillwatch_ready{instance="b"}': "1x30"}, "15m", 1),
    Case("StillwatchWorkerNotReady", {READY: "0x5 1x30"}, "15m", 0),
    Case("StillwatchHeartbeatOld", {f"stillwatch_heartbeat_timestamp_seconds{{{ON}}}": "0x20"}, "10m", 1),
    Case("StillwatchHeartbeatOld", {f"stillwatch_heartbeat_timestamp_seconds{{{ON}}}": "0+60x20"}, "10m", 0),
    Case("StillwatchNoRequests", {READY: "1x60", f"stillwatch_events_total{{{ON}}}": "0+100x10 1000x60"}, "45m", 1),
    Case("StillwatchNoRequests", {READY: "1x60"}, "30m", 1),
    Case("StillwatchNoRequests", {READY: "0x60"}, "30m", 0),
    Case("StillwatchNoRequests", BUSY, "45m", 0),
    Case("StillwatchLag", {f'stillwatch_lag_records{{{ON}, step="accounts", partition="0"}}': "200000x30"}, "15m", 1),
    Case("StillwatchLag", {f'stillwatch_lag_records{{{ON}, step="accounts", partition="0"}}': "99999x30"}, "15m", 0),
    Case(
        "StillwatchDecisionsLate",
        {
            f'stillwatch_watermark_timestamp_seconds{{{ON}, partition="0"}}': "10000+60x30",
            f"stillwatch_decided_through_timestamp_seconds{{{ON}}}": "9000x30",
        },
        "15m",
        1,
    ),
    Case(
        "StillwatchDecisionsLate",
        {
            f'stillwatch_watermark_timestamp_seconds{{{ON}, partition="0"}}': "10000+60x30",
            f"stillwatch_decided_through_timestamp_seconds{{{ON}}}": "9800+60x30",
        },
        "15m",
        0,
    ),
    Case("StillwatchFlushStalled", {READY: "1x20", f"stillwatch_flushed_timestamp_seconds{{{ON}}}": "0x20"}, "10m", 1),
    Case("StillwatchFlushStalled", {READY: "0x20", f"stillwatch_flushed_timestamp_seconds{{{ON}}}": "0x20"}, "10m", 0),
    Case(
        "StillwatchFlushStalled", {READY: "1x20", f"stillwatch_flushed_timestamp_seconds{{{ON}}}": "0+60x20"}, "10m", 0
    ),
    Case(
        "StillwatchCommitStalled",
        {
            f"stillwatch_committed_timestamp_seconds{{{ON}}}": "0x30",
            f'stillwatch_flushed_rows_total{{{ON}, step="accounts"}}': "0+100x30",
        },
        "15m",
        1,
    ),
    Case(
        "StillwatchCommitStalled",
        {
            f"stillwatch_committed_timestamp_seconds{{{ON}}}": "0x30",
            f'stillwatch_flushed_rows_total{{{ON}, step="accounts"}}': "100x30",
        },
        "15m",
        0,
    ),
    Case(
        "StillwatchDeadLetters",
        BUSY | {f'stillwatch_dead_letters_total{{{ON}, reason="wrong_type"}}': "0+120x60"},
        "30m",
        1,
    ),
    Case(
        "StillwatchDeadLetters",
        BUSY | {f'stillwatch_dead_letters_total{{{ON}, reason="wrong_type"}}': "0+30x60"},
        "30m",
        0,
    ),
    Case("StillwatchDeadLetters", {READY: "1x60"}, "30m", 0),
    Case("StillwatchFieldMissing", BLIND, "1500m", 1),
    Case("StillwatchFieldMissing", BLIND, "1440m", 0),
    Case("StillwatchFieldMissing", BUSY, "1500m", 0),
    Case(
        "StillwatchFieldMissing",
        BUSY | {f'stillwatch_event_fields_total{{{ON}, field="payment"}}': "0+30x1440 43200x120"},
        "1500m",
        0,
    ),
    Case(
        "StillwatchRecoveryStuck",
        {f"stillwatch_recovering{{{ON}}}": "1x30", f"stillwatch_recovery_records_total{{{ON}}}": "0+900x5 4500x30"},
        "20m",
        1,
    ),
    Case(
        "StillwatchRecoveryStuck",
        {f"stillwatch_recovering{{{ON}}}": "1x30", f"stillwatch_recovery_records_total{{{ON}}}": "0+900x30"},
        "20m",
        0,
    ),
    Case("StillwatchRecoveryStuck", {f"stillwatch_recovering{{{ON}}}": "0x30"}, "20m", 0),
    Case("StillwatchRebalancing", {READY: "1x90", f"stillwatch_rebalances_total{{{ON}}}": "0+1x90"}, "60m", 1),
    Case("StillwatchRebalancing", {READY: "1x90", f"stillwatch_rebalances_total{{{ON}}}": "0x20 2x70"}, "60m", 0),
    Case("StillwatchStoreDown", {f"stillwatch_store_success_timestamp_seconds{{{STORE}}}": "0x30"}, "20m", 1),
    Case("StillwatchStoreDown", {f"stillwatch_store_success_timestamp_seconds{{{STORE}}}": "0+60x5 stale"}, "30m", 1),
    Case("StillwatchStoreDown", {f"stillwatch_store_success_timestamp_seconds{{{STORE}}}": "0+60x30"}, "20m", 0),
    Case("StillwatchStoreDown", {}, "20m", 0),
    Case(
        "StillwatchStoreRefuses",
        {f'stillwatch_store_refused_total{{{STORE}, topic="alerts.v1", reason="conflict"}}': "0x10 1x10"},
        "15m",
        1,
    ),
    Case(
        "StillwatchStoreRefuses", {f'stillwatch_store_lost_total{{{STORE}, topic="alerts.v1"}}': "0x10 7x10"}, "15m", 1
    ),
    Case("StillwatchStoreRefuses", {f'stillwatch_store_lost_total{{{STORE}, topic="alerts.v1"}}': "0x40"}, "15m", 0),
    Case("StillwatchNotifierDown", {f"stillwatch_notify_up{{{SLACK}}}": "0x20", SENDS: "1x20"}, "10m", 1),
    Case("StillwatchNotifierDown", {f"stillwatch_notify_up{{{SLACK}}}": "0x20", SENDS: "0x20"}, "10m", 0),
    Case("StillwatchNotifierDown", {f"stillwatch_notify_up{{{SLACK}}}": "1x20", SENDS: "1x20"}, "10m", 0),
    Case("StillwatchNotifierGone", {SENDS: "1x5 stale"}, "20m", 1),
    Case("StillwatchNotifierGone", {SENDS: "1x5 0x30"}, "20m", 1),
    Case("StillwatchNotifierGone", {SENDS: "1x30"}, "20m", 0),
    Case("StillwatchNotifierLate", {f"stillwatch_notify_lag_records{{{SLACK}}}": "2000x20"}, "10m", 1),
    Case("StillwatchNotifierLate", {f"stillwatch_notify_lag_records{{{SLACK}}}": "20x20"}, "10m", 0),
    Case(
        "StillwatchNotifierRefused", {f'stillwatch_notify_refused_total{{{SLACK}, reason="404"}}': "0x5 1x5"}, "8m", 1
    ),
    Case("StillwatchNotifierRefused", {f'stillwatch_notify_refused_total{{{SLACK}, reason="404"}}': "3x20"}, "8m", 0),
    Case(
        "StillwatchSettingsDiffer",
        {
            'stillwatch_build_info{instance="a", models="1", settings="x"}': "1x120",
            'stillwatch_build_info{instance="b", models="1", settings="y"}': "1x120",
        },
        "90m",
        1,
    ),
    Case(
        "StillwatchSettingsDiffer",
        {
            'stillwatch_build_info{instance="a", models="1", settings="x"}': "1x120",
            'stillwatch_build_info{instance="b", models="1", settings="x"}': "1x120",
        },
        "90m",
        0,
    ),
    Case(
        "StillwatchHeartbeat",
        {READY: "1x30", f"stillwatch_heartbeat_timestamp_seconds{{{ON}}}": "0+60x30"},
        "10m",
        1,
    ),
    Case("StillwatchHeartbeat", {READY: "1x30", f"stillwatch_heartbeat_timestamp_seconds{{{ON}}}": "0x30"}, "10m", 0),
    Case(
        "StillwatchHeartbeat",
        {READY: "0x30", f"stillwatch_heartbeat_timestamp_seconds{{{ON}}}": "0+60x30"},
        "10m",
        0,
    ),
    Case("StillwatchHeartbeat", {}, "10m", 0),
]


def test_every_rule_is_tried_both_ways() -> None:
    """There is a case in which each rule fires and one in which it stays quiet."""
    for fires in (True, False):
        assert {case.rule for case in CASES if bool(case.fires) == fires} == {rule.name for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_expressions_parse(rule: object) -> None:
    """The grammar of PromQL takes each expression and what it measures alone."""
    for expression in (rule.expression, rule.measured):  # type: ignore[attr-defined]
        promql_parser.parse(expression)


def test_promtool_takes_the_file(require_program: Callable[[str], str]) -> None:
    """`promtool check rules` finds nothing to say."""
    checked = subprocess.run(
        [require_program("promtool"), "check", "rules", "--lint-fatal", str(RULE_FILE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(RULES)} rules found" in checked.stdout + checked.stderr


def test_rules_fire_and_stay_quiet(require_program: Callable[[str], str], tmp_path: Path) -> None:
    """`promtool test rules` agrees with every case, each about one rule of the shipped file."""
    promtool = require_program("promtool")
    (shipped,) = yaml.safe_load(RULE_FILE.read_text())["groups"]
    written = {rule["alert"]: rule for rule in shipped["rules"]}
    assert {case.rule for case in CASES} == written.keys()
    paths = []
    # A rule at a time: promtool evaluates the whole of its file for each case, and no rule here builds on another.
    for name, rule in written.items():
        alone, path = tmp_path / f"{name}.yml", tmp_path / f"{name}_test.yml"
        alone.write_text(yaml.safe_dump({"groups": [shipped | {"rules": [rule]}]}))
        cases = [_promtool_test(f"{number} {name}", case) for number, case in enumerate(CASES) if case.rule == name]
        path.write_text(yaml.safe_dump({"rule_files": [str(alone)], "evaluation_interval": "1m", "tests": cases}))
        paths.append(path)
    tested = subprocess.run([promtool, "test", "rules", *paths], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def _promtool_test(name: str, case: Case) -> dict[str, object]:
    # The alert's full labels are not this test's subject: an expression counts what fires instead.
    counted = f'count(ALERTS{{alertname="{case.rule}", alertstate="firing"}}) or vector(0)'
    expected = [{"labels": "{}", "value": case.fires}]
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
        "promql_expr_test": [{"expr": counted, "eval_time": case.after, "exp_samples": expected}],
    }


def test_every_rule_has_a_section_in_the_runbooks() -> None:
    """What each rule's `runbook_url` leads to says what it means, how to check and what to do."""
    text = (ROOT / "docs" / "runbooks.md").read_text()
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", text, flags=re.MULTILINE | re.DOTALL))
    for rule in RULES:
        assert rule.runbook.rsplit("#", 1)[-1] == rule.name.lower()
        for part in ("**Means.**", "**Check.**", "**Do.**"):
            assert part in sections[rule.name], (rule.name, part)
