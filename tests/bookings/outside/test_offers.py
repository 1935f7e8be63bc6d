"""Times that a host proposes: by mail to the guest, who takes one with a press, keeps the time, or cancels (C20)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.domain import lifecycle, links
from bookings.domain.errors import OfferClosed
from bookings.models import Booking, Collision, MoveOffer
from bookings.outside import offering
from tests.bookings.guest.pages import Guest, booking_path
from tests.bookings.outside.conftest import TEN, Desk
from tests.factories.bookings import at

pytestmark = pytest.mark.django_db(transaction=True)
GUEST, HOST = "gina@example.com", "anna@example.org"
ELEVEN, NINE = "2027-03-02T10:00Z", "2027-03-02T08:00Z"


@pytest.fixture
def offer(desk: Desk, booking: Booking) -> Iterator[MoveOffer]:
    """Anna's dentist collides, and she proposes nine and eleven; the clock stands."""
    desk.busy(TEN, minutes=30)
    with time_machine.travel(desk.now, tick=False):
        yield offering.offer(booking, [at(11), at(9)], now=desk.now, words="My tooth hurts.")


def path(offer: MoveOffer, query: str = "") -> str:
    return f"/b/offer/{links.offer_token(offer)}/{query}"


def state(offer: MoveOffer) -> str:
    return MoveOffer.objects.values_list("state", flat=True).get(pk=offer.pk)


def start_of(booking: Booking) -> datetime:
    return Booking.objects.values_list("start", flat=True).get(pk=booking.pk)


