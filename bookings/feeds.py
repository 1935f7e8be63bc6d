"""A host's bookings as a feed that calendar programs subscribe to, under a secret address.

The events have the UIDs of the bookings, as everywhere: a host who subscribes to the own feed sees each booking
once, and our own reader knows them for ours.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from bookings.domain import events, links
from bookings.models import Booking, FeedLink
from bookingsite.lib.secrets import Unreadable
from bookingsite.models import User
from calendars import writing
from calendars.writing import EventWish, WishStatus

BACK = timedelta(days=30)
REFRESH = timedelta(minutes=15)
"""How often programs are told to ask; many ask far less often whatever they are told."""
FRESH_SECONDS = 300
"""How long a copy may be used without asking."""
TOKEN_BYTES = 24
FETCH_NOTED = timedelta(minutes=10)
FORMAT = 1
"""To be raised when the same bookings are written differently: readers compare the ETag, not the text."""
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Feed:
    """What a host's feed holds at a moment. The same values give the same bytes."""

    name: str
    zone: str
    wishes: tuple[EventWish, ...]

    @property
    def etag(self) -> str:
        """Stands for the bytes, and costs less than writing them."""
        return hashlib.sha256(f"{FORMAT} {self!r}".encode()).hexdigest()

    def body(self) -> bytes:
        """The iCalendar file."""
        return writing.feed_bytes(self.wishes, name=self.name, zone=self.zone, refresh=REFRESH)


def link_of(owner: User) -> FeedLink | None:
    """The host's feed, where there is one."""
    return FeedLink.objects.filter(owner=owner).first()


def link_by_token(token: str) -> FeedLink | None:
    """The feed at this secret address with its active owner, None for anything else. One query."""
    if not token or len(token) > _LONGEST:
        return None
    links_of_active = FeedLink.objects.select_related("owner").filter(owner__is_active=True)
    return links_of_active.filter(token_hash=_hashed(token)).first()


def renew(owner: User, now: datetime) -> FeedLink:
    """Give the host's feed a new address; the old one is worth nothing from then on. Makes the feed if need be."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # pressed twice: one after the other
        link = link_of(owner) or FeedLink(owner=owner)
        link.token_hash = _hashed(token)
        link.created_at, link.fetched_at = now, None
        link.save()
        link.seal_token(token)
        link.save(update_fields=["sealed_token"])
    return link


def switch_off(owner: User) -> None:
    """Take the feed away with its address."""
    FeedLink.objects.filter(owner=owner).delete()


def show(owner: User, detail: str) -> None:
    """Choose what the feed shows from now on."""
    FeedLink.objects.filter(owner=owner).update(detail=detail)


def address_of(link: FeedLink) -> str:
    """The secret address, empty where it can no longer be read: only a new one helps then."""
    try:
        return links.absolute(reverse("feed", args=[link.open_token()]))
    except Unreadable:
        return ""


def feed_of(link: FeedLink, now: datetime) -> Feed:
    """What the feed holds now: live bookings from a month ago. Two queries with titles, one without.

    Whole days (UTC) bound it, so that it stays the same from one minute to the next.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    owner = link.owner
    rows = Booking.objects.filter(host=owner, end__gt=today - BACK, start__lt=today + _ahead())
    rows = rows.exclude(state=Booking.State.CANCELLED).order_by("start", "pk")
    if link.detail == FeedLink.Detail.TITLES:
        rows = rows.prefetch_related("guests")
    with translation.override(owner.language):
        name = _("Bookings of %(name)s") % {"name": owner.name}
        return Feed(name, owner.zone, _wishes(rows, link))


def changed_at(link: FeedLink, etag: str, now: datetime) -> datetime:
    """Since when the feed holds what this ETag stands for, in whole seconds; notes the fetch now and then.

    Two different contents never have the same time, also when they follow each other within a second.
    """
    if link.etag == etag and link.changed_at is not None:
        if link.fetched_at is None or now - link.fetched_at >= FETCH_NOTED:
            FeedLink.objects.filter(pk=link.pk).update(fetched_at=now)
        return link.changed_at
    moment = now.replace(microsecond=0)
    if link.changed_at is not None:
        moment = max(moment, link.changed_at + timedelta(seconds=1))
    same = FeedLink.objects.filter(pk=link.pk, etag=link.etag)  # somebody else may just have noted it
    same.update(etag=etag, changed_at=moment, fetched_at=now)
    return moment


def own_uids(owner_id: int, uids: Collection[str]) -> frozenset[str]:
    """Of these UIDs those of the host's bookings in whatever state. One query, none where no UID is of this site."""
    ending = f"@{settings.SITE_DOMAIN}"
    named = {uid.removesuffix(ending): uid for uid in uids if uid.endswith(ending)}
    if not named:
        return frozenset()
    found = Booking.objects.filter(host=owner_id, public_id__in=named)
    return frozenset(named[public_id] for public_id in found.values_list("public_id", flat=True))


def _ahead() -> timedelta:
    return timedelta(days=settings.CALENDAR_HORIZON_DAYS)


def _wishes(rows: Iterable[Booking], link: FeedLink) -> tuple[EventWish, ...]:
    make = _named if link.detail == FeedLink.Detail.TITLES else _busy
    return tuple(make(booking, link.owner.zone) for booking in rows)


def _busy(booking: Booking, zone: str) -> EventWish:
    """When, and nothing else."""
    return EventWish(
        uid=booking.uid,
        key="",
        start=booking.start,
        end=booking.end,
        zone=zone,
        summary=_("Busy"),
        status=WishStatus.TENTATIVE if booking.state == Booking.State.PENDING else WishStatus.CONFIRMED,
        sequence=booking.sequence,
        created=booking.created_at,
        updated=booking.changed_at,
    )


def _named(booking: Booking, zone: str) -> EventWish:
    """With whom and where; how to reach the guest stays on the host's own page, which it links to."""
    return replace(
        _busy(booking, zone),
        summary=events.summary_of(booking),
        location=booking.place,
        url=links.host_url(booking),
    )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
