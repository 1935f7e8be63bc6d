"""`manage.py demo`: a host with real calendars, event types and a few bookings, to look around in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

import requests
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from availability.loading import ensure_default
from bookings.domain import lifecycle, slots
from bookings.domain.errors import SlotTaken, TimesUnknown
from bookings.models import EventType
from bookingsite import demo_calendars, demo_events, work
from bookingsite.lib import clock
from bookingsite.models import User
from calendars import connecting
from calendars.models import Account, Calendar

HOST, OPERATOR = "demo@example.org", "operator@example.org"
PASSWORD = "demo-password"  # noqa: S105 - of two people who exist on a developer's machine only
_TIMEOUT = 20
_NAMES = {demo_events.WORK: ("Work", "#2563ebff"), demo_events.FAMILY: ("Family", "#16a34aff")}
_MAKE = """<?xml version="1.0" encoding="utf-8"?>
<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:i="http://apple.com/ns/ical/"><d:set><d:prop>
<d:displayname>{name}</d:displayname><i:calendar-color>{colour}</i:calendar-color>
<c:supported-calendar-component-set><c:comp name="VEVENT"/></c:supported-calendar-component-set>
</d:prop></d:set></c:mkcalendar>"""
_GUESTS = (
    ("Priya Nair", "priya@example.com", "Asia/Kolkata", "We met at the fair in Leipzig."),
    ("Jonas Lindqvist", "jonas@example.com", "Europe/Stockholm", ""),
    ("Camila Rojas", "camila@example.com", "America/Santiago", "Could we talk about the second quote?"),
)


class Command(BaseCommand):
    """May be repeated: what is there already is left as it is."""

    help = _(
        "Make demo data: a host, an operator, calendars on the demo's CalDAV server, event types, bookings."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(_("The demo runs in development only (DEBUG=true)."), returncode=2)
        now = clock.now()
        host = self._person(HOST, name="Anna Berg", slug="anna", zone="Europe/Berlin",
                            about="Garden design for small places. First talks are free.")  # fmt: skip
        self._person(
            OPERATOR,
            name="Olga Operator",
            slug="olga",
            zone="Europe/Berlin",
            is_staff=True,
            is_superuser=True,
        )
        ensure_default(host)
        self._calendars(host, now)
        if not EventType.objects.filter(host=host).exists():
            self._bookings(self._event_types(host), now)
        self._print(host)

    def _person(self, email: str, **fields: Any) -> User:
        person = User.objects.filter(email=email).first() or User.objects.create_user(
            email, PASSWORD, **fields
        )
        EmailAddress.objects.get_or_create(
            user=person, email=email, defaults={"verified": True, "primary": True}
        )
        return person

    def _calendars(self, host: User, now: datetime) -> None:
        """Fill the demo's CalDAV server and connect it the way a host would."""
        if Account.objects.filter(owner=host).exists():
            return
        if not demo_calendars.is_answering():
            self.stderr.write(_("The demo's calendar server does not run; the demo host gets no calendar."))
            return
        self._fill_server(now)
        sign_in = connecting.SignIn(
            provider="caldav", url=demo_calendars.url(), username=demo_calendars.USERNAME,
            password=demo_calendars.PASSWORD,
        )  # fmt: skip
        account = connecting.connect(host, sign_in, now)
        account.label = "Demo calendars"
        account.save(update_fields=["label"])
        mine = Calendar.objects.filter(account=account)
        receiving = mine.filter(name=_NAMES[demo_events.WORK][0]).values_list("pk", flat=True).first()
        connecting.choose(
            host, blocking=list(mine.values_list("pk", flat=True)), receiving=receiving, now=now
        )
        work.drain()

    def _fill_server(self, now: datetime) -> None:
        with requests.Session() as server:
            server.auth = (demo_calendars.USERNAME, demo_calendars.PASSWORD)
            server.trust_env = False
            home = f"{demo_calendars.url()}{demo_calendars.USERNAME}/"
            for key, (name, colour) in _NAMES.items():
                body = _MAKE.format(name=escape(name), colour=colour)
                server.request("MKCALENDAR", f"{home}{key}/", data=body.encode(), timeout=_TIMEOUT)
            for event in demo_events.events(now.astimezone(demo_events.ZONE).date()):
                server.put(
                    f"{home}{event.calendar}/{event.name}", data=event.data, timeout=_TIMEOUT,
                    headers={"Content-Type": "text/calendar; charset=utf-8"},
                ).raise_for_status()  # fmt: skip

    def _event_types(self, host: User) -> list[EventType]:
        made = [
            EventType(
                host=host, title="First talk", slug="first-talk", duration=30, increment=30, colour="#2563eb",
                description="We get to know each other and look at your garden together.", notice=120,
                buffer_after=10, place="https://meet.example.org/anna-berg",
            ),
            EventType(
                host=host, title="Garden visit", slug="garden-visit", duration=90, increment=30, colour="#16a34a",
                description="I come to your garden, measure and take photographs.", notice=24 * 60,
                cancel_notice=24 * 60, buffer_before=30, buffer_after=30, daily_limit=2,
                place_kind=EventType.PlaceKind.IN_PERSON, place="Lindenstraße 12, 10969 Berlin",
            ),
            EventType(
                host=host, title="Quick question", slug="quick-question", duration=15, increment=15, colour="#d97706",
                description="A short call.", notice=60, place_kind=EventType.PlaceKind.PHONE, place="+49 30 5550123",
                show_zone=EventType.ShowZone.HOST,
            ),
        ]  # fmt: skip
        for row in made:
            row.save()
        return made

    def _bookings(self, event_types: list[EventType], now: datetime) -> None:
        """One booking on each of the next days, each made as a guest would make it."""
        begin = now + timedelta(days=1)
        for number, (name, email, zone, notes) in enumerate(_GUESTS):
            kind = event_types[number % len(event_types)]
            free = slots.starts(kind, begin, begin + timedelta(days=10), now=now)
            if not free:
                continue
            wish = lifecycle.Wish(
                event_type=kind, start=free[len(free) // (6 - number)], key=f"demo-{number}", name=name, email=email,
                zone=zone, notes=notes, phone="+1 212 5550199", source="demo",
            )  # fmt: skip
            try:
                lifecycle.book(wish, now=now)
            except (SlotTaken, TimesUnknown):
                continue

    def _print(self, host: User) -> None:
        address = settings.SITE_URL
        lines = (
            (_("Sign in"), f"{address}/accounts/login/"),
            (_("Host"), f"{HOST} / {PASSWORD}"),
            (_("Operator"), f"{OPERATOR} / {PASSWORD}"),
            (_("Booking page"), f"{address}/{host.slug}/first-talk/"),
            (_("Administration"), f"{address}/admin/"),
            (_("Mails"), f"{address}/dev/mail/"),
        )
        for label, text in lines:
            self.stdout.write(f"  {label + ':':<16} {text}")
