"""The decision's rows: open alerts, groups, named members, past alerts and feedback, each under a letter of its own."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from models.alert_board import AlertBoard
from models.awaited import Awaited, Inbox
from models.campaign import CampaignBook
from models.membership import Group, NamedMember
from models.open_alert import OpenAlert
from models.past import PastAlert, PastAlerts
from models.row import decode_row, encode_row

_ALERT, _FEEDBACK, _GROUP, _MEMBER, _PAST = b"a", b"f", b"g", b"m", b"p"
_SEPARATOR = "\x00"

_ALERT_DECODER = msgspec.msgpack.Decoder(OpenAlert)
_FEEDBACK_DECODER = msgspec.msgpack.Decoder(Awaited)
_GROUP_DECODER = msgspec.msgpack.Decoder(Group)
_MEMBER_DECODER = msgspec.msgpack.Decoder(NamedMember)
_PAST_DECODER = msgspec.msgpack.Decoder(PastAlert)

_Row = tuple[bytes, bytes | None]


class DecisionRows:
    """Writes what changed in the parts of a decision as rows, and fills them from rows."""

    def __init__(self, board: AlertBoard, book: CampaignBook, past: PastAlerts, inbox: Inbox) -> None:
        self._board = board
        self._book = book
        self._past = past
        self._inbox = inbox

    def dump_dirty(self) -> list[_Row]:
        """Rows changed since ``mark_clean``, in key order; ``None`` where the row is gone."""
        board = self._board
        rows: list[_Row] = []
        for kind, entity_id in board.changed_alerts:
            rows.append(_row(_ALERT, kind + _SEPARATOR + entity_id, board.alerts.get((kind, entity_id))))
        rows += [_row(_FEEDBACK, name, self._inbox.row(name)) for name in self._inbox.dirty]
        rows += [_row(_GROUP, name, self._book.groups.get(name)) for name in board.changed_groups]
        for campaign_id, account_id in board.changed_members:
            campaign = self._book.campaigns.get(campaign_id)
            member = campaign.members.get(account_id) if campaign else None
            rows.append(_row(_MEMBER, campaign_id + _SEPARATOR + account_id, member))
        rows += [_row(_PAST, alert_id, self._past.row(alert_id)) for alert_id in self._past.dirty]
        return sorted(rows)

    def mark_clean(self) -> None:
        """Forget which rows were changed."""
        board = self._board
        changed: tuple[set[tuple[str, str]] | set[str], ...]
        changed = (board.changed_groups, board.changed_members, self._past.dirty, self._inbox.dirty)
        board.changed_alerts.clear()
        for each in changed:
            each.clear()

    def load(self, rows: Iterable[_Row]) -> None:
        """Start from these rows, in log order, later ones winning; raises ``ValueError`` on another version's."""
        alerts, groups = list[OpenAlert](), list[Group]()
        members = list[tuple[str, str, NamedMember]]()
        past, feedback = list[tuple[str, PastAlert]](), list[tuple[str, Awaited]]()
        for key, value in dict(rows).items():
            letter, name = key[:1], key[1:].decode()
            if letter not in (_ALERT, _FEEDBACK, _GROUP, _MEMBER, _PAST):
                raise ValueError(f"changelog row {key!r}: no row of the decision; this topic belongs to another stage")
            if value is None:
                continue
            if letter == _ALERT:
                alerts.append(decode_row(key, value, _ALERT_DECODER))
            elif letter == _FEEDBACK:
                feedback.append((name, decode_row(key, value, _FEEDBACK_DECODER)))
            elif letter == _GROUP:
                groups.append(decode_row(key, value, _GROUP_DECODER))
            elif letter == _PAST:
                past.append((name, decode_row(key, value, _PAST_DECODER)))
            else:
                campaign_id, _, account_id = name.partition(_SEPARATOR)
                members.append((campaign_id, account_id, decode_row(key, value, _MEMBER_DECODER)))
        self._book.restore(groups, members)
        self._board.restore(alerts)
        self._past.restore(past)
        self._inbox.restore(feedback)
        self.mark_clean()


def _row(letter: bytes, name: str, held: object) -> _Row:
    return letter + name.encode(), None if held is None else encode_row(held)
