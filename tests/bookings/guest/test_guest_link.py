"""What the link alone allows: see, cancel, move, download (CF-1 … CF-7; B4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from bookings.domain import lifecycle, links
from bookings.models import Booking, Message
from bookings.views import door
from tests.bookings.guest.pages import Guest, booking_path
from tests.factories.availability import make_time_off
from tests.factories.bookings import booked, event_type_of

pytestmark = pytest.mark.django_db
TEN = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
ELEVEN = "2027-03-02T10:00Z"


@pytest.fixture
def booking(talk, now) -> Booking:
    """Gina's half hour on Tuesday at ten in Berlin, four in the morning in New York."""
    return booked(talk, TEN, now=now, notes="About the garden", phone="+1 212 555 0100")


@pytest.fixture
def cancelled(booking, now) -> Booking:
    """The same, called off by Gina."""
    return lifecycle.cancel(booking, actor=Booking.Actor.GUEST, now=now, reason="A secret reason")


def test_the_page_shows_status_place_and_both_ways_out(guest: Guest, booking):
    page = guest.get(booking_path(booking))

    assert page.text("//h1") == "Your appointment is booked"
    assert page.text("//main").count("A confirmation is on its way to gina@example.com.") == 1
    assert page.link("https://meet.example.org/anna") == "https://meet.example.org/anna"
    assert page.link("Reschedule") == booking_path(booking, "reschedule/")
    assert page.link("Cancel the appointment") == booking_path(booking, "cancel/")


def test_calendars_are_offered_with_the_file_first(guest: Guest, booking):
    page = guest.get(booking_path(booking))

    names = page.texts("//section[@aria-labelledby='add-heading']//a")
    assert names == ["Calendar file (.ics)", "Google Calendar", "Outlook.com", "Microsoft 365"]


def test_the_file_is_the_event(guest: Guest, booking):
    response = guest.client.get(booking_path(booking, "invite.ics"))

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert f"UID:{booking.uid}" in response.content.decode()


def test_a_place_can_be_found_on_a_map(guest: Guest, host, now):
    visit = event_type_of(host, place_kind="in_person", place="Café & Bar, Torstraße 1")

    page = guest.get(booking_path(booked(visit, TEN, now=now)))

    assert page.link("Show on a map") == (
        "https://www.openstreetmap.org/search?query=Caf%C3%A9%20%26%20Bar%2C%20Torstra%C3%9Fe%201"
    )


def test_a_call_says_who_calls_whom(guest: Guest, host, now):
    call = event_type_of(host, place_kind="phone", place="")

    page = guest.get(booking_path(booked(call, TEN, now=now, phone="+1 212 555")))

    assert "Anna Berg calls you on +1 212 555" in page.text("//main")


@pytest.mark.promise("B4")
def test_a_guest_cancels_with_the_link_alone(guest: Guest, booking):
    page = guest.get(booking_path(booking, "cancel/"))
    sent = guest.post(booking_path(booking, "cancel/"), page.form(reason="Flu"))
    after = guest.get(sent.response["Location"])

    booking.refresh_from_db()
    assert (page.status, page.text("//h1")) == (200, "Cancel this appointment?")
    assert (sent.status, after.text("//h1")) == (302, "This appointment is cancelled")
    assert (booking.state, booking.cancelled_by, booking.cancel_reason) == ("cancelled", "guest", "Flu")


def test_before_cancelling_the_nearest_other_times_are_offered(guest: Guest, booking):
    page = guest.get(booking_path(booking, "cancel/"))

    assert page.texts("//ul[@class='other-times']//a") == [
        "Tuesday 2 March 2027, 3:00 AM",
        "Tuesday 2 March 2027, 3:30 AM",
        "Tuesday 2 March 2027, 4:30 AM",
        "See all free times",
    ]
    assert (
        guest.get(page.values("//ul[@class='other-times']//a/@href")[1]).text("//h1")
        == "Move your appointment?"
    )


