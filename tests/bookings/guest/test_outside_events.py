"""A connected calendar decides what guests are offered, and a booking arrives there (C11, C13–C15, C17)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.test import Client

from bookings.models import Booking, EventType
from bookingsite import work
from bookingsite.models import User
from calendars.models import Account, Calendar
from tests.bookings.guest.pages import Guest, booking_path, event_path
from tests.factories import calendars as make
from tests.factories.bookings import event_type_of

pytestmark = pytest.mark.django_db(transaction=True)
TUESDAY = "2027-03-02"
HOURS = ["9:00 AM", "10:00 AM", "11:00 AM", "12:00 PM", "1:00 PM", "2:00 PM", "3:00 PM", "4:00 PM"]
EXCEPT_TEN = [hour for hour in HOURS if hour != "10:00 AM"]
TEN = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)  # 10:00 in Berlin

UNANSWERED = "ORGANIZER:mailto:boss@example.org\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:anna@example.org\r\n"


class Connected:
    """Anna's calendar at a server, and the page of an hour with her."""

    def __init__(self, host: User, guest: Guest, now: datetime) -> None:
        address, self.server = make.make_server()
        self.calendar = make.make_calendar(make.make_account(host, address=address))
        self.kind = event_type_of(host, slug="hour", title="An hour", duration=60, increment=60)
        self.guest, self.now = guest, now

    def read(self, *resources: bytes) -> None:
        for number, data in enumerate(resources):
            self.server.store("work", f"outside-{number}.ics", data)
        make.read_now(self.calendar, self.now)

    def offered(self, day: str = TUESDAY) -> list[str]:
        page = self.guest.get(f"{event_path(self.kind)}?day={day}")
        return page.times

    def drain(self) -> None:
        work.drain(lambda: self.now, only=["calendars.write"])

    def written(self) -> list[icalendar.Event]:
        """The events of ours in the calendar."""
        items = self.server.calendar("work").items
        found = [
            icalendar.Calendar.from_ical(items[key].data) for key in items if not key.startswith("outside")
        ]
        return [event for calendar in found for event in calendar.walk("VEVENT")]


@pytest.fixture
def connected(host: User, guest: Guest, now: datetime) -> Connected:
    return Connected(host, guest, now)


def all_day(*lines: str) -> bytes:
    """A whole day, Tuesday unless the lines say otherwise."""
    body = (
        lines
        if any(line.startswith("DTSTART") for line in lines)
        else ("DTSTART;VALUE=DATE:20270302", *lines)
    )
    return raw("UID:day@example.net", *body)


def raw(*lines: str) -> bytes:
    """An event made of these lines."""
    head = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Other//Program//EN")
    event = ("BEGIN:VEVENT", "DTSTAMP:20270101T000000Z", *lines, "END:VEVENT")
    return "\r\n".join((*head, *event, "END:VCALENDAR", "")).encode()


@pytest.mark.promise("C13")
@pytest.mark.parametrize(
    ("lines", "offered"),
    [
        pytest.param("", EXCEPT_TEN, id="busy"),
        pytest.param("TRANSP:TRANSPARENT\r\n", HOURS, id="free"),
        pytest.param("STATUS:TENTATIVE\r\n", HOURS, id="tentative"),
        pytest.param("STATUS:CANCELLED\r\n", HOURS, id="cancelled"),
        pytest.param("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE\r\n", EXCEPT_TEN, id="working elsewhere"),
        pytest.param("X-MICROSOFT-CDO-BUSYSTATUS:OOF\r\n", EXCEPT_TEN, id="out of office"),
        pytest.param(
            "ORGANIZER:mailto:boss@example.org\r\nATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.org\r\n",
            HOURS, id="declined",
        ),
        pytest.param(
            "ORGANIZER:mailto:boss@example.org\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.org\r\n",
            EXCEPT_TEN, id="accepted",
        ),
        pytest.param(UNANSWERED, EXCEPT_TEN, id="not answered yet"),
    ],
)  # fmt: skip
def test_status_of_an_event_decides_what_guests_see(
    connected: Connected, lines: str, offered: list[str]
) -> None:
    connected.read(make.event(TEN, lines=lines))
    assert connected.offered() == offered


