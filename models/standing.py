"""How an account or an open campaign stands now, explained: what the query API answers. Reads state, changes none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
import numpy as np
from msgspec import Meta

from models.account_checkpoint import LEAST_CELL_TOTAL, summarise
from models.account_evidence import (
    CELL_ENTROPY,
    CONTENT_EVENTS,
    DISTINCT_CONTENTS,
    EVENTS_PER_DAY,
    SIGNAL_COLUMNS,
    SIGNAL_COUNT,
    SUMMARY_SIZE,
    named,
    usual_entropy,
    weigh,
)
from models.account_row import evidence_of
from models.alert import NATS_DIGITS, SCORE_DIGITS, VALUE_DIGITS, AlertReason, SeverityLabel, timestamp
from models.campaign import CampaignBook
from models.candidate import LinkLabel, Signal
from models.detection import DetectionSettings
from models.explain import explain
from models.group_sentences import Facts, readable
from models.membership import Group, NamedMember
from models.open_alert import OpenAlert
from models.severity import Severity, page_threshold_nats, score

Nats = Annotated[float, Meta(description="Log likelihood ratio, natural logarithm; above zero speaks for harvesting")]


class AccountStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One account as the worker that owns it sees it now.

    ``evidence_nats`` is of the last look, which is what decides; ``evidence_now_nats`` and the reasons are of this
    moment. Values that need more requests than the account sent are null, never zero.
    """

    account_id: str
    status: Annotated[
        Literal["warming_up", "judged"], Meta(description="Accounts are not judged before warm_up_events with content")
    ]
    event_count: Annotated[int, Meta(ge=0, description="Good requests, duplicates left out")]
    content_event_count: Annotated[int, Meta(ge=0, description="Of them, with content")]
    warm_up_events: Annotated[int, Meta(ge=0)]
    next_look_events: Annotated[int, Meta(ge=0, description="Requests with content at which it is weighed next")]
    first_seen: Annotated[str, Meta(description="Effective time, RFC 3339")]
    last_seen: Annotated[str, Meta(description="Effective time, RFC 3339")]
    input_tokens: Annotated[int, Meta(ge=0)]
    output_tokens: Annotated[int, Meta(ge=0)]
    evidence_nats: Nats | None
    evidence_now_nats: Nats | None
    candidate_bar_nats: Annotated[float, Meta(description="From here on the decision hears of it")]
    page_threshold_nats: Annotated[float, Meta(description="From here on it pages for itself")]
    score: Annotated[float, Meta(ge=0, le=1, description="One half at the page threshold")] | None
    requests_per_day: Annotated[float, Meta(ge=0)] | None
    coverage_entropy_nats: Annotated[float, Meta(ge=0, description="Over semantic cells")] | None
    usual_coverage_entropy_nats: Annotated[float, Meta(ge=0, description="Of an account with as many requests")] | None
    distinct_contents_share: Annotated[float, Meta(ge=0, le=1, description="Distinct contents a request")] | None
    reasons: list[AlertReason]
    counter_evidence: list[AlertReason]


class WeighedSignal(msgspec.Struct, frozen=True):
    """A property that was weighed, as in a reason; ``weight`` in nats, below zero where it speaks for innocence."""

    signal: str
    value: float
    usual: float
    weight: float


class GroupStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One anchor that a campaign's accounts share, as the decision last heard of it."""

    link: LinkLabel
    anchor_key: Annotated[str, Meta(description="Keyed hash, 16 hexadecimal digits")]
    evidence_nats: Nats
    threshold_nats: Annotated[float, Meta(description="Evidence from which it names its accounts")]
    names_accounts: Annotated[bool, Meta(description="It reached that, or most of the campaign shares the anchor")]
    waiting_account_count: Annotated[int, Meta(ge=0, description="Accounts seen at it and not named")]
    last_seen: str
    signals: Annotated[list[WeighedSignal], Meta(description="Those that weigh anything, the heaviest first")]


class MemberStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A named account of a campaign; ``uses`` are the most at any one anchor, with different content each."""

    account_id: str
    uses: Annotated[int, Meta(ge=0)]
    event_count: Annotated[int, Meta(ge=0)]
    output_tokens: Annotated[int, Meta(ge=0)]


class CampaignStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One open campaign as the decision sees it now; ``members`` are those of most uses, as many as were asked for."""

    campaign_id: str
    alert_id: str
    severity: SeverityLabel
    evidence_nats: Nats
    threshold_nats: float
    score: Annotated[float, Meta(ge=0, le=1, description="One half at its threshold")]
    opened_at: str
    first_seen: str
    last_seen: str
    closes_at: Annotated[str, Meta(description="If nothing happens until then; event time")]
    decided_through: Annotated[str, Meta(description="Everything effective before this was decided")]
    account_count: Annotated[int, Meta(ge=0)]
    unreported_account_count: Annotated[int, Meta(ge=0, description="Of them, to be named by the next record")]
    event_count: Annotated[int, Meta(ge=0)]
    output_tokens: Annotated[int, Meta(ge=0)]
    watched: Annotated[bool, Meta(description="Founded on an anchor that a verdict or an enforcement made known")]
    previous_alert_id: str | None
    reasons: Annotated[list[AlertReason], Meta(description="Of its strongest group, as its alert tells them")]
    counter_evidence: list[AlertReason]
    groups: list[GroupStanding]
    group_count: Annotated[int, Meta(ge=0)]
    members: list[MemberStanding]


