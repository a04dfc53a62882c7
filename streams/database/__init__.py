"""The alert store: PostgreSQL filled from the topics, and one of its own for demo and tests."""

from streams.database.errors import PostgresError, PostgresNotFoundError, StoreError
from streams.database.postgres import Postgres, find_postgres
from streams.database.postgres_server import PostgresServer

__all__ = ["Postgres", "PostgresError", "PostgresNotFoundError", "PostgresServer", "StoreError", "find_postgres"]
