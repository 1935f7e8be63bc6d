"""What the page "Connect a calendar" offers: one tile a kind of account."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookingsite.models import User
from calendars.oauth import clients
from calendars.providers import registry

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Tile:
    """One kind of account. `mark` names a logo. Not `is_ready`: nobody registered a client at that provider yet."""

    url: str
    title: str
    text: Text
    mark: str = ""
    is_ready: bool = True


CONSENTED: dict[str, tuple[str, Text]] = {
    "google": (
        "Google",
        _(
            "Google Calendar and Workspace. You allow it at Google; no password is typed here. With Google Meet links."
        ),
    ),
    "microsoft": (
        "Microsoft",
        _("Microsoft 365, Exchange Online and Outlook.com. You allow it at Microsoft. With Teams links."),
    ),
}


def tiles_for(person: User) -> list[Tile]:
    """Every kind that can be connected here, in the order of the page. One query."""
    ready = clients.providers_with_client(person.pk)
    consented = [
        Tile(reverse(f"calendars:connect_{key}"), title, text, mark=key, is_ready=key in ready)
        for key, (title, text) in CONSENTED.items()
        if key in registry.KINDS
    ]
    return [*consented, *_typed()]


def _typed() -> list[Tile]:
    return [
        Tile(
            reverse("calendars:connect_icloud"),
            "iCloud",
            _("Apple ID and an app-specific password. Nothing else to type."),
        ),
        Tile(
            reverse("calendars:connect_caldav"),
            "CalDAV",
            _(
                "Nextcloud, Fastmail, mailbox.org, Posteo, Radicale and every other calendar server: address, "
                "user name, password."
            ),
        ),
        Tile(
            reverse("calendars:connect_feed"),
            registry.kind("ics").title,
            _(
                "Airbnb, Booking.com, Vrbo and every other calendar that is published at an iCal (.ics) address. "
                "It closes your times; bookings cannot be written into it."
            ),
        ),
    ]
