"""Checks of what was installed and set: database, libraries, keys, mail, time zones."""

from __future__ import annotations

import re
import smtplib
import zoneinfo
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.core.mail import get_connection
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings import backstop
from bookingsite import canary, preflight
from bookingsite.doctor.findings import Finding, Level, check
from bookingsite.lib import sqlite
from bookingsite.lib.http import urllib3_is_real
from calendars.oauth import addresses, clients
from calendars.providers import registry


@check("database")
def database(now: datetime) -> Finding:
    """It answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Finding(Level.OK, _("The database answers (%(kind)s).") % {"kind": connection.vendor})


@check("migrations")
def migrations(now: datetime) -> Finding:
    """All applied."""
    pending = preflight.pending_migrations()
    if not pending:
        return Finding(Level.OK, _("The database is up to date."))
    text = ngettext("One migration is missing.", "%(count)d migrations are missing.", pending)
    return Finding(Level.FAIL, text % {"count": pending}, _("Run “manage.py migrate”."))


@check("backstop")
def double_booking_backstop(now: datetime) -> Finding:
    """The database refuses overlapping claims by itself."""
    if backstop.is_installed(connection):
        return Finding(Level.OK, _("The database refuses double bookings by itself."))
    return Finding(
        Level.FAIL,
        _("The database does not refuse double bookings by itself."),
        _("Run “manage.py migrate”."),
    )


@check("sqlite")
def sqlite_version(now: datetime) -> Finding:
    """Without the bug that can corrupt a database used by several processes."""
    if connection.vendor != "sqlite":
        return Finding(Level.OK, _("SQLite is not used."))
    number = ".".join(map(str, sqlite.library_version()))
    if sqlite.is_safe():
        return Finding(Level.OK, _("SQLite %(number)s.") % {"number": number})
    return Finding(
        Level.WARN,
        _("SQLite %(number)s can, rarely, damage a database used by several processes.") % {"number": number},
        _("Install the package pysqlite3, or use PostgreSQL."),
    )


@check("urllib3")
def urllib3(now: datetime) -> Finding:
    """Not replaced by its fork; the guard of outgoing requests needs the real one."""
    if urllib3_is_real():
        return Finding(Level.OK, _("Outgoing requests pass the guard."))
    return Finding(
        Level.FAIL,
        _("urllib3 was replaced; outgoing requests would not pass the guard."),
        _("Reinstall with “make clean setup”."),
    )


@check("secrets")
def secrets(now: datetime) -> Finding:
    """The keys open what was sealed."""
    if canary.opens():
        return Finding(Level.OK, _("The keys open the stored secrets."))
    return Finding(
        Level.FAIL,
        _("BOOKING_SECRETS_KEYS does not open the stored secrets."),
        _("Put the key they were sealed with back, behind a newer one if there is one."),
    )


@check("mail")
def mail(now: datetime) -> Finding:
    """The mail server lets us in."""
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        kind = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
        level = Level.OK if settings.DEBUG else Level.WARN
        return Finding(
            level,
            _("Mail is not sent but kept (%(kind)s).") % {"kind": kind},
            "" if settings.DEBUG else _("Set EMAIL_URL."),
        )
    try:
        get_connection(timeout=5).open()
    except (OSError, smtplib.SMTPException) as error:
        text = _("The mail server %(host)s does not let us in (%(error)s).")
        facts = {"host": settings.EMAIL_HOST, "error": type(error).__name__}
        return Finding(Level.FAIL, text % facts, _("Check EMAIL_URL."))
    return Finding(Level.OK, _("The mail server %(host)s lets us in.") % {"host": settings.EMAIL_HOST})


@check("oauth")
def oauth_clients(now: datetime) -> Finding:
    """Which providers every host can connect by consent. A site without any is a whole one, too."""
    found = clients.site_providers()
    names = ", ".join(f"{key} ({place})" for key, place in sorted(found.items()))
    missing = sorted(registry.KINDS[key].title for key in addresses.SETTINGS if key not in found)
    if not missing:
        return Finding(Level.OK, _("OAuth clients of the site: %(names)s.") % {"names": names})
    text = _("OAuth clients of the site: %(names)s.") % {"names": names or _("none")}
    remedy = _("To let hosts connect %(missing)s: docs/providers leads through the registration.")
    return Finding(Level.OK, text, remedy % {"missing": ", ".join(missing)})


@check("zones")
def zones(now: datetime) -> Finding:
    """The time-zone rules are not years old."""
    name = zone_release()
    if now.year - int(name[:4]) < 2:
        return Finding(Level.OK, _("Time-zone rules %(name)s.") % {"name": name})
    return Finding(
        Level.WARN,
        _("The time-zone rules (%(name)s) are old; some times may be wrong.") % {"name": name},
        _("Update the system's tzdata and the package tzdata."),
    )


def zone_release() -> str:
    """The release of the rules in use, such as 2026b: the system's if there are any, else the package's."""
    for folder in zoneinfo.TZPATH:
        file = Path(folder, "tzdata.zi")
        if file.is_file():
            with file.open(encoding="ascii", errors="replace") as lines:
                found = re.match(r"# version (\d{4}\w*)", lines.readline())
            if found:
                return found[1]
    return version("tzdata")