def test_cancelling_twice_is_fine_and_happens_once(guest: Guest, booking):
    answers = [guest.post(booking_path(booking, "cancel/"), {"reason": ""}).status for _ in range(2)]

    assert (answers, booking.history.filter(action="cancelled").count()) == ([302, 302], 1)


@pytest.mark.promise("B4")
def test_a_guest_moves_the_booking_with_the_link_alone(guest: Guest, booking):
    picker = guest.get(booking_path(booking, "reschedule/"))
    day = guest.get(picker.values("//td[@data-date='2027-03-02']//a/@href")[0])
    ask = guest.get(day.values("//a[contains(@class,'slot')][contains(., '5:00 AM')]/@href")[0])
    sent = guest.post(booking_path(booking, "reschedule/"), ask.form())

    booking.refresh_from_db()
    assert ask.text("//p[@class='new-time']") == "Tuesday 2 March 2027, 5:00 AM America/New York, UTC-5"
    assert (sent.status, booking.start, booking.sequence) == (302, TEN + timedelta(hours=1), 1)


def test_the_time_it_has_is_not_offered_for_moving(guest: Guest, booking):
    day = guest.get(booking_path(booking, "reschedule/?day=2027-03-02"))
    asked = guest.get(booking_path(booking, "reschedule/?start=2027-03-02T09:00Z"))

    assert day.times[:4] == ["3:00 AM", "3:30 AM", "4:30 AM", "5:00 AM"]
    assert (asked.status, asked.text("//h1"), len(asked.free_days) > 0) == (200, "Choose another time", True)


def test_a_month_in_which_only_the_time_it_has_is_free_looks_for_a_later_one(guest: Guest, booking, host):
    for day in range(1, 32):
        make_time_off(host, date(2027, 3, day))

    page = guest.get(booking_path(booking, "reschedule/?month=2027-03"))

    assert page.free_days == []
    assert page.text("//p[@class='notice']/a") == "Next available: Thursday 1 April 2027"


def test_after_a_move_the_page_says_so_with_the_time_before(guest: Guest, booking):
    guest.post(booking_path(booking, "reschedule/"), {"start": ELEVEN})
    guest.post(booking_path(booking, "reschedule/"), {"start": ELEVEN})  # the button pressed twice

    page = guest.get(booking_path(booking))

    assert page.text("//h1") == "Your appointment has been moved"
    assert page.texts("//main//s") == ["Tuesday 2 March 2027, 4:00 AM – 4:30 AM"]
    assert page.text("//*[contains(@class,'fact-when')]//strong") == "Tuesday 2 March 2027, 5:00 AM – 5:30 AM"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, "A confirmation is on its way to gina@example.com."),
        ({"state": "done", "sent_at": TEN}, "We sent the details to gina@example.com."),
        (
            {"state": "dead"},
            "No mail could be sent to gina@example.com. Please keep the address of this page.",
        ),
        ({"state": "done"}, ""),
    ],
)
def test_the_page_says_what_became_of_the_mail(guest: Guest, booking, change, sentence):
    Message.objects.filter(audience="guest").update(**change)

    page = guest.get(booking_path(booking))

    assert page.text("//div[@class='outcome-head']/p") == sentence


def test_a_mail_about_the_time_before_says_nothing_about_a_later_one(guest: Guest, booking):
    Message.objects.update(state="done", sent_at=TEN)
    guest.post(booking_path(booking, "reschedule/"), {"start": ELEVEN})

    page = guest.get(booking_path(booking))

    assert page.text("//div[@class='outcome-head']/p") == "A confirmation is on its way to gina@example.com."


@pytest.mark.promise("B5")
def test_a_time_taken_meanwhile_is_refused_and_the_old_one_kept(guest: Guest, booking, talk, now):
    booked(talk, TEN + timedelta(hours=1), now=now, email="other@example.com")

    asked = guest.get(booking_path(booking, f"reschedule/?start={ELEVEN}"))
    sent = guest.post(booking_path(booking, "reschedule/"), {"start": ELEVEN})

    booking.refresh_from_db()
    assert (asked.status, sent.status, booking.start) == (409, 409, TEN)
    assert sent.text("//div[@role='alert']") == "This time is no longer offered. Please choose another."
    assert len(sent.free_days) > 0


