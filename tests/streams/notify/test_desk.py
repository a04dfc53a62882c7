"""What a notifier tells and what it leaves to a summary: no I/O, the clock is an argument."""

from __future__ import annotations

from collections import Counter
from itertools import chain, pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.alert import Alert, SeverityLabel
from streams.notify.desk import Desk, Habits
from streams.notify.flood import WINDOW_MS, FloodControl
from streams.notify.notice import SEVERITIES, Notice, Summary, rank
from streams.notify.notification import Notification, decode, encode
from tests.streams.notify.alerts import alert

QUIET = Habits(refreshes=False)
TALKATIVE = Habits(refreshes=False, closings_page=True)
MIRROR = Habits(refreshes=True)
PROGRAM = Habits(refreshes=True, names_accounts=True, flood_controlled=False)
COOLDOWN_MS = 300_000


class Person:
    """A receiver that takes what a desk plans, and the notification log that survives the desk."""

    def __init__(self, habits: Habits = QUIET, pages_per_minute: int = 2) -> None:
        self.habits = habits
        self.pages_per_minute = pages_per_minute
        self.log: dict[bytes, bytes] = {}
        self.records: list[Alert] = []
        self.pages: list[tuple[int, Notice]] = []
        self.told: list[Notice] = []
        self.summaries: list[tuple[int, Summary]] = []
        self.counted: Counter[str] = Counter()
        self.highest: dict[str, SeverityLabel] = {}
        self.desk = self._new_desk(0)

    def _new_desk(self, now_ms: int) -> Desk:
        desk = Desk("person", self.habits, FloodControl(self.pages_per_minute, COOLDOWN_MS))
        desk.restore(map(decode, self.log.values()), now_ms)
        return desk

    def happen(self, *alerts: Alert) -> None:
        """Append records to the alerts topic."""
        for record in alerts:
            self.desk.take(record, len(self.records))
            self.records.append(record)

    def hear(self, now_ms: int, *, down: bool = False) -> None:
        """Carry out a plan; a receiver that is down takes nothing."""
        for planned in self.desk.plan(now_ms):
            notice = self.desk.start(planned)
            assert notice == planned
            if down:
                self.desk.failed(notice)
                break
            self.desk.sent(notice, now_ms)
            self._heard(now_ms, notice)
        else:
            if (summary := self.desk.summary(now_ms)) is not None and not down:
                self._count(now_ms, summary)
                self.desk.summary_sent(now_ms)
        self._note()

    def _heard(self, now_ms: int, notice: Notice) -> None:
        self.told.append(notice)
        if notice.action == "page" or (notice.action == "close" and self.habits.closings_page):
            self.pages.append((now_ms, notice))
        if notice.action == "page":
            self._raise(notice.alert.alert_id, notice.severity)

    def _count(self, now_ms: int, summary: Summary) -> None:
        self.summaries.append((now_ms, summary))
        held = [told for key in self.desk.told.held if (told := self.desk.told.get(key)) and told.cause != "closing"]
        assert summary.total == len(held)
        for told in held:
            self.counted[told.alert_id] += 1
            self._raise(told.alert_id, told.severity)

    def _raise(self, alert_id: str, severity: SeverityLabel) -> None:
        self.highest[alert_id] = max(self.highest.get(alert_id, severity), severity, key=rank)

    def _note(self) -> None:
        for key, entry in self.desk.told.changes.items():
            if entry is None:
                self.log.pop(key, None)
            else:
                self.log[key] = encode(entry)
        self.desk.told.changes.clear()
        self.desk.committed(self.desk.backlog.position())

    def restart(self, now_ms: int) -> None:
        """Crash after the log was written: a new desk reads on from the last committed offset."""
        position = self.desk.backlog.position()
        self.desk = self._new_desk(now_ms)
        self.desk.backlog.start_at(position)
        for offset, record in enumerate(self.records[position:], position):
            self.desk.take(record, offset)


def actions(person: Person) -> list[tuple[str, int]]:
    """What was told: action and sequence."""
    return [(notice.action, notice.alert.sequence) for notice in person.told]


def test_an_update_that_adds_members_does_not_page_again() -> None:
    """Only a rise in severity pages a second time; a quiet receiver hears nothing of the rest until the end."""
    person = Person()
    for sequence, severity in enumerate(("medium", "medium", "high", "high")):
        state = "update" if sequence else "open"
        person.happen(alert(sequence=sequence, state=state, severity=severity))  # type: ignore[arg-type]
        person.hear(sequence * 1_000)
    person.happen(alert(sequence=4, state="closed", severity="high"))
    person.hear(9_000)
    assert actions(person) == [("page", 0), ("page", 2), ("close", 4)]


