"""Rows of the alert store, one type a table; times are RFC 3339 in UTC."""

from __future__ import annotations

from typing import Any

import msgspec

from models.candidate import LinkLabel


class AlertRecordRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``alert_record``."""

    alert_id: str
    sequence: int
    detected_at: str
    schema_version: int
    kind: str
    state: str
    severity: str
    entity_id: str
    first_seen: str
    last_seen: str
    score: float
    evidence_nats: float
    false_alarm_budget: float
    account_count: int
    event_count: int
    output_tokens: int
    reasons: Any
    counter_evidence: Any
    techniques: list[str]
    suggested_actions: list[str]
    links: Any
    merged_into: str | None
    absorbed_by: str | None
    previous_alert_id: str | None
    closed_by_verdict: str | None
    model_version: str
    config_hash: str
    content_hash: str
    log_offset: int
    appended_at: str


class AlertRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``alert`` as far as records tell it."""

    alert_id: str
    kind: str
    entity_id: str
    state: str
    severity: str
    opened_at: str
    closed_at: str | None
    last_sequence: int
    last_detected_at: str
    first_seen: str
    last_seen: str
    score: float
    evidence_nats: float
    account_count: int
    event_count: int
    output_tokens: int
    merged_into: str | None
    absorbed_by: str | None
    previous_alert_id: str | None
    closed_by_verdict: str | None


class AlertAccountRow(msgspec.Struct, frozen=True):
    """A row of ``alert_account``."""

    alert_id: str
    account_id: str
    sequence: int
    named_at: str


class GroupWindowRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``group_window``."""

    link: LinkLabel
    anchor_key: str
    effective_at: str
    evidence_nats: float
    account_count: int
    event_count: int
    member_event_count: int
    output_tokens: int
    budget_share: float
    signals: dict[str, dict[str, float]]
    founds_campaign: str


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``anchor_group``."""

    link: LinkLabel
    anchor_key: str
    first_effective_at: str
    effective_at: str
    evidence_nats: float
    account_count: int
    event_count: int
    member_event_count: int
    output_tokens: int
    budget_share: float
    signals: dict[str, dict[str, float]]


class GroupMemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``group_member``."""

    link: LinkLabel
    anchor_key: str
    account_id: str
    uses: int
    event_count: int
    output_tokens: int
    first_seen: str
    last_seen: str
    effective_at: str


class AccountWindowRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``account_window``."""

    account_id: str
    window_start: str
    effective_at: str
    position: int
    evidence_nats: float
    peak_evidence_nats: float
    event_count: int
    output_tokens: int
    first_seen: str
    last_seen: str
    coverage_entropy: float | None
    distinct_contents: float | None
    requests_per_day: float | None
    signals: dict[str, dict[str, float]]


class VerdictRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``verdict``."""

    verdict_id: str
    alert_id: str
    verdict: str
    scope: str
    until_at: str
    note: str
    given_by: str
    given_at: str
    account_count: int
    log_offset: int
    appended_at: str
    withdraws: str | None


class EnforcementRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``enforcement``."""

    enforcement_id: str
    action: str
    reason: str
    imposed_at: str
    account_count: int
    log_offset: int
    appended_at: str


class DeadLetterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``dead_letter``."""

    topic: str
    partition: int
    log_offset: int
    appended_at: str
    field: str
    reason: str
    detail: str


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``refused_record``."""

    topic: str
    partition: int
    log_offset: int
    reason: str
    detail: str
    appended_at: str
