"""What guests see, and whether they can book, while a calendar of the host cannot be read (C9, C19, invariant 2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from bookings.domain import links, reasons
from bookings.models import Booking, Collision
from bookings.outside import verifying
from bookingsite.models import User
from calendars.models import Account, Calendar
from calendars.providers import errors
from calendars.sync.trouble import wake
from tests.bookings.guest.pages import Guest, Page, event_path
from tests.factories import calendars as make
from tests.factories.bookings import event_type_of

pytestmark = pytest.mark.django_db
TUESDAY = "2027-03-02"
TEN = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)  # 10:00 in Berlin
ALL = ["9:00 AM", "10:00 AM", "11:00 AM", "12:00 PM", "1:00 PM", "2:00 PM", "3:00 PM", "4:00 PM"]
FREE = ALL[:1] + ALL[2:]
DOWN = errors.Unreachable()


@dataclass
class Anna:
    """Anna's account with an event on Tuesday at ten, read this morning; an hour with her; a clock."""

    host: User
    guest: Guest
    now: datetime
    traveller: Any

    def __post_init__(self) -> None:
        address, self.server = make.make_server()
        self.account = make.make_account(self.host, address=address, label="Home server")
        self.calendar = make.make_calendar(self.account)
        self.kind = event_type_of(self.host, slug="hour", title="An hour", duration=60, increment=60)
        self.server.store("work", "a.ics", make.event(TEN, summary="Dentist"))

    def chooses(self, **fields: Any) -> None:
        Account.objects.update(**fields)
        self.account.refresh_from_db()

    def wait(self, after: timedelta) -> None:
        self.now += after
        self.traveller.move_to(self.now, tick=False)

    def read(self, failing: errors.ProviderError | None = None) -> None:
        for operation in ("changes", "reconcile") if failing else ():
            self.server.fail_next(operation, failing)  # type: ignore[arg-type]
        self.calendar = make.read_now(self.calendar, self.now)

    def offered(self) -> list[str]:
        return self.guest.get(f"{event_path(self.kind)}?day={TUESDAY}").times

    def book(self, start: str = "2027-03-02T10:00Z") -> Page:
        form = self.guest.open_form(self.kind, start)
        return self.guest.post(
            f"{event_path(self.kind)}book/", form.form(name="Gina", email="gina@example.com")
        )

    def browser(self) -> Client:
        page = Client()
        page.force_login(self.host)
        return page


@pytest.fixture
def anna(host: User, guest: Guest, now: datetime) -> Iterator[Anna]:
    with time_machine.travel(now, tick=False) as traveller:
        yield Anna(host, guest, now, traveller)


@pytest.mark.promise("C9")
@pytest.mark.parametrize("policy", Account.Unread.values)
def test_calendar_never_read_closes_the_page_whatever_the_host_chose(anna: Anna, policy: str) -> None:
    anna.chooses(unread=policy)
    assert anna.offered() == []
    anna.read()
    assert anna.offered() == FREE


@pytest.mark.promise("C9")
def test_trusted_copy_counts_for_its_hours_and_then_the_page_closes(anna: Anna) -> None:
    anna.chooses(unread="trust", trust_hours=5)
    anna.read()
    anna.wait(timedelta(minutes=10))
    anna.read(DOWN)
    assert anna.offered() == FREE
    anna.wait(timedelta(hours=4, minutes=50))
    assert anna.offered() == FREE
    anna.wait(timedelta(minutes=1))
    assert anna.offered() == []
    anna.read()
    assert anna.offered() == FREE


@pytest.mark.promise("C9")
def test_withholding_host_offers_nothing_from_the_first_failure_on(anna: Anna) -> None:
    anna.chooses(unread="withhold")
    anna.read()
    assert anna.offered() == FREE
    anna.wait(timedelta(minutes=10))
    anna.read(DOWN)
    assert anna.offered() == []
    anna.wait(timedelta(minutes=10))
    anna.read()
    assert anna.offered() == FREE


def test_asking_for_a_new_try_opens_nothing(anna: Anna) -> None:
    anna.chooses(unread="withhold")
    anna.read()
    anna.read(DOWN)
    wake(anna.account, anna.now)
    assert (Calendar.objects.get().error, anna.offered()) == ("", [])


def test_refused_password_withholds_for_every_calendar_of_the_account(anna: Anna) -> None:
    make._add(anna.server, make.CalendarInfo("second", "Second", writable=True))
    second = make.make_calendar(anna.account, remote_id="second")
    anna.chooses(unread="withhold")
    anna.read()
    make.read_now(second, anna.now)
    anna.read(errors.WrongPassword())
    Calendar.objects.filter(pk=anna.calendar.pk).update(blocks=False)
    assert anna.offered() == []


def test_withholding_host_is_not_more_trusting_than_others_when_nobody_reads(anna: Anna) -> None:
    anna.chooses(unread="withhold", trust_hours=5)
    anna.read()
    anna.wait(timedelta(hours=5, minutes=1))
    assert anna.offered() == []


