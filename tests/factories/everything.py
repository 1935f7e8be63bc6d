"""One row of every model, all belonging to one host: for tests that walk everything there is."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Model

from availability.models import DateHours
from bookings import feeds
from bookings.domain import lifecycle
from bookings.models import Booking, Collision, EventType, MoveOffer, Notice, OutsideChange
from bookingsite.models import Canary, Heartbeat, Tick, User
from calendars.models import Account, Busy, Calendar, Channel, Item, LogEntry, OAuthClient
from tests.factories.availability import make_closing_rule, make_schedule, make_time_off
from tests.factories.bookings import booked, event_type_of

APPS = ("bookingsite", "calendars", "availability", "bookings")


def our_models() -> list[type[Model]]:
    """Every model of our apps."""
    return [model for name in APPS for model in apps.get_app_config(name).get_models()]


def make_everything(host: User, *, now: datetime, start: datetime) -> dict[str, Any]:
    """A booking at `start` that was moved once, in a calendar, with all that hangs on it; by the model's name."""
    schedule = make_schedule(host, dict.fromkeys(range(7), "00:00-24:00"), name="Always", is_default=True)
    rows: dict[str, Any] = {"user": host, "schedule": schedule, "weeklyhours": schedule.weekly.all()[0]}
    rows["datehours"] = DateHours.objects.create(schedule=schedule, date=date(2027, 7, 1), start=0, end=60)
    rows["timeoff"] = make_time_off(host, date(2027, 8, 1), note=f"Trip of {host.slug}")
    rows["closingrule"] = make_closing_rule(host, 6, "00:00-01:00", note=f"Rest of {host.slug}")
    account = Account.objects.create(
        owner=host, provider="memory", label=f"Account of {host.slug}", username=host.email, last_ok_at=now
    )
    calendar = Calendar.objects.create(
        account=account, owner=host, remote_id="a", name=f"Calendar of {host.slug}", blocks=True, receives=True,
        last_ok_at=now, expanded_to=now + timedelta(days=400),
    )  # fmt: skip
    item = Item.objects.create(
        calendar=calendar, key=f"{host.slug}.ics", uid=f"{host.slug}@x", summary="Dentist"
    )
    begin = int(datetime(2027, 9, 1, tzinfo=now.tzinfo).timestamp())
    busy = Busy.objects.create(calendar=calendar, item=item, start=begin, end=begin + 3600)
    rows |= {"account": account, "calendar": calendar, "item": item, "busy": busy}
    rows |= _booking(event_type_of(host, title=f"Talk of {host.slug}"), now=now, start=start)
    rows["notice"] = Notice.objects.create(
        owner=host,
        kind="account",
        account=account,
        incident=f"i-{host.slug}",
        code="wrong_password",
        noted_at=now,
    )
    rows["write"] = calendar.writes.get()
    rows |= _outside(rows["booking"], calendar, now=now)
    rows["logentry"] = LogEntry.objects.create(
        account=account, at=now, job="read", verb="GET", target=f"{host.slug}.example/dav", result="207"
    )
    rows["channel"] = Channel.objects.create(calendar=calendar, channel_id=f"channel-{host.slug}", run_at=now)
    rows["oauthclient"] = OAuthClient.objects.create(
        owner=host, provider="google", client_id=f"client-{host.slug}"
    )
    rows["oauthclient"].seal_secret("secret")
    rows["oauthclient"].save()
    rows["feedlink"] = feeds.renew(host, now)
    rows["heartbeat"] = Heartbeat.objects.create(name=f"beat-{host.slug}", beat_at=now)
    rows["tick"] = Tick.objects.create(name=f"tick-{host.slug}", run_at=now)
    rows["canary"] = Canary.objects.create(name=f"canary-{host.slug}", sealed="sealed-text")
    return rows


def _outside(booking: Booking, calendar: Calendar, *, now: datetime) -> dict[str, Any]:
    return {
        "outsidechange": OutsideChange.objects.create(
            booking=booking, calendar=calendar, change="deleted", noted_at=now
        ),
        "collision": Collision.objects.create(
            booking=booking, calendar=calendar, start=booking.start, end=booking.end, noted_at=now
        ),
        "moveoffer": MoveOffer.objects.create(
            booking=booking,
            starts=[(booking.start + timedelta(hours=1)).isoformat()],
            made_at=now,
            expires_at=booking.start,
        ),
    }


def _booking(kind: EventType, *, now: datetime, start: datetime) -> dict[str, Any]:
    booking = booked(kind, start, now=now, name=f"Guest of {kind.host.slug}")
    booking = lifecycle.reschedule(booking, start + timedelta(minutes=30), actor=Booking.Actor.HOST, now=now)
    return {
        "eventtype": kind, "booking": booking, "guest": booking.guests.get(), "historyentry": booking.history.first(),
        "message": booking.messages.first(), "claim": booking.claims.get(), "resource": booking.claims.get().resource,
    }  # fmt: skip