def test_a_booking_is_not_moved_and_cancelled_without_end(guest: Guest, booking, monkeypatch):
    monkeypatch.setattr(door, "CHANGES_PER_HOUR", 2)
    path = booking_path(booking, "reschedule/")
    moves = [guest.post(path, {"start": start}) for start in (ELEVEN, "2027-03-02T11:00Z", ELEVEN)]
    cancelled = guest.post(booking_path(booking, "cancel/"), {"reason": "Flu"})

    booking.refresh_from_db()
    assert [answer.status for answer in (*moves, cancelled)] == [302, 302, 429, 429]
    assert (booking.state, booking.start) == ("confirmed", TEN + timedelta(hours=2))
    wait = "You have tried very often in the last hour. Wait a while, then try again."
    assert moves[-1].text("//div[@role='alert']") == wait
    assert moves[-1].form() == {"start": ELEVEN}
    assert cancelled.texts("//div[@role='alert']//li") == [wait]
    assert cancelled.form()["reason"].strip() == "Flu"


def test_another_booking_has_changes_of_its_own(guest: Guest, booking, talk, now, monkeypatch):
    monkeypatch.setattr(door, "CHANGES_PER_HOUR", 1)
    other = booked(talk, TEN + timedelta(hours=3), now=now, email="other@example.com")

    answers = [guest.post(booking_path(one, "cancel/"), {"reason": ""}) for one in (booking, other)]

    assert [answer.status for answer in answers] == [302, 302]


@pytest.mark.parametrize("start", ["", "NaN", "9999-12-31T00:00Z", "2027-03-02T10:00"])
def test_moving_to_a_time_that_means_nothing_asks_again(guest: Guest, booking, start):
    sent = guest.post(booking_path(booking, "reschedule/"), {"start": start})

    booking.refresh_from_db()
    assert (sent.status, booking.start) == (400, TEN)


def test_the_page_for_moving_shows_only_this_booking(guest: Guest, booking, talk, now):
    booked(
        talk, TEN + timedelta(hours=2), now=now, name="Otto Other", email="otto@example.com", notes="Private"
    )

    words = guest.get(booking_path(booking, "reschedule/")).text("//html")

    assert "About the garden" in words
    assert [
        secret for secret in ("Otto", "otto@example.com", "Private", "gina@example.com") if secret in words
    ] == []


@pytest.mark.promise("A7", "B4")
def test_after_the_deadline_the_page_gives_the_hosts_address_instead_of_buttons(guest: Guest, host, now):
    late = booked(event_type_of(host, cancel_notice=24 * 60), TEN, now=now)
    before = guest.get(booking_path(late))

    with time_machine.travel(TEN - timedelta(hours=24), tick=False):
        page = guest.get(booking_path(late))
        moved = guest.post(booking_path(late, "reschedule/"), {"start": "2027-03-03T10:00Z"})
        cancelled = guest.post(booking_path(late, "cancel/"), {"reason": ""})

    late.refresh_from_db()
    assert "until Monday 1 March 2027, 4:00 AM" in before.text("//section[@aria-labelledby='change-heading']")
    assert page.values("//section[@aria-labelledby='change-heading']//a/@href") == ["mailto:anna@example.org"]
    assert (moved.status, cancelled.status) == (409, 409)
    assert (late.state, late.start) == ("confirmed", TEN)


def test_what_is_over_can_only_be_looked_at(guest: Guest, booking):
    with time_machine.travel(TEN + timedelta(days=1), tick=False):
        page = guest.get(booking_path(booking))
        cancel = guest.get(booking_path(booking, "cancel/"))

    assert page.text("//main//p") == "This appointment is over."
    assert [page.tree.xpath("//section"), cancel.tree.xpath("//main//form")] == [[], []]


