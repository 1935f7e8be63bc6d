"""A host with calendars of every kind, of which some are in trouble: what the pages of calendars have to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bookings import feeds
from bookings.models import Booking, EventType, OutsideChange
from bookings.outside import colliding, offering
from bookingsite.models import User
from calendars.models import Account, Busy, Calendar, Channel, Item, LogEntry, OAuthClient
from tests.factories.bookings import booked
from tests.factories.calendars import make_account, make_calendar

HOUR = timedelta(hours=1)
LONG_NAME = "Ferienwohnung-am-Untersee-Belegungsplan-2027-2028 (nicht verschieben)"
ENTRIES = [
    ("read", "GET", "/calendar/v3/calendars/~3fa9c1/events", "200", 182, 4210),
    ("read", "JOB", "", "no_answer", 0, 0),
    ("write", "PUT", "/calendars/anna/~77ab01/~0c4d2e.ics", "412", 95, 0),
    ("recheck", "GET", "/calendar/v3/calendars/~3fa9c1/events", "timeout", 2600, 0),
    ("read", "REPORT", "/remote.php/dav/calendars/anna/" + "~9e10b2/" * 9, "503", 31, 1290),
]


@dataclass
class Scene:
    """What was made, for building addresses."""

    google: Account
    microsoft: Account
    caldav: Account
    feed: Account
    moved: Booking
    deleted: Booking
    collided: Booking


def make_scene(talk: EventType, now: datetime) -> Scene:
    """Four accounts, three bookings with questions, a log, an own client, a feed."""
    host = talk.host
    google = _google(host, now)
    bookings = _bookings(talk, google.calendars.get(blocks=True), now)
    microsoft = make_account(
        host, address="", provider="microsoft", label="anna@contoso.example", username="anna@contoso.example",
        status="reconnect", error="access_revoked", failing_since=now - 30 * HOUR,
    )  # fmt: skip
    make_calendar(microsoft, remote_id="Calendar", last_ok_at=now - 30 * HOUR, failing_since=now - 30 * HOUR)
    caldav, feed = _caldav(host, now), _feed(host, now)
    client = OAuthClient.objects.create(owner=host, provider="google", client_id="1234-abcd.apps.example")
    client.seal_secret("secret")
    client.save()
    feeds.renew(host, now - 5 * HOUR)
    return Scene(google, microsoft, caldav, feed, *bookings)


def _google(host: User, now: datetime) -> Account:
    account = make_account(
        host, address="", provider="google", label="anna@gmail.example", username="anna@gmail.example",
        last_ok_at=now, client_id="1234-abcd.apps.example", logging_until=now + timedelta(days=6),
    )  # fmt: skip
    main = make_calendar(
        account, remote_id="anna", name="anna@gmail.example", colour="#2563eb", last_ok_at=now - HOUR / 12,
        run_at=now + HOUR / 12, noticed_at=now - HOUR / 4, expanded_to=now + timedelta(days=400), item_count=214,
    )  # fmt: skip
    Channel.objects.create(calendar=main, channel_id="c", run_at=now, expires_at=now + timedelta(days=5))
    make_calendar(account, remote_id="team", name="Team", colour="#16a34a", blocks=False, receives=False)
    make_calendar(
        account, remote_id="holidays", name="Holidays in Germany", colour="#f59e0b", blocks=False, receives=False,
        writable=False, why_read_only="shared",
    )  # fmt: skip
    for number, (job, verb, target, result, duration, size) in enumerate(ENTRIES * 3):
        LogEntry.objects.create(
            account=account, at=now - timedelta(seconds=90 - number), job=job, verb=verb, target=target,
            result=result, duration=duration, size=size, request_id=f"0d4c{number:04}", calendar=main.name,
        )  # fmt: skip
    return account


def _caldav(host: User, now: datetime) -> Account:
    account = make_account(
        host, address="https://cloud.example/remote.php/dav/", provider="caldav", label="Nextcloud of the practice",
        username="anna", status="retrying", error="unreachable", failing_since=now - 3 * HOUR, failures=9,
    )  # fmt: skip
    make_calendar(
        account, remote_id="practice", name="Practice", colour="#dc2626", last_ok_at=now - 3 * HOUR,
        failing_since=now - 3 * HOUR, run_at=now + HOUR / 10, expanded_to=now + timedelta(days=400),
    )  # fmt: skip
    return account


def _feed(host: User, now: datetime) -> Account:
    account = make_account(
        host, address="https://www.airbnb.example", provider="ics", label="Airbnb, flat by the lake", username="f",
        last_ok_at=now,
    )  # fmt: skip
    make_calendar(
        account, remote_id="feed", name=LONG_NAME, last_ok_at=now - HOUR / 30, run_at=now + HOUR / 7, writable=False,
        why_read_only="feed", receives=False, last_changed_at=now - 26 * HOUR, expanded_to=now + timedelta(days=400),
    )  # fmt: skip
    return account


def _bookings(talk: EventType, calendar: Calendar, now: datetime) -> tuple[Booking, Booking, Booking]:
    """One whose event was moved, one whose event was deleted, one with another event over it and an open proposal."""
    start = now + 25 * HOUR
    moved, deleted, collided = (
        booked(talk, start + number * HOUR, now=now, name=name, notes="It is about the terrace.")
        for number, name in enumerate(["Gina Guest", "Bartholomäus von Hohenstein-Lichtenberg", "Cy"])
    )
    OutsideChange.objects.create(
        booking=moved, calendar=calendar, change="moved", start=start + 5 * HOUR, end=start + 5.5 * HOUR, noted_at=now
    )  # fmt: skip
    OutsideChange.objects.create(booking=deleted, calendar=calendar, change="deleted", noted_at=now)
    item = Item.objects.create(calendar=calendar, key="other", uid="other", summary="Dentist")
    span = int(collided.start.timestamp()), int(collided.end.timestamp())
    Busy.objects.create(calendar=calendar, item=item, start=span[0], end=span[1])
    colliding.note(calendar, [span], now=now)
    offering.offer(collided, [collided.start + 4 * HOUR], now=now)
    return moved, deleted, collided


def pages_of(scene: Scene) -> dict[str, str]:
    """The addresses of every page that tells of calendars, by name."""
    here = "settings/integrations/"
    pages = {
        "integrations": here,
        "connect": f"{here}connect/",
        "connect feed": f"{here}connect/feed/",
        "connect caldav": f"{here}connect/caldav/",
        "connect icloud": f"{here}connect/icloud/",
        "connect google": f"{here}connect/google/",
        "connect microsoft": f"{here}connect/microsoft/",
        "client google": f"{here}client/google/",
        "client delete": f"{here}client/google/delete/",
        "client microsoft": f"{here}client/microsoft/",
        "log": f"{here}{scene.google.pk}/log/",
        "log filtered": f"{here}{scene.google.pk}/log/?q=zzz",
        "log empty": f"{here}{scene.caldav.pk}/log/",
        "own feed": "settings/feed/",
        "home": "home/",
        "bookings": "bookings/",
        "moved": f"bookings/{scene.moved.public_id}/",
        "deleted": f"bookings/{scene.deleted.public_id}/",
        "collided": f"bookings/{scene.collided.public_id}/",
        "offer": f"bookings/{scene.collided.public_id}/offer/",
    }
    for name in ("google", "microsoft", "caldav", "feed"):
        account: Account = getattr(scene, name)
        pages |= {f"{name} {page}": f"{here}{account.pk}/{page}/" for page in ("reconnect", "disconnect")}
        pages[f"{name} settings"] = f"{here}{account.pk}/"
        first = account.calendars.order_by("-blocks").first()
        assert first is not None
        pages[f"{name} calendar"] = f"{here}calendars/{first.pk}/"
    return pages
