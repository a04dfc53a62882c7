"""Turns fetched records into rows, each key once: one statement must not meet a row twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from models.alert import Alert
from models.alert import decode as decode_alert
from models.candidate import AccountCandidate, CandidateBatch, GroupCandidate
from models.feedback import read_feedback
from models.record import DeadLetter
from models.verdict import Enforcement, Verdict, kind_of_key
from streams import topics
from streams.database.erased import Erased
from streams.database.mapping import (
    Source,
    Unstorable,
    account_window_row,
    alert_record_row,
    dead_letter_row,
    enforcement_row,
    group_member_row,
    group_window_row,
    key,
    later_window,
    refused_row,
    verdict_row,
    without_nul,
)
from streams.database.rows import (
    AccountWindowRow,
    AlertRecordRow,
    DeadLetterRow,
    EnforcementRow,
    GroupMemberRow,
    GroupWindowRow,
    RefusedRow,
    VerdictRow,
)

#: The topics that are stored.
STORED_TOPICS = (topics.ALERTS, topics.CANDIDATES, topics.VERDICTS, topics.ENFORCEMENT, topics.DEAD_LETTERS)

UNREADABLE = "unreadable"
OUT_OF_RANGE = "out_of_range"
CONFLICT = "conflict"

_CANDIDATES = msgspec.json.Decoder(CandidateBatch)
_DEAD_LETTERS = msgspec.json.Decoder(DeadLetter)


class Record(msgspec.Struct, frozen=True):
    """One record as Kafka gave it."""

    offset: int
    appended_ms: int
    key: bytes | None
    value: bytes | None


class Fetched(msgspec.Struct, frozen=True):
    """Records of one partition of ``topic`` (``name`` without its prefix), all from ``from_offset`` to ``next_offset``.

    Offsets between may be missing where Kafka holds no record.
    """

    name: str
    topic: str
    partition: int
    from_offset: int
    next_offset: int
    records: Sequence[Record]


class Reported(msgspec.Struct, frozen=True):
    """One alert record: its row, and the accounts that it names."""

    row: AlertRecordRow
    accounts: list[str]
    source: Source


class Collected:
    """Rows of a batch by table, and records that no row can hold.

    ``erased`` accounts are left out of everything that happened, or was appended, before their erasure.
    """

    def __init__(self, erased: Erased) -> None:
        self._erased = erased
        self.reported: dict[tuple[str, int], Reported] = {}
        self.account_windows: dict[tuple[str, str], AccountWindowRow] = {}
        self.group_windows: dict[tuple[str, str, str], GroupWindowRow] = {}
        self.groups: dict[tuple[str, str], tuple[GroupWindowRow, GroupWindowRow]] = {}
        self.members: dict[tuple[str, str, str], GroupMemberRow] = {}
        self.verdicts: dict[str, tuple[VerdictRow, list[str]]] = {}
        self.enforcement: dict[str, tuple[EnforcementRow, list[str]]] = {}
        self.dead_letters: dict[tuple[str, int, int, str], DeadLetterRow] = {}
        self.refused: list[RefusedRow] = []

    @property
    def any_erased(self) -> bool:
        """Whether any account was ever erased."""
        return bool(self._erased)

    def take(self, fetched: Fetched, from_offset: int) -> int:
        """Add the records at or after an offset; returns how many."""
        read = self._reader(fetched.name)
        taken = 0
        for record in fetched.records:
            if record.offset < from_offset:
                continue
            taken += 1
            source = Source(fetched.topic, fetched.partition, record.offset, record.appended_ms)
            try:
                read(record.key, without_nul(record.value or b""), source)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                self.refused.append(refused_row(source, UNREADABLE, str(error)))
            except Unstorable as error:
                self.refused.append(refused_row(source, OUT_OF_RANGE, str(error)))
        return taken

    def _reader(self, name: str) -> Callable[[bytes | None, bytes, Source], None]:
        return {
            topics.ALERTS: self._take_alert,
            topics.CANDIDATES: self._take_candidates,
            topics.VERDICTS: self._take_verdict,
            topics.ENFORCEMENT: self._take_enforcement,
            topics.DEAD_LETTERS: self._take_dead_letter,
        }[name]

    def _take_alert(self, _key: bytes | None, value: bytes, source: Source) -> None:
        alert: Alert = decode_alert(value)
        row = alert_record_row(alert, source)
        accounts = [key(account_id, "accounts") for account_id in dict.fromkeys(alert.accounts)]
        if self._erased:
            if alert.kind == "account" and self._erased.hides(alert.entity_id, row.detected_at, source.appended_ms):
                return
            accounts = self._erased.visible(accounts, row.detected_at, source.appended_ms)
        reported = Reported(row, accounts, source)
        known = self.reported.setdefault((row.alert_id, row.sequence), reported)
        if known.row.content_hash != row.content_hash or set(known.accounts) != set(accounts):
            self.refused.append(conflict_row(reported, known.source))

    def _take_candidates(self, record_key: bytes | None, value: bytes, source: Source) -> None:
        if kind_of_key(record_key) is not None:
            return
        batch = _CANDIDATES.decode(value)
        unstorable: Unstorable | None = None
        for candidate in batch.candidates:
            try:
                if isinstance(candidate, AccountCandidate):
                    self._take_account(candidate, source)
                else:
                    self._take_group(candidate, source)
            except Unstorable as error:
                unstorable = error
        # The others of its message are stored all the same.
        if unstorable is not None:
            raise unstorable

    def _take_account(self, candidate: AccountCandidate, source: Source) -> None:
        row = account_window_row(candidate)
        if self._erased and self._erased.hides(candidate.account_id, row.effective_at, source.appended_ms):
            return
        place = row.account_id, row.window_start
        known = self.account_windows.get(place)
        self.account_windows[place] = row if known is None else later_window(known, row)

    def _take_group(self, candidate: GroupCandidate, source: Source) -> None:
        row = group_window_row(candidate)
        told = [group_member_row(candidate, member) for member in candidate.members]
        self.group_windows.setdefault((row.link, row.anchor_key, row.effective_at), row)
        first, last = self.groups.get((row.link, row.anchor_key), (row, row))
        first, last = min(first, row, key=_effective), max(last, row, key=_effective)
        self.groups[row.link, row.anchor_key] = first, last
        for member in told:
            if self._erased and self._erased.hides(member.account_id, row.effective_at, source.appended_ms):
                continue
            place = member.link, member.anchor_key, member.account_id
            self.members[place] = max(self.members.get(place, member), member, key=_effective)

    def _take_verdict(self, _key: bytes | None, value: bytes, source: Source) -> None:
        verdict = read_feedback("verdict", value)
        # What is no verdict has a dead letter from the worker, which reads the same log.
        if isinstance(verdict, Verdict):
            row = verdict_row(verdict, source)
            accounts = self._visible(verdict.account_ids, row.given_at, source)
            self.verdicts.setdefault(verdict.verdict_id, (row, accounts))

    def _take_enforcement(self, _key: bytes | None, value: bytes, source: Source) -> None:
        enforcement = read_feedback("enforcement", value)
        if isinstance(enforcement, Enforcement):
            row = enforcement_row(enforcement, source)
            accounts = self._visible(enforcement.account_ids, row.imposed_at, source)
            self.enforcement.setdefault(enforcement.enforcement_id, (row, accounts))

    def _take_dead_letter(self, _key: bytes | None, value: bytes, source: Source) -> None:  # noqa: ARG002 - as the others
        row = dead_letter_row(_DEAD_LETTERS.decode(value))
        self.dead_letters[row.topic, row.partition, row.log_offset, row.appended_at] = row

    def _visible(self, account_ids: Iterable[str], happened_at: str, source: Source) -> list[str]:
        accounts = list(dict.fromkeys(account_ids))
        return self._erased.visible(accounts, happened_at, source.appended_ms) if self._erased else accounts


def conflict_row(reported: Reported, first: Source) -> RefusedRow:
    """Tell of a record whose pair of alert_id and sequence already had another content."""
    row, second = reported.row, reported.source
    return refused_row(
        second,
        CONFLICT,
        f"alert_id {row.alert_id} sequence {row.sequence}: {first.topic} partition {first.partition} offset "
        f"{first.offset}, which is stored, and offset {second.offset}, which is not, differ",
    )


def _effective(row: GroupWindowRow | GroupMemberRow) -> str:
    return row.effective_at