def test_a_cancelled_booking_shows_title_and_time_and_nothing_of_the_guest(guest: Guest, cancelled):
    pages = [guest.get(booking_path(cancelled, part)) for part in ("", "cancel/", "reschedule/")]

    secrets = ("Gina", "gina@example.com", "garden", "212", "secret", "meet.example.org")
    for page in pages:
        words = page.response.content.decode()
        assert [secret for secret in secrets if secret in words] == []
        assert "First talk" in words
    assert guest.get(booking_path(cancelled, "invite.ics")).response["Location"] == booking_path(cancelled)


def test_the_page_for_moving_a_cancelled_booking_says_that_alone(guest: Guest, cancelled):
    page = guest.get(booking_path(cancelled, "reschedule/"))

    assert page.text("//h1") == "This appointment is cancelled"
    assert page.texts("//main//a[not(contains(@href, '/anna/'))]") == []
    assert page.link("Book another time") == "/anna/talk/"


def test_a_cancelled_booking_cannot_be_moved(guest: Guest, cancelled):
    sent = guest.post(booking_path(cancelled, "reschedule/"), {"start": ELEVEN})

    cancelled.refresh_from_db()
    assert (sent.status, cancelled.state, cancelled.start) == (409, "cancelled", TEN)


@pytest.mark.parametrize("part", ["", "cancel/", "reschedule/", "invite.ics"])
def test_pages_behind_the_link_stay_out_of_caches_referrers_and_search_engines(guest: Guest, booking, part):
    response = guest.get(booking_path(booking, part)).response

    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("part", ["cancel/", "reschedule/"])
@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"origin": "https://evil.example"}, False),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"origin": "null", "sec_fetch_site": "cross-site"}, False),
        ({"origin": "null", "sec_fetch_site": "same-origin"}, True),
        ({"origin": "null"}, True),
    ],
)
def test_other_sites_cannot_send_the_forms_behind_the_link(guest: Guest, booking, part, headers, allowed):
    sent = guest.post(booking_path(booking, part), {"start": ELEVEN}, **headers)

    booking.refresh_from_db()
    assert (sent.status, booking.sequence) == ((302, 1) if allowed else (403, 0))
    assert allowed or sent.response["Referrer-Policy"] == "no-referrer"


def test_tokens_that_are_not_exactly_right_all_look_the_same(guest: Guest, booking):
    token = links.manage_token(booking)
    swapped = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    other_id = "0" * 32 + token[32:]
    wrong = [
        token[:-1],
        token + "A",
        swapped,
        other_id,
        token.split(".")[0],
        "x",
        "x" * 10_000,
        "%00",
        token + "%00",
        "é",
    ]

    answers = [
        guest.client.get(f"/b/{text}/{page}") for text in wrong for page in ("", "cancel/", "reschedule/")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({len(answer.content) for answer in answers}) == 1


def test_no_token_is_no_page(guest: Guest, booking):
    assert [guest.get("/b//").status, guest.get("/b/").status] == [404, 404]


def test_another_salt_ends_a_link(guest: Guest, booking):
    path = booking_path(booking)
    Booking.objects.update(link_salt="another")

    assert guest.get(path).status == 404


def test_opening_every_link_again_and_again_changes_nothing(guest: Guest, booking):
    before = (Booking.objects.values().get(), Message.objects.count(), booking.history.count())
    seen: set[str] = set()
    waiting = [booking_path(booking)]
    while waiting and len(seen) < 60:
        path = waiting.pop(0)
        seen.add(path)
        response = guest.client.get(path)
        if response["Content-Type"].startswith("text/html"):
            waiting += [link for link in _links(guest, path) if link not in seen and link not in waiting]

    assert len(seen) == 60
    assert (Booking.objects.values().get(), Message.objects.count(), booking.history.count()) == before


def _links(guest: Guest, path: str) -> list[str]:
    found = guest.get(path).values("//main//a/@href")
    return [link.split("#")[0] for link in found if link.startswith("/")]
