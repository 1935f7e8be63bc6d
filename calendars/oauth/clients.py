"""Which OAuth client asks for a host (C8): the host's own, else the site's from the admin, else from the settings."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from bookingsite.lib.secrets import Unreadable
from calendars.models import Account, OAuthClient
from calendars.providers.errors import BadClient, ClientGone
from calendars.providers.oauth import Client
from calendars.sync import trouble

log = logging.getLogger(__name__)
OWN_FIRST = F("owner").asc(nulls_last=True)


def resolve(provider: str, owner_id: int) -> Client | None:
    """The client for the host's new connections, None where there is none. Raises `BadClient`."""
    return next(_reachable(provider, owner_id), None)


def by_id(provider: str, owner_id: int, client_id: str) -> Client:
    """The reachable client with this id. Raises `ClientGone` and `BadClient`."""
    for client in _reachable(provider, owner_id, client_id):
        if client.client_id == client_id:
            return client
    raise ClientGone


def of_account(account: Account) -> Client:
    """The client that the account's permission was given to; it works with no other.

    Raises `ClientGone` when nobody who serves the account has it any more, `BadClient` when its secret cannot
    be opened.
    """
    return by_id(account.provider, account.owner_id, account.client_id)


def is_reachable(provider: str, owner_id: int, client_id: str) -> bool:
    """Whether the client is still there for this host."""
    stored = _stored(owner_id).filter(provider=provider, client_id=client_id)
    return stored.exists() or _configured_id(provider) == client_id


def providers_with_client(owner_id: int) -> frozenset[str]:
    """The providers that the host can connect. One query."""
    stored = _stored(owner_id).values_list("provider", flat=True)
    return frozenset(stored) | {key for key in settings.OAUTH_CLIENTS if _configured_id(key)}


def site_providers() -> dict[str, str]:
    """The providers with a client for the whole site, each with where it comes from: admin or environment."""
    found = {key: "environment" for key in settings.OAUTH_CLIENTS if _configured_id(key)}
    stored = OAuthClient.objects.filter(owner=None).values_list("provider", flat=True)
    return found | dict.fromkeys(stored, "admin")


def _stored(owner_id: int) -> QuerySet[OAuthClient]:
    return OAuthClient.objects.filter(Q(owner=owner_id) | Q(owner=None)).order_by(OWN_FIRST)


def _reachable(provider: str, owner_id: int, client_id: str = "") -> Iterator[Client]:
    stored = _stored(owner_id).filter(provider=provider)
    for row in stored.filter(client_id=client_id) if client_id else stored:
        yield Client(client_id=row.client_id, secret=_opened(row), tenant=row.tenant)
    if _configured_id(provider):
        yield Client(**settings.OAUTH_CLIENTS[provider])


def _configured_id(provider: str) -> str:
    return str(settings.OAUTH_CLIENTS.get(provider, {}).get("client_id", ""))


def _opened(row: OAuthClient) -> str:
    try:
        return row.open_secret()
    except Unreadable:
        log.error("the secret of OAuth client %s cannot be read", row.pk)  # noqa: TRY400 the text says it all
        raise BadClient("secret unreadable") from None


def accounts_of(row: OAuthClient) -> QuerySet[Account]:
    """The accounts whose permission was given to this client and which use this very row."""
    found = Account.objects.filter(provider=row.provider, client_id=row.client_id, closing_at=None)
    if row.owner_id is not None:
        return found.filter(owner=row.owner_id)
    own = OAuthClient.objects.filter(provider=row.provider, client_id=row.client_id, owner__isnull=False)
    return found.exclude(owner__in=own.values("owner"))


def save(row: OAuthClient, *, secret: str, now: datetime) -> None:
    """Store a new or changed client; an empty `secret` keeps the stored one.

    Accounts of the client that stood here before must be connected again; those that waited for a new secret
    are tried at once.
    """
    with transaction.atomic():
        before = OAuthClient.objects.select_for_update().filter(pk=row.pk).first()
        row.save()
        if secret:
            row.seal_secret(secret)
            row.save(update_fields=["sealed_secret"])
        if before is not None and _names(before) != _names(row):
            _forsake(before, now)
        for account in accounts_of(row).filter(error__in=(BadClient.code, ClientGone.code)):
            trouble.wake(trouble.locked(account.pk), now)


def remove(row: OAuthClient, now: datetime) -> int:
    """Delete a client; returns how many accounts must be connected again."""
    with transaction.atomic():
        OAuthClient.objects.select_for_update().filter(pk=row.pk).delete()
        return _forsake(row, now)


def lost_without(row: OAuthClient) -> list[Account]:
    """The accounts that would have to be connected again if this client went."""
    others = OAuthClient.objects.exclude(pk=row.pk).filter(provider=row.provider, client_id=row.client_id)
    if _configured_id(row.provider) == row.client_id or others.filter(owner=None).exists():
        return []
    return list(accounts_of(row))


def _names(row: OAuthClient) -> tuple[int | None, str, str]:
    return row.owner_id, row.provider, row.client_id


def _forsake(row: OAuthClient, now: datetime) -> int:
    """Put every account that no reachable client serves any more to be connected again.

    A host who took the client away knows it from the page; others get the mail.
    """
    lost = 0
    for pk, owner_id in accounts_of(row).order_by("pk").values_list("pk", "owner_id"):
        if not is_reachable(row.provider, owner_id, row.client_id):
            account = trouble.locked(pk)
            account.owner_told_at = account.owner_told_at or (now if row.owner_id else None)
            gone = trouble.Trouble(ClientGone.code, reconnect=ClientGone.reconnect)
            trouble.note_failure(account, gone, now)
            lost += 1
    return lost
