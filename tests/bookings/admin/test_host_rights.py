"""What a host with admin access can do there, and cannot (H4)."""

from __future__ import annotations

import pytest

from availability.models import Schedule
from bookings.models import Booking, EventType
from bookingsite.models import User
from tests.bookings.admin.conftest import START
from tests.factories.bookings import booked, event_type_of

pytestmark = pytest.mark.django_db
EVENT_TYPE = {
    "title": "Advice", "slug": "advice", "colour": "#2563eb", "is_active": "on", "duration": "60",
    "place_kind": "online",
    "increment": "60", "buffer_before": "0", "buffer_after": "0", "notice": "0", "cancel_notice": "0",
    "window": "unlimited", "window_days": "60", "show_zone": "guest", "adds_to_calendar": "on",
}  # fmt: skip


@pytest.mark.promise("H4")
def test_a_host_makes_an_event_type_of_their_own(as_staff, staff):
    answer = as_staff.post("/admin/bookings/eventtype/add/", {**EVENT_TYPE, "host": staff.pk})

    assert answer.status_code == 302
    assert EventType.objects.get().host == staff


@pytest.mark.promise("H4")
def test_a_host_cannot_choose_another_host_schedule_or_calendar(as_staff, staff, theirs):
    sent = {"host": theirs["user"].pk, "schedule": theirs["schedule"].pk, "target": theirs["calendar"].pk}
    before = EventType.objects.count()

    answer = as_staff.post("/admin/bookings/eventtype/add/", {**EVENT_TYPE, **sent})

    assert sorted(answer.context["adminform"].form.errors) == ["host", "schedule", "target"]
    assert EventType.objects.count() == before
    assert "Calendar of ben" not in answer.text
    assert "Ben Cole" not in answer.text


@pytest.mark.promise("H4")
def test_not_even_an_operator_gives_a_host_the_calendar_of_another(as_operator, host, theirs):
    sent = {"host": host.pk, "schedule": theirs["schedule"].pk, "target": theirs["calendar"].pk}

    answer = as_operator.post("/admin/bookings/eventtype/add/", {**EVENT_TYPE, **sent})

    wrong = ["This belongs to another host."]
    assert answer.context["adminform"].form.errors == {"schedule": wrong, "target": wrong}


@pytest.mark.promise("H4")
def test_an_event_type_stays_its_hosts(as_operator, host, other_host):
    event_type = event_type_of(host)

    as_operator.post(
        f"/admin/bookings/eventtype/{event_type.pk}/change/", {**EVENT_TYPE, "host": other_host.pk}
    )

    event_type.refresh_from_db()
    assert (event_type.title, event_type.host) == ("Advice", host)


@pytest.mark.promise("H4")
def test_a_host_books_and_sees_only_with_their_own_event_types(as_staff, staff, other_host, now):
    theirs = event_type_of(other_host, title="Ben's secret talk")
    event_type_of(staff)
    sent = {
        "start_0": "2027-03-02",
        "start_1": "16:00",
        "guest_name": "Gil",
        "guest_email": "gil@example.com",
    }

    answer = as_staff.post("/admin/bookings/booking/add/", {**sent, "event_type": theirs.pk})

    assert list(answer.context["adminform"].form.errors) == ["event_type"]
    assert "secret" not in answer.text
    assert Booking.objects.count() == 0


@pytest.mark.promise("H4")
def test_the_history_says_that_the_host_acted(as_staff, staff):
    event_type = event_type_of(staff)
    sent = {
        "start_0": "2027-03-02",
        "start_1": "10:00",
        "guest_name": "Gil",
        "guest_email": "gil@example.com",
    }

    as_staff.post("/admin/bookings/booking/add/", {**sent, "event_type": event_type.pk})

    assert Booking.objects.get().history.get().actor == "host"


@pytest.mark.promise("H4")
def test_a_host_cannot_cancel_anothers_bookings_by_the_action(as_staff, staff, other_host, now):
    mine = booked(event_type_of(staff), START, now=now)
    theirs = booked(event_type_of(other_host), START.replace(hour=15), now=now)

    as_staff.post(
        "/admin/bookings/booking/",
        {"action": "cancel_bookings", "confirmed": "yes", "_selected_action": [mine.pk, theirs.pk]},
    )

    assert dict(Booking.objects.values_list("host__slug", "state")) == {
        "anna": "cancelled",
        "ben": "confirmed",
    }


@pytest.mark.promise("H4")
def test_a_host_changes_their_profile_but_never_their_rights(as_staff, staff):
    sent = {
        "name": "Anna B.", "slug": "anna", "about": "", "zone": "Europe/Oslo", "language": "de", "is_superuser": "on",
        "is_staff": "on", "email": "boss@example.org", "groups": "1", "user_permissions": "1", "password": "x",
    }  # fmt: skip

    answer = as_staff.post(f"/admin/bookingsite/user/{staff.pk}/change/", sent)

    after = User.objects.get(pk=staff.pk)
    assert answer.status_code == 302
    assert (after.name, after.zone, after.language) == ("Anna B.", "Europe/Oslo", "de")
    assert (after.is_superuser, after.email, after.user_permissions.count()) == (False, "anna@example.org", 0)
    assert after.check_password("correct horse battery")


@pytest.mark.promise("H4")
@pytest.mark.parametrize("path", ["", "password/", "delete/", "history/"])
def test_a_host_does_not_reach_other_people(as_staff, other_host, path):
    where = f"/admin/bookingsite/user/{other_host.pk}/{path or 'change/'}"
    sent = {"password1": "new horse battery", "password2": "new horse battery", "name": "x", "post": "yes"}

    assert as_staff.get(where).status_code in {302, 403, 404}
    assert as_staff.post(where, sent).status_code in {302, 403, 404}
    after = User.objects.get(pk=other_host.pk)
    assert (after.name, after.check_password("correct horse battery")) == ("Ben Cole", True)


@pytest.mark.promise("H4")
@pytest.mark.parametrize(
    "path", ["/admin/bookingsite/user/add/", "/admin/auth/group/", "/admin/account/emailaddress/"]
)
def test_a_host_does_not_reach_what_is_the_operators(as_staff, path):
    assert as_staff.get(path).status_code == 403


@pytest.mark.promise("H4")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "admin"),
        ("slug", "Not A Link"),
        ("zone", "Mars/Olympus"),
        ("language", "xx"),
        ("name", "two\nlines"),
    ],
)
def test_the_admin_keeps_the_rules_of_the_profile(as_operator, host, field, value):
    sent = {
        "email": host.email,
        "name": "Anna",
        "slug": "anna",
        "zone": "Europe/Oslo",
        "language": "en",
        "is_active": "on",
    }

    answer = as_operator.post(f"/admin/bookingsite/user/{host.pk}/change/", {**sent, field: value})

    assert list(answer.context["adminform"].form.errors) == [field]


@pytest.mark.promise("H4")
def test_a_host_cannot_hang_hours_on_anothers_schedule(as_staff, theirs):
    schedule = Schedule.objects.get(owner__slug="ben")

    answer = as_staff.post(
        "/admin/availability/datehours/add/",
        {"schedule": schedule.pk, "date": "2027-03-05", "start": "", "end": ""},
    )

    assert list(answer.context["adminform"].form.errors) == ["schedule"]