@pytest.mark.promise("C9")
def test_ignoring_host_offers_the_old_copy_for_ever(anna: Anna) -> None:
    anna.chooses(unread="ignore", trust_hours=1)
    anna.server.store("work", "b.ics", make.event(TEN + timedelta(days=14)))
    anna.read()
    anna.read(DOWN)
    anna.wait(timedelta(days=10))
    page = anna.guest.get(f"{event_path(anna.kind)}?day=2027-03-16")
    assert page.times == FREE


@pytest.mark.promise("C6")
def test_one_unread_calendar_among_several_closes_the_page(anna: Anna) -> None:
    address, _server = make.make_server()
    other = make.make_account(anna.host, address=address, label="Other", unread="ignore")
    anna.read()
    make.make_calendar(other)
    assert anna.offered() == []


@pytest.mark.promise("C9")
def test_guests_read_no_names_and_no_reasons(anna: Anna) -> None:
    page = anna.guest.get(f"{event_path(anna.kind)}?day={TUESDAY}").text()
    assert ("Home server" in page, "Work" in page, "never read" in page) == (False, False, False)


@pytest.mark.parametrize(
    ("fields", "failing", "after", "lines"),
    [
        ({}, None, timedelta(), ()),
        (
            {"trust_hours": 1},
            None,
            timedelta(minutes=61),
            (
                (
                    "too_old",
                    "The calendar Work (Home server) was last read on 1 March 2027, 9:00 AM; "
                    "that copy no longer counts.",
                ),
            ),
        ),
        (
            {"unread": "withhold"},
            DOWN,
            timedelta(),
            (
                (
                    "withheld",
                    "The calendar Work (Home server) cannot be read, last on 1 March 2027, 9:00 AM; "
                    "by your choice no times are offered meanwhile.",
                ),
            ),
        ),
    ],
)
def test_why_not_names_the_calendar_and_the_choice_to_its_owner(
    anna: Anna,
    fields: dict[str, Any],
    failing: errors.ProviderError | None,
    after: timedelta,
    lines: tuple[tuple[str, str], ...],
) -> None:
    anna.chooses(**fields)
    anna.read()
    if failing:
        anna.read(failing)
    anna.wait(after)
    told = reasons.told(anna.kind, TEN + timedelta(hours=2), now=anna.now)
    assert told.lines == lines
    for each in reasons.told(anna.kind, TEN + timedelta(hours=2), now=anna.now, to_owner=False).sentences:
        assert "Home server" not in each


@pytest.mark.promise("C19")
def test_booking_while_a_calendar_is_silent_is_marked_and_shown_to_the_host(anna: Anna) -> None:
    anna.read()
    anna.wait(timedelta(minutes=5))
    anna.server.fail_next("read_span", DOWN)
    assert anna.book().status == 303
    booking = Booking.objects.get()
    assert booking.unverified_since == anna.now
    listed = anna.browser().get("/bookings/").content.decode()
    shown = anna.browser().get(f"/bookings/{booking.public_id}/").content.decode()
    assert ("not yet verified" in listed, "Not yet verified." in shown) == (True, True)
    seen = anna.guest.get(f"/b/{links.manage_token(booking)}/").text()
    assert ("verified" in seen.lower(), booking.title in seen) == (False, True)


@pytest.mark.promise("C19")
def test_booking_with_every_calendar_answering_is_not_marked(anna: Anna) -> None:
    anna.read()
    anna.wait(timedelta(minutes=5))
    anna.book()
    assert Booking.objects.get().unverified_since is None


@pytest.mark.promise("C19")
def test_unverified_booking_is_cleared_once_all_calendars_were_read_after_it(anna: Anna) -> None:
    anna.read()
    anna.wait(timedelta(minutes=5))
    anna.server.fail_next("read_span", DOWN)
    anna.book()
    anna.wait(timedelta(minutes=1))
    assert (verifying.verify(anna.now), Booking.objects.get().unverified_since is None) == (0, False)
    anna.read(DOWN)
    assert verifying.verify(anna.now) == 0
    anna.read()
    assert (verifying.verify(anna.now), Booking.objects.get().unverified_since) == (1, None)
    assert Collision.objects.count() == 0


@pytest.mark.promise("C19", "C20")
def test_unverified_booking_under_an_event_becomes_a_collision(anna: Anna) -> None:
    anna.read()
    anna.wait(timedelta(minutes=5))
    anna.server.fail_next("read_span", DOWN)
    anna.server.store("work", "b.ics", make.event(TEN + timedelta(hours=1, minutes=30)))
    anna.book()
    anna.wait(timedelta(minutes=1))
    anna.read()
    Collision.objects.all().delete()  # as if reading had stored the event at the moment of the booking
    verifying.verify(anna.now)
    assert Booking.objects.get().unverified_since is None
    assert [(row.booking_id, row.calendar_id) for row in Collision.objects.all()] == [
        (Booking.objects.get().pk, anna.calendar.pk)
    ]


