"""The alert: what an on-call engineer and every sink receives (topic ``alerts.v1``, JSON, key ``entity_id``)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Literal

import msgspec

SCHEMA_VERSION = 1

#: Accounts one record may name; more take several records.
MAX_ACCOUNTS_PER_RECORD = 1_000

#: Decimal digits kept of scores, of nats and of signal values, so that equal inputs give equal bytes.
SCORE_DIGITS = 4
NATS_DIGITS = 3
VALUE_DIGITS = 4

Kind = Literal["account", "campaign"]
State = Literal["open", "update", "closed"]
SeverityLabel = Literal["info", "low", "medium", "high", "critical"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class AlertReason(msgspec.Struct, frozen=True):
    """One property that was weighed; ``weight`` is its evidence in nats, below zero where it speaks for innocence."""

    signal: str
    value: float
    usual: float
    weight: float
    sentence: str


class Links(msgspec.Struct, frozen=True):
    """Where to look next: paths below the operator's Grafana and documentation, which sinks prefix with their hosts."""

    dashboard: str
    runbook: str


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One record of an alert; ``(alert_id, sequence)`` has one content for ever.

    Times are RFC 3339 in UTC with milliseconds; ``evidence_nats`` is a log likelihood ratio (natural logarithm),
    ``score`` the same from 0 to 1 with one half at the page threshold, ``false_alarm_budget`` the false pages a week
    the operator allows. ``accounts`` holds at most 1,000 ids, each named once over the alert's life, and
    ``account_count`` those named so far. ``event_count`` and ``output_tokens`` cover the account, or for a campaign
    the requests that fill what its members share. No field ever holds prompt text, an address or payment data.
    A closing record says why if it was not for quiet: ``merged_into`` (an alert), ``absorbed_by`` (the campaign's
    alert that names the account), ``closed_by_verdict`` (a verdict_id). ``previous_alert_id`` names, in every record,
    the alert that closed before and comes back with this one.

    >>> opened_ms = 1_767_225_600_000
    >>> alert = Alert(
    ...     alert_id=alert_id("account", "acct-7", opened_ms), sequence=0, kind="account", state="open",
    ...     severity="medium", entity_id="acct-7", detected_at=timestamp(opened_ms),
    ...     first_seen=timestamp(opened_ms - 3_600_000), last_seen=timestamp(opened_ms), score=0.52,
    ...     evidence_nats=15.1, false_alarm_budget=1.0, accounts=["acct-7"], account_count=1, event_count=340,
    ...     output_tokens=210_000, reasons=[], counter_evidence=[], techniques=["AML.T0024.002"],
    ...     suggested_actions=[], links=Links("/d/stillwatch-account", runbook("StillwatchAccount")),
    ...     model_version="0.1.0", config_hash="25d0ddcd6d58d9d8",
    ... )
    >>> alert.detected_at, alert.alert_id
    ('2026-01-01T00:00:00.000Z', 'a315fb290987d2b1ed3c975422719ba5')
    >>> encode(alert)[:52]
    b'{"schema_version":1,"alert_id":"a315fb290987d2b1ed3c'
    """

    schema_version: int = SCHEMA_VERSION
    alert_id: str
    sequence: int
    kind: Kind
    state: State
    severity: SeverityLabel
    entity_id: str
    detected_at: str
    first_seen: str
    last_seen: str
    score: float
    evidence_nats: float
    false_alarm_budget: float
    accounts: list[str]
    account_count: int
    event_count: int
    output_tokens: int
    reasons: list[AlertReason]
    counter_evidence: list[AlertReason]
    techniques: list[str]
    suggested_actions: list[str]
    links: Links
    model_version: str
    config_hash: str
    merged_into: str | None = None
    absorbed_by: str | None = None
    previous_alert_id: str | None = None
    closed_by_verdict: str | None = None


def runbook(name: str) -> str:
    """Where an alert or a rule of that name is explained: its section of docs/runbooks.md, below where docs/ is served.

    >>> runbook("StillwatchCampaign")
    '/runbooks.md#stillwatchcampaign'
    """
    return f"/runbooks.md#{name.lower()}"


def alert_id(kind: Kind, entity_id: str, opened_ms: int) -> str:
    """32 hexadecimal digits that depend on kind, entity and opening time (epoch ms) alone (BLAKE2b, RFC 7693)."""
    return blake2b(f"{kind}|{entity_id}|{opened_ms}".encode(), digest_size=16).hexdigest()


def timestamp(epoch_ms: int) -> str:
    """Epoch milliseconds as RFC 3339 in UTC, three decimals: exact, since no float is involved.

    >>> timestamp(1_767_225_600_007)
    '2026-01-01T00:00:00.007Z'
    """
    moment = _EPOCH + timedelta(milliseconds=epoch_ms)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def encode(alert: Alert) -> bytes:
    """One JSON object without a line end; fields in declared order, so equal alerts give equal bytes."""
    return _ENCODER.encode(alert)


def decode(value: bytes) -> Alert:
    """Read one record; raises ``msgspec.ValidationError`` that names the path of a bad field."""
    return _DECODER.decode(value)


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Alert)
