"""What verdicts and enforcement do: alerts close, anchors and accounts fall silent, templates are watched for."""

from __future__ import annotations

from models.alert import Alert
from models.alert_board import AlertBoard
from models.campaign import CampaignBook
from models.candidate import GroupCandidate
from models.membership import anchor_name
from models.open_alert import OpenAlert
from models.past import PastAlert, PastAlerts, sample
from models.verdict import WATCHED_MS, Enforcement, Feedback, Scope, Verdict

#: Prefix under which a verdict on accounts stands among the past alerts, whose ids are hexadecimal.
_ACCOUNTS_VERDICT = "verdict:"


class Rulings:
    """Applies feedback at its instant. Cost: O(open alerts) a record, plus the accounts that it concerns.

    Silence is narrow: a template's verdict silences its anchors, and groups of which half of the accounts that they
    would name are known to belong to it; a verdict on accounts silences these alone. Everything else pages as before.
    """

    def __init__(self, board: AlertBoard, book: CampaignBook, past: PastAlerts) -> None:
        self._board = board
        self._book = book
        self._past = past

    def ignores(self, candidate: GroupCandidate) -> bool:
        """Whether a verdict silences a group's anchor; who uses it then is of the template's team."""
        silencing = self._past.silencing(anchor_name(candidate.link, candidate.key), candidate.effective_ms)
        for alert_id in silencing:
            self._past.grow_team(alert_id, [member.account_id for member in candidate.members])
        return bool(silencing)

    def take_effect(self, feedback: Feedback, now_ms: int) -> list[Alert]:
        """Do what a record asks for; of an alert that is not known any more, only listed accounts are left."""
        if isinstance(feedback, Enforcement):
            return self._enforce(feedback, now_ms)
        if feedback.withdraws is not None:
            self._lift(feedback.withdraws)
            return []
        if feedback.until_ms <= now_ms:
            return []
        alert_id = self._past.resolve(feedback.alert_id)
        alert = self._board.by_id(alert_id)
        if feedback.verdict == "true_positive":
            self._watch(alert_id, alert, feedback.until_ms, now_ms, unsilence=True)
            return []
        kind = alert.kind if alert is not None else self._kind(alert_id)
        if feedback.scope == "accounts" and (kind != "account" or feedback.account_ids):
            return self._silence_accounts(feedback, alert_id, alert, now_ms)
        # An account's own alert has no anchors: whatever the scope, the account alone is meant.
        scope: Scope = "accounts" if kind == "account" else feedback.scope
        return self._silence(feedback, scope, alert_id, alert, now_ms)

    def _kind(self, alert_id: str) -> str | None:
        past = self._past.row(alert_id)
        return None if past is None else past.kind

    def _silence(
        self, verdict: Verdict, scope: Scope, alert_id: str, alert: OpenAlert | None, now_ms: int
    ) -> list[Alert]:
        records = [] if alert is None else self._close(alert, verdict, now_ms)
        past = self._past.row(alert_id)
        if past is None:
            return records
        self._mark(alert_id, past, verdict, scope)
        for own in filter(None, [self._board.account(past.entity_id)] if scope == "accounts" else []):
            records += self._close(own, verdict, now_ms)
        for other in self._built_on(past.anchors):
            records += self._close(other, verdict, now_ms)
            closed = self._past.row(other.alert_id)
            if closed is not None:
                self._mark(other.alert_id, closed, verdict, scope)
        return records

    def _mark(self, alert_id: str, past: PastAlert, verdict: Verdict, scope: Scope) -> None:
        past.silence, past.silenced_until_ms, past.verdict_id = scope, verdict.until_ms, verdict.verdict_id
        past.watched_until_ms = 0
        self._past.remember(alert_id, past)

    def _lift(self, verdict_id: str) -> None:
        """End what a verdict silences; what it closed stays closed, and comes back as something new."""
        for alert_id in self._past.silenced_by(verdict_id):
            past = self._past.row(alert_id)
            if past is None or alert_id.startswith(_ACCOUNTS_VERDICT):
                self._past.drop(alert_id)
            else:
                past.silence, past.silenced_until_ms, past.verdict_id = None, 0, ""
                self._past.remember(alert_id, past)

    def _built_on(self, anchors: list[str]) -> list[OpenAlert]:
        """Open campaigns that stand on these anchors alone: what was judged has come back since it closed."""
        held = [self._book.groups[anchor].campaign_id for anchor in anchors if anchor in self._book.groups]
        silenced = set(anchors)
        return [
            self._board.campaign(campaign_id)
            for campaign_id in sorted({name for name in held if name is not None})
            if self._book.campaigns[campaign_id].groups <= silenced
        ]

    def _silence_accounts(self, verdict: Verdict, alert_id: str, alert: OpenAlert | None, now_ms: int) -> list[Alert]:
        named = self._named(alert_id, alert)
        accounts = sample(verdict.account_ids or named)
        if not accounts:
            return []
        stands = PastAlert("account", "", now_ms, [], accounts, len(accounts))
        stands.silence, stands.silenced_until_ms, stands.verdict_id = "accounts", verdict.until_ms, verdict.verdict_id
        self._past.remember(_ACCOUNTS_VERDICT + verdict.verdict_id, stands)
        records: list[Alert] = []
        # An alert of which only some accounts were judged goes on for the others.
        if alert is not None and (not verdict.account_ids or set(named) <= set(accounts)):
            records += self._close(alert, verdict, now_ms)
        for own in filter(None, map(self._board.account, accounts)):
            records += self._close(own, verdict, now_ms)
        return records

    def _named(self, alert_id: str, alert: OpenAlert | None) -> list[str]:
        if alert is not None and alert.kind == "campaign":
            return sorted(self._book.campaigns[alert.entity_id].members)
        if alert is not None:
            return [alert.entity_id]
        past = self._past.row(alert_id)
        return [] if past is None else past.accounts

    def _close(self, alert: OpenAlert, verdict: Verdict, now_ms: int) -> list[Alert]:
        alert.closed_by_verdict = verdict.verdict_id
        alert.watched_until_ms = 0
        return self._board.close(alert, now_ms)

    def _enforce(self, enforcement: Enforcement, now_ms: int) -> list[Alert]:
        until_ms = now_ms + WATCHED_MS
        for account_id in sorted(set(enforcement.account_ids)):
            for campaign_id in self._book.names(account_id):
                alert = self._board.campaign(campaign_id)
                self._watch(alert.alert_id, alert, until_ms, now_ms)
            for alert_id in self._past.naming(account_id):
                self._watch(alert_id, None, until_ms, now_ms)
        return []

    def _watch(
        self, alert_id: str, alert: OpenAlert | None, until_ms: int, now_ms: int, *, unsilence: bool = False
    ) -> None:
        """Have an alert's anchors watched; only a later verdict on the alert itself undoes its silence."""
        if alert is not None:
            alert.watched_until_ms = max(alert.watched_until_ms, until_ms)
            self._board.keep(alert)
            return
        past = self._past.row(alert_id)
        if past is None or not past.anchors or (past.silenced_until_ms > now_ms and not unsilence):
            return
        past.silence, past.silenced_until_ms, past.verdict_id = None, 0, ""
        past.watched_until_ms = max(past.watched_until_ms, until_ms)
        self._past.remember(alert_id, past)
