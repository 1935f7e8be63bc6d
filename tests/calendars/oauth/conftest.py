"""A provider with consent, in memory: what it is asked and answers can be set by each test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import OperationalError
from django.db import connection as db_connection

from bookingsite.lib.http import GuardPolicy
from bookingsite.models import User
from calendars.models import Account, OAuthClient
from calendars.oauth import clients
from calendars.providers import registry
from calendars.providers.base import CalendarInfo, Provider
from calendars.providers.errors import AccessRevoked, ConsentRefused, ProviderError
from calendars.providers.memory import MemoryProvider, MemoryServer
from calendars.providers.oauth import Begun, Client, Grant, Granted
from calendars.providers.registry import Access
from tests.factories import calendars as make

MAIN = CalendarInfo("anna@work.example", "Anna", zone="Europe/Berlin", writable=True, primary=True)
FAMILY = CalendarInfo("family", "Family", writable=True)
TEAM = CalendarInfo("team", "Team", writable=False, why_read_only="not_owner")
HOUR = timedelta(hours=1)


@dataclass
class World:
    """The provider's side: who signs in, what is answered, and what was asked."""

    server: MemoryServer
    username: str = "anna@work.example"
    refuse: ProviderError | None = None
    refreshable: set[str] = field(default_factory=lambda: {"refresh-1"})
    begun: list[dict[str, Any]] = field(default_factory=list)
    finished: list[Client] = field(default_factory=list)
    refreshes: list[tuple[str, str]] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    opened: list[Access] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def open(self, access: Access) -> Provider:
        """What the registry calls."""
        self.opened.append(access)
        assert access.tokens is not None
        if access.tokens.access().startswith("dead"):
            access.tokens.access(rejected=access.tokens.access())
        return MemoryProvider(self.server)


class WorldOAuth:
    """The consent of that provider; refresh tokens rotate, and an old one is dead."""

    scopes = frozenset({"read", "write"})

    def __init__(self, world: World, addresses: Mapping[str, str]) -> None:
        self.world = world
        self.addresses = addresses

    def begin(self, client: Client, *, redirect_uri: str, login_hint: str = "") -> Begun:
        state = f"state-{len(self.world.begun) + 1}"
        self.world.begun.append(
            {"client": client, "redirect_uri": redirect_uri, "hint": login_hint, "addresses": self.addresses}
        )
        return Begun(f"https://consent.example/?state={state}", state, {"verifier": f"verifier of {state}"})

    def finish(
        self,
        client: Client,
        *,
        redirect_uri: str,
        kept: Mapping[str, Any],
        answer: Mapping[str, str],
        now: datetime,
    ) -> Granted:
        assert kept == {"verifier": f"verifier of {answer['state']}"}
        self.world.finished.append(client)
        if "error" in answer:
            raise ConsentRefused
        if self.world.refuse:
            raise self.world.refuse
        return Granted(grant(now), self.world.username)

    def refresh(self, client: Client, grant: Grant, *, now: datetime) -> Grant:
        with self.world.lock:
            if self.world.refuse:
                raise self.world.refuse
            self.world.refreshes.append((client.client_id, grant.refresh_token))
            if grant.refresh_token not in self.world.refreshable:
                raise AccessRevoked
            self.world.refreshable.remove(grant.refresh_token)
            count = len(self.world.refreshes) + 1
            self.world.refreshable.add(f"refresh-{count}")
        return Grant(
            refresh_token=f"refresh-{count}",
            access_token=f"access-{count}",
            expires_at=now + HOUR,
            granted_at=grant.granted_at,
        )

    def revoke(self, client: Client, grant: Grant) -> None:
        if self.world.refuse:
            raise self.world.refuse
        self.world.revoked.append(grant.refresh_token)


def grant(now: datetime, *, expires_in: timedelta = HOUR, token: str = "access-1") -> Grant:
    """A grant made now."""
    return Grant(refresh_token="refresh-1", access_token=token, expires_at=now + expires_in, granted_at=now)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Google and Microsoft as this provider, with three calendars; nobody has registered a client yet."""
    _address, server = make.make_server(MAIN, FAMILY, TEAM)
    found = World(server)

    def oauth(addresses: Mapping[str, str], policy: GuardPolicy) -> WorldOAuth:
        return WorldOAuth(found, addresses)

    for key, title in (("google", "Google"), ("microsoft", "Microsoft 365 / Outlook.com")):
        kind = registry.Kind(
            key, title, MemoryProvider.capabilities, found.open, needs_address=False, oauth=oauth
        )
        monkeypatch.setitem(registry.KINDS, key, kind)
    return found


def register(
    owner: User | None = None, *, provider: str = "google", client_id: str = "site-client", tenant: str = ""
) -> OAuthClient:
    """A client, of the site or of a host."""
    row = OAuthClient(owner=owner, provider=provider, client_id=client_id, tenant=tenant)
    clients.save(row, secret=f"secret of {client_id}", now=datetime.now().astimezone())
    return row


@pytest.fixture
def client_of_site(db: None, world: World) -> OAuthClient:
    """The site's client at Google, from the admin."""
    return register()


def connected(owner: User, now: datetime, held: Grant | None = None, **fields: Any) -> Account:
    """An account connected at Google with the site's client."""
    values = {"provider": "google", "username": "anna@work.example", "client_id": "site-client", **fields}
    account = make.make_account(owner, address="", **values)
    account.seal_secret((held or grant(now)).as_text())
    account.save()
    return account


def patiently(ask: Callable[[], str]) -> str:
    """A SQLite database in memory refuses at once where files and PostgreSQL wait: this waits for all."""
    until = monotonic() + 20
    while True:
        try:
            return ask()
        except OperationalError:
            if db_connection.vendor != "sqlite" or monotonic() > until:
                raise
            sleep(0.05)
