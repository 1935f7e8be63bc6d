"""The list of event types, the switch, deleting, and "why not?"."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from availability.loading import ensure_default
from bookings.models import EventType
from calendars.models import Account, Busy, Calendar, Item
from tests.factories.availability import make_time_off
from tests.factories.bookings import booked, event_type_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_any_number(page, host, count):
    for _ in range(count):
        event_type_of(host)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = page.get("/event-types/")

    assert answer.status_code == 200
    assert len(queries) == 4, [
        query["sql"][:120] for query in queries
    ]  # session, person, banners, event types


def test_the_list_shows_only_the_hosts_own(page, host, other_host):
    event_type_of(host, title="Mine")
    event_type_of(other_host, title="Theirs")

    assert [row.title for row in page.get("/event-types/").context["event_types"]] == ["Mine"]


def test_an_empty_list_says_what_to_do(page):
    answer = page.get("/event-types/")

    assert "Make an event type" in answer.text
    assert 'href="/event-types/new/"' in answer.text


@pytest.mark.parametrize(
    ("fields", "hints"),
    [
        ({"place": ""}, 1),
        ({"place": "https://meet.example.org/anna"}, 0),
        ({"place": "", "place_kind": "phone"}, 0),
    ],
)
def test_the_list_says_what_guests_read_without_a_link(page, host, fields, hints):
    event_type_of(host, **fields)

    assert page.get("/event-types/").text.count("Guests will read: “Anna Berg will send the link.”") == hints


def test_the_form_says_what_guests_read_without_a_link(page, host):
    host.name = "Anna <b>"
    host.save()

    assert "guests will read: “Anna &lt;b&gt; will send the link.”" in page.get("/event-types/new/").text


def test_the_switch_does_what_its_button_said_however_often(page, client, host):
    event_type = event_type_of(host, slug="advice")

    for _ in range(2):
        assert page.post(f"/event-types/{event_type.pk}/switch/", {"to": "off"}).status_code == 302
    assert client.get("/anna/advice/").status_code == 404

    for _ in range(2):
        page.post(f"/event-types/{event_type.pk}/switch/", {"to": "on"})
    assert client.get("/anna/advice/").status_code == 200


def test_deleting_asks_first(page, host):
    event_type = event_type_of(host)
    path = f"/event-types/{event_type.pk}/delete/"

    assert page.get(path).status_code == 200
    assert EventType.objects.count() == 1

    assert page.post(path).status_code == 302
    assert EventType.objects.count() == 0


def test_an_event_type_with_bookings_is_not_deleted(page, host, now):
    event_type = event_type_of(host)
    booked(event_type, datetime(2027, 3, 2, 9, tzinfo=UTC), now=now)

    asked = page.get(f"/event-types/{event_type.pk}/delete/")
    answer = page.post(f"/event-types/{event_type.pk}/delete/", follow=True)

    assert "First talk cannot be deleted" in asked.text
    assert "button-danger" not in asked.text
    assert f'action="/event-types/{event_type.pk}/switch/"' in asked.text
    assert EventType.objects.count() == 1
    assert "First talk has bookings. Switch it off instead." in answer.text


@pytest.mark.promise("A14")
def test_why_not_names_everything_that_stands_against_a_time(page, host, now):
    ensure_default(host)
    event_type = event_type_of(host, notice=3 * 24 * 60)
    account = Account.objects.create(owner=host, provider="memory", label="Memory", last_ok_at=now)
    calendar = Calendar.objects.create(
        account=account, owner=host, remote_id="a", name="Work", blocks=True, last_ok_at=now,
        expanded_to=now + timedelta(days=400),
    )  # fmt: skip
    item = Item.objects.create(calendar=calendar, key="i", summary="Dentist <b>")
    start = int(datetime(2027, 3, 2, 9, tzinfo=UTC).timestamp())
    Busy.objects.create(calendar=calendar, item=item, start=start, end=start + 3600)
    make_time_off(host, datetime(2027, 3, 2).date(), note="Moving house")

    answer = page.get(f"/event-types/{event_type.pk}/why-not/", {"date": "2027-03-02", "time": "10:10"})

    assert [code for code, _text in answer.context["answer"].lines] == [
        "too_soon",
        "time_off",
        "calendar",
        "grid",
    ]
    assert "Dentist &lt;b&gt;" in answer.text
    assert "Moving house" in answer.text


@pytest.mark.promise("A14")
def test_why_not_says_when_a_time_is_offered(page, host):
    ensure_default(host)
    event_type = event_type_of(host)

    answer = page.get(f"/event-types/{event_type.pk}/why-not/", {"date": "2027-03-02", "time": "10:00"})

    assert answer.context["answer"].is_offered
    assert "This time is offered." in answer.text


@pytest.mark.promise("A14")
def test_why_not_says_that_the_event_type_is_off(page, host):
    ensure_default(host)
    event_type = event_type_of(host, is_active=False)

    answer = page.get(f"/event-types/{event_type.pk}/why-not/", {"date": "2027-03-02", "time": "10:00"})

    assert answer.context["answer"].lines == (("off", "The event type is turned off."),)


@pytest.mark.promise("A13", "A14")
def test_a_time_that_the_clock_change_skips_is_refused(page, host):
    event_type = event_type_of(host)

    answer = page.get(f"/event-types/{event_type.pk}/why-not/", {"date": "2027-03-28", "time": "02:30"})

    assert answer.context["form"].errors == {"time": ["The clock change skips this time on that day."]}


@pytest.mark.parametrize(
    "day", ["2027-02-30", "0001-01-01", "9999-12-31", "1999-12-31", "99999999999999999999", "x"]
)
def test_a_date_that_does_not_exist_or_nobody_means_is_refused(page, host, day):
    event_type = event_type_of(host)

    answer = page.get(f"/event-types/{event_type.pk}/why-not/", {"date": day, "time": "10:00"})

    assert list(answer.context["form"].errors) == ["date"]
    assert answer.context["answer"] is None
