"""System checks of the site: settings that would let work be lost, done twice, or seen by others.

Run at every start. Sentences here are for the operator and, like Django's own checks, in English.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from bookingsite.lib.http import urllib3_is_real

SHORTEST_KEY = 16


@register()
def check_queue(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """bookingsite.E001, E002: the queue must not hand out a drain that still runs, nor cut one short."""
    from bookingsite import work

    queue = settings.Q_CLUSTER
    problems: list[CheckMessage] = []
    if not queue.get("timeout") or queue.get("retry", 0) <= queue["timeout"]:
        problems.append(
            Error(
                "Q_CLUSTER: retry must be longer than timeout.",
                hint="Otherwise a drain that still runs is started again.",
                id="bookingsite.E001",
            )
        )
    longest = max((kind.limit_seconds for kind in work.kinds()), default=0) + work.BUDGET.total_seconds()
    if queue.get("timeout") and longest >= queue["timeout"]:
        problems.append(
            Error(
                f"Q_CLUSTER: timeout must be longer than a drain may take ({longest:.0f} s).",
                hint="Otherwise long jobs are cut short.",
                id="bookingsite.E002",
            )
        )
    return problems


@register()
def check_time(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """bookingsite.E003: instants are UTC; people's zones are their own setting."""
    if settings.USE_TZ and settings.TIME_ZONE == "UTC":
        return []
    return [
        Error(
            "TIME_ZONE must be UTC and USE_TZ on.",
            hint="The zone for new hosts is DEFAULT_ZONE.",
            id="bookingsite.E003",
        )
    ]


@register(Tags.database)
def check_transactions(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """bookingsite.E004, E005: no write lock for a mere page view, no late one in a booking."""
    problems: list[CheckMessage] = []
    database = settings.DATABASES["default"]
    if database.get("ATOMIC_REQUESTS"):
        problems.append(
            Error(
                "ATOMIC_REQUESTS must stay off.",
                hint="On SQLite every page view would take the write lock.",
                id="bookingsite.E004",
            )
        )
    immediate = database.get("OPTIONS", {}).get("transaction_mode") == "IMMEDIATE"
    if database["ENGINE"].endswith("sqlite3") and not immediate:
        problems.append(
            Error(
                "SQLite needs transaction_mode IMMEDIATE.",
                hint="Otherwise transactions that read, then write, fail.",
                id="bookingsite.E005",
            )
        )
    return problems


@register()
def check_urllib3(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """bookingsite.E010: the guard of outgoing requests works on the real urllib3 only."""
    if urllib3_is_real():
        return []
    return [
        Error(
            "urllib3 was replaced by urllib3-future.",
            hint="Reinstall with URLLIB3_NO_OVERRIDE=1 and --no-binary urllib3-future: `make clean setup`.",
            id="bookingsite.E010",
        )
    ]


@register(Tags.security, deploy=True)
def check_production(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """bookingsite.W001 to W004: what works on a desk and is not meant for a public site."""
    smtp = settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")
    findings = [
        (
            not settings.HTTPS,
            "W001",
            "SITE_URL is not https.",
            "Passwords and links would travel in the clear.",
        ),
        (
            smtp and settings.EMAIL_HOST == "localhost",
            "W002",
            "EMAIL_URL is not set.",
            "Mail goes to port 25 of this machine; set EMAIL_URL or make sure that works.",
        ),
        (
            min(map(len, settings.BOOKING_SECRETS_KEYS)) < SHORTEST_KEY,
            "W003",
            "A key in BOOKING_SECRETS_KEYS is short.",
            "Make one with `python -c 'import secrets; print(secrets.token_urlsafe(32))'`.",
        ),
        (
            settings.SECRET_KEY in settings.BOOKING_SECRETS_KEYS,
            "W004",
            "BOOKING_SECRETS_KEYS holds SECRET_KEY.",
            "Keep them apart: SECRET_KEY may then be changed without losing calendars.",
        ),
    ]
    return [
        checks.Warning(text, hint=hint, id=f"bookingsite.{number}")
        for bad, number, text, hint in findings
        if bad
    ]
