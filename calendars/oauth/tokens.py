"""Handing out access tokens of connected accounts, and renewing them one at a time.

Entra gives a new refresh token with every renewal and the old one dies: of two workers that renew at once, one
must wait and take what the other got. The account's refresh lease decides who asks; no transaction is open
while the provider is asked, and what it gave is stored only where the lease is still held.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from django.db import OperationalError
from django.db.models import Q

from bookingsite.lib import clock, secrets
from bookingsite.lib.http import GuardPolicy
from calendars.models import Account
from calendars.oauth import clients
from calendars.oauth.addresses import addresses_of
from calendars.providers import registry
from calendars.providers.errors import Timeout, TokenRejected
from calendars.providers.oauth import Grant, OAuth

LEASE = timedelta(seconds=30)
"""How long one process may take for a renewal; another one takes over after that."""
PATIENCE = 20.0
"""Seconds that one request of a renewal may take: well within the lease, so that a late answer is still stored."""
INSISTENCE = 5.0
"""Seconds in which storing a new grant is tried again, beside what the database waits by itself."""
POLL = 0.05
"""Seconds between two looks at whether the other process is done."""


def oauth_of(provider: str, policy: GuardPolicy) -> OAuth:
    """The provider's OAuth at the operator's addresses. Raises `registry.UnknownKind` where there is none."""
    made = registry.kind(provider).oauth
    if made is None:
        raise registry.UnknownKind(provider)
    return made(addresses_of(provider), policy)


def grant_of(account: Account) -> Grant:
    """What the account's owner granted. Raises `secrets.Unreadable`."""
    try:
        return Grant.from_text(account.open_secret())
    except ValueError:
        raise secrets.Unreadable(f"account:{account.pk}:secret") from None


class StoredTokens:
    """Access tokens of one account, from its row or newly got; for a thread that may use the database.

    Must not be asked inside a transaction: the provider may have to be. Failures are raised and noted by nobody
    here; `calendars.sync.trouble` does that for the work they stop.
    """

    def __init__(self, account: Account, policy: GuardPolicy, *, wait: float = PATIENCE) -> None:
        """`wait`: seconds to wait for a renewal under way elsewhere, and for one of our own."""
        self._account = account
        self._policy = policy
        self._wait = wait
        self._grant = grant_of(account)

    def access(self, *, rejected: str = "") -> str:
        """As in `calendars.providers.oauth.Tokens`; also raises `secrets.Unreadable`.

        Raises `Timeout` when another process is still renewing after the wait.
        """
        ends_at = time.monotonic() + self._wait
        while not self._serves(rejected):
            self._read_again()
            if self._serves(rejected):
                break
            if lease := self._take_lease():
                self._renew(lease, rejected)
                break
            if time.monotonic() >= ends_at:
                raise Timeout("another process is renewing the access")
            time.sleep(POLL)
        return self._grant.access_token

    def _serves(self, rejected: str) -> bool:
        return self._grant.is_fresh(clock.now()) and self._grant.access_token != rejected

    def _read_again(self) -> None:
        self._account.refresh_from_db(fields=["sealed_secret", "client_id"])
        self._grant = grant_of(self._account)

    def _take_lease(self) -> uuid.UUID | None:
        lease, now = uuid.uuid4(), clock.now()
        free = Q(refresh_lease=None) | Q(refresh_until=None) | Q(refresh_until__lte=now)
        mine = Account.objects.filter(free, pk=self._account.pk)
        return lease if mine.update(refresh_lease=lease, refresh_until=now + LEASE) else None

    def _renew(self, lease: uuid.UUID, rejected: str) -> None:
        """Ask for a new token while nobody else does, unless one came between looking and leasing."""
        held = Account.objects.filter(pk=self._account.pk, refresh_lease=lease)
        try:
            self._read_again()
            if self._serves(rejected):
                return
            before = self._account.sealed_secret
            self._keep(self._asked(), lease, before)
        finally:
            with suppress(OperationalError):  # then it ends by itself
                held.update(refresh_lease=None, refresh_until=None)

    def _keep(self, renewed: Grant, lease: uuid.UUID, before: str) -> None:
        """Store it unless something newer is there: the person may have connected again meanwhile."""
        self._account.seal_secret(renewed.as_text())
        ours = Q(refresh_lease=lease) | Q(sealed_secret=before)
        row = Account.objects.filter(ours, pk=self._account.pk)
        if _insist(lambda: row.update(sealed_secret=self._account.sealed_secret)):
            self._grant = renewed
        else:
            self._read_again()

    def _asked(self) -> Grant:
        client = clients.of_account(self._account)
        oauth = oauth_of(self._account.provider, self._policy)
        return oauth.refresh(client, self._grant, now=clock.now())


def _insist(write: Callable[[], int]) -> int:
    """What is lost for ever unless it is written is tried for a while: databases are busy at times."""
    ends_at = time.monotonic() + INSISTENCE
    while True:
        try:
            return write()
        except OperationalError:
            if time.monotonic() >= ends_at:
                raise
            time.sleep(POLL)


class FixedToken:
    """One access token, got beforehand; for threads that must not touch the database."""

    def __init__(self, token: str) -> None:
        self._token = token

    def access(self, *, rejected: str = "") -> str:
        """The token. Raises `TokenRejected` when it is the one that was refused."""
        if rejected == self._token:
            raise TokenRejected
        return self._token
