"""Carrying out plans on an injected clock: outages, refusals, shadow mode, and faults of a notifier itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from models.alert import SeverityLabel
from streams.notify.desk import Habits
from streams.notify.notice import Notice, Summary
from streams.notify.notifier import MisconfiguredError, RefusedError, UnavailableError
from tests.streams.notify.alerts import alert
from tests.streams.notify.delivered import Delivered

MINUTE_MS = 60_000


class Clock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.now_ms = 0

    def __call__(self) -> int:
        """Epoch milliseconds."""
        return self.now_ms


class Phone:
    """A receiver that pages somebody; ``fault`` is raised instead while it is set."""

    name = "phone"

    def __init__(self, *, pages: bool = True, habits: Habits | None = None) -> None:
        self.pages = pages
        self.habits = habits or Habits(refreshes=False)
        self.fault: Exception | None = None
        self.told: list[Notice] = []
        self.summaries: list[Summary] = []

    async def send(self, notice: Notice) -> None:
        """Take a notice."""
        if self.fault is not None:
            raise self.fault
        self.told.append(notice)

    async def summarise(self, summary: Summary) -> None:
        """Take a summary."""
        if self.fault is not None:
            raise self.fault
        self.summaries.append(summary)

    async def check(self) -> str:
        """Answer."""
        if self.fault is not None:
            raise self.fault
        return "rings"

    async def close(self) -> None:
        """Hang up."""


class Mirror(Phone):
    """A receiver that forgets what is not repeated."""

    repost_interval_s = 60.0

    def __init__(self) -> None:
        super().__init__(habits=Habits(refreshes=True))
        self.reposts: list[list[str]] = []

    async def repost(self, notices: Sequence[Notice]) -> None:
        """Take what is open."""
        if self.fault is not None:
            raise self.fault
        self.reposts.append([notice.alert.entity_id for notice in notices])


async def test_ten_minutes_of_outage_lose_nothing_and_double_nothing() -> None:
    """Alerts of an outage are told afterwards, each once with its latest record, within the cap and one summary."""
    clock, phone = Clock(), Phone()
    delivered = Delivered(phone, clock, pages_per_minute=10)
    await delivered.tell(alert("before"))
    phone.fault = UnavailableError("down")
    entities = [f"acct-{n}" for n in range(60)]
    for minute in range(10):
        opened = entities[6 * minute : 6 * minute + 6]
        records = [alert(entity) for entity in opened]
        records += [alert(e, sequence=1, state="update") for e in opened]
        records += [alert("before", sequence=minute + 1, state="update" if minute < 9 else "closed")]
        clock.now_ms += MINUTE_MS
        with pytest.raises(UnavailableError):
            await delivered.tell(*records)
    phone.fault = None
    for _ in range(3):
        await delivered.tell()
        clock.now_ms += MINUTE_MS
    told = [(notice.action, notice.alert.entity_id, notice.alert.sequence) for notice in phone.told[1:]]
    assert told[0] == ("close", "before", 10)
    paged = [entity for action, entity, sequence in told[1:] if (action, sequence) == ("page", 1)]
    assert len(paged) == len(set(paged)) == 10
    assert sum(summary.total for summary in phone.summaries) == 50
    assert delivered.metric("retries_total", notifier="phone") == 10
    assert delivered.metric("up", notifier="phone") == 1


async def test_the_gravest_of_an_outage_come_first() -> None:
    """When more waits than may be paged, what came last but is worst is still paged."""
    clock, phone = Clock(), Phone()
    delivered = Delivered(phone, clock, pages_per_minute=2)
    phone.fault = UnavailableError("down")
    grades: list[SeverityLabel] = ["low", "medium", "medium", "critical"]
    for n, severity in enumerate(grades):
        with pytest.raises(UnavailableError):
            await delivered.tell(alert(f"acct-{n}", severity=severity))
    phone.fault = None
    await delivered.tell()
    assert [notice.severity for notice in phone.told] == ["critical", "medium"]


async def test_a_refusal_ends_in_a_summary_and_a_metric() -> None:
    """A notice that will never be taken is counted with its reason and not tried again."""
    clock, phone = Clock(), Phone()
    delivered = Delivered(phone, clock)
    phone.fault = RefusedError("too long", "413")
    await delivered.tell(alert())
    phone.fault = None
    for _ in range(2):
        clock.now_ms += MINUTE_MS
        await delivered.tell()
    assert phone.told == []
    assert [summary.total for summary in phone.summaries] == [1]
    assert delivered.metric("refused_total", notifier="phone", reason="413") == 1


async def test_a_refused_summary_is_not_an_endless_loop() -> None:
    """What cannot be told even in a summary is logged and counted, and later alerts go on."""
    clock, phone = Clock(), Phone()
    delivered = Delivered(phone, clock, pages_per_minute=1)
    await delivered.tell(alert("a"), alert("b"))
    phone.fault = RefusedError("no", "400")
    clock.now_ms += MINUTE_MS
    await delivered.tell()
    phone.fault = None
    clock.now_ms += MINUTE_MS
    await delivered.tell(alert("c"))
    assert [notice.alert.entity_id for notice in phone.told] == ["a", "c"]
    assert phone.summaries == []


async def test_a_fault_of_the_notifier_stops_no_other_alert() -> None:
    """An unexpected error counts as a refusal of that one notice."""
    clock, phone = Clock(), Phone()
    delivered = Delivered(phone, clock)
    phone.fault = KeyError("a bug")
    await delivered.tell(alert("a"))
    phone.fault = None
    await delivered.tell(alert("b"))
    assert [notice.alert.entity_id for notice in phone.told] == ["b"]
    assert delivered.metric("refused_total", notifier="phone", reason="internal") == 1


async def test_shadow_mode_pages_nobody_and_says_what_it_would_have() -> None:
    """Pages, closings of what was never shown and summaries are withheld and counted."""
    clock, phone = Clock(), Phone()
    delivered = Delivered(phone, clock, pages_per_minute=1, shadow=True)
    await delivered.tell(alert("a"), alert("b"))
    await delivered.tell(alert("a", sequence=1, state="closed"))
    clock.now_ms += MINUTE_MS
    await delivered.tell()
    assert (phone.told, phone.summaries) == ([], [])
    assert delivered.metric("shadowed_total", notifier="phone") == 3


async def test_only_what_is_open_is_posted_again() -> None:
    """Reposts come at their interval, name the open alerts, and stop with the close; held ones are not among them."""
    clock, mirror = Clock(), Mirror()
    delivered = Delivered(mirror, clock, pages_per_minute=2)
    await delivered.tell(alert("a"), alert("b"), alert("held"))
    clock.now_ms += MINUTE_MS // 2
    await delivered.tell()
    assert mirror.reposts == []
    clock.now_ms += MINUTE_MS // 2
    await delivered.tell()
    await delivered.tell(alert("a", sequence=1, state="closed"))
    clock.now_ms += MINUTE_MS
    await delivered.tell()
    assert mirror.reposts == [["a", "b"], ["b"]]
    mirror.fault = UnavailableError("down")
    clock.now_ms += MINUTE_MS
    with pytest.raises(UnavailableError):
        await delivered.tell()
    mirror.fault = None
    await delivered.tell()
    assert mirror.reposts[-1] == ["b"]


async def test_an_expired_key_shows_before_a_page_needs_it() -> None:
    """Without any alert the receiver is asked every five minutes, and the metric says whether it would take a page."""
    clock, phone = Clock(), Phone()
    delivered = Delivered(phone, clock)
    await delivered.delivery.check()
    assert delivered.metric("up", notifier="phone") == 1
    phone.fault = MisconfiguredError("HTTP 403")
    clock.now_ms += 4 * MINUTE_MS
    await delivered.delivery.check()
    assert delivered.metric("up", notifier="phone") == 1
    clock.now_ms += MINUTE_MS
    await delivered.delivery.check()
    assert delivered.metric("up", notifier="phone") == 0
    assert phone.told == []
