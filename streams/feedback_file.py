"""Files of verdicts and enforcement: JSON lines of the records of ``verdicts.v1`` and ``enforcement.v1``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from models.feedback import read_feedback
from models.refusal import Refusal
from models.verdict import Feedback, FeedbackKind
from streams.events_file import open_lines


def read_files(verdicts: Iterable[Path], enforcement: Iterable[Path]) -> list[Feedback]:
    """Read all records of these files (.jsonl, .gz, .zst), in the order in which they were given.

    Raises ``OSError`` for files that cannot be read and ``ValueError`` that names the line and field of a bad record.
    """
    kinds: list[tuple[FeedbackKind, Iterable[Path]]] = [("verdict", verdicts), ("enforcement", enforcement)]
    found = [record for kind, paths in kinds for path in paths for record in _records(kind, path)]
    return sorted(found, key=lambda record: (record.given_ms, record.id))


def _records(kind: FeedbackKind, path: Path) -> Iterator[Feedback]:
    for number, line in enumerate(open_lines(path), 1):
        record = read_feedback(kind, line)
        if isinstance(record, Refusal):
            raise ValueError(f"{path}: record {number}: {record.field}: {record.detail}")  # noqa: TRY004 - of a value
        yield record
