"""When feedback takes effect, and that it does so once."""

from __future__ import annotations

import msgspec
import pytest

from models import awaited
from models.awaited import KNOWN_MS, AwaitedFeedback, Inbox
from models.deadline import Deadlines
from models.detection import DetectionSettings
from models.verdict import Enforcement

SETTINGS = DetectionSettings(bucket_ms=1_000)


def ban(name: str, given_ms: int, closable_ms: int = 0) -> AwaitedFeedback:
    """An enforcement as it was read when everything before ``closable_ms`` could be closed."""
    fields = {"enforcement_id": name, "account_ids": ["a"], "action": "banned", "imposed_at": given_ms}
    return AwaitedFeedback(0, closable_ms, msgspec.convert(fields, Enforcement))


def handed_out(inbox: Inbox, deadlines: Deadlines, now_ms: int) -> list[tuple[int, str]]:
    """Time and id of what takes effect up to an instant."""
    found = []
    while (item := deadlines.pop(now_ms)) is not None:
        due_ms, (_, name) = item
        record = inbox.due(name)
        if record is not None:
            found.append((due_ms, record.id))
    return found


def test_it_takes_effect_at_the_end_of_its_bucket() -> None:
    """The bucket is that of its own time, or of the first that is not closed yet when it comes late."""
    deadlines = Deadlines()
    inbox = Inbox(SETTINGS, deadlines)
    for read in (ban("on time", 5_400, 4_000), ban("late", 1_000, 7_000), ban("at the edge", 6_000)):
        assert inbox.receive(read)
    assert handed_out(inbox, deadlines, 5_999) == []
    assert handed_out(inbox, deadlines, 9_000) == [(6_000, "on time"), (7_000, "at the edge"), (8_000, "late")]


def test_what_is_due_together_comes_in_the_order_in_which_it_was_given() -> None:
    """Neither arrival nor names decide between two records of one bucket."""
    deadlines = Deadlines()
    inbox = Inbox(SETTINGS, deadlines)
    for read in (ban("a", 5_800), ban("b", 5_200), ban("c", 5_200)):
        inbox.receive(read)
    assert [name for _, name in handed_out(inbox, deadlines, 10_000)] == ["b", "c", "a"]


def test_a_repeat_is_ignored_before_and_after() -> None:
    """The first of an id counts, through a restart as well; after sixty days the id is forgotten."""
    deadlines = Deadlines()
    inbox = Inbox(SETTINGS, deadlines)
    inbox.receive(ban("a", 5_000))
    inbox.receive(ban("a", 9_000))
    assert handed_out(inbox, deadlines, 20_000) == [(6_000, "a")]
    rows = [(name, row) for name in inbox.dirty if (row := inbox.row(name)) is not None]
    deadlines = Deadlines()
    inbox = Inbox(SETTINGS, deadlines)
    inbox.restore(rows)
    inbox.receive(ban("a", 30_000))
    assert handed_out(inbox, deadlines, 40_000) == []
    assert handed_out(inbox, deadlines, 6_000 + KNOWN_MS) == []
    assert inbox.receive(ban("a", 30_000 + KNOWN_MS))
    assert handed_out(inbox, deadlines, 40_000 + KNOWN_MS) == [(31_000 + KNOWN_MS, "a")]


def test_what_waits_and_what_is_known_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """With too many waiting a record is refused; of ids that took effect the oldest are forgotten."""
    monkeypatch.setattr(awaited, "MAX_WAITING", 40)
    monkeypatch.setattr(awaited, "MAX_KNOWN", 32)
    deadlines = Deadlines()
    inbox = Inbox(SETTINGS, deadlines)
    taken = [inbox.receive(ban(f"{number:02}", 1_000 * number)) for number in range(41)]
    assert taken == [True] * 40 + [False]
    handed_out(inbox, deadlines, 100_000)
    assert len(inbox._held) <= 32
    assert len(inbox._held) == len(inbox._known)
    assert inbox.receive(ban("40", 200_000))
