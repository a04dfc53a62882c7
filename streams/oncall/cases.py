"""Operators' rulings on what belongs together: rows of the audit trail, which change what people see and no more."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from streams.database.actions import Action, act
from streams.database.campaign_queries import alerts_of_case, campaign_members, case_of, next_part
from streams.database.errors import StoreError


class RulingError(StoreError):
    """A merge or split that cannot be; the message says why."""


def merge(connection: psycopg.Connection, alert_id: str, others: Sequence[str], actor: str, note: str) -> list[str]:
    """Put alerts, and those already of one case with them, into the case of another; return all of that case."""
    with connection.transaction():
        _one_ruling_at_a_time(connection)
        case_id = case_of(connection, alert_id)
        moved: list[str] = []
        for other in others:
            its_case = case_of(connection, other)
            if its_case == case_id:
                raise RulingError(f"alert {other}: is of this case already")
            moved += [its_case, *alerts_of_case(connection, its_case)]
        moved = list(dict.fromkeys(moved))
        act(connection, moved, Action(action="merge", actor=actor, body=note, details={"case_id": case_id}))
        act(connection, [case_id], Action(action="merge", actor=actor, body=note, details={"took_in": moved}))
        return [case_id, *alerts_of_case(connection, case_id)]


def leave_case(connection: psycopg.Connection, alert_id: str, actor: str, note: str) -> None:
    """Take an alert out of the case it was put into."""
    with connection.transaction():
        _one_ruling_at_a_time(connection)
        if case_of(connection, alert_id) == alert_id:
            others = alerts_of_case(connection, alert_id)
            hint = f"; it leads {', '.join(each[:12] for each in others)}: split those off" if others else ""
            raise RulingError(f"alert {alert_id}: nobody put it into another case{hint}")
        act(connection, [alert_id], Action(action="split", actor=actor, body=note, details={"case_id": alert_id}))


def split(connection: psycopg.Connection, alert_id: str, accounts: Sequence[str], actor: str, note: str) -> int:
    """Set named accounts of a campaign apart; return the number of their part."""
    with connection.transaction():
        _one_ruling_at_a_time(connection)
        named = {member.account_id for member in campaign_members(connection, alert_id)}
        strangers = sorted(set(accounts) - named)
        if strangers:
            shown = ", ".join(strangers[:3])
            raise RulingError(f"accounts: alert {alert_id} does not name {len(strangers):,} of these, such as {shown}")
        part = next_part(connection, alert_id)
        details = {"part": part, "accounts": sorted(set(accounts))}
        act(connection, [alert_id], Action(action="split", actor=actor, body=note, details=details))
        return part


def unsplit(connection: psycopg.Connection, alert_id: str, part: int, actor: str, note: str) -> int:
    """Put a part's accounts back; return how many."""
    with connection.transaction():
        _one_ruling_at_a_time(connection)
        accounts = sorted(member.account_id for member in campaign_members(connection, alert_id, part))
        if not accounts:
            raise RulingError(f"part {part}: alert {alert_id} has none of that number")
        act(
            connection,
            [alert_id],
            Action(
                action="merge", actor=actor, body=note, details={"part": 1, "from_part": part, "accounts": accounts}
            ),
        )
        return len(accounts)


def _one_ruling_at_a_time(connection: psycopg.Connection) -> None:
    # Two at once would read the same trail and both be right about a case that neither leaves.
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('stillwatch rulings'))")
