"""Decides what a notifier tells next: pages, quiet refreshes, closings, and summaries of what flood control kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from models.alert import Alert, SeverityLabel
from streams.notify.backlog import Backlog, Part
from streams.notify.flood import WINDOW_MS, FloodControl
from streams.notify.notice import SEVERITIES, Action, Notice, Summary, rank
from streams.notify.notification import Cause, Notification
from streams.notify.told import Told

#: Notices planned at once; by the next plan newer records of the same alerts may have come.
_PLANNED = 100

#: Causes that want a summary soon.
_PRESSING: frozenset[Cause | None] = frozenset(("cap", "refused"))

#: Alerts that a summary names.
_NAMED = 5


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """What a receiver wants to hear.

    ``refreshes``: updates of what it shows, without a sound. ``closings_page``: a closing is a message like any other
    and counts as a page. ``names_accounts``: every account. ``flood_controlled``: no more than the cap.
    """

    refreshes: bool
    closings_page: bool = False
    names_accounts: bool = False
    flood_controlled: bool = True


class Desk:
    """The state of one notifier, without any I/O: backlog, flood control and what was told.

    Every piece of news (an opening, a rise in severity) is paged, or counted in exactly one summary, or overtaken by
    graver news of the same alert. ``causes`` counts what was left to summaries. Calls come from one task; ``take`` may
    come between ``start`` and what ends it.
    """

    def __init__(self, notifier: str, habits: Habits, flood: FloodControl) -> None:
        self.name = notifier
        self._habits = habits
        self._flood = flood
        self._summary_since_ms: int | None = None
        self._summary_due_ms = 0
        self._committed = 0
        self.backlog = Backlog(names_accounts=habits.names_accounts)
        self.told = Told(notifier, max(flood.cooldown_ms, WINDOW_MS))
        self.causes: Counter[Cause] = Counter()

    def restore(self, entries: Iterable[Notification], now_ms: int) -> None:
        """Start from the notification log."""
        self.told.restore(entries, now_ms)
        known = self.told.entries()
        self._flood.restore(sent_ms for entry in known for sent_ms in entry.messages_ms)
        for entry in known:
            if entry.held and entry.summary_ms is not None:
                self._expect_summary(entry.summary_ms, entry.cause)

    def shown(self) -> list[Notification]:
        """What the receiver shows as open. Cost: O(alerts told)."""
        return [told for told in self.told.entries() if told.shown is not None and not told.closed]

    def take(self, alert: Alert, offset: int) -> None:
        """Take in a record of the alerts topic, unless it was dealt with before a restart."""
        told = self.told.get(alert.alert_id)
        self.told.read(alert.alert_id, offset)
        if told is not None and told.sequence >= alert.sequence:
            self.backlog.skip(offset)
        else:
            self.backlog.add(alert, offset)

    def committed(self, offset: int) -> None:
        """Note that a restart would read the alerts topic from ``offset`` on."""
        self._committed = offset

    def plan(self, now_ms: int) -> list[Notice]:
        """What to send now, in order; what needs no sending is settled here.

        Closings come first, so that an entity's old alert ends before its next one begins; then refreshes, then pages,
        the gravest first. Nothing planned is settled until ``sent`` or ``refused`` says so: planning again after a
        failure is right.
        """
        self.told.forget(now_ms, self._committed)
        closings, refreshes, pages = list[Part](), list[Part](), list[Part]()
        for part in list(self.backlog):
            action = self._action(part.alert)
            if action is None:
                self._settle(part, now_ms)
            else:
                {"close": closings, "refresh": refreshes, "page": pages}[action].append(part)
        pages = [part for part in pages if not self._cools_down(part, now_ms)]
        pages.sort(key=lambda part: (-rank(part.alert.severity), part.first_offset))
        if self._habits.flood_controlled:
            free = self._flood.free(now_ms)
            if self._habits.closings_page:
                closings, free = self._cap(closings, free, "closing", now_ms)
            pages, _ = self._cap(pages, free, "cap", now_ms)
        return [
            *(self._notice("close", part) for part in closings[:_PLANNED]),
            *(self._notice("refresh", part) for part in refreshes[:_PLANNED]),
            *(self._notice("page", part) for part in pages[:_PLANNED]),
        ]

    def summary(self, now_ms: int) -> Summary | None:
        """The summary that is due, if one is; to be asked for after a plan was carried out."""
        if self._summary_since_ms is None or now_ms < self._summary_due_ms:
            return None
        entries = [told for alert_id in self.told.held if (told := self.told.get(alert_id))]
        if not entries:
            self._summary_since_ms = None
            return None
        news = [entry for entry in entries if entry.cause != "closing"]
        counted = Counter(entry.severity for entry in news)
        counts: dict[SeverityLabel, int] = {name: counted[name] for name in reversed(SEVERITIES) if counted[name]}
        gravest = sorted(news, key=lambda entry: (-rank(entry.severity), entry.alert_id))[:_NAMED]
        return Summary(
            since_ms=self._summary_since_ms,
            until_ms=now_ms,
            counts=counts,
            over=sum(entry.cause == "over" for entry in news),
            closings=len(entries) - len(news),
            gravest=tuple((entry.kind, entry.entity_id) for entry in gravest),
        )

    def start(self, planned: Notice) -> Notice | None:
        """Begin to send a planned notice: with what is known by now, or not at all if by now another is due."""
        part = self.backlog.first(planned.alert.alert_id)
        if self._action(part.alert) != planned.action:
            return None
        # Records that come from here on are not joined to it.
        part.in_flight = True
        return self._notice(planned.action, part)

    def failed(self, notice: Notice) -> None:
        """Note that a notice could not be sent now."""
        self.backlog.release(notice.alert.alert_id)

    def sent(self, notice: Notice, now_ms: int, *, shadow: bool = False) -> None:
        """Note that a notice arrived by ``now_ms``; in shadow mode, that it would have been sent."""
        told = self.told.of(notice.alert)
        paged = notice.action == "page"
        messages_ms = tuple(sent_ms for sent_ms in told.messages_ms if now_ms < sent_ms + WINDOW_MS)
        if self._habits.flood_controlled and (paged or (notice.action == "close" and self._habits.closings_page)):
            self._flood.paged(now_ms)
            messages_ms += (now_ms,)
        # What a person was truly shown stays true in shadow mode, so that its end is told.
        shown = told.shown if shadow and told.shown and not told.shadow else notice.severity
        self.backlog.drop(notice.alert.alert_id)
        self.told.put(
            msgspec.structs.replace(
                told,
                sequence=notice.alert.sequence,
                severity=max(told.severity, notice.severity, key=rank),
                shown=shown,
                paged_ms=now_ms if paged or told.paged_ms is None else told.paged_ms,
                messages_ms=messages_ms,
                # Told by itself now: a summary that still waits need not count it.
                summary_ms=None if told.held and paged else told.summary_ms,
                closed=notice.action == "close",
                shadow=(shadow and not (told.shown and not told.shadow)) or (told.shadow and not paged),
            ),
            now_ms,
        )

    def refused(self, notice: Notice, now_ms: int) -> None:
        """Note that the receiver will never take a notice: a page is counted in the next summary instead."""
        part = self.backlog.first(notice.alert.alert_id)
        if notice.action == "page" and self._habits.flood_controlled:
            self._hold(part, now_ms, "refused")
        else:
            self._pass_over(part, now_ms)

    def summary_sent(self, now_ms: int) -> None:
        """Note that the summary arrived, or was refused for good."""
        for alert_id in list(self.told.held):
            if told := self.told.get(alert_id):
                self.told.put(msgspec.structs.replace(told, summarised=True), now_ms)
        self._summary_since_ms = None

    def _action(self, alert: Alert) -> Action | None:
        told = self.told.get(alert.alert_id)
        shown = told is not None and told.shown is not None
        if alert.state == "closed":
            return "close" if shown or not self._habits.flood_controlled else None
        if told is None or rank(alert.severity) > rank(told.severity):
            return "page"
        return "refresh" if shown and self._habits.refreshes else None

    def _notice(self, action: Action, part: Part) -> Notice:
        told = self.told.of(part.alert)
        severity = part.alert.severity if action == "page" or told.shown is None else told.shown
        return Notice(action=action, alert=part.alert, severity=severity, shown=told.shown)

    def _cools_down(self, part: Part, now_ms: int) -> bool:
        """Leave an alert's first page to a summary, if its entity paged not long ago and no less gravely."""
        alert = part.alert
        if self.told.get(alert.alert_id) is not None or not self._habits.flood_controlled:
            return False
        last = self.told.last_page(alert)
        if last is None or last.paged_ms is None or rank(alert.severity) > rank(last.severity):
            return False
        if not self._flood.cooling(last.paged_ms, now_ms):
            return False
        self._hold(part, now_ms, "cooldown")
        return True

    def _cap(self, parts: list[Part], free: int, cause: Cause, now_ms: int) -> tuple[list[Part], int]:
        for part in parts[free:]:
            self._hold(part, now_ms, cause)
        return parts[:free], free - len(parts[:free])

    def _settle(self, part: Part, now_ms: int) -> None:
        """Deal with a record that calls for no sending: people still learn of an alert that came and went unseen."""
        if self.told.get(part.alert.alert_id) is None:
            self._hold(part, now_ms, "over")
        else:
            self._pass_over(part, now_ms)

    def _pass_over(self, part: Part, now_ms: int) -> None:
        alert, told = part.alert, self.told.of(part.alert)
        self.backlog.drop(alert.alert_id)
        closed = alert.state == "closed"
        self.told.put(msgspec.structs.replace(told, sequence=alert.sequence, closed=closed), now_ms)

    def _hold(self, part: Part, now_ms: int, cause: Cause) -> None:
        alert, told = part.alert, self.told.of(part.alert)
        since_ms = now_ms if self._summary_since_ms is None else self._summary_since_ms
        self._expect_summary(since_ms, cause, now_ms)
        self.causes[cause] += 1
        self.backlog.drop(alert.alert_id)
        self.told.put(
            msgspec.structs.replace(
                told,
                sequence=alert.sequence,
                severity=max(told.severity, alert.severity, key=rank),
                summary_ms=since_ms,
                summarised=False,
                cause=cause,
                closed=alert.state == "closed",
            ),
            now_ms,
        )

    def _expect_summary(self, since_ms: int, cause: Cause | None, now_ms: int | None = None) -> None:
        """Have a summary sent a minute after its first alert, or after a cool-down if nothing in it is pressing."""
        wait_ms = WINDOW_MS if cause in _PRESSING else max(WINDOW_MS, self._flood.cooldown_ms)
        due_ms = (since_ms if now_ms is None else now_ms) + wait_ms
        self._summary_due_ms = due_ms if self._summary_since_ms is None else min(self._summary_due_ms, due_ms)
        self._summary_since_ms = since_ms
