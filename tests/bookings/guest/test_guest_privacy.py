"""No cookie, no script from outside, nothing a person typed comes back as mark-up (EB-4, C35, B1)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bookings.domain import lifecycle
from bookings.models import Booking
from tests.bookings.guest.pages import DETAILS, Guest, booking_path, event_path
from tests.factories.bookings import booked, event_type_of

pytestmark = pytest.mark.django_db
TEN = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "${7*7}",
    "javascript:alert(1)",
    "</textarea><svg/onload=alert(1)>",
]


@pytest.mark.promise("B1")
def test_booking_moving_and_cancelling_set_no_cookie_and_open_no_session(
    guest: Guest, talk, django_assert_num_queries
):
    answers = [guest.get("/anna/"), guest.get(event_path(talk)), guest.open_form(talk, "2027-03-02T09:00Z")]
    form = answers[-1].form(**DETAILS)
    answers.append(guest.post(f"{event_path(talk)}book/", form))
    booking = Booking.objects.get()
    answers += [
        guest.get(booking_path(booking, part)) for part in ("", "cancel/", "reschedule/", "invite.ics")
    ]
    answers.append(guest.post(booking_path(booking, "reschedule/"), {"start": "2027-03-02T10:00Z"}))
    answers.append(guest.post(booking_path(booking, "cancel/"), {"reason": ""}))
    answers.append(guest.get(booking_path(booking)))

    for answer in answers:
        assert answer.response.cookies.output() == ""
        assert "Cookie" not in answer.response.get("Vary", "")
        assert answer.values("//input[@name='csrfmiddlewaretoken']") == []


def test_a_session_cookie_that_means_nothing_is_not_looked_up(client, talk, django_assert_num_queries):
    client.cookies["csrftoken"] = "x" * 32

    response = client.get(event_path(talk))

    assert response.cookies.output() == ""


@pytest.mark.promise("B1")
@pytest.mark.parametrize("text", EVIL)
def test_what_people_type_is_shown_as_text_on_every_page(guest: Guest, host, now, text):
    host.name, host.about = text, text
    host.save()
    talk = event_type_of(host, title=text, description=text, place=text, place_kind="in_person", slug="evil")
    booking = booked(talk, TEN, now=now, name=text[:100], notes=text)
    busy_form = guest.open_form(talk, "2027-03-02T09:00Z").form(**{**DETAILS, "name": text, "notes": text})
    pages = [
        guest.get(path)
        for path in ("/anna/", event_path(talk), booking_path(booking), booking_path(booking, "cancel/"))
    ]
    pages.append(guest.get(booking_path(booking, "reschedule/")))
    pages.append(guest.post(f"{event_path(talk)}book/", busy_form))  # 409: the form again
    pages.append(guest.post(f"{event_path(talk)}book/", {**busy_form, "email": text}))  # 400
    pages.append(guest.get(event_path(talk) + "?tz=" + text))
    lifecycle.cancel(booking, actor=Booking.Actor.GUEST, now=now)
    pages.append(guest.get(booking_path(booking)))

    for page in pages:
        assert (
            page.tree.xpath(
                "//script[not(@src)] | //*[@onerror or @onload] | //img[@src='x'] | //main//svg[@onload]"
            )
            == []
        )
        assert [
            link for link in page.values("//@href | //@src | //@action") if link.startswith("javascript:")
        ] == []
        assert "49" not in page.text("//h1")


def test_no_page_holds_inline_scripts_or_styles_or_loads_from_elsewhere(guest: Guest, talk, now):
    booking = booked(talk, TEN, now=now)
    paths = ["/anna/", event_path(talk), f"{event_path(talk)}book/?start=2027-03-02T10:00Z"]
    paths += [booking_path(booking, part) for part in ("", "cancel/", "reschedule/")]

    for page in map(guest.get, paths):
        assert page.tree.xpath("//style | //*[@style] | //script[not(@src)] | //@onclick") == []
        loaded = page.values("//script/@src | //link[@rel='stylesheet']/@href | //img/@src")
        assert [address for address in loaded if not address.startswith("/static/")] == []
        assert "script-src 'self'" in page.response["Content-Security-Policy"]


@pytest.mark.parametrize("colour", ["red", "#fff;background:url(x)", '"><script>'])
def test_a_colour_is_only_ever_an_attribute(guest: Guest, host, colour):
    event_type_of(host, colour="#2563eb")
    event_type_of(host, colour=colour[:7], title="Odd")

    page = guest.get("/anna/")

    assert page.values("//li//circle/@fill") == ["#2563eb", colour[:7]]
    assert page.tree.xpath("//script[not(@src)]") == []
