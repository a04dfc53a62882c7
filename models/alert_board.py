"""The alerts that are open: reported, kept within their ceilings, and remembered when they close."""

from __future__ import annotations

from collections.abc import Iterable

from models.alert import Alert, Kind
from models.campaign import CampaignBook
from models.candidate import Signal
from models.deadline import Deadlines
from models.detection import DetectionSettings
from models.membership import Naming, anchor_name
from models.open_alert import OpenAlert, Reporter
from models.past import PastAlert, PastAlerts

#: Ceilings: above them the alert unseen for longest is closed.
MAX_OPEN_ALERTS: dict[Kind, int] = {"account": 10_000, "campaign": 1_000}


class AlertBoard:
    """Opens, updates and closes alerts; what closes goes into the memory of past alerts with its anchors and accounts.

    ``changed`` holds entities of alerts, names of groups and (campaign, account) pairs whose rows changed.
    """

    def __init__(
        self,
        settings: DetectionSettings,
        model_version: str,
        book: CampaignBook,
        past: PastAlerts,
        deadlines: Deadlines,
    ) -> None:
        self._reporter = Reporter(settings, model_version)
        self._book = book
        self._past = past
        self._deadlines = deadlines
        self.alerts: dict[tuple[Kind, str], OpenAlert] = {}
        self.changed_alerts: set[tuple[Kind, str]] = set()
        self.changed_groups: set[str] = set()
        self.changed_members: set[tuple[str, str]] = set()

    def restore(self, alerts: Iterable[OpenAlert]) -> None:
        """Start from dumped alerts."""
        for alert in alerts:
            self.alerts[alert.kind, alert.entity_id] = alert
            self._deadlines.set((alert.kind, alert.entity_id), self._reporter.due_ms(alert))

    def by_id(self, alert_id: str) -> OpenAlert | None:
        """The open alert of an id. Cost: O(open alerts)."""
        return next((alert for alert in self.alerts.values() if alert.alert_id == alert_id), None)

    def account(self, account_id: str) -> OpenAlert | None:
        """The open alert of an account itself."""
        return self.alerts.get(("account", account_id))

    def campaign(self, campaign_id: str) -> OpenAlert:
        """The alert of an open campaign."""
        return self.alerts["campaign", campaign_id]

    def open(self, alert: OpenAlert) -> list[Alert]:
        """Report a new alert."""
        self.alerts[alert.kind, alert.entity_id] = alert
        records = self._reporter.open(alert)
        self.keep(alert)
        return records

    def update(self, alert: OpenAlert, now_ms: int) -> list[Alert]:
        """Note that the alert has new evidence, and report it if that is due."""
        alert.last_seen_ms = now_ms
        records = self._reporter.update(alert, now_ms)
        self.keep(alert)
        return records

    def expire(self, kind: Kind, entity_id: str, due_ms: int) -> list[Alert]:
        """Send the update that had to wait, or close an alert that fell quiet."""
        alert = self.alerts[kind, entity_id]
        if not self._reporter.quiet(alert, due_ms):
            records = self._reporter.late_update(alert, due_ms)
            self.keep(alert)
            return records
        return self.close(alert, due_ms)

    def keep(self, alert: OpenAlert) -> None:
        """Note that an alert changed."""
        self._deadlines.set((alert.kind, alert.entity_id), self._reporter.due_ms(alert))
        self.changed_alerts.add((alert.kind, alert.entity_id))

    def make_room(self, kind: Kind, now_ms: int) -> list[Alert]:
        """Close the alert unseen for longest where there are too many."""
        if len(self.alerts) < MAX_OPEN_ALERTS[kind]:
            return []
        held = [(alert.last_seen_ms, alert.entity_id) for alert in self.alerts.values() if alert.kind == kind]
        if len(held) < MAX_OPEN_ALERTS[kind]:
            return []
        return self.close(self.alerts[kind, min(held)[1]], now_ms)

    def close(self, alert: OpenAlert, now_ms: int) -> list[Alert]:
        """Report the end of an alert, remember what it named, and forget its campaign."""
        anchors, accounts = list[str](), [alert.entity_id]
        if alert.kind == "campaign":
            anchors = [anchor_name(group.link, group.key) for group in self._book.groups_of(alert.entity_id)]
            campaign = self._book.close(alert.entity_id)
            accounts = list(campaign.members)
            self.changed_groups |= campaign.groups
            self.changed_members.update((alert.entity_id, account_id) for account_id in campaign.members)
        return self._end(alert, now_ms, anchors, accounts)

    def merge(self, first: OpenAlert, second: OpenAlert, now_ms: int) -> tuple[OpenAlert, list[Alert]]:
        """Merge two campaigns into the older: the younger closes, its groups and members move over."""
        older, younger = sorted((first, second), key=lambda alert: (alert.opened_ms, alert.entity_id))
        was, naming = self._book.merge(older.entity_id, younger.entity_id)
        self.changed_groups |= was.groups
        self.changed_members.update((younger.entity_id, account_id) for account_id in was.members)
        # Names that still wait are told once, by the alert that goes on.
        younger.unnamed = []
        younger.merged_into = older.alert_id
        records = self._end(younger, now_ms, [], [])
        older.first_seen_ms = min(older.first_seen_ms, younger.first_seen_ms)
        older.watched_until_ms = max(older.watched_until_ms, younger.watched_until_ms)
        self.take(older, naming)
        return older, records

    def _end(self, alert: OpenAlert, now_ms: int, anchors: list[str], accounts: list[str]) -> list[Alert]:
        records = self._reporter.close(alert, now_ms)
        del self.alerts[alert.kind, alert.entity_id]
        self._deadlines.drop((alert.kind, alert.entity_id))
        self.changed_alerts.add((alert.kind, alert.entity_id))
        past = PastAlert(alert.kind, alert.entity_id, now_ms, anchors, accounts, len(accounts))
        past.merged_into, past.watched_until_ms = alert.merged_into, alert.watched_until_ms
        self._past.remember(alert.alert_id, past)
        return records

    def describe(self, alert: OpenAlert) -> None:
        """Bring a campaign's evidence and links up to date: those of its strongest group, or what all come to."""
        strongest, together_nats, alert.links = self._book.weighed(alert.entity_id)
        alert.evidence_nats, alert.signals = strongest.evidence_nats, strongest.signals
        further_nats = together_nats - alert.evidence_nats
        if further_nats > 0:
            alert.evidence_nats += further_nats
            alert.signals = [*alert.signals, Signal("further_groups", float(len(alert.links)), 1.0, further_nats)]
        self.changed_alerts.add((alert.kind, alert.entity_id))

    def take(self, alert: OpenAlert, naming: Naming) -> None:
        """Add what a naming gave to a campaign's alert."""
        alert.unnamed += naming.new
        alert.event_count += naming.uses
        alert.member_event_count += naming.event_count
        alert.output_tokens += naming.output_tokens
        self.changed_members.update((alert.entity_id, account_id) for account_id in naming.changed)
