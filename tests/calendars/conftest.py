"""What tests of connected calendars share."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client

from bookingsite.models import User
from calendars.providers import registry
from calendars.providers.base import CalendarInfo, Provider
from calendars.providers.errors import WrongPassword
from calendars.providers.memory import MemoryProvider, MemoryServer
from calendars.providers.registry import Access
from tests.factories import calendars as make

SHARED = CalendarInfo("shared", "Team", colour="#cb30e0", writable=False, why_read_only="not_owner")
PRIVATE = CalendarInfo("private", "Private", zone="Europe/Berlin", writable=True)


@dataclass
class TypedServer:
    """A server behind the CalDAV and iCloud forms, in memory, with one password."""

    server: MemoryServer
    password: str = "abcd-efgh-ijkl-mnop"
    url: str = "https://calendars.example/"

    def open(self, access: Access) -> Provider:
        """What the registry calls; a wrong password is found out at the first request."""
        if access.password != self.password:
            self.server.fail_next("calendars", WrongPassword())
        return MemoryProvider(self.server)


@pytest.fixture
def typed_server(monkeypatch: pytest.MonkeyPatch) -> TypedServer:
    """Three calendars: a main one, another own one, and one that is only shared."""
    _address, server = make.make_server(make.WORK, PRIVATE, SHARED)
    found = TypedServer(server)
    for key in ("icloud", "caldav"):
        kind = registry.KINDS[key]
        monkeypatch.setitem(
            registry.KINDS,
            key,
            registry.Kind(
                key,
                kind.title,
                kind.capabilities,
                found.open,
                needs_address=key == "caldav",
                presets=kind.presets,
            ),
        )
    return found


@pytest.fixture
def page(host: User) -> Client:
    """The host's browser, signed in."""
    client = Client()
    client.force_login(host)
    return client


@pytest.fixture
def other_page(other_host: User) -> Client:
    """Another host's browser, signed in."""
    client = Client()
    client.force_login(other_host)
    return client
