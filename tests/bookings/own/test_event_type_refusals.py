"""What the form of an event type refuses, and how it says so."""

from __future__ import annotations

import pytest

from bookings.models import EventType
from calendars.models import Account, Calendar
from tests.factories.availability import make_schedule
from tests.factories.bookings import event_type_of
from tests.factories.host_forms import event_type_form

pytestmark = pytest.mark.django_db
NEW = "/event-types/new/"


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title": ""}, "title", "This field is required."),
        ({"title": "two\nlines"}, "title", "Use one line of plain text."),
        ({"title": "x" * 121}, "title", "Ensure this value has at most 120 characters (it has 121)."),
        ({"slug": "Not A Link"}, "slug", "Use small letters, digits and hyphens."),
        ({"colour": "red; }"}, "colour", "Choose a colour such as #2563eb."),
        ({"duration": "0"}, "duration", "Ensure this value is greater than or equal to 5."),
        ({"duration": "2000"}, "duration", "Ensure this value is less than or equal to 1440."),
        ({"duration": "-30"}, "duration", "Ensure this value is greater than or equal to 5."),
        ({"duration": "NaN"}, "duration", "Enter a whole number."),
        ({"increment": "0"}, "increment", "Ensure this value is greater than or equal to 5."),
        (
            {"buffer_before": "99999999999999999999"},
            "buffer_before",
            "Ensure this value is less than or equal to 1440.",
        ),
        ({"daily_limit": "0"}, "daily_limit", "Ensure this value is greater than or equal to 1."),
        ({"notice_0": "-1"}, "notice", "Ensure this value is greater than or equal to 0."),
        ({"notice_0": "366", "notice_1": "1440"}, "notice", "Choose at most 365 days."),
        ({"notice_0": ""}, "notice", "This field is required."),
        ({"notice_1": "7"}, "notice", "Select a valid choice. 7 is not one of the available choices."),
        ({"window": "days", "window_days": ""}, "window_days", "Say how many days ahead guests may book."),
        (
            {"window": "days", "window_days": "-1"},
            "window_days",
            "Ensure this value is greater than or equal to 1.",
        ),
        ({"window": "range"}, "window_first", "Give the first and the last date."),
        (
            {"window": "range", "window_first": "2027-03-02", "window_last": "2027-03-01"},
            "window_last",
            "The last date must not be before the first.",
        ),
        ({"window": "range", "window_first": "2027-02-30"}, "window_first", "Enter a valid date."),
        ({"window": "never"}, "window", "Select a valid choice. never is not one of the available choices."),
        (
            {"place_kind": "moon"},
            "place_kind",
            "Select a valid choice. moon is not one of the available choices.",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_its_sentence(page, changes, field, sentence):
    answer = page.post(NEW, event_type_form(**changes))

    assert answer.status_code == 400
    assert answer.context["form"].errors[field] == [sentence]
    assert EventType.objects.count() == 0


def test_refused_input_stays_in_the_form(page):
    answer = page.post(
        NEW, event_type_form(title="My <talk>", duration="1", description="Long text", notice_0="3")
    )

    form = answer.context["form"]
    kept = [form[name].value() for name in ("title", "duration", "description", "notice")]
    assert kept == ["My <talk>", "1", "Long text", ["3", "60"]]
    assert "My &lt;talk&gt;" in answer.text
    assert "My <talk>" not in answer.text


def test_the_heading_keeps_the_stored_name_while_a_refused_one_stands_in_the_form(page, host):
    event_type = event_type_of(host, title="First talk")

    answer = page.post(f"/event-types/{event_type.pk}/", event_type_form(title="Second talk", duration="1"))

    assert "<h1>First talk</h1>" in answer.text


@pytest.mark.promise("E5")
def test_a_link_of_ones_own_that_exists_is_refused(page, host):
    event_type_of(host, slug="advice")

    answer = page.post(NEW, event_type_form(slug="advice"))

    assert answer.context["form"].errors == {"slug": ["You have an event type with this link already."]}
    assert EventType.objects.count() == 1


@pytest.mark.promise("C7", "A5")
def test_another_hosts_schedule_and_calendar_cannot_be_chosen(page, other_host):
    schedule = make_schedule(other_host, {0: "09:00-10:00"})
    account = Account.objects.create(owner=other_host, provider="memory", label="Theirs")
    calendar = Calendar.objects.create(
        account=account, owner=other_host, remote_id="x", name="Their secret calendar"
    )

    answer = page.post(NEW, event_type_form(schedule=str(schedule.pk), target=str(calendar.pk)))

    wrong = ["Select a valid choice. That choice is not one of the available choices."]
    assert answer.context["form"].errors == {"schedule": wrong, "target": wrong}
    assert "Their secret calendar" not in answer.text


@pytest.mark.promise("C7")
def test_a_read_only_calendar_of_ones_own_cannot_receive_bookings(page, host):
    account = Account.objects.create(owner=host, provider="memory", label="Mine")
    calendar = Calendar.objects.create(
        account=account, owner=host, remote_id="x", name="Holidays", writable=False
    )

    answer = page.post(NEW, event_type_form(target=str(calendar.pk)))

    assert list(answer.context["form"].errors) == ["target"]


def test_fields_that_are_not_in_the_form_are_ignored(page, host, other_host):
    event_type = event_type_of(host)
    sent = event_type_form(
        host=str(other_host.pk), host_id=str(other_host.pk), id="77", pk="77", is_staff="on"
    )

    answer = page.post(f"/event-types/{event_type.pk}/", sent)

    assert answer.status_code == 302
    assert list(EventType.objects.values_list("pk", "host")) == [(event_type.pk, host.pk)]


@pytest.mark.parametrize("action", ["", "switch/", "delete/", "why-not/"])
def test_another_hosts_event_type_is_not_there(page, other_host, action):
    theirs = event_type_of(other_host, title="Theirs")
    path = f"/event-types/{theirs.pk}/{action}"

    assert page.post(path, event_type_form()).status_code in ({405} if action == "why-not/" else {404})
    assert page.get(path).status_code in ({405} if action == "switch/" else {404})
    theirs.refresh_from_db()
    assert (theirs.title, theirs.is_active) == ("Theirs", True)
