"""The rules as Grafana's provisioning API takes them: one group, each rule a query and a threshold."""

from __future__ import annotations

import json
import re
from typing import Literal

from grafana_foundation_sdk.builders.alerting import NotificationSettings, Query, Rule, RuleGroup
from grafana_foundation_sdk.builders.expr import (
    ExprTypeThresholdConditions,
    ExprTypeThresholdConditionsEvaluator,
    TypeThreshold,
)
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.alerting import RelativeTimeRange
from grafana_foundation_sdk.models.common import DataSourceRef

from grafana import rules
from grafana.names import FOLDER_UID, HEARTBEAT, ON_CALL, PROMETHEUS_UID, RULE_GROUP

_INTERVAL_S = 60
_EXPRESSION = DataSourceRef(type_val="__expr__", uid="__expr__")
_BEYOND: dict[str, Literal["gt", "lt"]] = {">": "gt", "<": "lt"}


def grafana_rules() -> str:
    """JSON of the rule group."""
    group = RuleGroup(RULE_GROUP).folder_uid(FOLDER_UID).interval(_INTERVAL_S)
    group.rules([_rule(rule) for rule in rules.RULES])
    return json.dumps(group.build(), cls=JSONEncoder, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _rule(rule: rules.Rule) -> Rule:
    receiver = HEARTBEAT if rule.severity == "none" else ON_CALL
    return (
        Rule(rule.name)
        .uid(_uid(rule.name))
        .org_id(1)
        .folder_uid(FOLDER_UID)
        .rule_group(RULE_GROUP)
        .condition("C")
        .with_query(_measurement(rule))
        .with_query(_bound(rule))
        .for_val(rule.lasting)
        .no_data_state(rule.absent_is)
        .exec_err_state("Error")
        .labels({"severity": rule.severity, "service": "stillwatch"})
        .annotations({"summary": _in_grafana(rule.summary), "description": rule.meaning, "runbook_url": rule.runbook})
        .notification_settings(NotificationSettings().receiver(receiver))
    )


def _uid(name: str) -> str:
    return "stillwatch-" + re.sub(r"(?<!^)(?=[A-Z])", "-", name.removeprefix("Stillwatch")).lower()


def _in_grafana(summary: str) -> str:
    """Grafana's ``$value`` is a text about all queries; the measured number is that of query A."""
    return summary.replace("$value |", "$values.A.Value |")


def _measurement(rule: rules.Rule) -> Query:
    query = Dataquery().ref_id("A").expr(rule.measured).instant()
    return Query("A").datasource_uid(PROMETHEUS_UID).relative_time_range(RelativeTimeRange(600, 0)).model(query)


def _bound(rule: rules.Rule) -> Query:
    evaluator = ExprTypeThresholdConditionsEvaluator().type(_BEYOND[rule.beyond]).params([rule.bound])
    threshold = (
        TypeThreshold()
        .ref_id("C")
        .datasource(_EXPRESSION)
        .expression("A")
        .conditions([ExprTypeThresholdConditions().evaluator(evaluator)])
    )
    return Query("C").datasource_uid("__expr__").relative_time_range(RelativeTimeRange(0, 0)).model(threshold)
