"""Connecting, reconnecting and disconnecting accounts, and choosing what their calendars are for.

The network is always asked first and outside any transaction; only what worked is stored, whole.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from bookingsite import work
from bookingsite.models import User
from calendars import closing
from calendars.listing import apply_listing
from calendars.log.recording import recorded
from calendars.models import Account, Calendar, LogEntry
from calendars.oauth import leaving
from calendars.providers import registry
from calendars.providers.base import CalendarInfo
from calendars.sync import channels, reports
from calendars.sync.connection import asked_within, connected, within
from calendars.sync.respread import apply_switches
from calendars.sync.trouble import locked, mend, wake

PATIENCE = 20.0
"""Seconds a person waits for a server at most."""


class AlreadyConnectedError(Exception):
    """The host has connected this very account before; `is_closing`: it is just being disconnected."""

    def __init__(self, *, is_closing: bool) -> None:
        super().__init__("already connected")
        self.is_closing = is_closing


class OtherAccountError(Exception):
    """The new password opens another account than the one to be reconnected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What signs in at a provider. `url` is empty where the provider has one address for all."""

    provider: str
    url: str = ""
    username: str
    password: str = field(repr=False)
    name: str = ""
    """What the host calls it, where the host was asked."""

    def label(self, listing: Collection[CalendarInfo] = ()) -> str:
        """What the card is called: as the host said, or as a feed calls itself, or by its server; else the user
        name, with the server where the host typed one."""
        host = urlsplit(self.url).hostname
        if feed := next((info for info in listing if info.kind == "feed"), None):
            return (self.name or " ".join(feed.name.split()) or host or feed.remote_id)[:120]
        return f"{self.username} ({host})"[:120] if host else self.username[:120]


def connect(owner: User, sign_in: SignIn, now: datetime) -> Account:
    """Sign in, list the calendars, store the account with sensible choices, and begin to read.

    Raises `AlreadyConnectedError`, or the `ProviderError` that says why signing in failed; then nothing
    is stored.
    """
    _refuse_held(owner, sign_in)
    listing = listed(sign_in)
    try:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # one connecting after the other
            _refuse_same(owner, sign_in, listing)
            account = Account(
                owner=owner,
                provider=sign_in.provider,
                base_url=sign_in.url,
                username=sign_in.username,
                label=sign_in.label(listing),
                connected_at=now,
            )
            account.save()
            account.seal_secret(sign_in.password)
            account.save(update_fields=["sealed_secret"])
            apply_listing(account, listing, now)
            choose_first(account, listing)
            work.nudge()
    except IntegrityError:
        _refuse_held(owner, sign_in)  # connected twice at the same moment
        raise
    return account


def _refuse_held(owner: User, sign_in: SignIn) -> None:
    same = Account.objects.filter(owner=owner, provider=sign_in.provider, base_url=sign_in.url)
    _refuse_any(same.filter(username=sign_in.username))


def _refuse_same(owner: User, sign_in: SignIn, listing: Collection[CalendarInfo]) -> None:
    """One account has several addresses that lead to it: the calendars found there tell it."""
    found = [info.remote_id for info in listing]
    same = Account.objects.filter(owner=owner, username__iexact=sign_in.username)
    _refuse_any(same.filter(calendars__remote_id__in=found))


def _refuse_any(accounts: QuerySet[Account]) -> None:
    held = accounts.first()
    if held is not None:
        raise AlreadyConnectedError(is_closing=held.closing_at is not None)


def listed(sign_in: SignIn) -> list[CalendarInfo]:
    """The calendars that this sign-in opens. Raises `ProviderError`."""
    provider = connected(
        sign_in.provider,
        url=sign_in.url,
        username=sign_in.username,
        password=sign_in.password,
        deadline=PATIENCE,
    )
    return within(PATIENCE, provider, provider.calendars)


def choose_first(account: Account, listing: Collection[CalendarInfo]) -> None:
    """The first choices: own calendars block; the main one receives bookings if none does yet.

    Google and Microsoft list colleagues' and teams' calendars as writable too: there only the main one blocks.
    """
    own = [info for info in listing if info.kind == "calendar" and info.writable]
    blocking = own or [info for info in listing if info.kind in ("calendar", "feed")][:1]
    if registry.kind(account.provider).oauth is not None:
        blocking = [info for info in own if info.primary] or blocking[:1]
    account.calendars.filter(remote_id__in=[info.remote_id for info in blocking]).update(blocks=True)
    if Calendar.objects.filter(owner=account.owner_id, receives=True).exists():
        return
    if main := next((info for info in own if info.primary), own[0] if own else None):
        account.calendars.filter(remote_id=main.remote_id).update(receives=True)


def reconnect(account: Account, password: str, now: datetime) -> None:
    """Take a new password; every choice stays (CC-4).

    Raises `ProviderError`, or `OtherAccountError` where none of the known calendars is found; then nothing
    changes.
    """
    sign_in = SignIn(
        provider=account.provider, url=account.base_url, username=account.username, password=password
    )
    with recorded(account, LogEntry.Job.CONNECT, now, secrets=(password,)):
        listing = listed(sign_in)
    with transaction.atomic():
        account = locked(account.pk)
        _require_same(account, listing)
        account.seal_secret(password)
        mark_well(account, now)
        account.save()
        apply_listing(account, listing, now)
        wake(account, now)
        work.nudge()


def _require_same(account: Account, listing: Collection[CalendarInfo]) -> None:
    """Paths are compared, not hosts: large servers move accounts from one host to another."""
    held = set(account.calendars.filter(vanished_at=None).values_list("remote_id", flat=True))
    found = {urlsplit(info.remote_id).path for info in listing}
    if held and found.isdisjoint(urlsplit(remote_id).path for remote_id in held):
        raise OtherAccountError


def refresh(account: Account, now: datetime) -> None:
    """Look at the account now: its list of calendars at once, what is in them within seconds.

    Raises `ProviderError` or `secrets.Unreadable`; the calendars are read at once all the same, unless the
    last password was refused: then it is tried this one time only, servers lock people out.
    """
    if account.status != Account.Status.RECONNECT:
        _read_soon(account, now)
    with recorded(account, LogEntry.Job.CONNECT, now):
        listing = asked_within(PATIENCE, account, lambda provider: provider.calendars())
    with transaction.atomic():
        account = locked(account.pk)
        apply_listing(account, listing, now)
        if account.status == Account.Status.RECONNECT:
            mark_well(account, now)
            account.save()
            _read_soon(account, now)


def _read_soon(account: Account, now: datetime) -> None:
    with transaction.atomic():
        wake(locked(account.pk), now)
        work.nudge()


def mark_well(account: Account, now: datetime) -> None:
    """Nothing is wrong with the (locked) account any more; who was told of the trouble is told. Does not save."""
    mend(account, now)


def disconnect(account: Account, *, remove_events: bool, now: datetime, here: bool = True) -> None:
    """Forget the account and everything read from it; our events stay, or are taken out first (CC-7).

    `here`: the provider is told at once, which may take seconds. Otherwise, as inside a transaction, the worker
    tells it within minutes.
    """
    if remove_events and registry.kind(account.provider).capabilities.writes:
        closing.begin(account, now)
        if closing.remaining(account):
            work.nudge()
            return
    if here or not leaving.is_needed(account):
        closing.forget(account)
    else:
        Account.objects.filter(pk=account.pk).update(
            closing_at=now - closing.LONGEST
        )  # nothing is waited for


def choose(owner: User, *, blocking: Collection[int], receiving: int | None, now: datetime) -> None:
    """Which of the owner's calendars block, and which one receives bookings (C7).

    Ids that are not the owner's are passed over, and so is a read-only calendar as the receiving one.
    What is newly chosen is read at once.
    """
    with transaction.atomic():
        list(Account.objects.select_for_update(no_key=True).filter(owner=owner).order_by("pk").only("pk"))
        mine = Calendar.objects.filter(owner=owner, account__closing_at=None).order_by("pk")
        mine = mine.select_for_update(of=("self",))  # accounts first, then calendars: as readings do
        wanted = {calendar.pk for calendar in mine if calendar.pk in blocking}
        newly = wanted - {calendar.pk for calendar in mine if calendar.blocks}
        target = [calendar.pk for calendar in mine if calendar.pk == receiving and calendar.writable]
        chosen = Q(pk__in=target, receives=False) | Q(pk__in=wanted, blocks=False)
        mine.filter(chosen, lease=None).update(run_at=now)  # a leased one is just being read
        mine.exclude(pk__in=target).filter(receives=True).update(receives=False)
        mine.filter(pk__in=target, receives=False).update(receives=True)
        mine.exclude(pk__in=wanted).filter(blocks=True).update(blocks=False)
        mine.filter(pk__in=newly).update(blocks=True)
        for calendar in Calendar.objects.filter(pk__in=newly).order_by("pk"):
            reports.counting(calendar, now)
        channels.ensure(now, owner_id=owner.pk)
        work.nudge()


def save_switches(calendar: Calendar, *, now: datetime) -> None:
    """Store a calendar's switches and apply them to everything read so far."""
    with transaction.atomic():
        calendar.save(
            update_fields=[
                "tentative_blocks",
                "elsewhere_blocks",
                "out_of_office_blocks",
                "unanswered_blocks",
                "all_day",
                "interval_minutes",
            ]
        )
        apply_switches(calendar, now=now)