def test_calendar_that_was_silent_is_read_again_within_a_minute(anna: Anna) -> None:
    anna.read()
    anna.wait(timedelta(minutes=2))
    anna.server.fail_next("read_span", DOWN)
    anna.book()
    assert Calendar.objects.get().run_at == anna.now + timedelta(minutes=1)


@pytest.mark.parametrize("count", [1, 3])
def test_verifying_costs_the_same_for_any_number(
    anna: Anna, count: int, django_assert_num_queries: Any
) -> None:
    anna.read()
    for number in range(count):
        anna.book(f"2027-03-0{number + 3}T10:00Z")
    Booking.objects.update(unverified_since=anna.now)
    anna.wait(timedelta(minutes=5))
    anna.read()
    with django_assert_num_queries(6):
        assert verifying.verify(anna.now) == count


@pytest.mark.parametrize("change", [{"state": "cancelled"}, {"end": datetime(2027, 3, 1, 7, 0, tzinfo=UTC)}])
def test_cancelled_and_past_bookings_wait_for_nothing(anna: Anna, change: dict[str, Any]) -> None:
    anna.read()
    anna.book()
    start = datetime(2027, 3, 1, 6, 0, tzinfo=UTC)
    Booking.objects.update(unverified_since=anna.now, start=start, **{"end": TEN, **change})
    anna.read(DOWN)
    assert (verifying.verify(anna.now), Booking.objects.get().unverified_since) == (1, None)


@pytest.mark.promise("C19")
def test_strict_host_takes_no_booking_without_an_answer(anna: Anna) -> None:
    anna.chooses(strict=True)
    anna.read()
    anna.wait(timedelta(minutes=5))
    anna.server.fail_next("read_span", DOWN)
    answer = anna.book()
    assert (answer.status, answer.response["Retry-After"], Booking.objects.count()) == (503, "60", 0)
    assert "could not be verified" in answer.text()
    assert answer.form()["name"] == "Gina"
    again = anna.guest.post(f"{event_path(anna.kind)}book/", answer.form())
    assert (again.status, Booking.objects.get().unverified_since) == (303, None)


@pytest.mark.promise("C19")
def test_strictness_is_that_of_the_silent_calendars_account(anna: Anna) -> None:
    address, server = make.make_server()
    strict = make.make_account(anna.host, address=address, label="Strict", strict=True)
    make.read_now(make.make_calendar(strict), anna.now)
    anna.read()
    anna.wait(timedelta(minutes=5))
    anna.server.fail_next("read_span", DOWN)
    assert anna.book().status == 303
    server.fail_next("read_span", DOWN)
    assert anna.book("2027-03-02T11:00Z").status == 503


@pytest.mark.promise("C19")
@pytest.mark.parametrize(("strict", "status"), [(False, 302), (True, 503)])
def test_guest_who_moves_is_treated_alike(anna: Anna, strict: bool, status: int) -> None:
    anna.chooses(strict=strict)
    anna.read()
    anna.book()
    anna.wait(timedelta(minutes=5))
    anna.server.fail_next("read_span", DOWN)
    path = f"/b/{links.manage_token(Booking.objects.get())}/reschedule/"
    answer = anna.guest.post(path, {"start": "2027-03-02T12:00Z"})
    moved = Booking.objects.get()
    assert answer.status == status
    assert (moved.start.hour, moved.unverified_since) == ((12, anna.now) if not strict else (10, None))
    assert ("could not be verified" in answer.text()) is strict


@pytest.mark.promise("C19")
def test_move_that_is_verified_takes_the_mark_off(anna: Anna) -> None:
    anna.read()
    anna.wait(timedelta(minutes=5))
    anna.server.fail_next("read_span", DOWN)
    anna.book()
    path = f"/b/{links.manage_token(Booking.objects.get())}/reschedule/"
    anna.guest.post(path, {"start": "2027-03-02T12:00Z"})
    assert Booking.objects.get().unverified_since is None


@pytest.mark.promise("C19")
def test_admin_is_refused_by_a_strict_calendar_with_the_same_sentence(anna: Anna, operator: User) -> None:
    anna.chooses(strict=True)
    anna.read()
    anna.wait(timedelta(minutes=5))
    anna.server.fail_next("read_span", DOWN)
    page = Client()
    page.force_login(operator)
    fields = {
        "event_type": anna.kind.pk, "start_0": "2027-03-02", "start_1": "11:00", "guest_name": "Gina",
        "guest_email": "gina@example.com", "guest_phone": "",
    }  # fmt: skip
    inlines = {
        f"{name}-{part}": "0" for name in ("guests", "history") for part in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    answer = page.post("/admin/bookings/booking/add/", {**fields, **inlines})
    assert (answer.status_code, Booking.objects.count()) == (200, 0)
    assert "could not be verified" in answer.content.decode()
