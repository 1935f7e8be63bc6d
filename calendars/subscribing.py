"""Connecting iCal feeds, and giving one another address (C5). The address is the secret."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from bookingsite import work
from bookingsite.models import User
from calendars import connecting
from calendars.connecting import AlreadyConnectedError, SignIn
from calendars.listing import apply_listing
from calendars.log.recording import recorded
from calendars.models import Account, LogEntry
from calendars.providers.ics.address import FeedAddress
from calendars.providers.ics.provider import IcsProvider
from calendars.sync.trouble import locked, wake


def sign_in_of(address: FeedAddress, name: str = "") -> SignIn:
    """How a feed is opened: only its server may be seen, the rest of the address is the password."""
    return SignIn(
        provider=IcsProvider.key,
        url=address.shown,
        username=address.name,
        password=address.url,
        name=" ".join(name.split()),
    )


def subscribe(owner: User, address: FeedAddress, name: str, now: datetime) -> Account:
    """Fetch the feed once, keep its address, and begin to read. Raises what `connecting.connect` raises."""
    return connecting.connect(owner, sign_in_of(address, name), now)


def change_address(account: Account, address: FeedAddress, now: datetime) -> None:
    """Read the feed from another address from now on; every choice stays, and so does the known copy until
    then.

    Raises `ProviderError`, or `AlreadyConnectedError` when the host has that feed already; then nothing changes.
    """
    sign_in = sign_in_of(address)
    _refuse_other(account, sign_in)
    with recorded(account, LogEntry.Job.CONNECT, now, secrets=(address.url,)):
        listing = connecting.listed(sign_in)
    try:
        with transaction.atomic():
            account = locked(account.pk)
            account.base_url, account.username = sign_in.url, sign_in.username
            account.seal_secret(sign_in.password)
            connecting.mark_well(account, now)
            account.save()
            # What the other server said of its versions means nothing at this one; and whoever is just reading
            # the former address loses the lease, so that its content does not come out on top.
            account.calendars.update(cursor="", last_full_at=None, lease=None)
            apply_listing(account, listing, now)
            wake(account, now)
            work.nudge()
    except IntegrityError:
        _refuse_other(account, sign_in)  # connected at the same moment
        raise


def _refuse_other(account: Account, sign_in: SignIn) -> None:
    same = Account.objects.filter(owner=account.owner_id, provider=sign_in.provider, base_url=sign_in.url)
    held = same.filter(username=sign_in.username).exclude(pk=account.pk).first()
    if held is not None:
        raise AlreadyConnectedError(is_closing=held.closing_at is not None)


def follow_name(account: Account) -> None:
    """A feed's one calendar is called as its card is."""
    if account.provider == IcsProvider.key:
        account.calendars.update(name=account.label)
