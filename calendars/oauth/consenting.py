"""A host's consent, from the question to the stored account (C2, C3).

Nothing here knows requests: what must be kept between the two halves is a `Pending`, plain JSON for the session.
The network is always asked first and outside any transaction; only what worked is stored, whole.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.db import IntegrityError, transaction

from bookingsite import work
from bookingsite.models import User
from calendars import connecting
from calendars.connecting import AlreadyConnectedError, OtherAccountError
from calendars.listing import apply_listing
from calendars.log.recording import recorded
from calendars.models import Account, LogEntry
from calendars.oauth import clients
from calendars.oauth.addresses import addresses_of, redirect_address
from calendars.oauth.tokens import FixedToken, oauth_of
from calendars.providers.base import CalendarInfo
from calendars.providers.errors import ConsentStale
from calendars.providers.oauth import Client, Granted
from calendars.sync import channels
from calendars.sync.connection import granted, guard_policy, in_time, within
from calendars.sync.trouble import locked, wake

LASTS = timedelta(minutes=15)
"""How long a consent may take from the question to the answer."""
PATIENCE = connecting.PATIENCE
NOT_A_DIRECTORY = frozenset({"", "common", "consumers"})


class NoClientError(Exception):
    """Nobody has registered a client at this provider, for the site or for the host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A consent under way. `until` is epoch seconds; `account` is the one to be reconnected, if any."""

    provider: str
    state: str = field(repr=False)
    keep: dict[str, Any] = field(repr=False)
    client_id: str
    until: float
    account: int | None = None

    def as_json(self) -> dict[str, Any]:
        """For the session."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: object) -> Pending | None:
        """What `as_json` made; None for anything else."""
        try:
            return cls(**plain) if isinstance(plain, dict) else None
        except TypeError:
            return None

    def fits(self, state: str, now: datetime) -> bool:
        """Whether an answer with this state belongs to it, and comes in time."""
        is_same = hmac.compare_digest(self.state.encode(), state.encode())
        return is_same and now.timestamp() < self.until


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a consent: the account, and whether it is a new one."""

    account: Account
    is_new: bool


def begin(owner: User, provider: str, now: datetime, account: Account | None = None) -> tuple[str, Pending]:
    """Where to send the host, and what to keep until they return.

    Raises `NoClientError`, `BadClient`, and the errors of the network (some providers are asked where they
    answer).
    """
    client = clients.resolve(provider, owner.pk)
    if client is None:
        raise NoClientError
    hint = account.username if account else ""
    oauth = oauth_of(provider, guard_policy(deadline=PATIENCE))
    begun = in_time(
        PATIENCE, lambda: oauth.begin(client, redirect_uri=redirect_address(provider), login_hint=hint)
    )
    pending = Pending(
        provider=provider,
        state=begun.state,
        keep=dict(begun.keep),
        client_id=client.client_id,
        until=(now + LASTS).timestamp(),
        account=account.pk if account else None,
    )
    return begun.url, pending


def finish(owner: User, pending: Pending, answer: Mapping[str, str], now: datetime) -> Outcome:
    """Turn the provider's answer into a connected account.

    An account that the host has already keeps every choice (CC-4). Raises `AlreadyConnectedError` for one that
    is just being disconnected, `OtherAccountError` when another one was to be reconnected, and the
    `ProviderError` that says why it did not work; then nothing changes.
    """
    client = clients.by_id(pending.provider, owner.pk, pending.client_id)
    with _recorded(owner, pending, now):
        got = _exchanged(pending, client, answer, now)
        listing = _listed(pending.provider, got)
    try:
        return _stored(owner, pending, got, listing, now)
    except IntegrityError:  # connected twice at the same moment, or renamed into one that is there
        return _stored(owner, pending, got, listing, now)


def _recorded(owner: User, pending: Pending, now: datetime) -> AbstractContextManager[None]:
    """The debug log of the account that is being reconnected; a new one has none yet."""
    account = Account.objects.filter(pk=pending.account, owner=owner).first() if pending.account else None
    return recorded(account, LogEntry.Job.CONNECT, now) if account else nullcontext()


def _exchanged(pending: Pending, client: Client, answer: Mapping[str, str], now: datetime) -> Granted:
    oauth = oauth_of(pending.provider, guard_policy(deadline=PATIENCE))
    redirect_uri = redirect_address(pending.provider)
    return in_time(
        PATIENCE,
        lambda: oauth.finish(client, redirect_uri=redirect_uri, kept=pending.keep, answer=answer, now=now),
    )


def _listed(provider: str, got: Granted) -> list[CalendarInfo]:
    tokens = FixedToken(got.grant.access_token)
    opened = granted(provider, username=got.username, tokens=tokens, deadline=PATIENCE)
    return within(PATIENCE, opened, opened.calendars)


def _stored(
    owner: User, pending: Pending, got: Granted, listing: Collection[CalendarInfo], now: datetime
) -> Outcome:
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # one connecting after the other
        held = _held(owner, pending, got, listing)
        account = held or Account(
            owner=owner, provider=pending.provider, label=got.username[:120], connected_at=now
        )
        _take(account, pending, got, now)
        apply_listing(account, list(listing), now)
        if held is None:
            connecting.choose_first(account, listing)
        else:
            wake(account, now)
        channels.ensure(now, owner_id=owner.pk)
        work.nudge()
    return Outcome(account, is_new=held is None)


def _held(owner: User, pending: Pending, got: Granted, listing: Collection[CalendarInfo]) -> Account | None:
    """The row that this consent is for, locked; None for a new account."""
    accounts = Account.objects.filter(owner=owner, provider=pending.provider)
    same = accounts.filter(username__iexact=got.username).first()
    if same is not None and same.closing_at is not None:
        raise AlreadyConnectedError(is_closing=True)
    if pending.account is None:
        return locked(same.pk) if same else None
    wanted = accounts.filter(pk=pending.account, closing_at=None).first()
    if wanted is None:
        raise ConsentStale("the account is gone")
    is_same = wanted.pk == same.pk if same else _is_renamed(wanted, listing)
    if not is_same:
        raise OtherAccountError
    return locked(wanted.pk)


def _is_renamed(account: Account, listing: Collection[CalendarInfo]) -> bool:
    """Whether the same account only has another address now: all of its calendars are there, its main one
    among them. (Single ones may also be seen by people they were shared with.)"""
    held = set(account.calendars.filter(vanished_at=None).values_list("remote_id", flat=True))
    found = {info.remote_id for info in listing}
    main = {info.remote_id for info in listing if info.primary}
    return bool(main) and held <= found and main <= held


def _take(account: Account, pending: Pending, got: Granted, now: datetime) -> None:
    """Put the grant in; a renewal of the old one that is under way finds its lease gone and gives way."""
    account.username = got.username[:254]
    account.client_id = pending.client_id
    connecting.mark_well(account, now)
    account.refresh_lease = account.refresh_until = None
    if account._state.adding:
        account.save()  # the secret is sealed to its id
    account.seal_secret(got.grant.as_text())
    account.save()


def admin_consent_address(owner: User, provider: str) -> tuple[str, str]:
    """Where an organisation's administrator allows the client, and the client's id; empty where there is no such way.

    https://learn.microsoft.com/entra/identity-platform/v2-admin-consent: a client without a directory of its own is
    allowed in the administrator's ("organizations"; "common" must not be used). Raises `BadClient`.
    """
    client = clients.resolve(provider, owner.pk) if provider == "microsoft" else None
    if client is None:
        return "", ""
    authority = addresses_of(provider)["authority"]
    tenant = quote("organizations" if client.tenant in NOT_A_DIRECTORY else client.tenant, safe="")
    query = {
        "client_id": client.client_id,
        "scope": " ".join(_graph_scopes(provider)),
        "redirect_uri": redirect_address(provider),
    }
    return f"{authority}/{tenant}/v2.0/adminconsent?{urlencode(query)}", client.client_id


def _graph_scopes(provider: str) -> list[str]:
    """The permissions by their whole names, which begin with the address of the cloud's Graph."""
    graph = urlsplit(addresses_of(provider)["api"])
    scopes = sorted(oauth_of(provider, guard_policy(deadline=PATIENCE)).scopes)
    return [scope if "://" in scope else f"{graph.scheme}://{graph.netloc}/{scope}" for scope in scopes]
