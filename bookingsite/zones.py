"""Choosing a time zone: one field for every form, grouped by region with the offset of today (TZ-2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bookingsite.dates import time_text
from bookingsite.lib import clock, zones

Group = tuple[str, tuple[tuple[str, str], ...]]


def offset_text(offset: timedelta) -> str:
    """An offset as people write it: "UTC+01:00", "UTC−03:30", "UTC"."""
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return "UTC"
    sign = "+" if minutes > 0 else "−"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def city(name: str) -> str:
    """What people look for: "America/Argentina/Buenos_Aires" is "Argentina, Buenos Aires"."""
    _region, _slash, rest = name.partition("/")
    return (rest or name).replace("/", ", ").replace("_", " ")


def label(name: str, now: datetime) -> str:
    """One line of the list: city, offset and time of day there: "Oslo (UTC+01:00, 9:30 AM)"."""
    there = now.astimezone(zones.zone(name))
    offset, clock = offset_text(there.utcoffset() or timedelta()), time_text(there)
    return f"{city(name)} ({clock})" if name == offset else f"{city(name)} ({offset}, {clock})"


@lru_cache(maxsize=8)
def _choices_at(minute: datetime, _language: str | None) -> tuple[Group, ...]:
    return tuple(
        (region, tuple((name, label(name, minute)) for name in names)) for region, names in zones.by_region()
    )


def choices(now: datetime) -> tuple[Group, ...]:
    """Every zone grouped by region, as a select wants it; made once a minute for all requests of a language."""
    return _choices_at(now.replace(second=0, microsecond=0), get_language())


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
