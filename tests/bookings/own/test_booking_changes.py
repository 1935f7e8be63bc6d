"""Details, cancelling and moving a booking on the host's pages (B3)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.domain import lifecycle
from bookings.models import Booking, Claim, HistoryEntry, Message
from calendars.models import Account, Busy, Calendar, Item, Write
from tests.bookings.own.conftest import berlin
from tests.factories.availability import make_time_off
from tests.factories.bookings import booked, event_type_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(host, now) -> Booking:
    """Gina, Tuesday 2 March, 10:00 in Berlin."""
    return booked(
        event_type_of(host), berlin(10), now=now, notes="<script>alert(1)</script>", phone="+49 30 1"
    )


def path(booking: Booking, action: str = "") -> str:
    return f"/bookings/{booking.public_id}/{action}"


def move(page, booking, day="2027-03-02", time="14:00", **more):
    return page.post(path(booking, "reschedule/"), {"date": day, "time": time, **more})


@pytest.mark.promise("B3")
def test_details_show_guest_mails_and_history(page, booking):
    answer = page.get(path(booking))

    for text in (
        "Gina Guest",
        "gina@example.com",
        "+49 30 1",
        "Tuesday 2 March 2027",
        "10:00 AM",
        "America/New_York",
    ):
        assert text in answer.text
    assert "<script>alert" not in answer.text
    assert [mail.recipient for mail in answer.context["mails"]] == ["gina@example.com", "anna@example.org"]
    assert [entry.action for entry in answer.context["history"]] == ["booked"]


@pytest.mark.promise("B3")
@pytest.mark.parametrize("moves", [0, 3])
def test_details_cost_the_same_whatever_happened(page, booking, now, moves):
    for number in range(moves):
        lifecycle.reschedule(booking, berlin(11 + number), actor=Booking.Actor.HOST, now=now)
        booking.refresh_from_db()

    with CaptureQueriesContext(connection) as queries:
        page.get(path(booking))

    # session, person, banners; booking, guests, history, mails, calendar events; questions, collisions, proposals
    assert len(queries) == 11, [query["sql"][:120] for query in queries]


@pytest.mark.promise("B3")
def test_a_mail_that_was_given_up_is_told(page, booking):
    booking.messages.filter(audience="guest").update(state=Message.State.DEAD)

    assert "could not be sent" in page.get(path(booking)).text


@pytest.mark.parametrize("action", ["", "cancel/", "reschedule/"])
def test_another_hosts_booking_is_not_there(page, other_host, now, action):
    theirs = booked(event_type_of(other_host), datetime(2027, 3, 2, 15, tzinfo=UTC), now=now)

    assert page.get(path(theirs, action)).status_code == 404
    assert page.post(path(theirs, action), {"date": "2027-03-02", "time": "14:00"}).status_code in {404, 405}
    theirs.refresh_from_db()
    assert (theirs.state, theirs.sequence) == ("confirmed", 0)


@pytest.mark.promise("B3")
def test_cancelling_asks_first_and_tells_the_guest(page, booking):
    assert page.get(path(booking, "cancel/")).status_code == 200
    booking.refresh_from_db()
    assert booking.is_live

    answer = page.post(path(booking, "cancel/"), {"reason": "I am ill."})

    booking.refresh_from_db()
    assert answer.url == path(booking)
    assert (booking.state, booking.cancelled_by, booking.cancel_reason) == ("cancelled", "host", "I am ill.")
    assert Claim.objects.count() == 0
    assert sorted(booking.messages.filter(kind="cancelled").values_list("recipient", flat=True)) == [
        "anna@example.org", "gina@example.com",
    ]  # fmt: skip


@pytest.mark.promise("B3")
def test_cancelling_twice_is_cancelling_once(page, booking):
    answers = [page.post(path(booking, "cancel/"), {"reason": ""}).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert HistoryEntry.objects.filter(action="cancelled").count() == 1
    assert "This booking is cancelled" in page.get(path(booking, "cancel/")).text


def test_a_reason_that_is_too_long_is_kept_and_refused(page, booking):
    answer = page.post(path(booking, "cancel/"), {"reason": "x" * 1001})

    assert answer.status_code == 400
    assert answer.context["form"]["reason"].value() == "x" * 1001
    booking.refresh_from_db()
    assert booking.is_live


@pytest.mark.parametrize("action", ["cancel/", "reschedule/"])
def test_what_is_over_stays_as_it_was(page, host, now, action):
    over = booked(event_type_of(host), berlin(10), now=now - timedelta(days=30))
    Booking.objects.update(start=now - timedelta(hours=2), end=now - timedelta(hours=1))

    for send in (page.get, page.post):
        assert send(path(over, action), {"date": "2027-03-03", "time": "10:00"}).url == path(over)
    over.refresh_from_db()
    assert (over.state, over.sequence) == ("confirmed", 0)


@pytest.mark.promise("B3")
def test_the_free_times_lead_to_a_question_and_then_to_the_move(page, booking):
    shown = page.get(path(booking, "reschedule/"), {"day": "2027-03-03", "month": "2027-03"})
    times = [entry for group in shown.context["groups"] for entry in group["times"]]
    chosen = page.get(times[2]["url"])
    form = chosen.context["form"]

    sent = {
        "date": form["date"].value().isoformat(),
        "time": form["time"].value(),
        "reason": "A train is late.",
    }
    answer = page.post(path(booking, "reschedule/"), sent)

    booking.refresh_from_db()
    assert "Wednesday 3 March 2027, 10:00 AM" in chosen.text
    assert answer.url == path(booking)
    assert (booking.start, booking.sequence) == (berlin(10, day=3), 1)
    assert booking.history.get(action="rescheduled").reason == "A train is late."


@pytest.mark.promise("B3", "A7")
def test_the_host_is_not_bound_by_notice_window_or_limit(page, host, now):
    kind = event_type_of(host)
    booking = booked(kind, berlin(10, day=2), now=now)
    booked(kind, berlin(15, day=2), now=now)
    kind.notice, kind.daily_limit, kind.window, kind.window_days = 7 * 24 * 60, 1, "days", 30
    kind.save()

    answer = move(page, booking, time="14:30")

    booking.refresh_from_db()
    assert answer.status_code == 302
    assert booking.start == berlin(14, 30)


@pytest.mark.promise("B3")
def test_a_time_outside_the_hours_asks_whether_to_move_anyway(page, booking):
    refused = move(page, booking, time="20:10", reason="Only then.")

    assert refused.status_code == 409
    assert refused.context["form"].errors == {"time": ["This time is not free."]}
    assert list(refused.context["refusal"].lines) == [
        "It is outside the hours of the schedule.", "Start times are offered every 30 minutes; this is none of them.",
    ]  # fmt: skip
    assert [refused.context["form"][name].value() for name in ("date", "time", "reason")] == [
        "2027-03-02", "20:10", "Only then.",
    ]  # fmt: skip
    assert 'name="any_time"' in refused.text

    done = move(page, booking, time="20:10", any_time="yes")

    booking.refresh_from_db()
    assert done.status_code == 302
    assert booking.start == berlin(20, 10)


@pytest.mark.promise("B3")
def test_time_off_and_outside_events_are_named_and_can_be_overruled(page, host, booking, now):
    make_time_off(host, date(2027, 3, 2), text="14:00-15:00", note="Gardener")
    account = Account.objects.create(owner=host, provider="memory", label="Memory", last_ok_at=now)
    calendar = Calendar.objects.create(
        account=account, owner=host, remote_id="a", name="Work", blocks=True, last_ok_at=now,
        expanded_to=now + timedelta(days=400),
    )  # fmt: skip
    item = Item.objects.create(calendar=calendar, key="i", summary="Dentist")
    begin = int(berlin(14).timestamp())
    Busy.objects.create(calendar=calendar, item=item, start=begin, end=begin + 1800)

    refused = move(page, booking)

    assert "Gardener" in refused.text
    assert "Dentist" in refused.text
    assert move(page, booking, any_time="yes").status_code == 302


@pytest.mark.promise("B3", "B5")
@pytest.mark.parametrize("anyway", [{}, {"any_time": "yes"}])
def test_never_onto_another_booking(page, booking, now, anyway):
    booked(booking.event_type, berlin(14), now=now)

    answer = move(page, booking, time="14:15", **anyway)

    assert answer.status_code == 409
    assert answer.context["form"].errors == {"time": ["Another of your bookings is at that time."]}
    assert 'name="any_time"' not in answer.text
    booking.refresh_from_db()
    assert booking.start == berlin(10)


@pytest.mark.promise("B3")
def test_a_calendar_that_cannot_be_read_is_told_and_can_be_overruled(page, host, booking):
    account = Account.objects.create(owner=host, provider="memory", label="Memory")
    Calendar.objects.create(account=account, owner=host, remote_id="a", name="Work", blocks=True)

    refused = move(page, booking)

    assert refused.status_code == 409
    assert "The calendar Work (Memory) was never read; unknown is never free." in refused.text
    assert move(page, booking, any_time="yes").status_code == 302


@pytest.mark.promise("A13")
def test_a_time_that_the_clock_change_skips_is_refused(page, booking):
    answer = move(page, booking, day="2027-03-28", time="02:30", any_time="yes")

    assert answer.status_code == 400
    assert answer.context["form"].errors == {"time": ["The clock change skips this time on that day."]}


@pytest.mark.promise("A13")
def test_a_time_after_the_clock_change_is_the_time_the_clock_shows(page, booking):
    assert move(page, booking, day="2027-03-29", time="10:00").status_code == 302

    booking.refresh_from_db()
    assert booking.start == datetime(2027, 3, 29, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "time", "field"),
    [("2027-02-30", "10:00", "date"), ("9999-12-31", "10:00", "date"), ("", "10:00", "date"),
     ("2027-03-02", "25:00", "time"), ("2027-03-02", "", "time"), ("2027-02-01", "10:00", "time"),
     ("2027-03-01", "09:00", "time")],
)  # fmt: skip
def test_a_wrong_or_past_time_is_refused(page, booking, day, time, field):
    answer = move(page, booking, day=day, time=time, any_time="yes")

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    booking.refresh_from_db()
    assert booking.start == berlin(10)


def test_moving_to_where_it_stands_tells_nobody(page, booking):
    assert move(page, booking, time="10:00").status_code == 302

    booking.refresh_from_db()
    assert (booking.sequence, booking.messages.filter(kind="rescheduled").count()) == (0, 0)


def test_a_cancelled_booking_is_not_moved(page, booking, now):
    lifecycle.cancel(booking, actor=Booking.Actor.HOST, now=now)

    assert move(page, booking).url == path(booking)
    booking.refresh_from_db()
    assert booking.start == berlin(10)


def test_state_and_other_fields_cannot_be_posted(page, booking, other_host):
    answer = move(page, booking, state="cancelled", host=str(other_host.pk), title="x", id="9", sequence="7")

    booking.refresh_from_db()
    assert answer.status_code == 302
    assert (booking.state, booking.host.slug, booking.title, booking.sequence) == (
        "confirmed",
        "anna",
        "First talk",
        1,
    )


@pytest.mark.promise("B3", "C18")
def test_every_change_reaches_the_calendar_that_holds_the_booking(page, host, now):
    account = Account.objects.create(owner=host, provider="memory", label="Memory", last_ok_at=now)
    Calendar.objects.create(account=account, owner=host, remote_id="a", name="Work", receives=True)
    booking = booked(event_type_of(host), berlin(10), now=now)

    move(page, booking)
    assert Write.objects.get().wish["start"].startswith("2027-03-02T13:00")

    page.post(path(booking, "cancel/"), {"reason": ""})
    assert Write.objects.get().wish is None
