"""The decision: candidates in, alert records out. One stage for all partitions; it alone opens and closes alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from models.alert import Alert, Kind, SeverityLabel
from models.alert_board import AlertBoard
from models.awaited import AwaitedFeedback, Inbox
from models.budget import WEEK_MS, threshold_nats
from models.campaign import JOINED_NATS, CampaignBook
from models.candidate import AccountCandidate, Candidate, GroupCandidate
from models.candidate_order import Ordered
from models.deadline import Deadlines
from models.decision_rows import DecisionRows
from models.detection import DetectionSettings
from models.membership import Group
from models.open_alert import OpenAlert
from models.past import PastAlerts
from models.rulings import Rulings
from models.severity import Severity, page_threshold_nats
from models.standing import CampaignStanding, campaign_standing
from models.surprise import Surprise

#: Ceiling: above it a sixteenth is dropped, first groups that only pay together, then those unseen for longest.
MAX_WAITING_GROUPS = 20_000


class Decision:
    """Opens, updates and closes alerts within a budget of false pages.

    An account is paged from ``ln(watched entities / false pages a week)`` nats on, a group from what its share of the
    week's budget asks for (``models.budget``), whether it has these alone or with others of the same accounts, of which
    ``pooled`` makes evidence (``models.pooled``); a group waits for others for a week. An alert opens when its entity's
    evidence reaches the threshold; only candidates at or above it keep the alert open, and ``quiet_ms`` after the last
    of them it closes, at exactly that time. Updates come when evidence grew by a quarter, when members are to be named,
    or when severity rises; the first two at most once in ten minutes: an update that has to wait is sent at exactly the
    tenth minute.

    One campaign, one alert: campaigns of largely the same accounts merge into the oldest, and an account that an open
    campaign names has no alert of its own. What verdicts silence opens nothing, and an anchor that they or an
    enforcement made known is paged from ``JOINED_NATS`` above the candidate bar on (``models.rulings``).

    Candidates come in the order (effective time, source, position). Calls of ``advance`` between them, at whatever
    times, change neither the records nor their order, as long as time does not run backwards.
    Cost: microseconds a candidate, plus O(accounts that wait at its group, times the groups at which they wait).
    """

    def __init__(self, settings: DetectionSettings, model_version: str, pooled: Surprise | None = None) -> None:
        self._settings = settings
        self._account_nats = page_threshold_nats(settings)
        self._joined_nats = settings.candidate_bar_nats + JOINED_NATS
        self._false_pages_per_week = settings.false_pages_per_week
        self._deadlines = Deadlines()
        self._book = CampaignBook(settings, pooled)
        self._past = PastAlerts(self._deadlines, settings.group_min_accounts)
        self._board = AlertBoard(settings, model_version, self._book, self._past, self._deadlines)
        self._inbox = Inbox(settings, self._deadlines)
        self._rulings = Rulings(self._board, self._book, self._past)
        self._rows = DecisionRows(self._board, self._book, self._past, self._inbox)

    @property
    def open_count(self) -> int:
        """Alerts open now."""
        return len(self._board.alerts)

    def open_counts(self) -> Counter[tuple[Kind, SeverityLabel]]:
        """Alerts open now, by kind and severity. Cost: O(open alerts)."""
        return Counter((alert.kind, Severity(alert.severity).label) for alert in self._board.alerts.values())

    def apply(self, candidate: Candidate) -> list[Alert]:
        """Decide on one candidate, after everything that was due by its effective time."""
        due = self.advance(candidate.effective_ms)
        if isinstance(candidate, AccountCandidate):
            return due + self._apply_account(candidate)
        return due + self._apply_group(candidate)

    def receive(self, feedback: Iterable[AwaitedFeedback]) -> list[AwaitedFeedback]:
        """Take verdicts and enforcement, which take effect later, once each; return those that had no room."""
        return [read for read in feedback if not self._inbox.receive(read)]

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
            due_ms, (kind, name) = item
            if kind == "group":
                self._forget_group(name)
            elif kind == "past":
                self._past.drop(name)
            elif kind == "feedback":
                feedback = self._inbox.due(name)
                records += [] if feedback is None else self._rulings.take_effect(feedback, due_ms)
            else:
                records += self._board.expire("account" if kind == "account" else "campaign", name, due_ms)
        return records

    def _apply_account(self, candidate: AccountCandidate) -> list[Alert]:
        account_id, now_ms = candidate.account_id, candidate.effective_ms
        if candidate.evidence_nats < self._account_nats or self._book.names(account_id):
            return []
        alert = self._board.account(account_id)
        opening = alert is None
        records: list[Alert] = []
        if alert is None:
            if self._past.silences_account(account_id, now_ms):
                return []
            records = self._board.make_room("account", now_ms)
            alert = OpenAlert("account", account_id, now_ms, candidate.first_seen_ms, now_ms)
            alert.unnamed = [account_id]
            alert.threshold_nats = self._account_nats
            alert.previous_alert_id = self._past.previous_account(account_id)
        alert.evidence_nats, alert.signals = candidate.evidence_nats, candidate.signals
        alert.event_count = alert.member_event_count = candidate.event_count
        alert.output_tokens = candidate.output_tokens
        return records + (self._board.open(alert) if opening else self._board.update(alert, now_ms))

    def _apply_group(self, candidate: GroupCandidate) -> list[Alert]:
        now_ms = candidate.effective_ms
        if self._rulings.ignores(candidate):
            return []
        name, group = self._book.observe(candidate)
        self._board.changed_groups.add(name)
        bridged: list[str] = []
        if group.campaign_id is None:
            watched = self._past.watching(name, now_ms)
            group.own_nats = threshold_nats(candidate.budget_share, self._false_pages_per_week)
            group.own_nats = min(group.own_nats, self._joined_nats) if watched else group.own_nats
            group.threshold_nats = group.own_nats
            if self._past.silences_team(self._book.nameable(group), now_ms):
                return self._wait(name, group)
            joinable = self._book.joinable(group)
            if not joinable and self._book.is_weak(candidate):
                return self._wait(name, group)
            if not joinable:
                return self._found(name, group, now_ms, watched=watched)
            self._book.join(name, group, joinable[0], min(group.own_nats, self._joined_nats))
            self._deadlines.drop(("group", name))
            bridged = self._book.bridged(group, joinable)
        return self._extend(group, now_ms, bridged)

    def _found(self, name: str, group: Group, now_ms: int, *, watched: bool) -> list[Alert]:
        """Open a campaign's alert if the group is enough for one, alone or with others of the same accounts."""
        alike = [(other, self._book.groups[other]) for other in self._book.alike(name)]
        if self._suffices(group, alike, watched=watched):
            # What a verdict silences is no evidence against the accounts beside it.
            alike = [(other, held) for other, held in alike if held is group or not self._silenced(other, held, now_ms)]
        if not self._suffices(group, alike, watched=watched):
            return self._wait(name, group)
        asked_nats, previous = group.own_nats, self._past.previous_campaign(name, group.waiting)
        campaign_id = self._book.found(*alike[0], together=True)
        if campaign_id is None:
            return self._wait(name, group)
        for other_name, other in alike[1:]:
            self._book.join(other_name, other, campaign_id, min(other.own_nats, self._joined_nats))
        for other_name, _ in alike:
            self._deadlines.drop(("group", other_name))
            self._board.changed_groups.add(other_name)
        records = self._board.make_room("campaign", now_ms)
        alert = OpenAlert("campaign", campaign_id, now_ms, now_ms, now_ms)
        alert.threshold_nats, alert.watched, alert.previous_alert_id = asked_nats, watched, previous
        self._board.describe(alert)
        named = [account_id for _, other in alike for account_id in self._name(alert, other, now_ms)]
        return records + self._board.open(alert) + self._absorb(alert, named, now_ms)

    def _suffices(self, group: Group, alike: list[tuple[str, Group]], *, watched: bool) -> bool:
        together_nats = self._book.evidence_nats([other for _, other in alike])
        return together_nats >= group.own_nats or (watched and group.passes)

    def _silenced(self, name: str, group: Group, now_ms: int) -> bool:
        anchor_is = bool(self._past.silencing(name, now_ms))
        return anchor_is or self._past.silences_team(self._book.nameable(group), now_ms)

    def _extend(self, group: Group, now_ms: int, bridged: list[str]) -> list[Alert]:
        """Report what a group adds to its open campaign, and merge the campaigns that it shows to be one."""
        alert = self._board.campaign(group.campaign_id or "")
        self._board.describe(alert)
        named = self._name(alert, group, now_ms)
        if not group.passes and not named:
            return []
        records = self._board.update(alert, now_ms) + self._absorb(alert, named, now_ms)
        others = [campaign_id for campaign_id in bridged if campaign_id != alert.entity_id]
        while others or (other := self._book.same_as(alert.entity_id)) is not None:
            second = self._board.campaign(others.pop(0) if others else other or "")
            alert, closed = self._board.merge(alert, second, now_ms)
            self._board.describe(alert)
            records += closed + self._board.update(alert, now_ms)
        return records

    def _name(self, alert: OpenAlert, group: Group, now_ms: int) -> list[str]:
        seen = dict(group.waiting)
        silenced = [name for name in seen if self._past.silences_account(name, now_ms)]
        naming = self._book.name_members(alert.entity_id, group, silenced)
        alert.first_seen_ms = min([alert.first_seen_ms, *(seen[name].first_seen_ms for name in naming.changed)])
        self._board.take(alert, naming)
        return naming.new

    def _absorb(self, alert: OpenAlert, named: list[str], now_ms: int) -> list[Alert]:
        """Close the members' own alerts: the campaign's tells of them from now on."""
        records: list[Alert] = []
        for own in filter(None, map(self._board.account, sorted(named))):
            own.absorbed_by = alert.alert_id
            records += self._board.close(own, now_ms)
        return records

    def _wait(self, name: str, group: Group) -> list[Alert]:
        self._deadlines.set(("group", name), group.last_seen_ms + WEEK_MS)
        if len(self._book.groups) <= MAX_WAITING_GROUPS:
            return []
        waiting = [
            (other.peak_nats > 0.0, other.last_seen_ms, key)
            for key, other in self._book.groups.items()
            if other.campaign_id is None
        ]
        if len(waiting) > MAX_WAITING_GROUPS:
            for *_, first in sorted(waiting)[: MAX_WAITING_GROUPS // 16]:
                self._deadlines.drop(("group", first))
                self._forget_group(first)
        return []

    def _forget_group(self, name: str) -> None:
        group = self._book.groups.get(name)
        if group is not None and group.campaign_id is None:
            self._book.forget(name)
            self._board.changed_groups.add(name)

    def standing_of(self, name: str, decided_through_ms: int, most: int) -> CampaignStanding | None:
        """Explain an open campaign, by its own id or its alert's; ``None`` if there is none. Changes nothing."""
        alert = self._board.alerts.get(("campaign", name)) or self._board.by_id(name)
        if alert is None or alert.kind != "campaign":
            return None
        return campaign_standing(alert, self._book, self._settings, decided_through_ms, most)

    def dump_dirty(self) -> list[tuple[bytes, bytes | None]]:
        """Rows changed since ``mark_clean``, in key order; ``None`` where the row is gone."""
        return self._rows.dump_dirty()

    def mark_clean(self) -> None:
        """Forget which rows were changed."""
        self._rows.mark_clean()

    def load(self, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Start a fresh decision from these rows, later ones winning; raises ``ValueError`` on another version's."""
        self._rows.load(rows)
        for name, group in self._book.groups.items():
            if group.campaign_id is None:
                self._deadlines.set(("group", name), group.last_seen_ms + WEEK_MS)
