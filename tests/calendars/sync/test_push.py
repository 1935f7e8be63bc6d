"""Writing the events of bookings, against a server in memory."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bookingsite import leases
from bookingsite.models import User
from calendars import busy, signals, writing
from calendars.models import Account, Calendar, Item, Write
from calendars.providers import errors
from calendars.providers.base import EventWish
from calendars.sync import push
from calendars.writing import Writing
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db


class Desk:
    """A receiving calendar, its server, and the worker that writes."""

    def __init__(self, owner: User, now: datetime) -> None:
        self.address, self.server = make.make_server()
        self.account = make.make_account(owner, address=self.address)
        self.calendar = make.make_calendar(self.account)
        self.owner = owner
        self.now = now
        self.wish = make.wish(now + timedelta(days=1))

    def want(self, wish: EventWish | None = None) -> None:
        wish = wish or self.wish
        writing.want_event(self.calendar, uid=wish.uid, wish=wish, now=self.now)

    def want_absent(self) -> None:
        writing.want_absent(self.calendar, uid=self.wish.uid, now=self.now)

    def work(self, after: timedelta = timedelta()) -> list[Write]:
        """One worker takes what is due."""
        done = []
        while rows := leases.claim(push.due_writes(), now=self.now + after, lease_for=push.LEASE):
            push.write(rows[0], self.now + after)
            done += rows
        return done

    def events(self) -> list[str]:
        """The names of the resources in the calendar."""
        return sorted(self.server.calendar("work").items)

    def row(self) -> Write:
        return Write.objects.get(uid=self.wish.uid)

    def state(self) -> Writing:
        [progress] = writing.progress([self.wish.uid])[self.wish.uid]
        return progress.state


@pytest.fixture
def desk(host: User, now: datetime) -> Desk:
    return Desk(host, now)


@pytest.mark.promise("C18")
def test_wish_is_written_once(desk: Desk) -> None:
    desk.want()
    assert desk.state() is Writing.WAITING
    desk.work()
    assert (desk.events(), desk.state()) == (["b1.ics"], Writing.WRITTEN)
    assert desk.work() == []


@pytest.mark.promise("C18")
def test_same_wish_again_changes_nothing(desk: Desk) -> None:
    desk.want()
    desk.work()
    desk.want()
    assert desk.work() == []


@pytest.mark.promise("C18")
def test_moved_booking_moves_its_event(desk: Desk) -> None:
    desk.want()
    desk.work()
    moved = make.wish(desk.now + timedelta(days=2), sequence=1)
    desk.want(moved)
    desk.work()
    assert desk.events() == ["b1.ics"]
    assert b"20270303T" in desk.server.calendar("work").items["b1.ics"].data


@pytest.mark.promise("C18", "C11")
def test_cancelled_booking_takes_its_event_away(desk: Desk) -> None:
    desk.want()
    desk.work()
    desk.want_absent()
    desk.work()
    assert (desk.events(), desk.state()) == ([], Writing.REMOVED)


@pytest.mark.promise("C18")
def test_booked_and_cancelled_before_the_first_attempt_leaves_nothing(desk: Desk) -> None:
    desk.want()
    desk.want_absent()
    desk.work()
    assert (desk.events(), "put" in desk.server.calls) == ([], False)


def test_absence_of_what_was_never_wanted_is_no_work(desk: Desk) -> None:
    desk.want_absent()
    assert Write.objects.count() == 0


@pytest.mark.promise("C18")
def test_lost_answer_gives_one_event(desk: Desk) -> None:
    desk.want()
    desk.server.fail_next("put", errors.Timeout(), late=True)
    desk.work()
    assert desk.state() is Writing.RETRYING
    desk.work(timedelta(minutes=1))
    assert (desk.events(), desk.state()) == (["b1.ics"], Writing.WRITTEN)


@pytest.mark.promise("C18")
def test_worker_that_died_after_writing_leaves_one_event(desk: Desk) -> None:
    desk.want()
    [row] = leases.claim(push.due_writes(), now=desk.now, lease_for=push.LEASE)
    push._drive(push.open_provider(row.calendar.account), row)  # and dies before it is noted
    desk.work(push.LEASE)
    assert (desk.events(), desk.state()) == (["b1.ics"], Writing.WRITTEN)


def test_wish_changed_while_being_written_is_written_next(desk: Desk) -> None:
    desk.want()
    [row] = leases.claim(push.due_writes(), now=desk.now, lease_for=push.LEASE)
    row_wish = row.version
    desk.want(make.wish(desk.now + timedelta(days=3), sequence=1))
    assert leases.claim(push.due_writes(), now=desk.now, lease_for=push.LEASE) == []
    row.version = row_wish
    push._settled(row, push._drive(push.open_provider(row.calendar.account), row), desk.now)
    assert not desk.row().is_settled
    desk.work()
    assert b"20270304T" in desk.server.calendar("work").items["b1.ics"].data
    assert desk.row().is_settled


def test_outage_is_retried_less_and_less_often(desk: Desk) -> None:
    desk.want()
    waits = []
    at = timedelta()
    for _ in range(3):
        desk.server.fail_next("put", errors.ServerFailed())
        desk.work(at)
        wait = desk.row().run_at - (desk.now + at)
        waits.append(round(wait.total_seconds() / 60, 1))
        at += wait
    assert [0.4 < waits[0] < 0.6, 1.7 < waits[1] < 2.3, 8.9 < waits[2] < 11.1] == [True, True, True]


def test_servers_wish_to_wait_is_obeyed(desk: Desk) -> None:
    desk.want()
    desk.server.fail_next("put", errors.RateLimited(retry_after=1800))
    desk.work()
    assert desk.row().run_at == desk.now + timedelta(minutes=30)


def test_event_is_given_up_after_three_days_and_the_owner_told(desk: Desk) -> None:
    told: list[str] = []
    signals.write_failing.connect(listener := lambda code, **_: told.append(code))
    desk.want()
    for at in (timedelta(), timedelta(days=3, minutes=1)):
        desk.server.fail_next("put", errors.Unreachable())
        desk.work(at)
    signals.write_failing.disconnect(listener)
    assert (desk.state(), told) == (Writing.GIVEN_UP, ["unreachable"])


def test_given_up_event_is_written_when_asked_to_try_again(desk: Desk) -> None:
    desk.want()
    Write.objects.update(state=Write.State.DEAD, error="unreachable", first_failed_at=desk.now)
    push.try_again(Write.objects.filter(calendar__owner=desk.owner), desk.now)
    desk.work()
    assert desk.state() is Writing.WRITTEN


def test_read_only_calendar_is_told_once_and_tried_rarely(desk: Desk) -> None:
    told: list[str] = []
    signals.write_failing.connect(listener := lambda code, **_: told.append(code))
    desk.want()
    for hours in (0, 7):
        desk.server.fail_next("put", errors.PermissionDenied())
        desk.work(timedelta(hours=hours))
    signals.write_failing.disconnect(listener)
    assert told == ["permission_denied"]
    assert Calendar.objects.get().warning == "not_writable"
    assert desk.row().run_at == desk.now + timedelta(hours=13)


def test_wrong_password_makes_events_wait_until_reconnected(desk: Desk) -> None:
    desk.want()
    desk.server.fail_next("put", errors.WrongPassword())
    desk.work()
    assert Account.objects.get().status == Account.Status.RECONNECT
    assert desk.work(timedelta(minutes=30)) == []
    make.read_now(desk.calendar, desk.now + timedelta(hours=1))
    desk.work(timedelta(hours=1))
    assert (desk.state(), Account.objects.get().status) == (Writing.WRITTEN, "connected")


def test_own_event_is_not_busy_wherever_it_is_read(desk: Desk, now: datetime) -> None:
    other = make.make_account(desk.owner, address=desk.address, label="Mirror", username="mirror")
    mirror = make.make_calendar(other)
    desk.want()
    desk.work()
    make.read_now(desk.calendar, now)
    make.read_now(mirror, now)
    start = int(now.timestamp())
    assert busy.spans([desk.owner.pk], start, start + 7 * 86400) == {desk.owner.pk: []}


@pytest.mark.parametrize("change", ["moved", "deleted"])
def test_own_event_changed_outside_is_told(desk: Desk, now: datetime, change: str) -> None:
    told: list[tuple[str, str]] = []
    signals.own_event_changed.connect(listener := lambda uid, change, **_: told.append((uid, change)))
    desk.want()
    desk.work()
    make.read_now(desk.calendar, now)
    if change == "moved":
        desk.server.store("work", "b1.ics", make.event(now + timedelta(days=2), uid=desk.wish.uid))
    else:
        desk.server.remove("work", "b1.ics")
    make.read_now(desk.calendar, now + timedelta(minutes=10))
    signals.own_event_changed.disconnect(listener)
    assert told == [(desk.wish.uid, change)]


def test_target_is_the_override_while_it_can_be_written(desk: Desk) -> None:
    other = make.make_calendar(desk.account, remote_id="other", receives=False)
    assert writing.target_for(desk.owner.pk) == desk.calendar
    assert writing.target_for(desk.owner.pk, other) == other
    other.vanished_at = desk.now
    assert writing.target_for(desk.owner.pk, other) == desk.calendar


def test_target_is_none_where_nothing_receives(other_host: User) -> None:
    assert writing.target_for(other_host.pk) is None


def test_target_never_is_another_hosts_calendar(desk: Desk, other_host: User) -> None:
    assert writing.target_for(other_host.pk, desk.calendar) is None


def test_own_event_that_passed_out_of_the_listing_is_not_told_as_deleted(desk: Desk, now: datetime) -> None:
    told: list[str] = []
    signals.own_event_changed.connect(listener := lambda uid, **_: told.append(uid))
    desk.want()
    desk.work()
    make.read_now(desk.calendar, now)
    desk.server.remove("work", "b1.ics")
    make.read_now(desk.calendar, now + timedelta(days=3))
    signals.own_event_changed.disconnect(listener)
    assert (told, Item.objects.count()) == ([], 0)


@pytest.mark.promise("C11")
def test_cancelled_event_can_be_kept_marked_and_free(desk: Desk, now: datetime) -> None:
    desk.want()
    desk.work()
    kept = make.wish(desk.wish.start, status=writing.WishStatus.CANCELLED, transparent=True, sequence=1)
    desk.want(kept)
    desk.work()
    data = desk.server.calendar("work").items["b1.ics"].data
    assert [word in data for word in (b"STATUS:CANCELLED", b"TRANSP:TRANSPARENT")] == [True, True]


def test_event_under_a_long_key_is_written_and_removed(desk: Desk) -> None:
    key = "/cal/" + "x" * 5000 + ".ics"
    start = desk.wish.start
    desk.server.store("work", key, make.event(start, uid=desk.wish.uid))
    desk.want()
    desk.work()
    assert (desk.row().remote_key, desk.row().error, desk.events()) == (key, "", [key])
    desk.want_absent()
    desk.work()
    assert (desk.state(), desk.events()) == (Writing.REMOVED, [])
