"""An alert as an OCSF 1.5 Detection Finding (class 2004), the form that security stores and response tools read."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import Any

from models.alert import Alert, SeverityLabel
from models.event import epoch_ms
from streams.notify import wording
from streams.notify.notice import Notice, Summary

#: Version of the schema at schema.ocsf.io whose names and numbers are used here.
OCSF_VERSION = "1.5.0"

#: Version of MITRE ATLAS that the technique ids are from.
ATLAS_VERSION = "5.6.0"

_CLASS_UID = 2004
_CATEGORY_UID = 2
_CREATE, _UPDATE, _CLOSE = 1, 2, 3
_ACTIVITIES = {_CREATE: "Create", _UPDATE: "Update", _CLOSE: "Close"}
_NEW, _RESOLVED = (1, "New"), (4, "Resolved")
_SEVERITY_IDS: dict[SeverityLabel, int] = {"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_SEVERITY_NAMES = {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"}

# Verdicts of the incident profile. An alert says that a verdict closed it, which only "false positive" and "expected"
# do, and not which of the two it was.
_DISREGARD, _TEST, _DUPLICATE = (3, "Disregard"), (6, "Test"), (10, "Duplicate")

#: Rule type of finding_info.analytic: learned from behaviour.
_BEHAVIORAL = 2

_EXFILTRATION = {"uid": "AML.TA0010", "name": "Exfiltration"}
_RESOURCES = {"uid": "AML.TA0003", "name": "Resource Development"}
_ATTACKS: dict[str, dict[str, Any]] = {
    "AML.T0024.002": {
        "tactic": _EXFILTRATION,
        "technique": {"uid": "AML.T0024", "name": "Exfiltration via AI Inference API"},
        "sub_technique": {"uid": "AML.T0024.002", "name": "Extract AI Model"},
    },
    "AML.T0008.005": {
        "tactic": _RESOURCES,
        "technique": {"uid": "AML.T0008", "name": "Acquire Infrastructure"},
        "sub_technique": {"uid": "AML.T0008.005", "name": "AI Service Proxies"},
    },
}


def finding(notice: Notice, links: wording.LinkBases) -> dict[str, Any]:
    """One record of an alert: created, updated or closed.

    ``finding_info.uid`` is the alert's id, ``metadata.uid`` the record's, ``resources`` the accounts that it names for
    the first time; every reason is an entry of ``evidences``.
    """
    alert = notice.alert
    activity = _CLOSE if alert.state == "closed" else _CREATE if notice.shown is None else _UPDATE
    status_id, status = _RESOLVED if activity == _CLOSE else _NEW
    severity_id = _SEVERITY_IDS[alert.severity]
    return {
        **_class(activity),
        "severity_id": severity_id,
        "severity": _SEVERITY_NAMES[severity_id],
        "status_id": status_id,
        "status": status,
        **({"status_detail": wording.ending(alert)} if activity == _CLOSE else {}),
        "time": _epoch_ms(alert.detected_at),
        "start_time": _epoch_ms(alert.first_seen),
        "end_time": _epoch_ms(alert.last_seen),
        "message": wording.headline(notice),
        "is_alert": activity != _CLOSE,
        "confidence_score": round(100 * alert.score),
        "finding_info": _finding_info(notice, links),
        "resources": [{"uid": account_id, "type": "account"} for account_id in alert.accounts],
        "evidences": [
            {"name": reason.signal, "data": {"value": reason.value, "usual": reason.usual, "weight_nats": reason.weight,
                                             "sentence": reason.sentence}}
            for reason in [*alert.reasons, *alert.counter_evidence]
        ],
        **_remediation(alert, links),
        **_verdict(notice),
        "metadata": _metadata(f"{alert.alert_id}-{alert.sequence}", alert.model_version),
        "unmapped": {
            "alert_id": alert.alert_id,
            "sequence": alert.sequence,
            "kind": alert.kind,
            "entity_id": alert.entity_id,
            "account_count": alert.account_count,
            "output_tokens": alert.output_tokens,
            "evidence_nats": alert.evidence_nats,
            "false_alarm_budget": alert.false_alarm_budget,
            "config_hash": alert.config_hash,
            "previous_alert_id": alert.previous_alert_id,
            "closed_by_verdict": alert.closed_by_verdict,
        },
    }  # fmt: skip


def summary_finding(summary: Summary) -> dict[str, Any]:
    """A summary of alerts that were not told one by one, as one finding."""
    severity_id = _SEVERITY_IDS[summary.severity]
    mark = f"stillwatch-flood-{summary.since_ms}"
    return {
        **_class(_CREATE),
        "severity_id": severity_id,
        "severity": _SEVERITY_NAMES[severity_id],
        "status_id": _NEW[0],
        "status": _NEW[1],
        "time": summary.until_ms,
        "start_time": summary.since_ms,
        "end_time": summary.until_ms,
        "count": max(summary.total, 1),
        "message": wording.summary_headline(summary),
        "is_alert": True,
        "finding_info": {
            "uid": mark,
            "title": "Stillwatch: alerts held back by flood control",
            "desc": "\n".join(wording.summary_lines(summary)),
        },
        "metadata": _metadata(mark, version("stillwatch")),
    }


def _class(activity: int) -> dict[str, Any]:
    return {
        "activity_id": activity,
        "activity_name": _ACTIVITIES[activity],
        "category_uid": _CATEGORY_UID,
        "category_name": "Findings",
        "class_uid": _CLASS_UID,
        "class_name": "Detection Finding",
        "type_uid": _CLASS_UID * 100 + activity,
        "type_name": f"Detection Finding: {_ACTIVITIES[activity]}",
    }


def _finding_info(notice: Notice, links: wording.LinkBases) -> dict[str, Any]:
    alert = notice.alert
    described = {
        "uid": alert.alert_id,
        "title": f"Capability harvesting by {'a campaign' if alert.kind == 'campaign' else 'an account'}",
        "desc": " ".join(reason.sentence for reason in alert.reasons),
        "types": [alert.kind],
        "first_seen_time": _epoch_ms(alert.first_seen),
        "last_seen_time": _epoch_ms(alert.last_seen),
        "related_events_count": alert.event_count,
        "analytic": {
            "uid": f"stillwatch-{alert.kind}",
            "name": f"Stillwatch {alert.kind} model",
            "type_id": _BEHAVIORAL,
            "type": "Behavioral",
            "version": alert.model_version,
        },
        "attacks": [{"version": ATLAS_VERSION, **_ATTACKS[uid]} for uid in alert.techniques if uid in _ATTACKS],
    }
    related = alert.merged_into or alert.absorbed_by or alert.previous_alert_id
    if related:
        described["related_events"] = [{"uid": related}]
    if dashboard := links.dashboard(alert):
        described["src_url"] = dashboard
    return described


def _remediation(alert: Alert, links: wording.LinkBases) -> dict[str, Any]:
    if not alert.suggested_actions:
        return {}
    runbook = links.runbook(alert)
    return {
        "remediation": {
            "desc": "\n".join(alert.suggested_actions),
            **({"references": [runbook]} if runbook else {}),
        }
    }


def _verdict(notice: Notice) -> dict[str, Any]:
    alert = notice.alert
    if notice.test:
        verdict = _TEST
    elif alert.closed_by_verdict is not None:
        verdict = _DISREGARD
    elif alert.merged_into is not None or alert.absorbed_by is not None:
        verdict = _DUPLICATE
    else:
        return {}
    return {"verdict_id": verdict[0], "verdict": verdict[1]}


def _metadata(uid: str, model_version: str) -> dict[str, Any]:
    return {
        "version": OCSF_VERSION,
        "uid": uid,
        "profiles": ["incident"],
        "product": {"name": "Stillwatch", "vendor_name": "Stillwatch", "version": model_version},
    }


def _epoch_ms(instant: str) -> int:
    return epoch_ms(datetime.fromisoformat(instant))
