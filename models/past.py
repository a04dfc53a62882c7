"""Alerts that are over: their anchors and accounts, kept for a while, and what people said or did about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from hashlib import blake2b

import msgspec

from models.alert import Kind
from models.deadline import Deadlines
from models.pooled import JOINING_OVERLAP
from models.verdict import Scope

_DAY_MS = 24 * 3_600_000

#: An alert is remembered for this long after it closed, or after the end of its silence or watch.
REMEMBERED_MS = 60 * _DAY_MS

#: Ceilings over all remembered alerts; above one, those that would be forgotten soonest go first.
MAX_PAST_ALERTS = 10_000
MAX_PAST_ANCHORS = 10_000
MAX_PAST_ACCOUNTS = 100_000

#: Of one alert: its strongest anchors, and the accounts of smallest hash, which are a fair sample of any subset.
MAX_ANCHORS_PER_ALERT = 256
MAX_ACCOUNTS_PER_ALERT = 1_000

#: While it is silenced, a template's team may grow to this many times the accounts that were named.
_TEAM_GROWTH = 2

#: Merged alerts followed from one to the next.
_MAX_MERGES = 16

#: What is forgotten at once when a ceiling is passed.
_FORGOTTEN_PART = 16


class PastAlert(msgspec.Struct, array_like=True):
    """An alert that is over, or a verdict on accounts that stands for itself; times are effective, epoch ms.

    ``accounts`` is a sample of the ``account_count`` accounts named. Until ``silenced_until_ms`` the ``silence`` holds
    that verdict ``verdict_id`` asked for; until ``watched_until_ms`` the anchors count as known to be bad.
    """

    kind: Kind
    entity_id: str
    closed_ms: int
    anchors: list[str]
    accounts: list[str]
    account_count: int
    merged_into: str | None = None
    silence: Scope | None = None
    silenced_until_ms: int = 0
    verdict_id: str = ""
    watched_until_ms: int = 0

    @property
    def forget_ms(self) -> int:
        """When nothing has asked for it for long enough."""
        return max(self.closed_ms, self.silenced_until_ms, self.watched_until_ms) + REMEMBERED_MS


class PastAlerts:
    """Remembers past alerts by id, anchor and account.

    What it answers does not depend on the order of its rows. Cost: O(alerts that share the anchor or account) a
    question; memory: at most about 30 MB at the ceilings.
    """

    def __init__(self, deadlines: Deadlines, min_accounts: int) -> None:
        self._deadlines = deadlines
        self._least_shared = JOINING_OVERLAP * min_accounts
        self._alerts: dict[str, PastAlert] = {}
        self._by_anchor: dict[str, list[str]] = {}
        self._by_account: dict[str, list[str]] = {}
        self._anchors = self._accounts = 0
        self.dirty: set[str] = set()

    def __len__(self) -> int:
        """Alerts remembered."""
        return len(self._alerts)

    def row(self, alert_id: str) -> PastAlert | None:
        """The alert as it is kept, merged or not."""
        return self._alerts.get(alert_id)

    def resolve(self, alert_id: str) -> str:
        """Follow merges: the id of the alert that this one became part of, or its own."""
        for _ in range(_MAX_MERGES):
            past = self._alerts.get(alert_id)
            if past is None or past.merged_into is None:
                break
            alert_id = past.merged_into
        return alert_id

    def remember(self, alert_id: str, past: PastAlert) -> None:
        """Keep an alert, or another state of one that is kept already; the ceilings may push others out."""
        self.drop(alert_id)
        del past.anchors[MAX_ANCHORS_PER_ALERT:]
        past.accounts = sample(past.accounts)
        self._enter(alert_id, past)
        self.dirty.add(alert_id)
        if not self._fits(0):
            self._make_room()

    def _enter(self, alert_id: str, past: PastAlert) -> None:
        self._alerts[alert_id] = past
        self._anchors += len(past.anchors)
        self._accounts += len(past.accounts)
        for anchor in past.anchors:
            self._by_anchor.setdefault(anchor, []).append(alert_id)
        for account_id in past.accounts:
            self._by_account.setdefault(account_id, []).append(alert_id)
        self._deadlines.set(("past", alert_id), past.forget_ms)

    def drop(self, alert_id: str) -> None:
        """Forget an alert, if it is kept."""
        past = self._alerts.pop(alert_id, None)
        if past is None:
            return
        self._anchors -= len(past.anchors)
        self._accounts -= len(past.accounts)
        for anchor in past.anchors:
            _unlist(self._by_anchor, anchor, alert_id)
        for account_id in past.accounts:
            _unlist(self._by_account, account_id, alert_id)
        self._deadlines.drop(("past", alert_id))
        self.dirty.add(alert_id)

    def _fits(self, spare: int) -> bool:
        """Whether all ceilings hold, less a part of each if ``spare``."""
        counts = (len(self._alerts), self._anchors, self._accounts)
        ceilings = (MAX_PAST_ALERTS, MAX_PAST_ANCHORS, MAX_PAST_ACCOUNTS)
        return all(
            count <= ceiling - (ceiling // spare if spare else 0)
            for count, ceiling in zip(counts, ceilings, strict=True)
        )

    def _make_room(self) -> None:
        order = sorted((past.forget_ms, alert_id) for alert_id, past in self._alerts.items())
        for _, alert_id in order:
            if self._fits(_FORGOTTEN_PART):
                return
            self.drop(alert_id)

    def restore(self, alerts: Iterable[tuple[str, PastAlert]]) -> None:
        """Start from dumped alerts."""
        for alert_id, past in alerts:
            self._enter(alert_id, past)

    def silencing(self, anchor: str, now_ms: int) -> list[str]:
        """List the alerts whose verdict silences an anchor."""
        return [
            alert_id
            for alert_id in sorted(self._by_anchor.get(anchor, ()))
            if self._alerts[alert_id].silenced_until_ms > now_ms
        ]

    def silenced_by(self, verdict_id: str) -> list[str]:
        """List what a verdict still silences. Cost: O(alerts remembered)."""
        return sorted(
            alert_id for alert_id, past in self._alerts.items() if past.silence and past.verdict_id == verdict_id
        )

    def silences_account(self, account_id: str, now_ms: int) -> bool:
        """Whether a verdict silences an account wherever it appears."""
        return any(past.silenced_until_ms > now_ms and past.silence != "template" for past in self._naming(account_id))

    def silences_team(self, account_ids: Collection[str], now_ms: int) -> bool:
        """Whether half of these accounts, and enough of them, belong to what verdicts silence.

        Half of the *group's* accounts, so that a campaign cannot hide behind a few accounts of a silenced team.
        """
        known, weighed = 0, 0.0
        for account_id in account_ids:
            weights = [_weight(past) for past in self._naming(account_id) if past.silenced_until_ms > now_ms]
            if weights:
                known += 1
                weighed += max(weights)
        return known >= self._least_shared and weighed >= JOINING_OVERLAP * len(account_ids)

    def grow_team(self, alert_id: str, account_ids: Iterable[str]) -> None:
        """Note who else uses a silenced template: they are of its team, as far as a team may grow."""
        past = self._alerts[alert_id]
        room = min(_TEAM_GROWTH * past.account_count, MAX_ACCOUNTS_PER_ALERT) - len(past.accounts)
        if past.silence != "template" or room <= 0 or past.account_count > MAX_ACCOUNTS_PER_ALERT:
            return
        new = [account_id for account_id in account_ids if alert_id not in self._by_account.get(account_id, ())]
        for account_id in new[:room]:
            past.accounts.append(account_id)
            self._by_account.setdefault(account_id, []).append(alert_id)
            self._accounts += 1
            self.dirty.add(alert_id)

    def watching(self, anchor: str, now_ms: int) -> bool:
        """Whether an anchor is known to be bad."""
        return any(self._alerts[name].watched_until_ms > now_ms for name in self._by_anchor.get(anchor, ()))

    def previous_campaign(self, anchor: str, account_ids: Collection[str]) -> str | None:
        """The alert that comes back with a campaign: the last on this anchor, or else of largely the same accounts."""
        found = [(self._alerts[alert_id].closed_ms, alert_id) for alert_id in self._by_anchor.get(anchor, ())]
        if found:
            return max(found)[1]
        shared: Counter[str] = Counter()
        for account_id in account_ids:
            shared.update(self._by_account.get(account_id, ()))
        for alert_id, count in shared.items():
            past = self._alerts[alert_id]
            least = JOINING_OVERLAP * min(past.account_count, len(account_ids))
            if past.anchors and count >= self._least_shared and count * _weight(past) >= least:
                found.append((past.closed_ms, alert_id))
        return max(found)[1] if found else None

    def previous_account(self, account_id: str) -> str | None:
        """The last alert of an account itself."""
        named = [(self._alerts[name].closed_ms, name) for name in self._by_account.get(account_id, ())]
        own = [found for found in named if self._alerts[found[1]].entity_id == account_id]
        return max(own)[1] if own else None

    def naming(self, account_id: str) -> list[str]:
        """List the past alerts that are known to have named an account."""
        return sorted(self._by_account.get(account_id, ()))

    def _naming(self, account_id: str) -> list[PastAlert]:
        return [self._alerts[alert_id] for alert_id in self._by_account.get(account_id, ())]


def sample(account_ids: Collection[str]) -> list[str]:
    """Give all accounts, or those with the smallest hashes if there are too many, sorted."""
    if len(account_ids) > MAX_ACCOUNTS_PER_ALERT:
        account_ids = sorted(account_ids, key=lambda name: blake2b(name.encode(), digest_size=8).digest())
    return sorted(list(account_ids)[:MAX_ACCOUNTS_PER_ALERT])


def _weight(past: PastAlert) -> float:
    """How many accounts one of the sample stands for."""
    return max(1.0, past.account_count / max(1, len(past.accounts)))


def _unlist(index: dict[str, list[str]], key: str, alert_id: str) -> None:
    held = index[key]
    held.remove(alert_id)
    if not held:
        del index[key]
