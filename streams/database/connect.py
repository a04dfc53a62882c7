"""Connections to the alert store."""

from __future__ import annotations

from typing import Any

import psycopg

from streams.database.errors import StoreError
from streams.settings import Settings

#: Where all tables are.
SCHEMA = "stillwatch"

# A server that is gone is noticed within half a minute, also behind a firewall that drops packets in silence.
_NOTICES_LOSS: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def connect(settings: Settings, purpose: str) -> psycopg.Connection:
    """Open a connection that commits each statement and sees the store's tables; the caller closes it.

    ``purpose`` is shown in ``pg_stat_activity``. Raises ``StoreError`` without a proper ``database_url`` and
    ``psycopg.OperationalError`` where the server does not answer or refuses.
    """
    if settings.database_url is None:
        raise StoreError("database_url: not set; set STILLWATCH_DATABASE_URL=postgresql://USER:PASSWORD@HOST/DATABASE")
    try:
        connection = psycopg.connect(
            settings.database_url.get_secret_value(),
            autocommit=True,
            application_name=f"stillwatch {purpose}",
            **_NOTICES_LOSS,
        )
    except psycopg.ProgrammingError:
        # The library's message quotes what it was given, password and all.
        raise StoreError("database_url: not of the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE") from None
    # Set here and not by `options`, which connection poolers refuse.
    connection.execute(f"SET search_path = {SCHEMA}")
    connection.execute("SET timezone = 'UTC'")
    return connection


def server_of(settings: Settings) -> str:
    """Host, port and database of the store without who and which password, for messages."""
    if settings.database_url is None:
        return "no database_url"
    try:
        parts = psycopg.conninfo.conninfo_to_dict(settings.database_url.get_secret_value())
    except psycopg.ProgrammingError:
        return "a database_url that is none"
    return f"{parts.get('host', 'local socket')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"