def account_standing(account_id: str, row: np.void, settings: DetectionSettings) -> AccountStanding:
    """Explain one row (``ACCOUNT_ROW``). Cost: some ten microseconds, once Numba has compiled."""
    evidence_nats = evidence_of(row)
    content_events, distinct = int(row["content_events"]), None
    signals: list[Signal] = []
    entropy = usual = per_day = evidence_now = None
    if content_events and row["cell_total"] >= LEAST_CELL_TOTAL:
        summary, weighed = np.zeros(SUMMARY_SIZE), np.zeros((SIGNAL_COUNT, SIGNAL_COLUMNS))
        summarise(row, summary)
        evidence_now = weigh(summary, weighed)
        signals = named(weighed)
        entropy, usual = float(summary[CELL_ENTROPY]), float(usual_entropy(content_events))
        distinct = min(1.0, float(summary[DISTINCT_CONTENTS] / summary[CONTENT_EVENTS]))
        per_day = float(summary[EVENTS_PER_DAY])
    threshold_nats, events = page_threshold_nats(settings), int(row["events"])
    reasons, counter = explain(signals, Facts(event_count=events, member_event_count=events))
    return AccountStanding(
        account_id=account_id,
        status="warming_up" if evidence_nats is None else "judged",
        event_count=events,
        content_event_count=content_events,
        warm_up_events=settings.warm_up_events,
        next_look_events=int(row["checkpoint"]) or settings.warm_up_events,
        first_seen=timestamp(int(row["first_seen_ms"])),
        last_seen=timestamp(int(row["last_seen_ms"])),
        input_tokens=int(row["input_tokens"]),
        output_tokens=int(row["output_tokens"]),
        evidence_nats=_rounded(evidence_nats, NATS_DIGITS),
        evidence_now_nats=None if evidence_nats is None else _rounded(evidence_now, NATS_DIGITS),
        candidate_bar_nats=settings.candidate_bar_nats,
        page_threshold_nats=round(threshold_nats, NATS_DIGITS),
        score=None if evidence_nats is None else round(score(evidence_nats, threshold_nats), SCORE_DIGITS),
        requests_per_day=_rounded(per_day, VALUE_DIGITS),
        coverage_entropy_nats=_rounded(entropy, VALUE_DIGITS),
        usual_coverage_entropy_nats=_rounded(usual, VALUE_DIGITS),
        distinct_contents_share=_rounded(distinct, VALUE_DIGITS),
        reasons=reasons if evidence_nats is not None else [],
        counter_evidence=counter if evidence_nats is not None else [],
    )


def campaign_standing(
    alert: OpenAlert, book: CampaignBook, settings: DetectionSettings, decided_through_ms: int, most: int
) -> CampaignStanding:
    """Explain an open campaign with at most ``most`` groups and members. Cost: O(members of the campaign)."""
    campaign, groups = book.campaigns[alert.entity_id], book.groups_of(alert.entity_id)
    facts = Facts(event_count=alert.event_count, member_event_count=alert.member_event_count, links=alert.links)
    reasons, counter_evidence = explain(alert.signals, facts, watched=alert.watched)
    return CampaignStanding(
        campaign_id=alert.entity_id,
        alert_id=alert.alert_id,
        severity=Severity(alert.severity).label,
        evidence_nats=round(alert.evidence_nats, NATS_DIGITS),
        threshold_nats=round(alert.threshold_nats, NATS_DIGITS),
        score=round(score(alert.evidence_nats, alert.threshold_nats), SCORE_DIGITS),
        opened_at=timestamp(alert.opened_ms),
        first_seen=timestamp(alert.first_seen_ms),
        last_seen=timestamp(alert.last_seen_ms),
        closes_at=timestamp(alert.last_seen_ms + settings.quiet_ms),
        decided_through=timestamp(decided_through_ms),
        account_count=len(campaign.members),
        unreported_account_count=len(alert.unnamed),
        event_count=alert.event_count,
        output_tokens=alert.output_tokens,
        watched=alert.watched,
        previous_alert_id=alert.previous_alert_id,
        reasons=reasons,
        counter_evidence=counter_evidence,
        groups=[_group(group, names_accounts=book.names_some(group)) for group in groups[:most]],
        group_count=len(groups),
        members=[_member(account_id, member) for account_id, member in _most_used(campaign.members.items(), most)],
    )


def _group(group: Group, *, names_accounts: bool) -> GroupStanding:
    weighed = [
        readable(signal) for signal in sorted(group.signals, key=lambda signal: -abs(signal.nats)) if signal.nats
    ]
    return GroupStanding(
        link=group.link,
        anchor_key=group.key,
        evidence_nats=round(group.evidence_nats, NATS_DIGITS),
        threshold_nats=round(group.threshold_nats, NATS_DIGITS),
        names_accounts=names_accounts,
        waiting_account_count=len(group.waiting),
        last_seen=timestamp(group.last_seen_ms),
        signals=[
            WeighedSignal(
                signal.name,
                round(signal.value, VALUE_DIGITS),
                round(signal.usual, VALUE_DIGITS),
                round(signal.nats, NATS_DIGITS),
            )
            for signal in weighed
        ],
    )


def _most_used(members: Iterable[tuple[str, NamedMember]], most: int) -> list[tuple[str, NamedMember]]:
    return sorted(members, key=lambda item: (-item[1].uses, item[0]))[:most]


def _member(account_id: str, member: NamedMember) -> MemberStanding:
    return MemberStanding(
        account_id=account_id,
        uses=member.uses,
        event_count=member.event_count,
        output_tokens=member.output_tokens,
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)
