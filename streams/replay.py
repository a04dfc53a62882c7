"""Replay: events from files through the live service's own stages, without Kafka."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from models.alert import Alert, Kind, encode
from models.decision_stage import DecisionStage
from models.pipeline import Given, Pipeline
from models.record import DeadLetter, Records
from models.severity import page_threshold_nats, score
from models.verdict import Feedback
from streams.events_file import event_runs, open_lines, recorded_runs
from streams.references import References, load_references
from streams.settings import Settings


class Summary(msgspec.Struct):
    """What a replay found; written as ``summary.json``."""

    events: int = 0
    dead_letters: dict[str, int] = msgspec.field(default_factory=dict)
    accounts: int = 0
    alert_records: int = 0
    alerts_opened: dict[str, int] = msgspec.field(default_factory=dict)
    pages_hidden_by_verdict: dict[str, int] = msgspec.field(default_factory=dict)
    """By kind: alerts that would have been opened had no verdict been given."""
    accounts_named: int = 0
    decided_through_ms: int = 0
    model_version: str = ""
    config_hash: str = ""


class Replay:
    """Lines of events through the live service's stages, in memory; ``pipeline`` shows how the stages stand."""

    def __init__(self, settings: Settings) -> None:
        self.references = load_references(settings)
        self.pipeline = Pipeline(
            settings.decides,
            self.references.featuriser,
            self.references.groups,
            self.references.version,
            settings.latest_event_time_ms,
        )
        self._settings = settings.decides

    def run(
        self, lines: Iterator[bytes], *, recorded: bool = False, feedback: Iterable[Feedback] = ()
    ) -> Iterator[Given]:
        """Yield what each run of records led to; ``lines`` are read as far as the runs are asked for.

        Each record of ``feedback`` takes effect when event time has passed it. Raises ``ValueError`` for a recording
        that is none.
        """
        for record in feedback:
            yield self.pipeline.give(record)
        for records, next_offset in self._runs(lines, recorded=recorded):
            yield self.pipeline.feed(records, next_offset)

    def _runs(self, lines: Iterator[bytes], *, recorded: bool) -> Iterator[tuple[Records, int]]:
        partitions = self._settings.partitions
        if recorded:
            return recorded_runs(lines, partitions)
        return event_runs(
            lines, partitions, lambda number: self.pipeline.accounts[number].watermark_ms, self._settings.bucket_ms
        )


class Unjudged:
    """Decides on the same candidates without the verdicts, to tell which pages these have hidden."""

    def __init__(self, settings: Settings, references: References) -> None:
        self._stage = DecisionStage(settings.decides, references.version, references.groups.pooled)
        self._hidden: dict[str, Kind] = {}
        self._opened: set[str] = set()

    def add(self, given: Given) -> None:
        """Take what a run led to."""
        self._opened.update(alert.alert_id for alert in given.alerts if alert.state == "open")
        for message in given.candidates:
            if message.keys != [b"verdict"]:
                for alert in self._stage.apply(message, message.offsets[-1] + 1).alerts:
                    self._hidden[alert.alert_id] = alert.kind

    def hidden(self) -> dict[str, int]:
        """How many alerts, by kind, were opened here alone."""
        return dict(sorted(Counter(kind for name, kind in self._hidden.items() if name not in self._opened).items()))


class Named(msgspec.Struct):
    """The first alert that named an account, and the strongest evidence of any that did."""

    first_alert: str
    evidence_nats: float


def replay(
    paths: list[Path],
    out: Path,
    settings: Settings,
    *,
    recorded: bool = False,
    feedback: Sequence[Feedback] = (),
    advanced: Callable[[int], None] = lambda _: None,
    alerted: Callable[[Alert], None] = lambda _: None,
) -> Summary:
    """Run files through the models; write ``alerts.jsonl``, ``accounts.csv``, ``dead_letters.jsonl``, ``summary.json``.

    ``feedback`` are verdicts and enforcement: the summary counts the pages that verdicts hid. ``advanced`` hears of
    bytes read, ``alerted`` of each alert record as it is written. The end of the input closes nothing: an alert that is
    open then has no closing record. Raises ``OSError`` for files that cannot be read, and
    ``ValueError`` for a recording that is none.
    """
    replaying = Replay(settings)
    summary = Summary(model_version=replaying.references.version, config_hash=settings.decides.config_hash())
    named: dict[str, Named] = {}
    unjudged = Unjudged(settings, replaying.references) if feedback else None
    out.mkdir(parents=True, exist_ok=True)
    lines = chain.from_iterable(open_lines(path, advanced) for path in paths)
    with (out / "alerts.jsonl").open("wb") as alerts, (out / "dead_letters.jsonl").open("wb") as refused:
        for given in replaying.run(lines, recorded=recorded, feedback=feedback):
            if unjudged is not None:
                unjudged.add(given)
            for letter in given.dead_letters:
                refused.write(msgspec.json.encode(letter) + b"\n")
                _count_refusal(summary, letter)
            for alert in given.alerts:
                alerts.write(encode(alert) + b"\n")
                _count_alert(summary, named, alert)
                alerted(alert)
    if unjudged is not None:
        summary.pages_hidden_by_verdict = unjudged.hidden()
    _finish(summary, replaying.pipeline, named, out, page_threshold_nats(settings.decides))
    return summary


def _count_refusal(summary: Summary, letter: DeadLetter) -> None:
    summary.dead_letters[letter.reason] = summary.dead_letters.get(letter.reason, 0) + 1


def _count_alert(summary: Summary, named: dict[str, Named], alert: Alert) -> None:
    summary.alert_records += 1
    if alert.state == "open" and alert.sequence == 0:
        summary.alerts_opened[alert.kind] = summary.alerts_opened.get(alert.kind, 0) + 1
    for account_id in alert.accounts:
        before = named.get(account_id)
        if before is None:
            named[account_id] = Named(alert.detected_at, alert.evidence_nats)
        elif alert.evidence_nats > before.evidence_nats:
            named[account_id] = Named(before.first_alert, alert.evidence_nats)


def _finish(summary: Summary, pipeline: Pipeline, named: dict[str, Named], out: Path, threshold_nats: float) -> None:
    summary.events = sum(stage.event_count for stage in pipeline.accounts)
    summary.accounts = sum(stage.account_count for stage in pipeline.accounts)
    summary.accounts_named = len(named)
    summary.decided_through_ms = pipeline.decisions.closed_through_ms
    with (out / "accounts.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["account_id", "events", "score", "evidence_nats", "first_alert"])
        writer.writerows(_account_rows(pipeline, named, threshold_nats))
    (out / "summary.json").write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n")


def _account_rows(pipeline: Pipeline, named: dict[str, Named], threshold_nats: float) -> Iterator[list[object]]:
    """One line an account, strongest first; its own evidence or that of an alert that named it, if stronger."""
    rows = []
    for stage in pipeline.accounts:
        for account_id, events, own_nats in stage.standing():
            alert = named.get(account_id)
            known = [nats for nats in (own_nats, alert.evidence_nats if alert else None) if nats is not None]
            rows.append((account_id, events, max(known, default=None), alert.first_alert if alert else ""))
    rows.sort(key=lambda row: (float("inf") if row[2] is None else -row[2], row[0]))
    for account_id, events, nats, first_alert in rows:
        ranked = "" if nats is None else f"{score(nats, threshold_nats):.4f}"
        yield [account_id, events, ranked, "" if nats is None else f"{nats:.3f}", first_alert]
