"""What people say of alerts and what is done to accounts: records of ``verdicts.v1`` and ``enforcement.v1``."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from models.event import Instant, Text, epoch_ms

_DAY_MS = 24 * 3_600_000

#: A verdict silences for at most this long; then somebody has to look again.
MAX_SILENCE_DAYS = 366

#: Anchors are watched for this long after a true positive without an ``until``, and after an enforcement.
WATCHED_MS = 180 * _DAY_MS

#: Accounts that one record may list.
MAX_LISTED_ACCOUNTS = 1_000

#: ``withdrawn`` takes an earlier verdict back; the others say what an alert turned out to be.
Finding = Literal["false_positive", "true_positive", "expected", "withdrawn"]
Scope = Literal["template", "accounts", "campaign"]
AccountId = Annotated[str, Meta(min_length=1, max_length=256)]
AccountIds = Annotated[list[AccountId], Meta(max_length=MAX_LISTED_ACCOUNTS)]


class Verdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody found out about an alert; a verdict_id that was seen before is ignored. Times as in the event.

    ``false_positive`` and ``expected`` (an evaluation team, say) close the alert and silence what ``scope`` names until
    ``until``, at most 366 days after ``given_at``: ``template`` the alert's shared anchors and any group that is
    largely its accounts, ``accounts`` the accounts of ``account_ids``, or else all that it named, wherever they appear,
    ``campaign`` both. ``true_positive`` has its anchors watched until ``until``, or for 180 days. ``withdrawn`` ends
    the silence of the verdict that ``withdraws`` names, if it still holds; from then on everything pages as ever.

    >>> value = b'{"verdict_id":"v-1","alert_id":"a315fb290987d2b1ed3c975422719ba5","verdict":"expected",'
    >>> value += b'"until":"2026-03-01T00:00:00Z","given_at":"2026-01-02T00:00:00Z","given_by":"ada"}'
    >>> verdict = msgspec.json.decode(value, type=Verdict)
    >>> verdict.scope, verdict.until_ms - verdict.given_ms
    ('template', 5011200000)
    """

    schema_version: Annotated[Literal[1], Meta(description="Version of this schema")] = 1
    verdict_id: Annotated[str, Meta(min_length=1, max_length=128, description="Unique name of the verdict")]
    alert_id: Annotated[
        str, Meta(min_length=1, max_length=128, description="The alert, or one that was merged into it")
    ]
    verdict: Annotated[Finding, Meta(description="What the alert turned out to be")]
    scope: Annotated[Scope, Meta(description="How far the verdict reaches")] = "template"
    account_ids: Annotated[AccountIds, Meta(description="With scope accounts: which; none for all that were named")] = (
        msgspec.field(default_factory=list)
    )
    until: Annotated[
        Instant | None, Meta(description="When it ends; needed for a false positive or what is expected")
    ] = None
    withdraws: Annotated[
        Annotated[str, Meta(min_length=1, max_length=128)] | None,
        Meta(description="With withdrawn: the verdict_id whose silence ends"),
    ] = None
    note: Annotated[Annotated[str, Meta(max_length=4_096)], Meta(description="Why, for whoever looks next")] = ""
    given_by: Annotated[Text, Meta(description="Who gave it")] = ""
    given_at: Annotated[Instant, Meta(description="When; it takes effect with the bucket of event time of that moment")]

    def __post_init__(self) -> None:
        """Refuse a silence without a near end, accounts where none are asked for, and half a withdrawal."""
        if (self.withdraws is None) == (self.verdict == "withdrawn"):
            raise ValueError("withdraws: names a verdict_id where the verdict is withdrawn, and nothing elsewhere")
        if self.account_ids and self.scope != "accounts":
            raise ValueError(f"account_ids: scope is {self.scope}; give scope accounts, or no account_ids")
        if self.until is None:
            if self.verdict in ("false_positive", "expected"):
                raise ValueError(f"until: a verdict {self.verdict} needs one, at most {MAX_SILENCE_DAYS} days ahead")
        elif self.verdict == "withdrawn":
            raise ValueError("until: a verdict withdrawn has none; it holds from its time on")
        elif not self.given_ms < _milliseconds(self.until) <= self.given_ms + MAX_SILENCE_DAYS * _DAY_MS:
            raise ValueError(f"until: must lie after given_at, by at most {MAX_SILENCE_DAYS} days")

    @property
    def id(self) -> str:
        """What tells it from others."""
        return self.verdict_id

    @property
    def given_ms(self) -> int:
        """``given_at`` in epoch milliseconds."""
        return _milliseconds(self.given_at)

    @property
    def until_ms(self) -> int:
        """When it ends, epoch milliseconds."""
        if self.until is not None:
            return _milliseconds(self.until)
        return self.given_ms if self.verdict == "withdrawn" else self.given_ms + WATCHED_MS


class Enforcement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done to accounts; an enforcement_id that was seen before is ignored. Times as in the event.

    The anchors of campaigns that name one of the accounts are watched for 180 days: banned pools are replaced, and what
    replaces them fills the same templates.

    >>> value = b'{"enforcement_id":"e-1","account_ids":["a-1"],"action":"banned","imposed_at":"2026-01-02T00:00:00Z"}'
    >>> msgspec.json.decode(value, type=Enforcement).given_ms
    1767312000000
    """

    schema_version: Annotated[Literal[1], Meta(description="Version of this schema")] = 1
    enforcement_id: Annotated[str, Meta(min_length=1, max_length=128, description="Unique name of the enforcement")]
    account_ids: Annotated[
        list[AccountId], Meta(min_length=1, max_length=MAX_LISTED_ACCOUNTS, description="To whom it was done")
    ]
    action: Annotated[Literal["banned", "suspended", "limited"], Meta(description="What was done")]
    reason: Annotated[Text, Meta(description="Why, in a word")] = ""
    imposed_at: Annotated[
        Instant, Meta(description="When; it takes effect with the bucket of event time of that moment")
    ]

    @property
    def id(self) -> str:
        """What tells it from others."""
        return self.enforcement_id

    @property
    def given_ms(self) -> int:
        """``imposed_at`` in epoch milliseconds."""
        return _milliseconds(self.imposed_at)


Feedback = Verdict | Enforcement

#: Kinds of feedback: keys of the messages that carry them through ``candidates.v1``.
FeedbackKind = Literal["enforcement", "verdict"]


def kind_of(feedback: Feedback) -> FeedbackKind:
    """The kind of a record."""
    return "verdict" if isinstance(feedback, Verdict) else "enforcement"


def kind_of_key(key: bytes | None) -> FeedbackKind | None:
    """The kind that a message's key names, ``None`` for a message of candidates."""
    return _KINDS.get(key) if key else None


def decode_feedback(kind: FeedbackKind, value: bytes) -> Feedback:
    """Read one record; raises ``msgspec.MsgspecError`` or ``UnicodeDecodeError``, the former with a field's path."""
    return _VERDICTS.decode(value) if kind == "verdict" else _ENFORCEMENTS.decode(value)


def encode_feedback(feedback: Feedback) -> bytes:
    """One JSON object without a line end."""
    return _ENCODER.encode(feedback)


def _milliseconds(instant: Instant) -> int:
    return instant if isinstance(instant, int) else epoch_ms(instant)


_KINDS: dict[bytes, FeedbackKind] = {b"verdict": "verdict", b"enforcement": "enforcement"}
_VERDICTS = msgspec.json.Decoder(Verdict)
_ENFORCEMENTS = msgspec.json.Decoder(Enforcement)
_ENCODER = msgspec.json.Encoder()