@pytest.mark.promise("C13", "C14")
@pytest.mark.parametrize(
    ("form", "event", "offered"),
    [
        pytest.param(
            {"tentative_blocks": "on", "all_day": "status"}, "tentative", EXCEPT_TEN, id="tentative blocks"
        ),
        pytest.param({"all_day": "status"}, "elsewhere", HOURS, id="working elsewhere stays open"),
        pytest.param({"all_day": "status"}, "out of office", HOURS, id="out of office stays open"),
        pytest.param(
            {"unanswered_blocks": "on", "all_day": "status"}, "unanswered", EXCEPT_TEN,
            id="unanswered counts by its status",
        ),
        pytest.param({"all_day": "status"}, "unanswered", HOURS, id="unanswered stays open"),
        pytest.param(
            {"unanswered_blocks": "on", "all_day": "status"}, "unanswered and free", HOURS,
            id="unanswered but free stays open",
        ),
        pytest.param({"all_day": "always"}, "free day", [], id="whole days always block"),
        pytest.param({"all_day": "never"}, "busy day", HOURS, id="whole days never block"),
    ],
)  # fmt: skip
def test_host_switches_what_blocks(
    connected: Connected, host: User, form: dict[str, str], event: str, offered: list[str]
) -> None:
    events = {
        "tentative": make.event(TEN, lines="STATUS:TENTATIVE\r\n"),
        "elsewhere": make.event(TEN, lines="X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE\r\n"),
        "out of office": make.event(TEN, lines="X-MICROSOFT-CDO-BUSYSTATUS:OOF\r\n"),
        "unanswered": make.event(TEN, lines=UNANSWERED),
        "unanswered and free": make.event(TEN, lines=f"{UNANSWERED}TRANSP:TRANSPARENT\r\n"),
        "free day": all_day("TRANSP:TRANSPARENT"),
        "busy day": all_day(),
    }
    connected.read(events[event])
    page = Client()
    page.force_login(host)
    path = f"/settings/integrations/calendars/{connected.calendar.pk}/"
    assert page.post(path, {**form, "interval_minutes": "10"}).status_code == 302
    assert connected.offered() == offered


@pytest.mark.promise("C14")
@pytest.mark.parametrize(
    ("lines", "offered"),
    [
        pytest.param((), [], id="busy"),
        pytest.param(("TRANSP:TRANSPARENT",), HOURS, id="free"),
        pytest.param(("X-MICROSOFT-CDO-BUSYSTATUS:OOF",), [], id="out of office"),
        pytest.param(("DTSTART;VALUE=DATE:20270303",), HOURS, id="next day"),
        pytest.param(
            ("DTSTART;VALUE=DATE:20270301", "DTEND;VALUE=DATE:20270302"), HOURS, id="ends the day before"
        ),
        pytest.param(("DTSTART;VALUE=DATE:20270301", "DTEND;VALUE=DATE:20270303"), [], id="two days"),
    ],
)
def test_status_of_a_whole_day_decides_what_guests_see(
    connected: Connected, lines: tuple[str, ...], offered: list[str]
) -> None:
    connected.read(all_day(*lines))
    assert connected.offered() == offered


@pytest.mark.promise("C14")
def test_whole_day_is_a_day_of_the_calendars_zone(connected: Connected) -> None:
    Calendar.objects.update(
        zone="America/Los_Angeles"
    )  # its Tuesday is 9:00 on Tuesday to 9:00 on Wednesday here
    connected.calendar.refresh_from_db()
    connected.read(all_day())
    assert (connected.offered(), connected.offered("2027-03-03")) == ([], HOURS)


@pytest.mark.promise("C15")
def test_series_with_moved_and_cancelled_instances_closes_its_own_times(connected: Connected) -> None:
    zone = "TZID=W. Europe Standard Time"
    series = raw(
        "UID:series@example.net", f"DTSTART;{zone}:20270302T100000", f"DTEND;{zone}:20270302T110000",
        "RRULE:FREQ=WEEKLY;COUNT=6", f"EXDATE;{zone}:20270309T100000",
    ).replace(
        b"END:VCALENDAR",
        "\r\n".join((
            "BEGIN:VEVENT", "DTSTAMP:20270101T000000Z", "UID:series@example.net",
            f"RECURRENCE-ID;{zone}:20270316T100000", f"DTSTART;{zone}:20270317T140000",
            f"DTEND;{zone}:20270317T150000", "END:VEVENT", "END:VCALENDAR",
        )).encode(),
    )  # fmt: skip
    connected.read(series)
    closed = {
        day: sorted(set(HOURS) - set(connected.offered(day)))
        for day in (
            "2027-03-02",
            "2027-03-09",
            "2027-03-16",
            "2027-03-17",
            "2027-03-23",
            "2027-03-30",
            "2027-04-06",
        )
    }
    assert closed == {
        "2027-03-02": ["10:00 AM"],
        "2027-03-09": [],  # left out
        "2027-03-16": [],  # moved …
        "2027-03-17": ["2:00 PM"],  # … to here
        "2027-03-23": ["10:00 AM"],
        "2027-03-30": ["10:00 AM"],  # the clocks went forward on the 28th; the series keeps its wall time
        "2027-04-06": ["10:00 AM"],
    }


