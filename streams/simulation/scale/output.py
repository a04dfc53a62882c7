"""Streams a full-scale simulation into files, or nowhere."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
import zstandard

from streams.simulation.scale.batches import EventBatch, batches
from streams.simulation.scale.labels import Tally
from streams.simulation.scale.settings import Scale
from streams.simulation.scale.traffic import Traffic

#: Where an event's id stands in its line.
_ID_BEGIN = len('{"schema_version":1,"operation":"chat","event_id":"')
_ID_LENGTH = 32


class Sink(Protocol):
    """Takes bytes: an open file, a compressor, a socket's file."""

    def write(self, value: memoryview, /) -> object:
        """Take some whole lines."""


class ScaleRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What reproduces a full-scale simulation (``scenario.json``)."""

    scale: Scale


def write(traffic: Traffic, sink: Sink) -> int:
    """Write all events as JSON lines into a sink; return their number."""
    count = 0
    for batch in batches(traffic):
        sink.write(batch.value.data)
        count += len(batch)
    return count


def write_scale(out: Path | None, scale: Scale, progress: Callable[[int], object] | None = None) -> int:
    """Write ``events.jsonl.zst``, ``event_labels.csv.gz``, ``labels.csv``, ``scenario.json``; return the event count.

    The same scale gives the same bytes. With ``None`` for ``out`` the events are made and dropped. ``progress`` is told
    the event time (epoch milliseconds) after every batch. Full scale takes some 60 GB before compression.
    """
    traffic = Traffic(scale)
    tally = Tally(traffic)
    made = _watched(batches(traffic), tally, progress)
    if out is None:
        return sum(len(batch) for batch in made)
    out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        raw = stack.enter_context((out / "events.jsonl.zst").open("wb"))
        events = stack.enter_context(zstandard.ZstdCompressor(level=1).stream_writer(raw))
        labels_file = stack.enter_context((out / "event_labels.csv.gz").open("wb"))
        labels = stack.enter_context(gzip.GzipFile("", "wb", compresslevel=1, fileobj=labels_file, mtime=0))
        labels.write(b"event_id,harvest\n")
        count = 0
        for batch in made:
            events.write(batch.value.data)
            labels.write(event_labels(batch))
            count += len(batch)
    _write_account_labels(out / "labels.csv", tally)
    recipe = msgspec.json.format(msgspec.json.encode(ScaleRecipe(scale=scale)))
    (out / "scenario.json").write_bytes(recipe + b"\n")
    return count


def holds_scale(path: Path) -> bool:
    """Tell whether a ``scenario.json`` describes a full-scale simulation; what cannot be read does not."""
    try:
        found = msgspec.json.decode(path.read_bytes())
    except (msgspec.MsgspecError, ValueError):
        return False
    return isinstance(found, dict) and "scale" in found


def read_scale(path: Path) -> Scale:
    """Read a full-scale ``scenario.json``; raises ``ValueError`` that names the file and the field."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ScaleRecipe).scale
    except (msgspec.MsgspecError, ValueError) as error:
        raise ValueError(f"{path}: {error}; write one with simulate") from error


def event_labels(batch: EventBatch) -> bytes:
    """Return one line ``event_id,harvest`` an event, cut out of the batch without parsing it."""
    rows = np.empty((len(batch), _ID_LENGTH + 3), np.uint8)
    rows[:, :_ID_LENGTH] = batch.value[batch.offsets[:-1, None] + np.arange(_ID_BEGIN, _ID_BEGIN + _ID_LENGTH)]
    rows[:, _ID_LENGTH] = ord(",")
    rows[:, _ID_LENGTH + 1] = ord("0") + batch.harvest
    rows[:, _ID_LENGTH + 2] = ord("\n")
    return rows.tobytes()


def _watched(
    made: Iterator[EventBatch], tally: Tally, progress: Callable[[int], object] | None
) -> Iterator[EventBatch]:
    for batch in made:
        tally.add(batch)
        if progress is not None:
            progress(int(batch.time_ms[-1]))
        yield batch


def _write_account_labels(path: Path, tally: Tally) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("account_id", "kind", "campaign", "attack_fraction"))
        for label in tally.labels():
            rows.writerow((label.account_id, label.kind, label.campaign, f"{label.attack_fraction:.6f}"))
