"""Candidates: accounts and groups whose evidence passed the low bar, on their way to the decision.

And, with no evidence, groups that pay by one means (``models.group``).
"""

from __future__ import annotations

from typing import Literal

import msgspec

LinkLabel = Literal["shell", "payment", "address"]


class Signal(msgspec.Struct, frozen=True):
    """One property that was weighed: its value, what is usual, and the evidence it gave.

    ``nats`` is a log likelihood ratio (natural logarithm); below zero it speaks for innocence.
    """

    name: str
    value: float
    usual: float
    nats: float


class AccountCandidate(msgspec.Struct, frozen=True, tag="account", tag_field="kind"):
    """One account, as its own row sees it, effective when its last weighed event was."""

    account_id: str
    effective_ms: int
    position: int
    evidence_nats: float
    signals: list[Signal]
    first_seen_ms: int
    last_seen_ms: int
    event_count: int
    output_tokens: int


class Member(msgspec.Struct, frozen=True):
    """One account of a group; ``uses`` are its uses of the anchor with other content than the last.

    ``event_count`` counts all its requests as of its last trace; ``output_tokens`` is estimated for its uses (mean of
    the traced answers times uses). ``first_seen_ms`` and ``last_seen_ms`` are effective times of its traces.
    """

    account_id: str
    uses: int
    event_count: int
    output_tokens: int
    first_seen_ms: int
    last_seen_ms: int


class GroupCandidate(msgspec.Struct, frozen=True, tag="group", tag_field="kind"):
    """Accounts that share one anchor; ``members`` holds those that are new or changed since its last candidate.

    ``key`` is the anchor's keyed hash, 16 hexadecimal digits. It is effective in the last millisecond of the bucket
    that was closed, and that is its ``position`` too, so positions lie in ``from_position <= p < through_position``.
    ``budget_share`` is the group's share of a week's false pages (``models.budget``), 0 to 1.
    ``account_count`` is an estimate above the kept members. Over the kept members, ``event_count`` and
    ``output_tokens`` cover their uses of the anchor and ``member_event_count`` all their requests.
    """

    key: str
    link: LinkLabel
    effective_ms: int
    position: int
    evidence_nats: float
    signals: list[Signal]
    members: list[Member]
    account_count: int
    event_count: int
    member_event_count: int
    output_tokens: int
    budget_share: float


Candidate = AccountCandidate | GroupCandidate


class CandidateBatch(msgspec.Struct, frozen=True):
    """One message of ``candidates.v1``: what one source found between two positions of its own.

    ``stage`` and ``partition`` name the source. Positions are request offsets for accounts and effective times
    (epoch milliseconds) for groups; no later candidate of the source is effective before ``watermark_ms``.
    A message with the key ``verdict`` or ``enforcement`` is no batch but a record as in that topic.
    """

    stage: Literal["account", "campaign"]
    partition: int
    from_position: int
    through_position: int
    watermark_ms: int
    candidates: list[Candidate]
    schema_version: int = 1
