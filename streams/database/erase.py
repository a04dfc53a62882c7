"""Removes one account from every table."""

from __future__ import annotations

import json

import psycopg

from streams.database.erased import account_hash

#: What stands for the account's id in notes of others.
REPLACEMENT = "[erased]"

# In this order: what refers to an alert of the account goes with or before it.
_DELETIONS = {
    "alert_action": """
        DELETE FROM alert_action t USING alert a
        WHERE a.alert_id = t.alert_id AND a.kind = 'account' AND a.entity_id = %(account)s""",
    "verdict": """
        DELETE FROM verdict v USING alert a
        WHERE a.alert_id = v.alert_id AND a.kind = 'account' AND a.entity_id = %(account)s""",
    "alert_record": "DELETE FROM alert_record WHERE kind = 'account' AND entity_id = %(account)s",
    "alert": "DELETE FROM alert WHERE kind = 'account' AND entity_id = %(account)s",
    "alert_account": "DELETE FROM alert_account WHERE account_id = %(account)s",
    "account_window": "DELETE FROM account_window WHERE account_id = %(account)s",
    "group_member": "DELETE FROM group_member WHERE account_id = %(account)s",
    "verdict_account": "DELETE FROM verdict_account WHERE account_id = %(account)s",
    "enforcement_account": "DELETE FROM enforcement_account WHERE account_id = %(account)s",
}

# People write ids into notes; the id is replaced where it stands as a word of its own.
_MENTIONS = {
    "alert_action.body": "UPDATE alert_action SET body = {replaced} WHERE body ~ %(word)s",
    "alert_action.actor": "UPDATE alert_action SET actor = {replaced} WHERE actor ~ %(word)s",
    "alert_action.assignee": "UPDATE alert_action SET assignee = {replaced} WHERE assignee ~ %(word)s",
    "alert_action.details": "UPDATE alert_action SET details = {replaced}::jsonb WHERE details::text ~ %(json_word)s",
    "verdict.note": "UPDATE verdict SET note = {replaced} WHERE note ~ %(word)s",
    "enforcement.reason": "UPDATE enforcement SET reason = {replaced} WHERE reason ~ %(word)s",
}


def erase(connection: psycopg.Connection, account_id: str, *, hash_key: str, actor: str) -> dict[str, int]:
    """Remove an account from every table and note that by a keyed hash; returns how many rows went or changed.

    What Kafka still holds of the time before does not bring it back; an account that goes on sending requests is stored
    anew. Waits for the sink's batch in work, and the sink for it.
    """
    rows: dict[str, int] = {}
    with connection.transaction():
        # No batch may be written meanwhile: one that had not seen the erasure would bring rows back.
        connection.execute("LOCK TABLE source_position IN EXCLUSIVE MODE")
        connection.execute("SET LOCAL stillwatch.cleaning = 'on'")
        given = {
            "account": account_id,
            "word": _as_word(account_id),
            "json_word": _as_word(json.dumps(account_id, ensure_ascii=False)[1:-1]),
            "replacement": rf"\1{REPLACEMENT}",
        }
        for table, statement in _DELETIONS.items():
            rows[table] = connection.execute(statement.encode(), given).rowcount
        for place, statement in _MENTIONS.items():
            column = place.partition(".")[2]
            text, word = ("details::text", "json_word") if column == "details" else (column, "word")
            replaced = f"regexp_replace({text}, %({word})s, %(replacement)s, 'g')"
            rows[place] = connection.execute(statement.format(replaced=replaced).encode(), given).rowcount
        rows = {name: count for name, count in rows.items() if count}
        connection.execute(
            "INSERT INTO erasure (account_hash, erased_at, actor, rows_erased) "
            "VALUES (%s, clock_timestamp(), %s, %s::jsonb)",
            [account_hash(account_id, hash_key), actor, json.dumps(rows)],
        )
    return rows


def _as_word(text: str) -> str:
    """A regular expression of PostgreSQL that finds the text between characters that no id has."""
    quoted = "".join(character if character.isalnum() else f"\\{character}" for character in text)
    return rf"(^|[^\w-]){quoted}(?![\w-])"