@pytest.mark.promise("C20")
def test_guest_gets_the_times_by_mail_in_their_zone(desk: Desk, offer: MoveOffer) -> None:
    desk.work("messages")

    [mail] = desk.mails()
    text = mail.text()
    assert (mail.receivers, mail.mail["Subject"]) == ([GUEST], "Other times for First talk with Anna Berg")
    assert text.splitlines()[0] == "Anna Berg asks you to choose another time."
    assert "Booked now: Tuesday 2 March 2027, 4:00 AM – 4:30 AM (America/New York, UTC-5)" in text
    assert "Tuesday 2 March 2027, 3:00 AM – 3:30 AM (America/New York, UTC-5):" in text
    assert "Message: My tooth hurts." in text
    assert f"http://testserver{path(offer)}?start=2027-03-02T10%3A00Z" in text
    assert "Dentist" not in text + mail.text("html")
    assert mail.mail["Reply-To"] == "Anna Berg <anna@example.org>"
    assert [part.get_content_type() for part in mail.mail.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip


@pytest.mark.promise("C20")
def test_guest_takes_a_time_and_the_calendar_and_everybody_follow(
    desk: Desk, booking: Booking, offer: MoveOffer, guest: Guest
) -> None:
    page = guest.get(path(offer, f"?start={ELEVEN}"))
    sent = guest.post(path(offer), {"start": ELEVEN})
    after = guest.get(sent.response["Location"])
    desk.work()
    desk.pass_time()

    assert page.texts("//ul[@class='offer-times']/li/p/strong") == ["Tuesday 2 March 2027"] * 2
    assert (sent.status, after.text("//h1")) == (302, "Your appointment has been moved")
    assert (start_of(booking), state(offer)) == (at(11), "taken")
    assert list(Collision.objects.values_list("state", flat=True)) == ["solved"]
    assert b"DTSTART;TZID=Europe/Berlin:20270302T110000" in desk.event(booking)
    assert desk.subjects(HOST) == ["New time: First talk with Gina Guest, Tuesday 2 March 2027, 11:00 AM"]
    assert desk.subjects(GUEST) == ["New time: First talk with Anna Berg, Tuesday 2 March 2027, 5:00 AM"]


@pytest.mark.promise("C20")
@pytest.mark.parametrize("query", ["", f"?start={ELEVEN}", "?cancel=1", "?answer=keep"])
def test_looking_changes_nothing(
    desk: Desk, booking: Booking, offer: MoveOffer, guest: Guest, query: str
) -> None:
    shown = guest.get(path(offer, query))
    head = guest.client.head(path(offer, query))

    assert (shown.status, head.status_code) == (200, 200)
    assert (start_of(booking), state(offer)) == (TEN, "open")


@pytest.mark.promise("C20")
def test_page_needs_no_cookie_and_stays_private(offer: MoveOffer, guest: Guest) -> None:
    page = guest.get(path(offer))

    assert not page.response.cookies
    assert page.response["Referrer-Policy"] == "no-referrer"
    assert page.response["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page.response["Cache-Control"]
    assert "Dentist" not in page.response.content.decode()


@pytest.mark.promise("C20")
def test_keeping_the_time_is_told_to_the_host(
    desk: Desk, booking: Booking, offer: MoveOffer, guest: Guest
) -> None:
    sent = guest.post(path(offer), {"answer": "keep"})
    after = guest.get(sent.response["Location"])
    desk.work()

    assert (after.status, after.text("//h1")) == (200, "Your appointment stays as it is")
    assert (start_of(booking), state(offer)) == (TEN, "declined")
    assert desk.subjects() == ["Time kept: First talk with Gina Guest, Tuesday 2 March 2027, 10:00 AM"]


def test_guest_cancels_after_being_asked_once_more(
    desk: Desk, booking: Booking, offer: MoveOffer, guest: Guest
) -> None:
    asked = guest.get(path(offer, "?cancel=1"))
    sent = guest.post(path(offer), asked.form(reason="Never mind"))

    booking.refresh_from_db()
    assert asked.text("//h1") == "Cancel this appointment?"
    assert guest.get(sent.response["Location"]).text("//h1") == "This appointment is cancelled"
    assert (booking.state, booking.cancelled_by, booking.cancel_reason) == (
        "cancelled", "guest", "Never mind",
    )  # fmt: skip


@pytest.mark.promise("C20")
def test_deadline_and_notice_do_not_bind_whom_the_host_invites(
    desk: Desk, booking: Booking, offer: MoveOffer, guest: Guest
) -> None:
    Booking.objects.update(cancel_notice=7 * 24 * 60)
    desk.kind.notice = 7 * 24 * 60
    desk.kind.save()

    refused = guest.post(booking_path(booking, "reschedule/"), {"start": ELEVEN})
    taken = guest.post(path(offer), {"start": ELEVEN})

    assert (refused.status, taken.status, start_of(booking)) == (409, 302, at(11))


@pytest.mark.promise("C20")
def test_time_taken_meanwhile_is_shown_as_gone_and_the_rest_can_be_had(
    desk: Desk, booking: Booking, offer: MoveOffer, guest: Guest
) -> None:
    lifecycle.book(_wish(desk, at(11)), now=desk.now)
    shown = guest.get(path(offer))
    late = guest.post(path(offer), {"start": ELEVEN})
    taken = guest.post(path(offer), {"start": NINE})

    assert shown.texts("//li[.//s]/p/span") == ["no longer free"]
    assert (late.status, late.text("//div[@role='alert']")) == (
        409, "This time is no longer free. Please choose another.",
    )  # fmt: skip
    assert (taken.status, start_of(booking), state(offer)) == (302, at(9), "taken")


def test_when_all_times_are_gone_the_page_says_so(desk: Desk, offer: MoveOffer, guest: Guest) -> None:
    desk.busy(at(9), minutes=180)
    page = guest.get(path(offer))

    assert "None of these times is free any more." in page.text("//main")


@pytest.mark.parametrize("start", ["2027-03-02T12:00Z", "nonsense", ""])
def test_only_proposed_times_can_be_taken(
    booking: Booking, offer: MoveOffer, guest: Guest, start: str
) -> None:
    sent = guest.post(path(offer), {"start": start})

    assert (sent.status, start_of(booking), state(offer)) == (409 if "12:00" in start else 400, TEN, "open")


@pytest.mark.promise("C20")
@pytest.mark.parametrize("broken", ["token", "signature", "other", "row"])
def test_forged_links_open_nothing(offer: MoveOffer, guest: Guest, broken: str) -> None:
    token = links.offer_token(offer)
    forged = {
        "token": token.replace(token[0], "z", 1),
        "signature": token[:-1] + ("a" if token[-1] != "a" else "b"),
        "other": links.manage_token(offer.booking),
        "row": offer.token,  # all that a stolen database holds
    }[broken]

    answers = [guest.get(f"/b/offer/{forged}/"), guest.post(f"/b/offer/{forged}/", {"answer": "keep"})]

    assert ([answer.status for answer in answers], state(offer)) == ([404, 404], "open")


def test_form_sent_from_another_site_is_refused(booking: Booking, offer: MoveOffer, guest: Guest) -> None:
    sent = guest.post(path(offer), {"start": ELEVEN}, **{"Sec-Fetch-Site": "cross-site"})

    assert (sent.status, start_of(booking)) == (403, TEN)


@pytest.mark.promise("C20")
def test_proposal_that_ran_out_acts_no_more_and_says_so(
    desk: Desk, booking: Booking, offer: MoveOffer, guest: Guest
) -> None:
    MoveOffer.objects.update(expires_at=desk.now)
    shown, sent = guest.get(path(offer)), guest.post(path(offer), {"start": ELEVEN})

    assert (shown.status, sent.status, start_of(booking)) == (404, 404, TEN)
    assert shown.text("//h1") == "These times are no longer proposed"


@pytest.mark.promise("C20")
def test_second_proposal_replaces_the_first_and_is_mailed(
    desk: Desk, booking: Booking, offer: MoveOffer, guest: Guest
) -> None:
    desk.work("messages")
    second = offering.offer(booking, [at(14)], now=desk.now)
    desk.work("messages")

    first, next_one = desk.mails(GUEST)
    assert first.mail["Message-ID"] != next_one.mail["Message-ID"]
    assert path(second) in next_one.text()
    assert [guest.get(path(offer)).status, guest.get(path(second)).status] == [404, 200]
    assert (state(offer), state(second)) == ("withdrawn", "open")


def test_proposal_answered_before_its_mail_is_not_mailed(
    desk: Desk, booking: Booking, offer: MoveOffer
) -> None:
    lifecycle.reschedule(booking, at(15), actor=Booking.Actor.HOST, now=desk.now)
    desk.work("messages")

    assert desk.subjects(GUEST) == ["New time: First talk with Anna Berg, Tuesday 2 March 2027, 9:00 AM"]


def test_proposal_ends_when_the_appointment_begins(desk: Desk, offer: MoveOffer) -> None:
    assert offer.expires_at == TEN


def test_an_answer_counts_once(desk: Desk, booking: Booking, offer: MoveOffer, guest: Guest) -> None:
    offering.take(offer, at(11), now=desk.now)

    with pytest.raises(OfferClosed):
        offering.take(
            MoveOffer.objects.select_related("booking__event_type__host").get(), at(9), now=desk.now
        )
    again = guest.post(path(offer), {"start": NINE})
    assert (start_of(booking), again.response["Location"]) == (at(11), booking_path(booking))


def test_confirmation_page_speaks_of_its_own_mail_not_of_the_proposal(
    booking: Booking, offer: MoveOffer, guest: Guest
) -> None:
    assert "We sent the details to gina@example.com." in guest.get(booking_path(booking)).text("//main")


@pytest.mark.parametrize("count", [1, 3])
def test_page_costs_the_same_for_any_number_of_times(
    desk: Desk, booking: Booking, offer: MoveOffer, guest: Guest, count: int
) -> None:
    starts = [(TEN + timedelta(hours=number + 1)).isoformat() for number in range(count)]
    MoveOffer.objects.update(starts=starts)

    with CaptureQueriesContext(connection) as queries:
        page = guest.get(path(offer))

    assert len(page.texts("//ul[@class='offer-times']/li")) == count
    assert len(queries) == 9, [query["sql"][:100] for query in queries]


def test_every_link_of_the_mail_only_shows(
    desk: Desk, booking: Booking, offer: MoveOffer, guest: Guest
) -> None:
    desk.work("messages")
    found = [word for word in desk.mails()[0].text().split() if word.startswith("http://testserver/b/")]
    answers = [guest.get(f"{urlsplit(link).path}?{urlsplit(link).query}").status for link in found]

    assert (answers, start_of(booking), state(offer)) == ([200] * 3, TEN, "open")


def _wish(desk: Desk, start: datetime) -> lifecycle.Wish:
    return lifecycle.Wish(
        event_type=desk.kind, start=start, key=f"key-{start}", name="Otto Other", email="otto@example.net"
    )
