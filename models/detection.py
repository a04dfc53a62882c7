"""The settings that decide: everything a decision may depend on besides the events, and nothing else."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS


class DetectionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Frozen for the life of a process; two runs with equal settings and equal events give equal alerts.

    Times are milliseconds, sizes bytes, evidence nats (natural logarithm of a likelihood ratio).
    """

    partitions: int = 4
    """Partitions of the requests topic and of the traces topic alike."""
    lateness_ms: int = 2 * _MINUTE_MS
    """How far an event may trail its partition's newest event before its effective time is raised."""
    bucket_ms: int = _MINUTE_MS
    """Width of the event-time buckets in which traces and candidates are put in order."""
    quiet_ms: int = 24 * _HOUR_MS
    """An alert without new evidence for this long is closed."""
    future_tolerance_ms: int = 5 * _MINUTE_MS
    """An event further than this past its append time is refused."""
    earliest_event_ms: int = 1_577_836_800_000
    """Events before this instant are refused (2020-01-01T00:00:00Z)."""
    max_value_bytes: int = 1 << 20
    """Larger record values are refused."""
    max_prompt_bytes: int = 32 << 10
    """Prompt text beyond this many UTF-8 bytes is ignored."""
    halving_events: int = 1_024
    """Cell counts are halved whenever their sum reaches this, so that old traffic fades."""
    warm_up_events: int = 20
    """An account is not judged before it has sent this many events with content."""
    max_accounts: int = 250_000
    """Account rows a request partition may hold before the longest-unseen are evicted."""
    max_groups: int = 100_000
    """Anchor groups a trace partition may hold before the longest-unseen are evicted."""
    group_min_accounts: int = 8
    """A group below this many qualifying accounts is not judged."""
    member_min_uses: int = 2
    """An account joins a group from this many uses of its anchor with different content."""
    candidate_bar_nats: float = 3.0
    """Evidence from which an account or a group is passed on to the decision."""
    watched_entities: float = 1_000_000.0
    """Accounts and groups judged in a week, for the page threshold."""
    false_pages_per_week: float = 1.0
    """The operator's budget of false pages."""

    def config_hash(self) -> str:
        """Sixteen hexadecimal digits that change whenever a setting that decides changes."""
        return blake2b(msgspec.json.encode(self, order="deterministic"), digest_size=8).hexdigest()
