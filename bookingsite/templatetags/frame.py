"""The frame around every page: navigation of the signed-in area, initials for people without a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django import template
from django.template.context import RequestContext
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookingsite.models import User

register = template.Library()


@dataclass(frozen=True)
class Entry:
    """A place in the navigation: `where` says whether it stands in the side navigation, the phone's bar, or both ("")."""

    icon: str
    label: str | Promise
    url_name: str
    where: str = ""


@dataclass(frozen=True)
class Item:
    """An entry as one page shows it."""

    icon: str
    label: str | Promise
    url: str
    where: str
    is_current: bool


ENTRIES = (
    Entry("home", _("Home"), "home"),
    Entry("bookings", _("Bookings"), "bookings:list"),
    Entry("event-types", _("Event types"), "bookings:event_types"),
    Entry("availability", _("Availability"), "availability:index"),
    Entry("integrations", _("Integrations"), "calendars:integrations", "nav-wide"),
    Entry("profile", _("Profile"), "profile", "nav-wide"),
    Entry("settings", _("Settings"), "settings"),
)


def _found(path: str) -> Iterator[tuple[Entry, str, bool]]:
    """The entries that exist; the one with the longest address that `path` lies below is the current one, per layout."""
    urls: dict[Entry, str] = {}
    for entry in ENTRIES:
        try:
            urls[entry] = reverse(entry.url_name)
        except NoReverseMatch:  # a part of the site that is not switched on
            continue
    here = [url for url in urls.values() if path.startswith(url)]
    here_narrow = [url for entry, url in urls.items() if path.startswith(url) and entry.where != "nav-wide"]
    current = {max(urls, key=len) for urls in (here, here_narrow) if urls}
    for entry, url in urls.items():
        yield entry, url, url in current


@register.simple_tag(takes_context=True)
def host_navigation(context: RequestContext) -> list[Item]:
    """The navigation of the signed-in area for the page at hand."""
    path = context["request"].path
    return [
        Item(icon=entry.icon, label=entry.label, url=url, where=entry.where, is_current=is_current)
        for entry, url, is_current in _found(path)
    ]


@register.filter
def initials(person: User) -> str:
    """Up to two capital letters that stand for a person: "Anna Berg" is AB."""
    words = str(person).split("@", maxsplit=1)[0].split()
    letters = [word[0] for word in words if word]
    return "".join([letters[0], *letters[1:][-1:]]).upper() if letters else "?"
