"""An outside event over a booking that was there first: told once, shown, solved by itself (C20)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.domain import lifecycle
from bookings.models import Booking, Collision, Notice
from bookings.outside import colliding
from bookingsite.models import User
from calendars import connecting
from calendars.models import Calendar
from tests.bookings.outside.conftest import TEN, Desk
from tests.factories import calendars as make
from tests.factories.booking_rows import make_booking, make_event_type
from tests.factories.bookings import at

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)
SUBJECT = "Your calendar collides with a booking"


def states() -> list[str]:
    return list(Collision.objects.order_by("pk").values_list("state", flat=True))


def titles(desk: Desk) -> list[str]:
    return [clash.title for clash in colliding.of_host(desk.host, now=desk.now)]


@pytest.mark.promise("C20")
def test_colliding_event_is_told_to_the_host_once(desk: Desk, booking: Booking) -> None:
    desk.busy(TEN)
    desk.work(after=MINUTE)
    desk.pass_time()
    desk.work(after=MINUTE)

    [mail] = desk.mails()
    text = mail.text()
    assert (mail.receivers, mail.mail["Subject"]) == (["anna@example.org"], SUBJECT)
    assert "First talk with Gina Guest: Booked for Tuesday 2 March 2027, 10:00 AM – 10:30 AM" in text
    assert "Dentist in Work: Tuesday 2 March 2027, 10:00 AM – 11:00 AM (Europe/Berlin, UTC+1)" in text
    assert f"http://testserver/bookings/{booking.public_id}/" in text


@pytest.mark.promise("C20")
def test_several_collisions_are_one_mail(desk: Desk) -> None:
    for hour in (10, 11, 12):
        desk.book(at(hour))
    desk.busy(at(9), minutes=360)
    desk.busy(at(11), key="second.ics", title="Meeting")
    desk.work(after=MINUTE)

    assert desk.subjects() == ["Your calendar collides with 3 bookings"]
    assert desk.mails()[0].text().count("Dentist in Work") == 3


@pytest.mark.promise("C20")
def test_next_event_is_told_again(desk: Desk, booking: Booking) -> None:
    desk.busy(TEN)
    desk.work(after=MINUTE)
    desk.busy(at(10, 15), key="second.ics", title="Meeting")
    desk.work(after=MINUTE)

    assert desk.subjects() == [SUBJECT, SUBJECT]
    assert titles(desk) == ["Dentist", "Meeting"]


@pytest.mark.parametrize(
    ("start", "found"),
    [
        pytest.param(at(9), [], id="ends as it begins"),
        pytest.param(at(9, 1), ["open"], id="a minute"),
        pytest.param(at(10, 29), ["open"], id="the last minute"),
        pytest.param(at(10, 30), [], id="begins as it ends"),
    ],
)
def test_only_overlaps_of_the_appointment_itself_collide(desk: Desk, start: object, found: list[str]) -> None:
    desk.kind.buffer_before = desk.kind.buffer_after = 15
    desk.kind.save()
    desk.book()
    desk.busy(start)  # type: ignore[arg-type]

    assert states() == found


def test_what_does_not_block_does_not_collide(desk: Desk, booking: Booking) -> None:
    Calendar.objects.update(blocks=False)
    desk.busy(TEN)

    assert states() == []


@pytest.mark.promise("C20")
@pytest.mark.parametrize("choice", ["calendar", "switch"])
def test_what_comes_to_block_by_the_hosts_choice_collides(desk: Desk, booking: Booking, choice: str) -> None:
    calendar = desk.calendar
    if choice == "calendar":
        Calendar.objects.update(blocks=False)
        desk.busy(TEN)
        connecting.choose(desk.host, blocking=[calendar.pk], receiving=calendar.pk, now=desk.now)
    else:
        event = make.event(TEN, lines="STATUS:TENTATIVE\r\n")
        desk.server.store("work", "maybe.ics", event)
        desk.pass_time()
        calendar.tentative_blocks = True
        connecting.save_switches(calendar, now=desk.now)

    assert states() == ["open"]


def test_own_event_of_the_booking_does_not_collide(desk: Desk, booking: Booking) -> None:
    desk.drag(booking, at(10, 15))

    assert states() == []


@pytest.mark.parametrize(
    ("title", "found"), [("First talk with Gina Guest", []), ("Board meeting", ["open"])]
)
def test_copy_that_another_program_made_of_our_event_does_not_collide(
    desk: Desk, booking: Booking, title: str, found: list[str]
) -> None:
    desk.busy(TEN, minutes=30, title=title)

    assert states() == found


@pytest.mark.promise("C20")
def test_event_that_goes_away_solves_the_collision(desk: Desk, booking: Booking) -> None:
    desk.busy(TEN)
    desk.server.remove("work", "other.ics")
    desk.pass_time()
    shown = titles(desk)
    desk.work(after=MINUTE)

    assert (shown, states(), desk.subjects()) == ([], ["solved"], [])


def test_event_that_comes_back_collides_again(desk: Desk, booking: Booking) -> None:
    desk.busy(TEN)
    desk.server.remove("work", "other.ics")
    desk.pass_time()
    desk.work()
    desk.busy(TEN)

    assert states() == ["open"]


@pytest.mark.promise("C20")
@pytest.mark.parametrize("change", ["moved", "cancelled"])
def test_booking_that_gives_way_solves_the_collision(desk: Desk, booking: Booking, change: str) -> None:
    desk.busy(TEN)
    if change == "moved":
        lifecycle.reschedule(booking, at(14), actor=Booking.Actor.HOST, now=desk.now)
    else:
        lifecycle.cancel(booking, actor=Booking.Actor.HOST, now=desk.now)

    assert states() == ["solved"]


def test_booking_moved_within_the_event_still_collides(desk: Desk, booking: Booking) -> None:
    desk.busy(TEN)
    lifecycle.reschedule(booking, at(10, 15), actor=Booking.Actor.HOST, now=desk.now, any_time=True)

    assert states() == ["open"]


def test_event_that_moves_is_another_collision(desk: Desk, booking: Booking) -> None:
    desk.busy(TEN)
    desk.busy(at(10, 15))
    desk.work(after=MINUTE)

    assert (states(), titles(desk)) == (["solved", "open"], ["Dentist"])


def test_dismissed_collision_stays_dismissed(desk: Desk, booking: Booking) -> None:
    desk.busy(TEN)
    colliding.dismiss(booking)
    desk.server.remove("work", "other.ics")
    desk.pass_time()
    desk.busy(TEN)
    desk.work(after=MINUTE)

    assert (states(), titles(desk), desk.subjects()) == (["dismissed"], [], [])


def test_collision_with_what_is_over_is_none(desk: Desk, booking: Booking) -> None:
    desk.now += timedelta(days=2)
    desk.busy(TEN)

    assert states() == []


def test_another_hosts_bookings_are_left_alone(desk: Desk, other_host: User) -> None:
    make_booking(other_host, start=TEN)
    desk.busy(TEN)

    assert states() == []


@pytest.mark.parametrize("count", [1, 3])
def test_noting_costs_the_same_for_any_number(desk: Desk, count: int) -> None:
    kind = make_event_type(desk.host)
    for number in range(count):
        make_booking(desk.host, event_type=kind, start=at(9 + number))
    spans = [(int(at(9 + number).timestamp()), int(at(10 + number).timestamp())) for number in range(count)]

    with CaptureQueriesContext(connection) as queries:
        found = colliding.note(desk.calendar, spans, now=desk.now)

    # bookings, known collisions; new ones (in a savepoint); is a notice waiting, the notice; the doorbell (2)
    statements = [
        query["sql"] for query in queries if "SAVEPOINT" not in query["sql"] and query["sql"] != "BEGIN"
    ]
    assert (found, len([one for one in statements if "bookings_" in one])) == (count, 5)


def test_ten_thousand_times_that_touch_nothing_cost_one_query(desk: Desk, booking: Booking) -> None:
    first = int(at(12).timestamp())
    spans = [(first + number * 60, first + number * 60 + 30) for number in range(10_000)]

    with CaptureQueriesContext(connection) as queries:
        found = colliding.note(desk.calendar, spans, now=desk.now)

    assert (found, len(queries), Notice.objects.count()) == (0, 1, 0)