def test_a_mirror_hears_every_update() -> None:
    """A receiver that shows the present state gets refreshes in between, under the severity that it shows."""
    person = Person(MIRROR)
    person.happen(alert())
    person.hear(0)
    person.happen(alert(sequence=1, state="update"))
    person.hear(1)
    assert [(n.action, n.shown, n.severity) for n in person.told] == [
        ("page", None, "medium"),
        ("refresh", "medium", "medium"),
    ]


def test_after_an_outage_the_latest_record_is_told_alone() -> None:
    """Ten updates that nobody could be told of become one page with the last of them."""
    person = Person()
    for sequence in range(10):
        person.happen(alert(sequence=sequence, state="update" if sequence else "open"))
        person.hear(sequence * 60_000, down=True)
    person.hear(600_000)
    assert actions(person) == [("page", 9)]


def test_a_program_is_told_every_account_after_an_outage() -> None:
    """Joined records name the accounts of all of them, in as few records as the limit of 1,000 allows."""
    person = Person(PROGRAM)
    names = [[f"a{sequence}-{n}" for n in range(600)] for sequence in range(3)]
    for sequence, accounts in enumerate(names):
        state = "update" if sequence else "open"
        person.happen(alert("c", kind="campaign", sequence=sequence, state=state, accounts=accounts))  # type: ignore[arg-type]
    for now_ms in range(5):
        person.hear(now_ms)
    assert [account for notice in person.told for account in notice.alert.accounts] == list(chain.from_iterable(names))
    assert max(len(notice.alert.accounts) for notice in person.told) <= 1_000


def test_what_comes_while_a_notice_is_on_its_way_is_not_lost() -> None:
    """A closing that arrives during the page is told after it, not swallowed by its success."""
    person = Person()
    person.happen(alert())
    (planned,) = person.desk.plan(0)
    notice = person.desk.start(planned)
    assert notice is not None
    person.happen(alert(sequence=1, state="closed"))
    person.desk.sent(notice, 0)
    person.hear(1)
    assert actions(person) == [("close", 1)]


def test_a_planned_page_is_dropped_when_its_alert_closed_meanwhile() -> None:
    """Nobody is paged for an alert that is over by the time its turn comes; a summary counts it."""
    person = Person()
    person.happen(alert())
    (planned,) = person.desk.plan(0)
    person.happen(alert(sequence=1, state="closed"))
    assert person.desk.start(planned) is None
    person.hear(1)
    person.hear(1 + COOLDOWN_MS)
    ((_, summary),) = person.summaries
    assert (person.told, summary.counts, summary.over) == ([], {"medium": 1}, 1)


def test_the_gravest_are_paged_and_the_others_counted() -> None:
    """With two pages a minute the two gravest of five page at once and one summary tells of three a minute later."""
    person = Person()
    grades: list[SeverityLabel] = ["low", "critical", "medium", "high", "medium"]
    for n, severity in enumerate(grades):
        person.happen(alert(f"acct-{n}", severity=severity))
    for now_ms in range(0, 200_000, 1_000):
        person.hear(now_ms)
    assert [notice.severity for _, notice in person.pages] == ["critical", "high"]
    ((when_ms, summary),) = person.summaries
    assert when_ms == WINDOW_MS
    assert (summary.total, summary.counts, summary.severity) == (3, {"medium": 2, "low": 1}, "medium")


def test_an_entity_in_its_cool_down_waits_for_the_summary() -> None:
    """An account that comes back at once does not page again; if it is graver, or later, it does."""
    person = Person()
    person.happen(alert("a", opened_ms=1), alert("a", opened_ms=1, sequence=1, state="closed"))
    person.happen(alert("b", opened_ms=1))
    person.hear(0)
    person.happen(alert("b", opened_ms=1, sequence=1, state="closed"), alert("b", opened_ms=2))
    person.hear(90_000)
    assert [notice.alert.entity_id for _, notice in person.pages] == ["b"]
    person.happen(alert("b", opened_ms=2, sequence=1, state="closed"), alert("b", opened_ms=3, severity="high"))
    person.hear(180_000)
    assert [notice.severity for _, notice in person.pages] == ["medium", "high"]
    person.happen(alert("b", opened_ms=3, sequence=1, state="closed", severity="high"))
    person.hear(180_001)
    person.happen(alert("b", opened_ms=4))
    person.hear(180_001 + COOLDOWN_MS)
    assert len(person.pages) == 3


