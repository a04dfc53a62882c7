"""Read: a run of request records becomes columns, account ids and dead letters; the first step of the account stage."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.decode import decode_one
from models.detection import DetectionSettings
from models.event import Event
from models.features import FEATURES
from models.featurise import Featuriser
from models.fields import Fields
from models.record import DeadLetter, Records, sizes_of
from models.scan.columns import Scanned
from models.text import Encoded

# The bytes of so many records stay in a processor's second-level cache until their words are segmented.
_CHUNK = 256


class Run(NamedTuple):
    """What a run of records held, in offset order.

    ``features`` (``FEATURES``), ``account_ids``, ``positions`` (indices into the run): one entry a good event. Every
    record that is no tick gave a good event or a dead letter.
    """

    features: npt.NDArray[np.void]
    account_ids: list[str]
    positions: npt.NDArray[np.int64]
    dead_letters: list[DeadLetter]


class Reader:
    """Decodes and featurises runs of records. Cost: some 20 microseconds an event of 1,100 bytes.

    ``latest_event_time_ms`` (epoch milliseconds) stands in for append times that are unknown (negative); without
    either, no event is too far in the future.
    """

    def __init__(
        self, settings: DetectionSettings, featuriser: Featuriser, latest_event_time_ms: int | None = None
    ) -> None:
        self._settings = settings
        self._featuriser = featuriser
        self._latest_event_time_ms = latest_event_time_ms

    def read(self, records: Records) -> Run:
        """Read a run; the same events and dead letters as ``decode_one`` finds one by one. Never raises."""
        account_ids: list[str] = []
        dead_letters: list[DeadLetter] = []
        fields: list[Fields] = []
        positions = [np.zeros(0, dtype=np.int64)]
        for first in range(0, len(records), _CHUNK):
            chunk = records.cut(first, first + _CHUNK)
            scanned = self._featuriser.scan(chunk)
            found, good = self._complete(chunk, scanned, account_ids, dead_letters)
            fields.append(found)
            positions.append(good + first)
        features = self._featuriser.complete(fields) if fields else np.zeros(0, dtype=FEATURES)
        return Run(features, account_ids, np.concatenate(positions), dead_letters)

    def _complete(
        self, records: Records, scanned: Scanned, account_ids: list[str], dead_letters: list[DeadLetter]
    ) -> tuple[Fields, npt.NDArray[np.int64]]:
        """Fields of a chunk's good events and their indices; what the scan left is looked at one by one."""
        good = scanned.taken & self._in_time(records, scanned)
        ids = [key.decode() if key is not None and taken else "" for key, taken in zip(records.keys, good, strict=True)]
        events: dict[int, Event] = {}
        for index in np.flatnonzero(~good).tolist():
            outcome = decode_one(records, index, self._settings, self._latest_event_time_ms)
            if isinstance(outcome, Event):
                events[index] = outcome
                ids[index] = outcome.account_id
            elif outcome is not None:
                dead_letters.append(outcome)
        fields = Fields(scanned.rows, scanned.texts, [])
        if events:
            good[list(events)] = True
            fields = _put(fields, self._featuriser.fields(list(events.values())), list(events))
        chosen = np.flatnonzero(good)
        if len(chosen) < len(records):
            ids = [ids[index] for index in chosen.tolist()]
            fields = _chosen(fields, chosen)
        account_ids.extend(ids)
        return fields, chosen

    def _in_time(self, records: Records, scanned: Scanned) -> npt.NDArray[np.bool_]:
        """Whether each scanned event's size and time are within bounds; where not, ``decode_one`` says why."""
        settings = self._settings
        times_ms = scanned.rows["event_time_ms"]
        appended_ms = np.array(records.append_times_ms, dtype=np.int64)
        latest_ms = self._latest_event_time_ms
        now_ms = np.where(appended_ms < 0, times_ms if latest_ms is None else latest_ms, appended_ms)
        within = (times_ms <= now_ms + settings.future_tolerance_ms) & (times_ms >= settings.earliest_event_ms)
        bounded: npt.NDArray[np.bool_] = within & (sizes_of(records.values) <= settings.max_value_bytes)
        return bounded


def _put(fields: Fields, others: Fields, at: list[int]) -> Fields:
    """Put what some events gave in the places of the records that they came from."""
    fields.rows[at] = others.rows
    shift = len(fields.texts.buffer) + 1
    starts, ends = fields.texts.starts.copy(), fields.texts.ends.copy()
    starts[at], ends[at] = others.texts.starts + shift, others.texts.ends + shift
    texts = Encoded(b"\n".join([fields.texts.buffer, others.texts.buffer]), starts, ends)
    return Fields(fields.rows, texts, [each._replace(row=at[each.row]) for each in others.embedded])


def _chosen(fields: Fields, chosen: npt.NDArray[np.int64]) -> Fields:
    """Leave out the records that gave no event."""
    place = np.cumsum(np.bincount(chosen, minlength=len(fields.rows))) - 1
    texts = Encoded(fields.texts.buffer, fields.texts.starts[chosen], fields.texts.ends[chosen])
    embedded = [each._replace(row=int(place[each.row])) for each in fields.embedded]
    return Fields(fields.rows[chosen], texts, embedded)
