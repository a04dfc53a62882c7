"""The settings that decide: everything a decision may depend on besides the events, and nothing else."""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated

import msgspec
from msgspec import Meta

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS

_Duration = Meta(ge=1, le=366 * 24 * _HOUR_MS)


class DetectionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Frozen for the life of a process; two runs with equal settings and equal events give equal alerts.

    Times are milliseconds, sizes bytes, evidence nats (natural logarithm of a likelihood ratio).
    """

    partitions: Annotated[
        int, Meta(ge=1, le=1_024, description="Partitions of the requests topic and of the traces topic alike.")
    ] = 4
    lateness_ms: Annotated[
        int,
        Meta(
            ge=0,
            le=24 * _HOUR_MS,
            description="How far an event may trail its partition's newest before its effective time is raised.",
        ),
    ] = 2 * _MINUTE_MS
    bucket_ms: Annotated[
        int, _Duration, Meta(description="Event-time buckets in which traces and candidates are put in order.")
    ] = _MINUTE_MS
    quiet_ms: Annotated[int, _Duration, Meta(description="An alert without new evidence for this long is closed.")] = (
        24 * _HOUR_MS
    )
    future_tolerance_ms: Annotated[
        int, Meta(ge=0, le=24 * _HOUR_MS, description="An event further than this past its append time is refused.")
    ] = 5 * _MINUTE_MS
    earliest_event_ms: Annotated[
        int, Meta(ge=0, description="Events before this instant (epoch ms) are refused; 2020-01-01 unless set.")
    ] = 1_577_836_800_000
    max_value_bytes: Annotated[int, Meta(ge=1_024, le=8 << 20, description="Larger record values are refused.")] = (
        1 << 20
    )
    max_prompt_bytes: Annotated[
        int, Meta(ge=64, le=1 << 20, description="Prompt text beyond this many UTF-8 bytes is ignored.")
    ] = 32 << 10
    halving_events: Annotated[
        int,
        Meta(ge=2, le=65_535, description="Cell counts are halved when their sum reaches this, so old traffic fades."),
    ] = 1_024
    warm_up_events: Annotated[
        int, Meta(ge=2, le=65_535, description="An account is not judged before this many events with content.")
    ] = 20
    max_accounts: Annotated[
        int,
        Meta(ge=1, description="Account rows of a request partition before the longest-unseen are evicted."),
    ] = 250_000
    max_groups: Annotated[
        int, Meta(ge=1, description="Anchors of a trace partition before the longest-unseen are evicted.")
    ] = 100_000
    group_min_accounts: Annotated[
        int, Meta(ge=2, description="A group below this many qualifying accounts is not judged.")
    ] = 4
    planned_groups: Annotated[
        int,
        Meta(
            ge=1,
            description="Groups expected in the first week (`stillwatch calibrate` counts them); the false-page budget "
            "is shared among them. Later weeks are planned from the week before.",
        ),
    ] = 1_000
    member_min_uses: Annotated[
        int, Meta(ge=2, description="An account joins a group from this many uses with different content.")
    ] = 2
    candidate_bar_nats: Annotated[
        float, Meta(ge=0, description="Evidence from which an account or a group is passed on to the decision.")
    ] = 3.0
    watched_entities: Annotated[
        float, Meta(ge=1, description="Accounts and groups judged in a week, for the page threshold.")
    ] = 1_000_000.0
    false_pages_per_week: Annotated[float, Meta(gt=0, description="The operator's budget of false pages.")] = 1.0

    def config_hash(self) -> str:
        """Sixteen hexadecimal digits that change whenever a setting that decides changes."""
        return blake2b(msgspec.json.encode(self, order="deterministic"), digest_size=8).hexdigest()