def test_a_campaign_that_comes_back_under_a_new_id_is_in_the_cool_down_of_the_old() -> None:
    """``previous_alert_id`` carries the cool-down over, since a campaign's id depends on when it was founded."""
    person = Person()
    first = alert("c1", kind="campaign")
    person.happen(first)
    person.hear(0)
    person.happen(msgspec.structs.replace(first, sequence=1, state="closed"))
    person.happen(alert("c2", kind="campaign", previous_alert_id=first.alert_id))
    person.hear(120_000)
    assert [notice.alert.entity_id for _, notice in person.pages] == ["c1"]
    assert len(person.desk.told.held) == 1


def test_a_refused_page_is_counted_in_the_summary() -> None:
    """What the receiver will never take is not sent again, and not silently dropped."""
    person = Person()
    person.happen(alert())
    (planned,) = person.desk.plan(0)
    notice = person.desk.start(planned)
    assert notice is not None
    person.desk.refused(notice, 0)
    person.hear(1)
    person.hear(WINDOW_MS)
    assert person.told == []
    assert [summary.total for _, summary in person.summaries] == [1]


def test_a_summary_sent_before_a_crash_is_not_told_again() -> None:
    """One marked entry in the log says that the summary arrived; the others of the same summary follow it."""
    person = Person(pages_per_minute=1)
    person.happen(*(alert(f"acct-{n}") for n in range(4)))
    person.hear(0)
    person.desk.summary_sent(WINDOW_MS)
    key, entry = next(iter(person.desk.told.changes.items()))
    assert entry is not None
    person.log[key] = encode(entry)
    person.restart(WINDOW_MS + 1)
    person.hear(3 * WINDOW_MS)
    assert person.summaries == []
    # Each of them says so from now on, since the marked one may be forgotten first.
    assert [entry.summarised for entry in map(decode, person.log.values()) if entry.summary_ms is not None] == [
        True
    ] * 3


def test_shadow_pages_leave_what_people_see_alone() -> None:
    """An alert paged before shadow mode stays shown as it was, so that its end is told; a new one is not."""
    person = Person()
    person.happen(alert("a"))
    person.hear(0)
    person.happen(alert("a", sequence=1, state="update", severity="high"), alert("b"))
    for planned in person.desk.plan(60_000):
        notice = person.desk.start(planned)
        assert notice is not None
        person.desk.sent(notice, 60_000, shadow=True)
    shown = {told.entity_id: (told.shown, told.shadow) for told in person.desk.shown()}
    assert shown == {"a": ("medium", False), "b": ("medium", True)}


def test_memory_is_bounded_by_the_cool_down() -> None:
    """An alert that is over is forgotten after the cool-down, in memory and in the log."""
    person = Person(pages_per_minute=1_000)
    person.happen(*(alert(f"acct-{n}") for n in range(50)))
    person.hear(0)
    person.happen(*(alert(f"acct-{n}", sequence=1, state="closed") for n in range(50)))
    person.hear(1)
    assert len(person.log) == 50
    person.hear(1 + COOLDOWN_MS)
    assert (person.desk.told.entries(), person.log) == ([], {})


def test_what_a_restart_reads_again_is_not_forgotten() -> None:
    """While a page cannot be sent for longer than the cool-down, later records stay known: none is told twice."""
    person = Person(MIRROR, pages_per_minute=1)
    person.happen(*(alert(entity) for entity in "abc"))
    person.hear(0)
    person.hear(WINDOW_MS)
    person.happen(alert("d"), alert("b", sequence=1, state="closed"))
    person.hear(WINDOW_MS, down=True)
    person.hear(WINDOW_MS + COOLDOWN_MS, down=True)
    person.restart(WINDOW_MS + COOLDOWN_MS)
    for minutes in range(7, 20):
        person.hear(minutes * WINDOW_MS)
    assert sorted(notice.alert.entity_id for _, notice in person.pages) == ["a", "d"]
    assert person.counted == {alert(entity).alert_id: 1 for entity in "bc"}
    assert {told.entity_id for told in person.desk.told.entries()} == {"a", "c", "d"}


