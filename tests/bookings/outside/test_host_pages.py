"""What a host sees and does about events that were changed (C16) or collide with bookings (C20)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookings.domain import lifecycle
from bookings.models import Booking, Collision, MoveOffer, OutsideChange
from bookingsite.models import User
from tests.bookings.guest.pages import Page
from tests.bookings.outside.conftest import TEN, Desk, changes
from tests.factories.bookings import at, wish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("standing_clock")]


def shown(page: Client, booking: Booking, part: str = "") -> Page:
    return Page(page.get(f"/bookings/{booking.public_id}/{part}"))


def post(page: Client, booking: Booking, part: str, **data: object) -> Page:
    answer = page.post(f"/bookings/{booking.public_id}/{part}/", data)
    return Page(page.get(answer["Location"])) if answer.status_code == 302 else Page(answer)


def box(page: Client, path: str) -> list[str]:
    return Page(page.get(path)).texts("//section[@aria-labelledby='questions-title']//li")


@pytest.mark.promise("C16", "C20")
@pytest.mark.parametrize("path", ["/home/", "/bookings/"])
def test_what_waits_is_listed_on_home_and_with_the_bookings(
    desk: Desk, booking: Booking, page: Client, path: str
) -> None:
    before = box(page, path)
    desk.drag(booking, at(15))
    desk.busy(TEN)

    assert before == []
    assert box(page, path) == [
        "First talk · Gina Guest, Tue 2 Mar 2027, 10:00 AM "
        "Its event was moved in Work to Tue 2 Mar 2027, 3:00 PM – 3:30 PM. "
        "Collides with Dentist in Work, Tue 2 Mar 2027, 10:00 AM – 11:00 AM. please decide"
    ]


@pytest.mark.promise("C16")
def test_host_lets_the_booking_follow(desk: Desk, booking: Booking, page: Client) -> None:
    desk.drag(booking, at(15))
    asked = shown(page, booking)
    after = post(page, booking, "calendar", answer="follow")

    booking.refresh_from_db()
    assert asked.texts("//div[@id='outside']//button") == [
        "Move the booking and tell the guest", "Put the event back",
    ]  # fmt: skip
    assert (booking.start, changes(booking)) == (at(15), [("moved", "followed", "")])
    assert "The booking followed its event; the guest is being told." in after.text("//main")
    assert after.texts("//div[@id='outside']") == []


@pytest.mark.promise("C16")
def test_host_has_the_event_put_back(desk: Desk, booking: Booking, page: Client) -> None:
    desk.wipe(booking)
    asked = shown(page, booking)
    after = post(page, booking, "calendar", answer="put_back")
    desk.work()

    assert asked.link("Cancel the booking") == f"/bookings/{booking.public_id}/cancel/"
    assert "The event is being put back into your calendar." in after.text("//main")
    assert b"DTSTART;TZID=Europe/Berlin:20270302T100000" in desk.event(booking)


@pytest.mark.promise("C16")
def test_looking_answers_nothing(desk: Desk, booking: Booking, page: Client) -> None:
    desk.drag(booking, at(15))
    statuses = [
        page.get(f"/bookings/{booking.public_id}/{part}/").status_code for part in ("calendar", "collision")
    ]

    assert (statuses, changes(booking)) == ([405, 405], [("moved", "open", "")])


@pytest.mark.promise("C16")
def test_refusal_is_a_sentence_and_the_question_stays(desk: Desk, booking: Booking, page: Client) -> None:
    desk.book(at(15))
    desk.drag(booking, at(15))
    after = post(page, booking, "calendar", answer="follow")

    assert "Another of your bookings is at that time." in after.text("//main")
    assert changes(booking) == [("moved", "open", "")]


def test_setting_that_could_not_be_followed_is_explained(desk: Desk, booking: Booking, page: Client) -> None:
    desk.answers("follow")
    desk.drag(booking, at(0, day=4), minutes=24 * 60)
    desk.work()
    asked = shown(page, booking)

    assert "The event takes whole days now, or no time at all." in asked.text("//div[@id='outside']")
    assert asked.link("Choose another time") == f"/bookings/{booking.public_id}/reschedule/"


def test_question_that_settled_itself_is_said(desk: Desk, booking: Booking, page: Client) -> None:
    assert "This question has settled itself." in post(page, booking, "calendar", answer="follow").text()


@pytest.mark.promise("C20")
def test_host_lets_both_be(desk: Desk, booking: Booking, page: Client) -> None:
    desk.busy(TEN)
    after = post(page, booking, "collision")

    assert "The booking and the event both stay as they are." in after.text("//main")
    assert list(Collision.objects.values_list("state", flat=True)) == ["dismissed"]
    assert after.texts("//div[@id='outside']") == []


@pytest.mark.promise("C20")
def test_page_has_one_way_to_propose(desk: Desk, booking: Booking, page: Client) -> None:
    ways = "//main//a[contains(@href, '/offer/')]"
    found = shown(page, booking).texts(ways)
    desk.busy(TEN)
    found += shown(page, booking).texts(ways)
    values = shown(page, booking, "offer/").values("//input[@name='starts']/@value")
    found += post(page, booking, "offer", starts=values, reason="").texts(ways)

    assert found == ["Propose other times", "Propose other times to the guest", "Propose others"]


@pytest.mark.promise("C16")
def test_event_that_was_deleted_is_not_called_written(desk: Desk, booking: Booking, page: Client) -> None:
    card = "//section[@aria-labelledby='calendar']//li"
    before = shown(page, booking).texts(card)
    desk.wipe(booking)
    deleted = shown(page, booking).texts(card)

    assert [before, deleted] == [["Work written"], ["Work deleted there"]]


@pytest.mark.promise("C20")
def test_host_proposes_ranked_times(desk: Desk, booking: Booking, page: Client) -> None:
    desk.busy(TEN)
    asked = shown(page, booking, "offer/")
    values = asked.values("//input[@name='starts']/@value")
    after = post(page, booking, "offer", starts=values[:2], reason="Sorry")

    offer = MoveOffer.objects.get()
    assert values == [
        "2027-03-02T08:00Z", "2027-03-02T08:30Z", "2027-03-02T10:00Z",
        "2027-03-09T09:00Z", "2027-03-16T08:00Z", "2027-03-23T08:00Z",
    ]  # fmt: skip
    assert asked.texts("//label[input[@name='starts']]")[0] == (
        "Tuesday 2 March 2027, 9:00 AM – 9:30 AM (Europe/Berlin, UTC+1)"
        " For the guest: Tuesday 2 March 2027, 3:00 AM – 3:30 AM (America/New York, UTC-5)"
    )
    assert (offer.starts, offer.state) == (values[:2], "open")
    assert "The times are proposed; the guest gets a mail." in after.text("//main")
    assert "you proposed other times." in after.text("//main")


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        ([], "Choose at least one time."),
        (["2027-03-02T22:00Z"], "One of these times is no longer free. Please choose again."),
    ],
)
def test_proposal_without_a_free_time_is_refused(
    desk: Desk, booking: Booking, page: Client, starts: list[str], said: str
) -> None:
    after = post(page, booking, "offer", starts=starts, reason="Sorry")

    assert (after.status, MoveOffer.objects.count()) == (422, 0)
    assert said in after.text("//main")
    assert after.text("//textarea[@name='reason']") == "Sorry"


@pytest.mark.promise("C16", "C20")
@pytest.mark.parametrize("part", ["calendar", "collision", "offer"])
def test_another_hosts_booking_is_not_there(
    desk: Desk, booking: Booking, other_host: User, part: str
) -> None:
    desk.drag(booking, at(15))
    desk.busy(TEN)
    browser = Client()
    browser.force_login(other_host)

    answer = browser.post(f"/bookings/{booking.public_id}/{part}/", {"answer": "follow"})

    assert (answer.status_code, changes(booking)) == (404, [("moved", "open", "")])
    assert box(browser, "/home/") == []


def test_cancelled_booking_offers_nothing(desk: Desk, booking: Booking, page: Client) -> None:
    lifecycle.cancel(booking, actor=Booking.Actor.HOST, now=desk.now)

    answer = page.get(f"/bookings/{booking.public_id}/offer/")

    assert (answer.status_code, answer["Location"]) == (302, f"/bookings/{booking.public_id}/")


@pytest.mark.parametrize("path", ["/home/", "/bookings/"])
def test_lists_cost_the_same_for_any_number(desk: Desk, booking: Booking, page: Client, path: str) -> None:
    desk.busy(at(9), minutes=480)
    desk.wipe(booking)
    with CaptureQueriesContext(connection) as one:
        found = [len(page.get(path).context["questions"])]

    for hour in (11, 12):
        lifecycle.book(wish(desk.kind, at(hour), actor=Booking.Actor.HOST), now=desk.now, any_time=True)
    more = list(Booking.objects.filter(start__gt=TEN))
    OutsideChange.objects.bulk_create(
        [OutsideChange(booking=row, calendar=desk.calendar, change="deleted") for row in more]
    )
    with CaptureQueriesContext(connection) as three:
        found.append(len(page.get(path).context["questions"]))

    assert (found, len(three)) == ([1, 3], len(one))


def test_over_is_over(desk: Desk, booking: Booking, page: Client) -> None:
    desk.wipe(booking)
    Booking.objects.update(start=desk.now - timedelta(hours=2), end=desk.now - timedelta(hours=1))

    assert box(page, "/home/") == []
