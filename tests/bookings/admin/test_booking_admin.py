"""Bookings in the admin go through the lifecycle: nothing there can double-book (H4, B5, DB-8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from bookings.models import Booking, Claim, Guest, Message
from tests.bookings.admin.conftest import START
from tests.factories.availability import make_time_off
from tests.factories.bookings import booked, event_type_of

pytestmark = pytest.mark.django_db
ADD = "/admin/bookings/booking/add/"
CANCEL = {"action": "cancel_bookings", "confirmed": "yes"}
# The pages of the admin show the operator's zone, Berlin: one hour ahead of UTC.
MOVE = {
    "guests-TOTAL_FORMS": "0", "guests-INITIAL_FORMS": "0", "history-TOTAL_FORMS": "0", "history-INITIAL_FORMS": "0",
}  # fmt: skip


def add_form(kind, time="10:00", **more):
    return {
        "event_type": kind.pk, "start_0": "2027-03-02", "start_1": time, "guest_name": "Gil",
        "guest_email": "gil@example.com", **more,
    }  # fmt: skip


def change(booking) -> str:
    return f"/admin/bookings/booking/{booking.pk}/change/"


@pytest.mark.promise("H4")
def test_a_booking_made_in_the_admin_is_a_whole_booking(as_operator, host):
    answer = as_operator.post(ADD, add_form(event_type_of(host)))

    booking = Booking.objects.get()
    assert answer.status_code == 302
    assert (booking.start, booking.host, booking.state, booking.source) == (START, host, "confirmed", "admin")
    assert (Claim.objects.count(), booking.guests.get().email) == (1, "gil@example.com")
    assert [(row.action, row.actor) for row in booking.history.all()] == [("booked", "operator")]
    assert sorted(Message.objects.values_list("kind", "recipient")) == [
        ("booked", "anna@example.org"), ("booked", "gil@example.com"),
    ]  # fmt: skip


@pytest.mark.promise("H4", "B5")
def test_a_second_booking_of_the_time_is_a_form_error(as_operator, host, now):
    event_type = event_type_of(host)
    booked(event_type, START, now=now)

    answer = as_operator.post(ADD, add_form(event_type))

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors == {
        "start": ["Another booking is at that time (2 March 2027, 10:00 AM – 10:30 AM, Europe/Berlin)."]
    }
    assert answer.context["adminform"].form["guest_name"].value() == "Gil"
    assert (Booking.objects.count(), Claim.objects.count(), Guest.objects.count()) == (1, 1, 1)


@pytest.mark.promise("H4", "B5")
@pytest.mark.parametrize("any_time", [{}, {"any_time": "on"}])
def test_a_booking_cannot_be_moved_onto_another(as_operator, host, now, any_time):
    event_type = event_type_of(host)
    booked(event_type, START, now=now)
    second = booked(event_type, START.replace(hour=12), now=now)

    answer = as_operator.post(
        change(second), {"start_0": "2027-03-02", "start_1": "10:15", **any_time, **MOVE}
    )

    second.refresh_from_db()
    assert list(answer.context["adminform"].form.errors) == ["start"]
    assert second.start == START.replace(hour=12)
    assert list(Claim.objects.order_by("start").values_list("start", flat=True)) == [
        START,
        START.replace(hour=12),
    ]


@pytest.mark.promise("H4", "B3")
def test_a_booking_is_moved_and_everybody_told(as_operator, host, now):
    booking = booked(event_type_of(host), START, now=now)

    answer = as_operator.post(change(booking), {"start_0": "2027-03-02", "start_1": "15:00", **MOVE})

    booking.refresh_from_db()
    assert answer.status_code == 302
    assert (booking.start, booking.sequence) == (datetime(2027, 3, 2, 14, tzinfo=UTC), 1)
    assert Claim.objects.get().start == booking.start
    assert booking.history.get(action="rescheduled").actor == "operator"
    assert Message.objects.filter(kind="rescheduled").count() == 2


@pytest.mark.promise("H4")
def test_outside_the_hours_only_with_the_tick(as_operator, host, now):
    booking = booked(event_type_of(host), START, now=now)
    late = {"start_0": "2027-03-02", "start_1": "22:00", **MOVE}

    refused = as_operator.post(change(booking), late)
    done = as_operator.post(change(booking), {**late, "any_time": "on"})

    assert (refused.status_code, done.status_code) == (200, 302)
    booking.refresh_from_db()
    assert booking.start == datetime(2027, 3, 2, 21, tzinfo=UTC)


@pytest.mark.promise("H4", "B5")
def test_any_time_is_booked_outside_the_hours_but_never_onto_a_booking(as_operator, host, now):
    event_type = event_type_of(host)
    booked(event_type, START, now=now)

    answers = [
        as_operator.post(ADD, add_form(event_type, time, **tick))
        for time, tick in (("22:00", {}), ("22:00", {"any_time": "on"}), ("10:15", {"any_time": "on"}))
    ]

    assert [answer.status_code for answer in answers] == [200, 302, 200]
    assert answers[0].context["adminform"].form.errors == {
        "start": ["It is outside the hours of the schedule."]
    }
    assert list(Claim.objects.order_by("start").values_list("start", flat=True)) == [
        START,
        datetime(2027, 3, 2, 21, tzinfo=UTC),
    ]


def test_an_event_by_phone_needs_a_number(as_operator, host):
    event_type = event_type_of(host, place_kind="phone")

    refused = as_operator.post(ADD, add_form(event_type))
    done = as_operator.post(ADD, add_form(event_type, guest_phone="+49 30 123456"))

    assert list(refused.context["adminform"].form.errors) == ["guest_phone"]
    assert done.status_code == 302
    assert Guest.objects.get().phone == "+49 30 123456"


def test_guest_is_taken_as_the_guests_own_form_takes_one(as_operator, host):
    event_type = event_type_of(host)
    long = f"{'a' * 60}@{'.'.join(['b' * 60] * 4)}.example"

    refused = as_operator.post(ADD, add_form(event_type, guest_email=long, guest_name="..."))
    done = as_operator.post(ADD, add_form(event_type, guest_name=" Ada \t  King "))

    assert sorted(refused.context["adminform"].form.errors) == ["guest_email", "guest_name"]
    assert (done.status_code, Guest.objects.get().name) == (302, "Ada King")


@pytest.mark.promise("A14", "H4")
def test_the_operator_reads_why_a_time_is_refused_but_no_private_note(as_operator, host):
    event_type = event_type_of(host)
    make_time_off(host, START.date(), note="At the clinic")

    answer = as_operator.post(ADD, add_form(event_type))

    [sentence] = answer.context["adminform"].form.errors["start"]
    assert sentence.startswith("Time off or a closing rule: without a note (")
    assert sentence.endswith(", Europe/Berlin).")


@pytest.mark.promise("A14", "H4")
def test_the_operator_reads_no_title_of_an_event_in_a_hosts_calendar(as_operator, theirs):
    answer = as_operator.post(ADD, add_form(theirs["eventtype"], "02:00", start_0="2027-09-01"))

    [sentence] = answer.context["adminform"].form.errors["start"]
    assert sentence.startswith("Busy in the calendar: an event (")
    assert sentence.endswith(", America/New_York).")
    assert "Dentist" not in answer.text


def test_hosts_read_their_own_notes_in_a_refusal(as_staff, staff):
    event_type = event_type_of(staff)
    make_time_off(staff, START.date(), note="At the clinic")

    answer = as_staff.post(ADD, add_form(event_type))

    [sentence] = answer.context["adminform"].form.errors["start"]
    assert sentence.startswith("Time off or a closing rule: At the clinic (")


def test_the_form_says_in_whose_zone_the_start_is_meant(as_operator):
    assert "In your time zone, Europe/Berlin." in as_operator.get(ADD).text


def test_the_name_of_a_booking_tells_the_right_time_whatever_zone_it_was_given_in(host, now):
    booking = booked(event_type_of(host), START.astimezone(ZoneInfo("Europe/Berlin")), now=now)

    assert str(booking) == "First talk, 2027-03-02 09:00 UTC"
    assert str(booking.claims.get()) == "2027-03-02 09:00 – 09:30 UTC"


def test_saving_without_a_change_changes_nothing(as_operator, host, now):
    booking = booked(event_type_of(host), START, now=now)

    answer = as_operator.post(change(booking), {"start_0": "2027-03-02", "start_1": "10:00:00", **MOVE})

    booking.refresh_from_db()
    assert answer.status_code == 302
    assert (booking.sequence, Message.objects.filter(kind="rescheduled").count()) == (0, 0)


def test_state_title_and_host_cannot_be_posted(as_operator, host, other_host, now):
    booking = booked(event_type_of(host), START, now=now)
    sent = {
        "state": "cancelled",
        "title": "x",
        "host": other_host.pk,
        "public_id": "x",
        "sequence": "9",
        "id": "7",
    }

    as_operator.post(change(booking), {"start_0": "2027-03-02", "start_1": "10:00", **sent, **MOVE})

    after = Booking.objects.get()
    assert (after.pk, after.state, after.title, after.host, after.sequence) == (
        booking.pk, "confirmed", "First talk", host, 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"guest_phone": "call me"}, "guest_phone"),
     ({"start_0": "2027-02-02", "any_time": "on"}, "start"), ({"guest_name": ""}, "guest_name"),
     ({"guest_email": "a@b@c"}, "guest_email"),
     ({"start_0": "2027-02-30"}, "start"), ({"start_0": ""}, "start"), ({"event_type": "x"}, "event_type"),
     ({"start_0": "2027-02-02"}, "start"),
     ({"start_0": "9999-12-31"}, "start"), ({"start_0": "0001-01-01"}, "start")],
)  # fmt: skip
def test_wrong_input_is_a_form_error(as_operator, host, sent, field):
    answer = as_operator.post(ADD, add_form(event_type_of(host), **sent))

    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert Booking.objects.count() == 0


@pytest.mark.promise("H4", "B3")
def test_the_action_cancels_what_is_live_and_tells_everybody(as_operator, host, now):
    event_type = event_type_of(host)
    rows = [booked(event_type, START.replace(hour=hour), now=now) for hour in (9, 10)]
    sent = {**CANCEL, "_selected_action": [row.pk for row in rows], "reason": " We moved. "}

    answers = [as_operator.post("/admin/bookings/booking/", sent, follow=True) for _ in range(2)]

    assert "2 bookings are cancelled." in answers[0].text
    assert "None of these bookings can be cancelled" in answers[1].text
    assert set(Booking.objects.values_list("state", "cancelled_by", "cancel_reason")) == {
        ("cancelled", "operator", "We moved.")
    }
    assert Claim.objects.count() == 0
    assert Message.objects.filter(kind="cancelled").count() == 4


@pytest.mark.promise("H4")
def test_the_action_asks_before_it_cancels(as_operator, host, now):
    booking = booked(event_type_of(host), START, now=now)

    answer = as_operator.post(
        "/admin/bookings/booking/", {"action": "cancel_bookings", "_selected_action": [booking.pk]}
    )

    assert answer.status_code == 200
    assert answer.context["bookings"] == [booking]
    assert [text in answer.text for text in ("Gina Guest", 'name="reason"', 'name="confirmed"')] == [True] * 3
    assert Booking.objects.get().state == "confirmed"
    assert Message.objects.filter(kind="cancelled").count() == 0


def test_the_action_leaves_what_is_over(as_operator, host, now):
    booking = booked(event_type_of(host), START, now=now)

    with time_machine.travel(START + timedelta(hours=1), tick=False):
        as_operator.post("/admin/bookings/booking/", {**CANCEL, "_selected_action": [booking.pk]})

    assert Booking.objects.get().state == "confirmed"


def test_a_cancelled_booking_cannot_be_changed(as_operator, host, now):
    booking = booked(event_type_of(host), START, now=now)
    as_operator.post("/admin/bookings/booking/", {**CANCEL, "_selected_action": [booking.pk]})

    assert as_operator.get(change(booking)).status_code == 200
    assert (
        as_operator.post(change(booking), {"start_0": "2027-03-03", "start_1": "10:00", **MOVE}).status_code
        == 403
    )


def test_bookings_are_never_deleted(as_operator, host, now):
    booking = booked(event_type_of(host), START, now=now)

    assert (
        as_operator.post(f"/admin/bookings/booking/{booking.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    as_operator.post(
        "/admin/bookings/booking/",
        {"action": "delete_selected", "_selected_action": [booking.pk], "post": "yes"},
    )
    assert Booking.objects.count() == 1


def test_markup_in_what_guests_typed_is_text(as_operator, host, now):
    booking = booked(
        event_type_of(host, title="<i>x</i>"), START, now=now, name="<script>a</script>", notes="<img src=x>"
    )

    for path in (
        "/admin/bookings/booking/",
        change(booking),
        "/admin/bookings/guest/",
        "/admin/bookings/message/",
    ):
        answer = as_operator.get(path)
        assert [wrong for wrong in ("<script>a", "<i>x", "<img src=x") if wrong in answer.text] == []


@pytest.mark.promise("H4")
def test_given_up_mails_are_tried_again(as_operator, host, now):
    booked(event_type_of(host), START, now=now)
    Message.objects.update(state="dead", attempts=9, error="refused")

    answer = as_operator.post(
        "/admin/bookings/message/",
        {"action": "try_again", "_selected_action": list(Message.objects.values_list("pk", flat=True))}, follow=True,
    )  # fmt: skip

    assert "2 mails will be tried again." in answer.text
    assert set(Message.objects.values_list("state", "attempts", "error")) == {("ready", 0, "")}