@st.composite
def days(draw: st.DrawFn) -> list[tuple[int, list[Alert], bool, bool]]:
    """Steps of a day: (milliseconds until it, records, whether the receiver is down, whether we restart)."""
    state: dict[str, tuple[int, SeverityLabel, bool]] = {}
    steps = []
    for _ in range(draw(st.integers(1, 12))):
        records = []
        for _ in range(draw(st.integers(0, 4))):
            entity = draw(st.sampled_from("abcdefghij"))
            opened, severity, is_open = state.get(entity, (0, "info", False))
            sequence_key = f"{entity}#"
            sequence, _, _ = state.get(sequence_key, (0, "info", False))
            if not is_open:
                opened, sequence, severity = opened + 1, 0, draw(st.sampled_from(SEVERITIES))
                records.append(alert(entity, opened_ms=opened, severity=severity))
                is_open = True
            else:
                severity = draw(st.sampled_from(SEVERITIES[rank(severity) :]))
                is_open = draw(st.booleans())
                sequence += 1
                kind = "update" if is_open else "closed"
                records.append(
                    alert(entity, opened_ms=opened, sequence=sequence, state=kind, severity=severity)  # type: ignore[arg-type]
                )
            state[entity] = (opened, severity, is_open)
            state[sequence_key] = (sequence, severity, is_open)
        wait_ms = draw(st.sampled_from((0, 1, 500, 10_000, 59_999, 60_000, 61_000, 400_000)))
        steps.append((wait_ms, records, draw(st.booleans()), draw(st.integers(0, 9)) == 0))
    return steps


@pytest.mark.parametrize("habits", [QUIET, TALKATIVE, MIRROR], ids=["quiet", "closings", "mirror"])
@settings(max_examples=75)
@given(day=days(), cap=st.integers(1, 4))
def test_never_more_than_the_cap_and_one_summary_a_minute_and_nothing_silent(
    habits: Habits, day: list[tuple[int, list[Alert], bool, bool]], cap: int
) -> None:
    """In any 60 s at most ``cap`` pages and one summary; every alert is paged once, or counted in exactly one summary.

    Through outages of the receiver and restarts. A rise in severity is news again, and is told one way or the other.
    """
    person = Person(habits, cap)
    now_ms = 0
    for wait_ms, records, down, restarts in day:
        now_ms += wait_ms
        person.happen(*records)
        person.hear(now_ms, down=down)
        if restarts:
            person.restart(now_ms)
    for _ in range(12):
        now_ms += 61_000
        person.hear(now_ms)

    times = [when_ms for when_ms, _ in person.pages]
    assert all(times[n + cap] - times[n] >= WINDOW_MS for n in range(len(times) - cap))
    summaries = [when_ms for when_ms, _ in person.summaries]
    assert all(later - earlier >= WINDOW_MS for earlier, later in pairwise(summaries))

    assert len(person.desk.backlog) == 0
    rises: dict[str, set[SeverityLabel]] = {}
    last: dict[str, SeverityLabel] = {}
    for record in person.records:
        rises.setdefault(record.alert_id, set()).add(record.severity)
        last[record.alert_id] = record.severity
    paged = Counter(notice.alert.alert_id for notice in person.told if notice.action == "page")
    for alert_id, severities in rises.items():
        told = paged[alert_id] + person.counted[alert_id]
        assert 1 <= told <= len(severities)
    assert {alert_id: person.highest[alert_id] for alert_id in last if paged[alert_id] or person.counted[alert_id]} == {
        alert_id: person.highest[alert_id] for alert_id in last
    }


@given(
    st.builds(
        Notification,
        notifier=st.just("slack"),
        alert_id=st.text(max_size=40),
        kind=st.sampled_from(["account", "campaign"]),
        entity_id=st.text(st.characters(codec="utf-8"), max_size=40),
        sequence=st.integers(0, 2**31),
        severity=st.sampled_from(SEVERITIES),
        shown=st.none() | st.sampled_from(SEVERITIES),
        paged_ms=st.none() | st.integers(0, 2**45),
        summary_ms=st.none() | st.integers(0, 2**45),
        cause=st.none() | st.sampled_from(["cap", "cooldown", "over", "refused", "closing"]),
    )
)
def test_the_log_gives_back_what_was_noted(notification: Notification) -> None:
    """Encoding and decoding a notification changes nothing."""
    assert decode(encode(notification)) == notification