@pytest.mark.promise("C17")
def test_written_event_carries_what_the_guest_typed(connected: Connected, guest: Guest) -> None:
    EventType.objects.update(place_kind="phone", place="+49 30 5550123")
    connected.kind.refresh_from_db()
    connected.read()
    month = guest.get(f"{event_path(connected.kind)}?day={TUESDAY}&utm_source=newsletter")
    form = guest.get(month.link("10:00 AM"))
    details = {
        "name": "Gina Guest",
        "email": "gina@example.com",
        "phone": "+1 212 5550199",
        "notes": "Ring twice",
    }
    [action] = form.values("//main//form[@method='post']/@action")
    assert guest.post(action, form.form(**details)).status == 303
    connected.drain()
    [event] = connected.written()
    booking = Booking.objects.get()
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (booking.start, booking.end)
    assert str(event["SUMMARY"]) == "An hour with Gina Guest"
    assert str(event["LOCATION"]) == "+49 30 5550123"
    assert str(event["DESCRIPTION"]).splitlines() == [
        "Guest: Gina Guest (gina@example.com, +1 212 5550199)",
        "Notes: Ring twice",
        "By phone: +49 30 5550123",
        "Source: newsletter",
        f"Details and changes: http://testserver/bookings/{booking.public_id}/",
    ]


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    ("deletes", "left"),
    [(True, []), (False, [("CANCELLED", "TRANSPARENT", "Cancelled: An hour with Gina Guest")])],
    ids=["deleted", "kept as cancelled"],
)
def test_cancelling_deletes_the_event_or_keeps_it_as_cancelled(
    connected: Connected, host: User, guest: Guest, deletes: bool, left: list[tuple[str, ...]]
) -> None:
    page = Client()
    page.force_login(host)
    settings: dict[str, Any] = {
        "label": "Work",
        "unread": "trust",
        "trust_hours": "2",
        "moved_outside": "ask",
        **({"delete_cancelled": "on"} if deletes else {}),
    }
    assert page.post(f"/settings/integrations/{Account.objects.get().pk}/", settings).status_code == 302
    connected.read()
    guest.book(connected.kind, "2027-03-02T09:00Z")
    connected.drain()
    assert len(connected.written()) == 1
    guest.post(booking_path(Booking.objects.get(), "cancel/"), {"reason": ""})
    connected.drain()
    found = [
        (str(event["STATUS"]), str(event["TRANSP"]), str(event["SUMMARY"])) for event in connected.written()
    ]
    assert found == left
    assert connected.offered() == HOURS


@pytest.mark.promise("C6")
def test_every_calendar_of_every_account_closes_times(
    connected: Connected, host: User, now: datetime
) -> None:
    connected.read(make.event(TEN))
    address, second = make.make_server()
    private = make.make_calendar(make.make_account(host, address=address))
    second.store("work", "a.ics", make.event(datetime(2027, 3, 2, 13, 0, tzinfo=UTC)))
    make.read_now(private, now)
    assert sorted(set(HOURS) - set(connected.offered())) == ["10:00 AM", "2:00 PM"]
    Calendar.objects.filter(pk=private.pk).update(blocks=False)
    assert connected.offered() == EXCEPT_TEN


@pytest.mark.promise("C19")
def test_event_made_a_moment_ago_is_seen_when_booking(connected: Connected, guest: Guest) -> None:
    connected.read()
    Calendar.objects.update(last_ok_at=connected.now - timedelta(minutes=9))
    form = guest.open_form(connected.kind, "2027-03-02T09:00Z")
    connected.server.store("work", "outside-now.ics", make.event(TEN))
    answer = guest.post(
        f"{event_path(connected.kind)}book/", form.form(name="Gina", email="gina@example.com")
    )
    assert (answer.status, Booking.objects.count()) == (409, 0)


@pytest.mark.promise("E6")
def test_event_type_can_stay_out_of_the_calendar(connected: Connected, guest: Guest) -> None:
    EventType.objects.update(adds_to_calendar=False)
    connected.read()
    guest.book(connected.kind, "2027-03-02T09:00Z")
    connected.drain()
    assert (Booking.objects.count(), connected.written()) == (1, [])
