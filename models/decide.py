"""The decision: candidates in, alert records out. One stage for all partitions; it alone opens and closes alerts."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from models.alert import Alert, Kind
from models.budget import threshold_nats
from models.campaign import CampaignBook, Group, NamedMember
from models.candidate import AccountCandidate, Candidate, GroupCandidate
from models.candidate_order import Ordered
from models.deadline import Deadlines
from models.detection import DetectionSettings
from models.open_alert import OpenAlert, Reporter
from models.row import decode_row, encode_row
from models.severity import page_threshold_nats

#: Ceilings: above them the alert unseen for longest is closed, the sixteenth of the groups unseen for longest dropped.
MAX_OPEN_ALERTS: dict[Kind, int] = {"account": 10_000, "campaign": 1_000}
MAX_WAITING_GROUPS = 10_000

_ALERT, _GROUP, _MEMBER = b"a", b"g", b"m"
_SEPARATOR = "\x00"

_ALERT_DECODER = msgspec.msgpack.Decoder(OpenAlert)
_GROUP_DECODER = msgspec.msgpack.Decoder(Group)
_MEMBER_DECODER = msgspec.msgpack.Decoder(NamedMember)

_Entity = tuple[Kind, str]


class Decision:
    """Opens, updates and closes alerts within a budget of false pages.

    An account is paged from ``ln(watched entities / false pages a week)`` nats on, a group from what its share of the
    week's budget asks for (``models.budget``). An alert opens when its entity's evidence reaches the threshold; only
    candidates at or above it keep the alert open, and ``quiet_ms`` after the last of them it closes, at exactly that
    time. Updates come when evidence grew by a quarter, when members are to be named, or when severity rises; the first
    two at most once in ten minutes: an update that has to wait is sent at exactly the tenth minute.

    Candidates come in the order (effective time, source, position). Calls of ``advance`` between them, at whatever
    times, change neither the records nor their order, as long as time does not run backwards.
    Cost: microseconds a candidate, plus those of its members.
    """

    def __init__(self, settings: DetectionSettings, model_version: str) -> None:
        self._quiet_ms = settings.quiet_ms
        self._account_nats = page_threshold_nats(settings)
        self._false_pages_per_week = settings.false_pages_per_week
        self._reporter = Reporter(settings, model_version)
        self._book = CampaignBook(settings)
        self._open: dict[_Entity, OpenAlert] = {}
        self._deadlines = Deadlines()
        self._dirty: set[tuple[bytes, str]] = set()

    @property
    def open_count(self) -> int:
        """Alerts open now."""
        return len(self._open)

    def apply(self, candidate: Candidate) -> list[Alert]:
        """Decide on one candidate, after everything that was due by its effective time."""
        due = self.advance(candidate.effective_ms)
        if isinstance(candidate, AccountCandidate):
            return due + self._apply_account(candidate)
        return due + self._apply_group(candidate)

    def apply_all(self, ordered: Ordered) -> list[Alert]:
        """Decide on candidates in their order, then on everything due by the instant that they reach."""
        records: list[Alert] = []
        for candidate in ordered.candidates:
            records += self.apply(candidate)
        return records + self.advance(ordered.through_ms)

    def advance(self, now_ms: int) -> list[Alert]:
        """Send the records that fell due at or before ``now_ms`` (epoch ms, effective time), in order of time."""
        records: list[Alert] = []
        while (item := self._deadlines.pop(now_ms)) is not None:
            due_ms, (kind, entity_id) = item
            if kind == "group":
                self._forget_group(entity_id)
            else:
                records += self._expire("account" if kind == "account" else "campaign", entity_id, due_ms)
        return records

    def _expire(self, kind: Kind, entity_id: str, due_ms: int) -> list[Alert]:
        alert = self._open[kind, entity_id]
        records, closed = self._reporter.expire(alert, due_ms)
        if closed:
            self._forget_alert(alert)
        else:
            self._keep(alert)
        return records

    def _apply_account(self, candidate: AccountCandidate) -> list[Alert]:
        if candidate.evidence_nats < self._account_nats:
            return []
        alert = self._open.get(("account", candidate.account_id))
        opening = alert is None
        records: list[Alert] = []
        if alert is None:
            records = self._make_room("account", candidate.effective_ms)
            alert = OpenAlert("account", candidate.account_id, candidate.effective_ms, candidate.first_seen_ms, 0)
            alert.unnamed = [candidate.account_id]
            alert.threshold_nats = self._account_nats
        alert.evidence_nats, alert.signals = candidate.evidence_nats, candidate.signals
        alert.event_count = alert.member_event_count = candidate.event_count
        alert.output_tokens = candidate.output_tokens
        return records + self._send(alert, candidate.effective_ms, opening=opening)

    def _apply_group(self, candidate: GroupCandidate) -> list[Alert]:
        name, group = self._book.observe(candidate)
        self._dirty.add((_GROUP, name))
        now_ms = candidate.effective_ms
        if group.campaign_id is None:
            group.threshold_nats = threshold_nats(candidate.budget_share, self._false_pages_per_week)
        campaign_id, records = group.campaign_id, list[Alert]()
        opening = campaign_id is None
        if campaign_id is None:
            campaign_id = self._book.found(name, group)
            if campaign_id is None:
                return self._wait(name, group)
            records = self._make_room("campaign", now_ms)
            alert = OpenAlert("campaign", campaign_id, now_ms, now_ms, now_ms)
            alert.threshold_nats = group.threshold_nats
        else:
            alert = self._open["campaign", campaign_id]
        self._describe(alert)
        if not self._book.passes(group):
            self._dirty.add((_ALERT, _row_id("campaign", campaign_id)))
            return records
        alert.first_seen_ms = min([alert.first_seen_ms, *(seen.first_seen_ms for seen in group.waiting.values())])
        naming = self._book.name_members(campaign_id, group)
        alert.unnamed += naming.new
        alert.event_count += naming.uses
        alert.member_event_count += naming.event_count
        alert.output_tokens += naming.output_tokens
        self._dirty.update((_MEMBER, campaign_id + _SEPARATOR + account_id) for account_id in naming.changed)
        return records + self._send(alert, now_ms, opening=opening)

    def _describe(self, alert: OpenAlert) -> None:
        groups = self._book.groups_of(alert.entity_id)
        alert.evidence_nats, alert.signals = groups[0].evidence_nats, groups[0].signals
        alert.links = [group.link for group in groups]

    def _send(self, alert: OpenAlert, now_ms: int, *, opening: bool) -> list[Alert]:
        alert.last_seen_ms = now_ms
        if opening:
            self._open[alert.kind, alert.entity_id] = alert
            records = self._reporter.open(alert)
        else:
            records = self._reporter.update(alert, now_ms)
        self._keep(alert)
        return records

    def _keep(self, alert: OpenAlert) -> None:
        self._deadlines.set((alert.kind, alert.entity_id), self._reporter.due_ms(alert))
        self._dirty.add((_ALERT, _row_id(alert.kind, alert.entity_id)))

    def _wait(self, name: str, group: Group) -> list[Alert]:
        self._deadlines.set(("group", name), group.last_seen_ms + self._quiet_ms)
        if len(self._book.groups) <= MAX_WAITING_GROUPS:
            return []
        waiting = [(other.last_seen_ms, key) for key, other in self._book.groups.items() if other.campaign_id is None]
        if len(waiting) > MAX_WAITING_GROUPS:
            for _, longest_unseen in sorted(waiting)[: MAX_WAITING_GROUPS // 16]:
                self._deadlines.drop(("group", longest_unseen))
                self._forget_group(longest_unseen)
        return []

    def _make_room(self, kind: Kind, now_ms: int) -> list[Alert]:
        if len(self._open) < MAX_OPEN_ALERTS[kind]:
            return []
        held = [(alert.last_seen_ms, alert.entity_id) for alert in self._open.values() if alert.kind == kind]
        if len(held) < MAX_OPEN_ALERTS[kind]:
            return []
        longest_unseen = self._open[kind, min(held)[1]]
        records = self._reporter.close(longest_unseen, now_ms)
        self._forget_alert(longest_unseen)
        return records

    def _forget_alert(self, alert: OpenAlert) -> None:
        del self._open[alert.kind, alert.entity_id]
        self._deadlines.drop((alert.kind, alert.entity_id))
        self._dirty.add((_ALERT, _row_id(alert.kind, alert.entity_id)))
        if alert.kind == "campaign":
            campaign = self._book.close(alert.entity_id)
            self._dirty.update((_GROUP, name) for name in campaign.groups)
            self._dirty.update((_MEMBER, alert.entity_id + _SEPARATOR + name) for name in campaign.members)

    def _forget_group(self, name: str) -> None:
        group = self._book.groups.get(name)
        if group is not None and group.campaign_id is None:
            del self._book.groups[name]
            self._dirty.add((_GROUP, name))

    def dump_dirty(self) -> list[tuple[bytes, bytes | None]]:
        """Rows changed since ``mark_clean``, in key order; ``None`` where the row is gone."""
        return [(prefix + name.encode(), self._row(prefix, name)) for prefix, name in sorted(self._dirty)]

    def mark_clean(self) -> None:
        """Forget which rows were changed."""
        self._dirty.clear()

    def _row(self, prefix: bytes, name: str) -> bytes | None:
        held: OpenAlert | Group | NamedMember | None
        if prefix == _GROUP:
            held = self._book.groups.get(name)
        else:
            first, _, second = name.partition(_SEPARATOR)
            if prefix == _ALERT:
                held = self._open.get(("account" if first == "account" else "campaign", second))
            else:
                campaign = self._book.campaigns.get(first)
                held = campaign.members.get(second) if campaign else None
        return None if held is None else encode_row(held)

    def load(self, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Start from these rows, in log order, later ones winning; raises ``ValueError`` on another version's."""
        groups: list[Group] = []
        members: list[tuple[str, str, NamedMember]] = []
        self._open, self._deadlines = {}, Deadlines()
        for key, value in dict(rows).items():
            if value is None:
                continue
            if key[:1] == _ALERT:
                alert = decode_row(key, value, _ALERT_DECODER)
                self._open[alert.kind, alert.entity_id] = alert
                self._deadlines.set((alert.kind, alert.entity_id), self._reporter.due_ms(alert))
            elif key[:1] == _GROUP:
                groups.append(decode_row(key, value, _GROUP_DECODER))
            elif key[:1] == _MEMBER:
                campaign_id, _, account_id = key[1:].decode().partition(_SEPARATOR)
                members.append((campaign_id, account_id, decode_row(key, value, _MEMBER_DECODER)))
            else:
                raise ValueError(f"changelog row {key!r}: no row of the decision; this topic belongs to another stage")
        self._book.restore(groups, members)
        for name, group in self._book.groups.items():
            if group.campaign_id is None:
                self._deadlines.set(("group", name), group.last_seen_ms + self._quiet_ms)
        self._dirty.clear()


def _row_id(kind: Kind, entity_id: str) -> str:
    return kind + _SEPARATOR + entity_id
