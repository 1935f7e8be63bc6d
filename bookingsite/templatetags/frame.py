"""The frame around every page: navigation of the signed-in area, initials for people without a picture."""

from __future__ import annotations

from contextlib import suppress
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
    """A place in the navigation. `where` is a class: "nav-wide" stands in the side navigation alone."""

    icon: str
    label: str | Promise
    url_name: str
    where: str = ""
    also: str = ""  # another beginning of addresses that belong to this place


@dataclass(frozen=True)
class Item:
    """An entry as one page shows it; `current` is for aria-current, "true" for a place further up."""

    icon: str
    label: str | Promise
    url: str
    where: str
    current: str


ENTRIES = (
    Entry("home", _("Home"), "home"),
    Entry("bookings", _("Bookings"), "bookings"),
    Entry("event-types", _("Event types"), "event_types"),
    Entry("availability", _("Availability"), "availability:index"),
    Entry("integrations", _("Integrations"), "calendars:integrations", "nav-wide"),
    Entry("profile", _("Profile"), "profile", "nav-wide"),
    Entry("settings", _("Settings"), "settings", also="/accounts/"),
)


def _addresses() -> dict[Entry, str]:
    urls: dict[Entry, str] = {}
    for entry in ENTRIES:
        with suppress(NoReverseMatch):  # a part of the site that is not there
            urls[entry] = reverse(entry.url_name)
    return urls


@register.simple_tag(takes_context=True)
def host_navigation(context: RequestContext) -> list[Item]:
    """The navigation for the page at hand; the nearest place above the page is "page"."""
    path = context["request"].path
    urls = _addresses()
    above = {
        entry: url
        for entry, url in urls.items()
        if path.startswith(url) or (entry.also and path.startswith(entry.also))
    }
    nearest = max(above.values(), key=len, default="")
    return [
        Item(
            icon=entry.icon,
            label=entry.label,
            url=url,
            where=entry.where,
            current="" if entry not in above else "page" if url == nearest else "true",
        )
        for entry, url in urls.items()
    ]


@register.filter
def initials(person: User) -> str:
    """Up to two capital letters that stand for a person: "Anna Berg" is AB."""
    words = str(person).split("@", maxsplit=1)[0].split()
    letters = [word[0] for word in words if word]
    return "".join([letters[0], *letters[1:][-1:]]).upper() if letters else "?"
