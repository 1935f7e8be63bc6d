"""The database's own refusal of overlapping claims, below every line of Python (invariant 1).

PostgreSQL: an exclusion constraint over resource and time. SQLite: triggers, sound because SQLite
has one writer at a time. Made after every migrate, because Django's SQLite migrations rebuild tables
and drop triggers; a system check (`bookings.E001`) fails where it is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate
from django.dispatch import receiver

TABLE = "bookings_claim"
NAME = "claims_never_overlap"

_POSTGRES = f"""
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE {TABLE} ADD CONSTRAINT {NAME}
    EXCLUDE USING gist (resource_id WITH =, tstzrange("start", "end", '[)') WITH &&)
"""
_SQLITE = """
CREATE TRIGGER IF NOT EXISTS {name}_{verb} BEFORE {event} ON {table}
WHEN EXISTS (
    SELECT 1 FROM {table} AS other
    WHERE other.resource_id = NEW.resource_id AND other.id IS NOT NEW.id
      AND other."start" < NEW."end" AND other."end" > NEW."start"
)
BEGIN
    SELECT RAISE(ABORT, '{name}');
END
"""


def install(connection: BaseDatabaseWrapper) -> None:
    """Make the backstop where it is missing. Harmless when repeated."""
    if is_installed(connection):
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES)
        else:
            for verb, event in (("insert", "INSERT"), ("update", 'UPDATE OF resource_id, "start", "end"')):
                cursor.execute(_SQLITE.format(name=NAME, verb=verb, event=event, table=TABLE))


def install_where_wanted(connection: BaseDatabaseWrapper) -> None:
    """Make the backstop if this database has claims at all; before the first migration it has none."""
    if TABLE in connection.introspection.table_names():
        install(connection)


def is_installed(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database refuses overlapping claims by itself."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT count(*) FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass",
                [NAME, TABLE],
            )
            return bool(cursor.fetchone()[0])
        cursor.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name IN (%s, %s)",
            [f"{NAME}_insert", f"{NAME}_update"],
        )
        return bool(cursor.fetchone()[0] == 2)


@receiver(post_migrate)
def install_after_migrate(sender: AppConfig, using: str = "default", **kwargs: Any) -> None:
    """Put the backstop back after each migrate of this app."""
    if sender.name == "bookings":
        install_where_wanted(connections[using])


@register(Tags.database)
def check_backstop(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """bookings.E001: claims may overlap because the constraint or trigger is missing."""
    problems: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if TABLE in connection.introspection.table_names() and not is_installed(connection):
            problems.append(
                Error(
                    "The database does not refuse overlapping claims.",
                    hint="Run `manage.py migrate`: it makes the constraint (PostgreSQL) or trigger (SQLite).",
                    id="bookings.E001",
                )
            )
    return problems
