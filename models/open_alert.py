"""An open alert: what is known about its entity, what was reported of it, and when it is due again."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from models.alert import (
    MAX_ACCOUNTS_PER_RECORD,
    NATS_DIGITS,
    SCORE_DIGITS,
    Alert,
    Kind,
    Links,
    State,
    alert_id,
    runbook,
    timestamp,
)
from models.candidate import LinkLabel, Signal
from models.detection import DetectionSettings
from models.explain import explain, suggested_actions, techniques
from models.group_sentences import Facts
from models.severity import Severity, score, severity

#: Least time between two updates of an alert, unless its severity rises.
UPDATE_INTERVAL_MS = 10 * 60_000

#: An update is due when the evidence exceeds the reported evidence by this factor.
UPDATE_GROWTH = 1.25


class OpenAlert(msgspec.Struct, array_like=True):
    """State of one alert; times are epoch ms, ``last_seen_ms`` that of the last candidate above the threshold.

    ``threshold_nats`` is the evidence that its page took. ``unnamed`` waits for the next record. ``links`` lists the
    kinds of the shared anchors, the strongest first. ``watched`` says that its founding anchor was known to be bad,
    ``watched_until_ms`` how long its anchors are to be watched when it is over.
    """

    kind: Kind
    entity_id: str
    opened_ms: int
    first_seen_ms: int
    last_seen_ms: int
    evidence_nats: float = 0.0
    signals: list[Signal] = msgspec.field(default_factory=list)
    links: list[LinkLabel] = msgspec.field(default_factory=list)
    event_count: int = 0
    member_event_count: int = 0
    output_tokens: int = 0
    unnamed: list[str] = msgspec.field(default_factory=list)
    named_count: int = 0
    sequence: int = 0
    severity: int = Severity.INFO
    reported_nats: float = 0.0
    reported_ms: int = 0
    update_due_ms: int | None = None
    threshold_nats: float = 1.0
    previous_alert_id: str | None = None
    merged_into: str | None = None
    absorbed_by: str | None = None
    closed_by_verdict: str | None = None
    watched: bool = False
    watched_until_ms: int = 0

    @property
    def alert_id(self) -> str:
        """The id that all its records carry."""
        return alert_id(self.kind, self.entity_id, self.opened_ms)


class Reporter:
    """Turns open alerts into records. Pure: what it writes follows from the alert, the settings and the version."""

    def __init__(self, settings: DetectionSettings, model_version: str) -> None:
        self._quiet_ms = settings.quiet_ms
        self._budget = settings.false_pages_per_week
        self._model_version = model_version
        self._config_hash = settings.config_hash()

    def due_ms(self, alert: OpenAlert) -> int:
        """When the alert must be looked at again if nothing happens: for a delayed update or to be closed."""
        close_ms = alert.last_seen_ms + self._quiet_ms
        return close_ms if alert.update_due_ms is None else min(close_ms, alert.update_due_ms)

    def open(self, alert: OpenAlert) -> list[Alert]:
        """Report a new alert; names beyond the first 1,000 follow in updates."""
        return self._report(alert, "open", alert.opened_ms)

    def update(self, alert: OpenAlert, now_ms: int) -> list[Alert]:
        """Report what is new if it is worth a record by now; otherwise note when it will be."""
        if self._grade(alert) <= alert.severity:
            if not alert.unnamed and alert.evidence_nats < UPDATE_GROWTH * alert.reported_nats:
                return []
            alert.update_due_ms = alert.reported_ms + UPDATE_INTERVAL_MS
            if now_ms < alert.update_due_ms:
                return []
        return self._report(alert, "update", now_ms)

    def quiet(self, alert: OpenAlert, now_ms: int) -> bool:
        """Whether the alert has been without evidence for so long that it closes."""
        return alert.last_seen_ms + self._quiet_ms <= now_ms

    def late_update(self, alert: OpenAlert, due_ms: int) -> list[Alert]:
        """Report what had to wait until ``due_ms``."""
        return self._report(alert, "update", due_ms)

    def close(self, alert: OpenAlert, now_ms: int) -> list[Alert]:
        """Report the end, after names that still wait."""
        waiting = self._report(alert, "update", now_ms) if alert.unnamed else []
        return [*waiting, *self._report(alert, "closed", now_ms)]

    def _grade(self, alert: OpenAlert) -> Severity:
        accounts = alert.named_count + len(alert.unnamed)
        return severity(alert.evidence_nats, alert.threshold_nats, accounts, alert.event_count)

    def _report(self, alert: OpenAlert, state: State, now_ms: int) -> list[Alert]:
        alert.severity = max(alert.severity, self._grade(alert))
        alert.reported_nats = alert.evidence_nats
        alert.reported_ms = now_ms
        alert.update_due_ms = None
        names, alert.unnamed = sorted(alert.unnamed), []
        records = []
        for start in range(0, max(len(names), 1), MAX_ACCOUNTS_PER_RECORD):
            part = names[start : start + MAX_ACCOUNTS_PER_RECORD]
            alert.named_count += len(part)
            records.append(self._record(alert, "update" if start else state, now_ms, part))
            alert.sequence += 1
        return records

    def _record(self, alert: OpenAlert, state: State, now_ms: int, accounts: list[str]) -> Alert:
        facts = Facts(
            event_count=alert.event_count, member_event_count=alert.member_event_count, links=tuple(alert.links)
        )
        reasons, counter_evidence = explain(alert.signals, facts, watched=alert.watched)
        return Alert(
            alert_id=alert.alert_id,
            sequence=alert.sequence,
            kind=alert.kind,
            state=state,
            severity=Severity(alert.severity).label,
            entity_id=alert.entity_id,
            detected_at=timestamp(now_ms),
            first_seen=timestamp(alert.first_seen_ms),
            last_seen=timestamp(alert.last_seen_ms),
            score=round(score(alert.evidence_nats, alert.threshold_nats), SCORE_DIGITS),
            evidence_nats=round(alert.evidence_nats, NATS_DIGITS),
            false_alarm_budget=self._budget,
            accounts=accounts,
            account_count=alert.named_count,
            event_count=alert.event_count,
            output_tokens=alert.output_tokens,
            reasons=reasons,
            counter_evidence=counter_evidence,
            techniques=techniques(alert.kind),
            suggested_actions=suggested_actions(alert.kind, state),
            links=Links(
                f"/d/stillwatch-{alert.kind}?var-{alert.kind}={quote(alert.entity_id, safe='')}",
                runbook(f"Stillwatch{alert.kind.capitalize()}"),
            ),
            model_version=self._model_version,
            config_hash=self._config_hash,
            merged_into=alert.merged_into,
            absorbed_by=alert.absorbed_by,
            previous_alert_id=alert.previous_alert_id,
            closed_by_verdict=alert.closed_by_verdict,
        )
