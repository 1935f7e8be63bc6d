"""Taking leave of a provider before an account is forgotten here (CC-7): no more notices, and the grant is given back.

All of it is best effort and bounded: a provider that does not answer must not keep an account alive.
"""

from __future__ import annotations

import logging

from calendars.models import Account
from calendars.oauth import clients
from calendars.oauth.tokens import grant_of, oauth_of
from calendars.providers import registry
from calendars.sync import channels
from calendars.sync.connection import guard_policy, in_time

log = logging.getLogger(__name__)
PATIENCE = 5.0
"""Seconds that each step may take."""


def is_needed(account: Account) -> bool:
    """Whether the provider has something of ours to be taken back."""
    kind = registry.KINDS.get(account.provider)
    return kind is not None and kind.oauth is not None


def take(account: Account) -> None:
    """End notices, then give the grant back. Never inside a transaction; raises nothing that a provider could cause."""
    if not is_needed(account):
        return
    channels.stop(account)
    try:
        _revoke(account)
    except (
        Exception
    ) as error:  # a lost key, a client that is gone, a provider that is down: we leave all the same
        log.warning("the grant of account %s was not given back: %s", account.pk, type(error).__name__)


def _revoke(account: Account) -> None:
    """Providers end the whole grant of a person for a client, so one that another account lives on stays."""
    if _is_shared(account):
        return
    account.refresh_from_db(fields=["sealed_secret", "client_id"])
    client, grant = clients.of_account(account), grant_of(account)
    oauth = oauth_of(account.provider, guard_policy(deadline=PATIENCE, timeout=PATIENCE))
    in_time(PATIENCE, lambda: oauth.revoke(client, grant))


def _is_shared(account: Account) -> bool:
    """Whether another host connected the very same account with the same client."""
    same = Account.objects.filter(
        provider=account.provider, client_id=account.client_id, username__iexact=account.username
    )
    return same.exclude(pk=account.pk).exists()
