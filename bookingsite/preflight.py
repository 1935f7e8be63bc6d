"""What must hold before the site starts. Each problem is one sentence with its remedy."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from bookings import backstop
from bookingsite import canary


class CannotStart(Exception):
    """The site cannot start; the text is a sentence for the operator."""


def check() -> None:
    """Database there, migrated and refusing overlaps, keys right, static files collected. Raises `CannotStart`."""
    try:
        pending = pending_migrations()
    except DatabaseError as error:
        raise CannotStart(
            _("The database cannot be reached (%(error)s). Check DATABASE_URL.")
            % {"error": type(error).__name__}
        ) from None
    if pending:
        raise CannotStart(
            _("The database is not up to date (%(count)d steps). Run “manage.py migrate” first.")
            % {"count": pending}
        )
    for missing in backstop.check_backstop(
        [DEFAULT_DB_ALIAS]
    ):  # invariant 1 must hold from the first request
        raise CannotStart(f"{missing.msg} {missing.hint}")
    if not canary.opens():
        raise CannotStart(
            _(
                "BOOKING_SECRETS_KEYS does not open the stored secrets of this database. "
                "Put the key they were sealed with back, behind a newer one if there is one."
            )
        )
    if not has_static_files():
        raise CannotStart(_("The static files are not collected. Run “manage.py collectstatic” first."))


def pending_migrations() -> int:
    """How many migrations were not applied yet."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def has_static_files() -> bool:
    """Whether production's static files are there (development serves them from where they are)."""
    return settings.DEBUG or Path(settings.STATIC_ROOT, "staticfiles.json").is_file()


def listen(bind: str) -> socket.socket:
    """A listening socket for `host:port` or `[v6]:port`. Raises `CannotStart`.

    The supervisor keeps it and hands it to the web server: nobody can take the port meanwhile, and
    while the server is replaced, requests wait instead of failing.
    """
    host, _colon, port = bind.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise CannotStart(_("“%(bind)s” is no address to listen at; write 127.0.0.1:8000.") % {"bind": bind})
    host = host.strip("[]") or "127.0.0.1"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, int(port)))
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise CannotStart(_why_not(error, bind)) from None
    return listener


def _why_not(error: OSError, bind: str) -> str:
    if error.errno == errno.EADDRINUSE:
        text = _("Another program listens at %(bind)s already. Stop it, or choose another port (PORT=8001).")
    elif error.errno == errno.EACCES:
        text = _("The system does not let this user listen at %(bind)s; choose a port above 1023.")
    else:
        text = _("It is not possible to listen at %(bind)s (%(error)s).")
    return text % {"bind": bind, "error": error.strerror}
