"""Choosing a time zone: one list for forms and guests, grouped by region with the offset of today (TZ-2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bookingsite.dates import time_text
from bookingsite.lib import clock, zones

Group = tuple[str, tuple[tuple[str, str], ...]]


def offset_text(offset: timedelta | None) -> str:
    """An offset from UTC as people write it, to the minute: "UTC+1", "UTC-3:30", "UTC"."""
    minutes = int((offset or timedelta()).total_seconds()) // 60
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02}" if rest else "")


def city(name: str) -> str:
    """What people look for, the city first: "America/Argentina/Buenos_Aires" is "Buenos Aires, Argentina"."""
    return ", ".join(reversed(name.replace("_", " ").split("/")[1:])) or name


def label(name: str, now: datetime, *, hours: int | None = None) -> str:
    """One line of the list: city, offset and time of day there: "Oslo (UTC+1, 9:30 AM)".

    The clock is the active language's unless `hours` is 12 or 24.
    """
    there = now.astimezone(zones.zone(name))
    offset, clock = offset_text(there.utcoffset()), time_text(there, hours=hours)
    return f"{city(name)} ({clock})" if name == offset else f"{city(name)} ({offset}, {clock})"


def choices(now: datetime, *, hours: int | None = None) -> tuple[Group, ...]:
    """Every zone grouped by region, sorted by city, as a select wants it.

    There are more than four hundred; each process makes them once a minute for a language and clock.
    """
    return _choices_at(now.replace(second=0, microsecond=0), hours, get_language())


@lru_cache(maxsize=8)
def _choices_at(minute: datetime, hours: int | None, _language: str | None) -> tuple[Group, ...]:
    return tuple(
        (
            region,
            tuple(sorted(((name, label(name, minute, hours=hours)) for name in names), key=itemgetter(1))),
        )
        for region, names in zones.by_region()
    )


class ZoneSelect(forms.Select):
    """The list; with `propose=True` the page's script may start it on the visitor's own zone."""

    def __init__(self, *, propose: bool = False) -> None:
        super().__init__(attrs={"data-propose-zone": ""} if propose else {})


class ZoneField(forms.ChoiceField):
    """A zone that exists, under its present name: `Asia/Calcutta` is taken and becomes `Asia/Kolkata`."""

    default_error_messages = {"invalid_choice": _("Choose a time zone from the list.")}

    def __init__(self, *, propose: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Time zone"))
        super().__init__(choices=lambda: choices(clock.now()), widget=ZoneSelect(propose=propose), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Select the present name where an old one is stored."""
        return zones.canonical(value) or value if isinstance(value, str) else value

    def to_python(self, value: Any) -> str:
        """Today's name; '' where nothing was chosen."""
        name = super().to_python(value)
        return zones.canonical(name) or name

    def validate(self, value: str) -> None:
        """Against the set of names, not the list of choices: no label is made to check a value."""
        forms.Field.validate(self, value)
        if value:
            validate_zone(value)


def validate_zone(value: str) -> None:
    """For model fields and forms. Raises ValidationError for a name that no person may choose."""
    if zones.canonical(value) is None:
        raise ValidationError(_("Choose a time zone from the list."), code="invalid_choice")
