"""The form: what is asked, what is kept, and that one time is booked once (BP-7 … BP-11; A12, B1, B5)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bookings.domain.errors import TooBusy
from bookings.models import Booking
from bookings.views import door
from tests.bookings.guest.pages import DETAILS, Guest, event_path
from tests.factories.bookings import booked, event_type_of

pytestmark = pytest.mark.django_db
TEN = "2027-03-02T09:00Z"  # ten o'clock in Berlin


@pytest.mark.promise("B1")
def test_a_guest_books_with_links_and_forms_alone(guest: Guest, talk):
    month = guest.get(guest.get("/anna/").link("First talk"))
    day = guest.get(month.values("//td[@data-date='2027-03-02']//a/@href")[0])
    form = guest.get(day.values("//a[contains(@class,'slot')][contains(., '10:00 AM')]/@href")[0])
    sent = guest.post(form.values("//main//form/@action")[0], form.form(**DETAILS))
    confirmed = guest.get(sent.response["Location"])

    booking = Booking.objects.get()
    assert (sent.status, confirmed.text("//h1")) == (303, "Your appointment is booked")
    assert (booking.start, booking.guests.get().email) == (
        datetime(2027, 3, 2, 9, 0, tzinfo=UTC),
        "gina@example.com",
    )


def test_the_choice_stays_in_sight_and_can_be_changed(guest: Guest, host):
    talk = event_type_of(host, place_kind="in_person", place="Torstraße 1", duration=45)

    page = guest.open_form(talk, TEN, "&h=24")
    back = guest.get(page.link("Change the time"))

    facts = page.text("//ul[@class='facts']")
    assert (
        facts
        == "Tuesday 2 March 2027 10:00 – 10:45 Change the time Europe/Berlin, UTC+1 45 minutes In person Torstraße 1"
    )
    assert back.values("//td[contains(@class,'day-selected')]/@data-date") == ["2027-03-02"]


def test_the_form_asks_for_name_and_address_and_nothing_else_that_is_needed(guest: Guest, talk):
    fields = guest.open_form(talk, TEN).tree.xpath("//main//form//*[@required]")

    assert [(field.get("name"), field.get("type"), field.get("autocomplete")) for field in fields] == [
        ("name", "text", "name"),
        ("email", "email", "email"),
    ]


def test_a_call_asks_for_the_number(guest: Guest, host):
    call = event_type_of(host, place_kind="phone", place="")
    page = guest.open_form(call, TEN)

    refused = guest.book(call, TEN)
    taken = guest.book(call, TEN, phone="030 123 456")

    assert page.values("//input[@name='phone']/@type | //input[@name='phone']/@autocomplete") == [
        "tel",
        "tel",
    ]
    assert (refused.status, taken.status, Booking.objects.get().guests.get().phone) == (
        400,
        303,
        "030 123 456",
    )


def test_errors_are_summed_up_linked_marked_and_nothing_typed_is_lost(guest: Guest, talk):
    page = guest.book(talk, TEN, name="", email="gina@", notes="About <b>us</b>")

    assert (page.status, Booking.objects.count()) == (400, 0)
    assert page.values("//*[@class='error-summary']//a/@href") == ["#id_name", "#id_email"]
    for name in ("name", "email"):
        [field] = page.tree.xpath(f"//*[@name='{name}']")
        described = [page.text(f"//*[@id='{part}']") for part in field.get("aria-describedby").split()]
        assert (field.get("aria-invalid"), described[-1] != "") == ("true", True)
    assert (page.form()["email"], page.form()["notes"].strip()) == ("gina@", "About <b>us</b>")


@pytest.mark.promise("B5")
def test_a_time_taken_meanwhile_keeps_the_form_and_offers_the_nearest_of_which_one_books(
    guest: Guest, talk, now
):
    form = guest.open_form(talk, TEN).form(**{**DETAILS, "notes": "Long text"})
    booked(talk, datetime(2027, 3, 2, 9, 0, tzinfo=UTC), now=now)

    refused = guest.post(f"{event_path(talk)}book/", form)
    offered = refused.values("//input[@name='start']/@value")
    taken = guest.post(f"{event_path(talk)}book/", refused.form(start="2027-03-02T09:30Z"))

    assert refused.status == 409
    assert (refused.form()["name"], refused.form()["email"], refused.form()["notes"].strip()) == (
        "Gina Guest",
        "gina@example.com",
        "Long text",
    )
    assert offered == [
        f"2027-03-02T{time}Z" for time in ("08:00", "08:30", "09:30", "10:00", "10:30", "11:00")
    ]
    assert (taken.status, Booking.objects.last().start) == (303, datetime(2027, 3, 2, 9, 30, tzinfo=UTC))


def test_a_time_that_was_taken_is_told_before_anything_is_typed(guest: Guest, talk, now):
    booked(talk, datetime(2027, 3, 2, 9, 0, tzinfo=UTC), now=now)

    page = guest.open_form(talk, TEN)

    assert (page.status, len(page.values("//input[@name='start']/@value"))) == (409, 6)
    assert page.text("//*[contains(@class,'fact-when')]//s") == "Tuesday 2 March 2027 10:00 AM – 10:30 AM"
    assert page.texts("//*[contains(@class,'fact-when')]//strong") == []


@pytest.mark.parametrize(
    "start",
    [
        "2027-02-26T09:00Z",
        "2027-03-06T09:00Z",
        "2027-03-02T09:10Z",
        "2027-03-02T03:00Z",
        "2027-03-02T16:00Z",
        "2030-03-01T09:00Z",
    ],
)
def test_times_that_are_not_offered_are_refused(guest: Guest, talk, start):
    page = guest.open_form(talk, start)
    sent = guest.post(f"{event_path(talk)}book/", page.form(**DETAILS) | {"start": start})

    assert (page.status, sent.status, Booking.objects.count()) == (409, 409, 0)


@pytest.mark.parametrize(
    "start",
    ["", "2026-02-30T10:00Z", "0001-01-01T00:00Z", "9999-12-31T23:59Z", "NaN", "1" * 19, "2027-03-02T09:00"],
)
def test_starts_that_mean_nothing_lead_back_to_the_month(guest: Guest, talk, start):
    page = guest.open_form(talk, start)

    assert (page.status, page.response["Location"]) == (302, event_path(talk))


@pytest.mark.promise("B5")
def test_sending_twice_is_one_booking_and_the_same_confirmation(guest: Guest, talk):
    form = guest.open_form(talk, TEN).form(**DETAILS)

    first, second = (guest.post(f"{event_path(talk)}book/", form) for _ in range(2))

    assert (first.status, first.response["Location"]) == (second.status, second.response["Location"])
    assert Booking.objects.count() == 1


@pytest.mark.promise("B5")
def test_sending_a_newly_chosen_time_twice_is_one_booking_too(guest: Guest, talk, now):
    form = guest.open_form(talk, TEN).form(**DETAILS)
    booked(talk, datetime(2027, 3, 2, 9, 0, tzinfo=UTC), now=now)
    again = guest.post(f"{event_path(talk)}book/", form).form(start="2027-03-02T09:30Z")

    first, second = (guest.post(f"{event_path(talk)}book/", again) for _ in range(2))

    assert (first.status, first.response["Location"]) == (second.status, second.response["Location"])
    assert Booking.objects.count() == 2


def test_the_same_form_with_another_address_is_refused(guest: Guest, talk):
    form = guest.open_form(talk, TEN).form(**DETAILS)
    guest.post(f"{event_path(talk)}book/", form)

    again = guest.post(f"{event_path(talk)}book/", {**form, "email": "other@example.com"})

    assert (again.status, Booking.objects.count()) == (422, 1)


def test_nothing_but_the_persons_own_fields_is_read_from_the_form(guest: Guest, talk, other_host):
    form = guest.open_form(talk, TEN).form(**DETAILS)
    extra = {
        "host": str(other_host.pk),
        "price": "0",
        "state": "pending",
        "duration": "480",
        "end": "2027-03-02T20:00Z",
        "event_type": "9",
        "zone": "Asia/Tokyo",
        "source": "me",
        "id": "7",
    }

    guest.post(f"{event_path(talk)}book/", {**form, **extra})

    booking = Booking.objects.get()
    assert (booking.host, booking.event_type, booking.state, booking.source) == (
        talk.host,
        talk,
        "confirmed",
        "",
    )
    assert (booking.end, booking.guests.get().zone) == (
        datetime(2027, 3, 2, 9, 30, tzinfo=UTC),
        "Europe/Berlin",
    )


@pytest.mark.parametrize("ticket", ["", "forged", "a:b:c", "x" * 5000, "\x00"])
def test_a_form_without_our_signature_books_nothing(guest: Guest, talk, ticket):
    sent = guest.post(f"{event_path(talk)}book/", {**DETAILS, "ticket": ticket, "start": TEN})

    assert (sent.status, Booking.objects.count()) == (302, 0)


def test_a_form_of_another_event_type_books_nothing(guest: Guest, talk, host):
    other = event_type_of(host)
    form = guest.open_form(other, TEN).form(**DETAILS)

    assert (guest.post(f"{event_path(talk)}book/", form).status, Booking.objects.count()) == (302, 0)


def test_an_event_type_switched_off_meanwhile_is_not_found(guest: Guest, talk):
    form = guest.open_form(talk, TEN).form(**DETAILS)
    talk.is_active = False
    talk.save()

    assert guest.post(f"{event_path(talk)}book/", form).status == 404


def test_a_filled_in_hidden_field_books_nothing(guest: Guest, talk):
    assert (guest.book(talk, TEN, website="https://spam.example").status, Booking.objects.count()) == (400, 0)


def test_too_many_tries_of_one_network_are_refused_and_nothing_typed_is_lost(guest: Guest, talk, settings):
    settings.GUEST_TRIES_PER_HOUR = 2
    answers = [guest.book(talk, f"2027-03-02T{hour}:00Z") for hour in ("09", "10", "11")]

    assert [answer.status for answer in answers] == [303, 303, 429]
    assert answers[-1].form()["name"] == "Gina Guest"


def test_a_made_up_forwarding_header_is_no_new_network(guest: Guest, talk, settings):
    settings.GUEST_TRIES_PER_HOUR = 1
    guest.book(talk, TEN)
    form = guest.open_form(talk, "2027-03-02T10:00Z").form(**DETAILS)

    assert guest.post(f"{event_path(talk)}book/", form, x_forwarded_for="1.2.3.4").status == 429


def test_too_many_bookings_for_one_mail_address_are_refused_from_any_network(guest: Guest, talk, settings):
    settings.GUEST_TRIES_PER_ADDRESS = 1
    answers = [
        guest.book(talk, "2027-03-02T09:00Z"),
        guest.book(talk, "2027-03-02T10:00Z", email="Gina@Example.com"),
        guest.book(talk, "2027-03-02T11:00Z", email="otto@example.com"),
    ]

    assert [answer.status for answer in answers] == [303, 429, 303]


@pytest.mark.parametrize("name", ["GUEST_TRIES_PER_HOUR", "GUEST_TRIES_PER_ADDRESS"])
def test_the_limit_for_one_mail_address_can_be_switched_off(guest: Guest, talk, settings, name):
    settings.GUEST_TRIES_PER_ADDRESS = 1
    setattr(settings, name, 0)
    answers = [guest.book(talk, f"2027-03-02T{hour}:00Z") for hour in ("09", "10")]

    assert [answer.status for answer in answers] == [303, 303]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "network"),
    [
        (0, "203.0.113.5", "198.51.100.7", "198.51.100.7"),
        (1, "192.0.2.1, 203.0.113.5", "127.0.0.1", "203.0.113.5"),
        (2, "203.0.113.5", "127.0.0.1", "127.0.0.1"),
        (1, "203.0.113.5:4711", "127.0.0.1", "203.0.113.5"),
        (1, "2001:db8:1:2:3:4:5:6", "127.0.0.1", "2001:db8:1:2::/64"),
        (1, "[2001:db8:1:2::9]:443", "127.0.0.1", "2001:db8:1:2::/64"),
        (0, "", "::1", "::/64"),
        (0, "", "::ffff:198.51.100.7", "198.51.100.7"),
        (1, "unknown", "198.51.100.7", "198.51.100.7"),
        (0, "", "", ""),
    ],
)
def test_the_network_of_a_guest(rf, settings, *, proxies, forwarded, remote, network):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = rf.get("/", headers={"x-forwarded-for": forwarded}, REMOTE_ADDR=remote)

    assert door.address_of(request) == network


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"origin": "http://testserver", "sec_fetch_site": "cross-site"}, 403),
        ({"origin": "http://testserver"}, 303),
        ({"origin": "http://testserver", "sec_fetch_site": "same-origin"}, 303),
        ({}, 303),
    ],
)
def test_forms_sent_from_other_sites_are_refused(guest: Guest, talk, headers, status):
    form = guest.open_form(talk, TEN).form(**DETAILS)

    sent = guest.post(f"{event_path(talk)}book/", form, **headers)

    assert (sent.status, Booking.objects.count()) == (status, int(status == 303))


def test_a_lock_that_cannot_be_had_asks_to_try_again(guest: Guest, talk, monkeypatch):
    def busy(*args: object, **kwargs: object) -> None:
        raise TooBusy

    monkeypatch.setattr("bookings.domain.lifecycle.book", busy)

    page = guest.book(talk, TEN)

    assert (page.status, page.response["Retry-After"], page.form()["name"]) == (503, "3", "Gina Guest")


def test_details_can_come_with_the_address(guest: Guest, talk):
    page = guest.open_form(talk, TEN, "&name=Gina&email=gina@example.com&website=x")

    assert (page.form()["name"], page.form()["email"], page.form()["website"]) == (
        "Gina",
        "gina@example.com",
        "",
    )


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("name", "x" * 1_000_000, 400),
        ("name", "\n\t ", 400),
        ("name", "...", 400),
        ("email", "a@b", 400),
        ("email", '"x y"@example.com', 400),
        ("email", "a@example.com,b@example.com", 400),
        ("email", "a@example.com\nBcc: b@example.com", 400),
        ("notes", "x" * 2001, 400),
        ("name", "Gina\x00", 400),
        ("name", "Gina\r\nBcc: x@example.com", 303),
        ("name", "Ægir Þór 李", 303),
    ],
)
def test_what_people_type_is_checked(guest: Guest, talk, field, value, status):
    assert guest.book(talk, TEN, **{field: value}).status == status


def test_a_name_is_one_line(guest: Guest, talk):
    guest.book(talk, TEN, name="Gina\r\nBcc: x@example.com")

    assert Booking.objects.get().guests.get().name == "Gina Bcc: x@example.com"


def test_the_language_of_the_guest_is_kept_for_the_mails(guest: Guest, talk):
    form = guest.open_form(talk, TEN).form(**DETAILS)

    guest.post(f"{event_path(talk)}book/", form, accept_language="de")

    assert Booking.objects.get().guests.get().language == "de"
