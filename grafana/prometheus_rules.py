"""The rules as Prometheus takes them: deploy/prometheus/rules.yml."""

from __future__ import annotations

import yaml

from grafana.catalogue import check_names
from grafana.rules import RULES, Rule

_HEADER = "# Written by `make grafana` from grafana/rules.py.\n"


def prometheus_rules() -> str:
    """A rule file; raises ``ValueError`` for a metric that nothing exports."""
    group = {"name": "stillwatch", "interval": "30s", "rules": [_rule(rule) for rule in RULES]}
    return _HEADER + yaml.safe_dump({"groups": [group]}, sort_keys=False, width=110, allow_unicode=True)


def _rule(rule: Rule) -> dict[str, object]:
    check_names(rule.expression)
    annotations = {"summary": rule.summary, "description": rule.meaning, "runbook_url": rule.runbook}
    return {
        "alert": rule.name,
        "expr": rule.expression,
        "for": rule.lasting,
        "labels": {"severity": rule.severity, "service": "stillwatch"},
        "annotations": annotations,
    }
