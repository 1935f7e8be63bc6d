"""Results in words: what a status or a code in the log means."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calendars import wording
from calendars.log.listing import is_about_a_job
from calendars.log.recording import NO_ANSWER
from calendars.models import LogEntry

Text = str | Promise

STATUSES: dict[str, Text] = {
    "401": _("sign-in not accepted"),
    "403": _("not allowed"),
    "404": _("not there"),
    "409": _("in conflict"),
    "410": _("gone"),
    "412": _("changed meanwhile"),
    "429": _("too many requests"),
    "5": _("the server failed"),
}
CODES: dict[str, Text] = {
    "address": _("not sent: private network"),
    "port": _("not sent: port not allowed"),
    "scheme": _("not sent: no http address"),
    "insecure": _("not sent: not encrypted"),
    "invalid": _("not sent: no usable address"),
    "refused": _("not sent"),
    "redirects": _("sent on too often"),
    "name": _("no such server"),
    "connection": _("no connection"),
    "certificate": _("certificate not valid"),
    "tls": _("no encrypted connection"),
    "timeout": _("no answer in time"),
    "too_large": _("answer too large"),
    "broken": _("answer broke off"),
    "failed": _("failed"),
    NO_ANSWER: _("no answer before the booking had to go on"),
}
"""The codes of `bookingsite.lib.http.errors`, and what a last look may end with."""


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as the page shows it. `badge` is one of ok, warn, bad."""

    entry: LogEntry
    meaning: Text
    badge: str


def row(entry: LogEntry, provider: str) -> Row:
    """The entry with its result in words."""
    return Row(entry, _meaning(entry, provider), _badge(entry.result))


def _meaning(entry: LogEntry, provider: str) -> Text:
    """What the result means, empty where it needs no words."""
    if entry.result.isdigit():
        return STATUSES.get(entry.result) or STATUSES.get(entry.result[:1], "")
    if is_about_a_job(entry) and entry.result != NO_ANSWER:
        return wording.problem(entry.result, provider).text
    return CODES.get(entry.result, "")


def _badge(result: str) -> str:
    if result.isdigit():
        return {"2": "ok", "3": "ok", "4": "warn"}.get(result[0], "bad")
    return "bad"
