"""Verdicts and enforcement on their way: each takes effect once, at an instant that its place in the log settles."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from models.deadline import Deadlines
from models.detection import DetectionSettings
from models.verdict import Feedback, FeedbackKind, decode_feedback, encode_feedback, kind_of

#: Records that may wait for their instant; further ones are refused.
MAX_WAITING = 100_000

#: After this long, or above this many, the ids of what took effect are forgotten: repeats come within minutes.
KNOWN_MS = 60 * 24 * 3_600_000
MAX_KNOWN = 10_000

_SEPARATOR = "|"
_FORGOTTEN_PART = 16


class Awaited(msgspec.Struct, array_like=True):
    """One record: when it takes effect (epoch ms), and its JSON until then, empty afterwards."""

    kind: FeedbackKind
    due_ms: int
    value: bytes


class AwaitedFeedback(msgspec.Struct, frozen=True):
    """A record of feedback as it was read; everything effective before ``closable_ms`` may be decided already."""

    offset: int
    closable_ms: int
    feedback: Feedback


class Inbox:
    """Holds feedback until its bucket of event time ends, and the ids of what it handed out.

    A record takes effect at the end of the bucket that holds the later of its own time and of what could be closed when
    it was read. That end is never decided past by then, and the log alone settles it.
    Names are ``given|kind|id``, so that records of one instant take effect in the order in which they were given.
    Memory: at most 40 MB at the ceiling.
    """

    def __init__(self, settings: DetectionSettings, deadlines: Deadlines) -> None:
        self._bucket_ms = settings.bucket_ms
        self._deadlines = deadlines
        self._held: dict[str, Awaited] = {}
        self._known: dict[tuple[str, str], str] = {}
        self._waiting = 0
        self.dirty: set[str] = set()

    def row(self, name: str) -> Awaited | None:
        """What is held under a name."""
        return self._held.get(name)

    def receive(self, read: AwaitedFeedback) -> bool:
        """Take a record unless its id is known; ``False`` if too many wait."""
        kind, feedback = kind_of(read.feedback), read.feedback
        if (kind, feedback.id) in self._known:
            return True
        if self._waiting >= MAX_WAITING:
            return False
        bucket = max(feedback.given_ms, read.closable_ms) // self._bucket_ms
        name = f"{feedback.given_ms:015}{_SEPARATOR}{kind}{_SEPARATOR}{feedback.id}"
        self._enter(name, Awaited(kind, (bucket + 1) * self._bucket_ms, encode_feedback(feedback)))
        self.dirty.add(name)
        return True

    def _enter(self, name: str, held: Awaited) -> None:
        _, kind, known = name.split(_SEPARATOR, maxsplit=2)
        self._held[name] = held
        self._known[kind, known] = name
        self._waiting += bool(held.value)
        self._deadlines.set(("feedback", name), held.due_ms if held.value else held.due_ms + KNOWN_MS)

    def due(self, name: str) -> Feedback | None:
        """Hand out what takes effect now, ``None`` where only an id was still held, which is forgotten."""
        held = self._held[name]
        self.dirty.add(name)
        if not held.value:
            self._forget(name)
            return None
        self._waiting -= 1
        self._held[name] = Awaited(held.kind, held.due_ms, b"")
        self._deadlines.set(("feedback", name), held.due_ms + KNOWN_MS)
        self._make_room()
        return decode_feedback(held.kind, held.value)

    def _make_room(self) -> None:
        if len(self._held) - self._waiting <= MAX_KNOWN:
            return
        known = sorted((held.due_ms, name) for name, held in self._held.items() if not held.value)
        for _, name in known[: MAX_KNOWN // _FORGOTTEN_PART]:
            self._deadlines.drop(("feedback", name))
            self._forget(name)
            self.dirty.add(name)

    def _forget(self, name: str) -> None:
        del self._held[name]
        _, kind, known = name.split(_SEPARATOR, maxsplit=2)
        del self._known[kind, known]

    def restore(self, held: Iterable[tuple[str, Awaited]]) -> None:
        """Start from dumped records."""
        for name, awaited in held:
            self._enter(name, awaited)
