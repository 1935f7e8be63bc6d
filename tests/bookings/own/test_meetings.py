"""Meeting links that the host's calendar makes: chosen, asked for with the event, told when they are there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from availability.loading import ensure_default
from bookings.domain import lifecycle, links
from bookings.models import Booking, EventType, Message
from bookingsite import work
from bookingsite.models import User
from calendars.models import Calendar
from tests.factories import calendars as make
from tests.factories.bookings import at, booked, event_type_of
from tests.factories.host_forms import event_type_form

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promise("C2", "C3")]
EMAILS = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def calendar(host: User, now: datetime) -> Calendar:
    """Anna's calendar, whose provider makes Google Meet links."""
    address, _server = make.make_server()
    return make.read_now(make.make_calendar(make.make_account(host, address=address)), now)


@pytest.fixture
def video(host: User, calendar: Calendar) -> EventType:
    """An event type that wants such a link."""
    return event_type_of(host, meeting="google_meet", place="", duration=60, increment=60)


@pytest.fixture
def drain(settings: Any, now: datetime) -> Callable[..., list[str]]:
    """Let the worker do what is due, and return the subjects of the mails it sent."""
    settings.EMAIL_BACKEND = EMAILS

    def run(*kinds: str, at: datetime = now) -> list[str]:
        mail.outbox.clear()
        work.drain(lambda: at, only=kinds)
        return sorted(one.subject.partition(":")[0] for one in mail.outbox)

    return run


def server_of(calendar: Calendar) -> Any:
    return make.memory_server(calendar.account.base_url)


def form(**changes: Any) -> dict[str, Any]:
    return event_type_form(place_kind="online", meeting="google_meet", **changes)


# The host's choice


def test_a_link_that_the_calendar_makes_can_be_chosen(page: Client, host: User, calendar: Calendar) -> None:
    ensure_default(host)
    answer = page.post("/event-types/new/", form())
    assert (answer.status_code, EventType.objects.get().meeting) == (302, "google_meet")


def test_without_such_a_calendar_the_choice_is_shown_but_refused(page: Client, host: User) -> None:
    ensure_default(host)
    shown = page.get("/event-types/new/").text
    answer = page.post("/event-types/new/", form())
    assert shown.count('name="meeting"') == 3
    assert shown.count("disabled") == 2
    assert (answer.status_code, EventType.objects.count()) == (400, 0)
    assert answer.context["form"].errors.keys() == {"meeting"}


@pytest.mark.parametrize("changes", [{"adds_to_calendar": None}, {"meeting": "teams"}])
def test_a_link_that_the_target_does_not_make_is_refused(
    page: Client, host: User, calendar: Calendar, changes: dict[str, Any]
) -> None:
    ensure_default(host)
    answer = page.post(
        "/event-types/new/", {**form(), **changes} if changes.get("meeting") else form(**changes)
    )
    assert (answer.status_code, answer.context["form"].errors.keys()) == (400, {"meeting"})


def test_a_link_is_forgotten_where_people_meet_elsewhere(
    page: Client, host: User, calendar: Calendar
) -> None:
    ensure_default(host)
    page.post("/event-types/new/", {**form(), "place_kind": "phone", "place": "+49 30 1"})
    assert EventType.objects.get().meeting == ""


@pytest.mark.parametrize(
    ("meeting", "status", "stored"), [("google_meet", 302, ["google_meet"]), ("teams", 200, [])]
)
def test_the_admin_holds_to_the_same_rule(
    *,
    client: Client,
    operator: User,
    host: User,
    calendar: Calendar,
    meeting: str,
    status: int,
    stored: list[str],
) -> None:
    client.force_login(operator)
    typed = {**event_type_form(), "host": host.pk, "notice": "0", "cancel_notice": "0", "meeting": meeting}
    answer = client.post("/admin/bookings/eventtype/add/", typed)
    assert (answer.status_code, [kind.meeting for kind in EventType.objects.all()]) == (status, stored)


# From the booking to the link


def test_link_is_made_with_the_event_and_told_in_the_first_mail(
    video: EventType, client: Client, now: datetime, drain: Callable[..., list[str]]
) -> None:
    booking = booked(video, at(10), now=now)
    page_before = client.get(links.manage_url(booking)).text
    too_early = drain("messages")
    drain("calendars.write")
    subjects = drain("messages", at=now + timedelta(seconds=1))
    booking.refresh_from_db()
    assert "The link is being made" in page_before
    assert too_early == []
    assert booking.place.startswith("https://meet.example/")
    assert subjects == ["Booked", "Booked"]
    assert all(booking.place in str(one.body) for one in mail.outbox)
    assert booking.place in client.get(links.manage_url(booking)).text


def test_mail_waits_two_minutes_and_a_late_link_gets_its_own(
    video: EventType, calendar: Calendar, now: datetime, drain: Callable[..., list[str]]
) -> None:
    server_of(calendar).make_links_late()
    booking = booked(video, at(10), now=now)
    drain("calendars.write")
    assert drain("messages", at=now + timedelta(seconds=119)) == []
    assert drain("messages", at=now + timedelta(minutes=2)) == ["Booked", "Booked"]
    assert all("the link follows" in str(one.body) for one in mail.outbox)
    drain("calendars.write", at=now + timedelta(minutes=3))
    assert drain("messages", at=now + timedelta(minutes=3)) == ["Meeting link", "Meeting link"]
    booking.refresh_from_db()
    assert all(booking.place in str(one.body) for one in mail.outbox)
    assert Message.objects.filter(kind="link").count() == 2


def test_link_stays_when_the_booking_moves(
    video: EventType, now: datetime, drain: Callable[..., list[str]]
) -> None:
    booking = booked(video, at(10), now=now)
    drain("calendars.write")
    booking = Booking.objects.get()
    link = booking.place
    lifecycle.reschedule(booking, at(14), actor=Booking.Actor.HOST, now=now)
    drain("calendars.write")
    assert drain("messages", at=now + timedelta(seconds=1)) == ["Booked", "Booked"]
    assert Booking.objects.get().place == link
    assert all(link in str(one.body) for one in mail.outbox)


def test_cancelled_booking_waits_for_no_link(
    video: EventType, now: datetime, drain: Callable[..., list[str]]
) -> None:
    booking = booked(video, at(10), now=now)
    lifecycle.cancel(booking, actor=Booking.Actor.HOST, now=now)
    assert drain("messages") == ["Cancelled"]


def test_calendar_that_makes_no_links_any_more_leaves_the_typed_place(
    video: EventType, calendar: Calendar, now: datetime
) -> None:
    EventType.objects.update(place="https://meet.example.org/anna")
    Calendar.objects.update(receives=False)
    video.refresh_from_db()
    booking = booked(video, at(10), now=now)
    assert (booking.meeting, booking.place) == ("", "https://meet.example.org/anna")
