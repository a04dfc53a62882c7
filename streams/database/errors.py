"""What can go wrong with the alert store.

StoreError
├── PostgresError
│   └── PostgresNotFoundError
├── MigrationError
└── PositionError
"""


class StoreError(RuntimeError):
    """The alert store cannot be used; the message names what was found and the mend."""


class PostgresError(StoreError):
    """The embedded PostgreSQL cannot be used; the message names its log."""


class PostgresNotFoundError(PostgresError):
    """No PostgreSQL server that is new enough."""


class MigrationError(StoreError):
    """The database's schema is not the one that these migrations make."""


class PositionError(StoreError):
    """The positions in the database do not fit the topics."""
