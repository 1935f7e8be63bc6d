"""The public face: busy times, freshness, titles for the owner, and the last look before a booking."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from threading import Event

import pytest

from bookingsite.models import User
from calendars import busy, writing
from calendars.busy import Outcome
from calendars.models import Account, Calendar
from calendars.providers import errors, registry
from calendars.providers.base import CalendarInfo, RawItem
from calendars.providers.memory import MemoryProvider, MemoryServer
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db
HOUR = 3600


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


@pytest.fixture
def server(host: User, now: datetime) -> MemoryServer:
    """Anna's server with one event tomorrow, read just now."""
    address, server = make.make_server()
    server.store("work", "a.ics", make.event(now + timedelta(days=1), summary="Dentist"))
    make.read_now(make.make_calendar(make.make_account(host, address=address)), now)
    return server


def at(now: datetime, hours: float) -> int:
    return seconds(now + timedelta(hours=hours))


def test_spans_touching_the_window_are_given_whole(server: MemoryServer, host: User, now: datetime) -> None:
    event = (at(now, 24), at(now, 25))
    assert busy.spans([host.pk], at(now, 24.5), at(now, 30)) == {host.pk: [event]}
    assert busy.spans([host.pk], at(now, 20), at(now, 24)) == {host.pk: []}
    assert busy.spans([host.pk], at(now, 25), at(now, 30)) == {host.pk: []}


def test_spans_of_several_owners_are_kept_apart(
    server: MemoryServer, host: User, other_host: User, now: datetime
) -> None:
    found = busy.spans([host.pk, other_host.pk], at(now, 0), at(now, 48))
    assert found == {host.pk: [(at(now, 24), at(now, 25))], other_host.pk: []}


def test_calendar_that_does_not_block_gives_no_spans(server: MemoryServer, host: User, now: datetime) -> None:
    Calendar.objects.update(blocks=False)
    assert busy.spans([host.pk], at(now, 0), at(now, 48)) == {host.pk: []}


def test_spans_and_freshness_cost_one_query_each(
    server: MemoryServer, host: User, now: datetime, django_assert_num_queries: object
) -> None:
    for number in range(3):
        make.make_calendar(make.make_account(host, username=f"a{number}"), receives=False)
    with django_assert_num_queries(1):  # type: ignore[operator]
        busy.spans([host.pk], at(now, 0), at(now, 48))
    with django_assert_num_queries(1):  # type: ignore[operator]
        busy.freshness([host.pk], now)


def test_owner_without_blocking_calendars_is_known(host: User, now: datetime) -> None:
    assert busy.freshness([host.pk], now) == {host.pk: busy.Freshness()}


def test_owner_whose_calendar_was_never_read_is_unknown(host: User, now: datetime) -> None:
    make.make_calendar(make.make_account(host))
    found = busy.freshness([host.pk], now)[host.pk]
    assert (found.known, found.reason) == (False, "never_read")


@pytest.mark.parametrize(("minutes", "expected"), [(1440, (True, "")), (1441, (False, "too_old"))])
def test_owner_is_known_until_the_trust_runs_out(
    server: MemoryServer, host: User, now: datetime, minutes: int, expected: tuple[bool, str]
) -> None:
    found = busy.freshness([host.pk], now + timedelta(minutes=minutes))[host.pk]
    assert (found.known, found.reason) == expected
    assert (found.oldest_ok_at, found.known_until) == (now, now + timedelta(days=400))


def test_details_carry_titles_for_the_owner(
    server: MemoryServer, host: User, other_host: User, now: datetime
) -> None:
    [detail] = busy.details(host.pk, at(now, 24), at(now, 25))
    assert (detail.title, detail.calendar, detail.status) == ("Dentist", "Work", "busy")
    assert busy.details(other_host.pk, at(now, 24), at(now, 25)) == []


@pytest.mark.promise("C19")
def test_recheck_finds_what_the_copy_does_not_hold_yet(
    server: MemoryServer, host: User, now: datetime
) -> None:
    server.store("work", "new.ics", make.event(now + timedelta(hours=5)))
    later = now + timedelta(minutes=5)
    found = busy.recheck(host.pk, at(now, 5.5), at(now, 6.5), now=later)
    assert (found.outcome, found.busy) == (Outcome.BUSY, ((at(now, 5), at(now, 6)),))
    assert Calendar.objects.get().run_at == later


@pytest.mark.promise("C19")
def test_recheck_of_a_free_span_is_free(server: MemoryServer, host: User, now: datetime) -> None:
    found = busy.recheck(host.pk, at(now, 8), at(now, 9), now=now + timedelta(minutes=5))
    assert (found.outcome, found.busy) == (Outcome.FREE, ())


def test_recheck_asks_nobody_while_the_copy_is_fresh(server: MemoryServer, host: User, now: datetime) -> None:
    before = len(server.calls)
    found = busy.recheck(host.pk, at(now, 24), at(now, 25), now=now + timedelta(seconds=59))
    assert (found.outcome, len(server.calls)) == (Outcome.FREE, before)


def test_recheck_of_a_failing_server_is_unverified(server: MemoryServer, host: User, now: datetime) -> None:
    server.fail_next("read_span", errors.Unreachable())
    found = busy.recheck(host.pk, at(now, 8), at(now, 9), now=now + timedelta(minutes=5))
    assert found.outcome is Outcome.UNVERIFIED


def test_recheck_with_a_lost_secret_is_unverified(server: MemoryServer, host: User, now: datetime) -> None:
    account = Calendar.objects.get().account
    account.sealed_secret = "s1:broken"
    account.save()
    found = busy.recheck(host.pk, at(now, 8), at(now, 9), now=now + timedelta(minutes=5))
    assert found.outcome is Outcome.UNVERIFIED


def test_recheck_never_tries_a_password_that_was_refused(
    server: MemoryServer, host: User, now: datetime
) -> None:
    Account.objects.update(status=Account.Status.RECONNECT)
    before = len(server.calls)
    found = busy.recheck(host.pk, at(now, 8), at(now, 9), now=now + timedelta(minutes=5))
    assert (found.outcome, len(server.calls)) == (Outcome.UNVERIFIED, before)


def test_recheck_says_busy_even_if_another_calendar_is_silent(
    server: MemoryServer, host: User, now: datetime
) -> None:
    make._add(server, CalendarInfo("second", "Second", writable=True))
    account = Calendar.objects.get().account
    make.make_calendar(account, remote_id="second")
    server.store("work", "new.ics", make.event(now + timedelta(hours=5)))
    server.store("second", "new.ics", make.event(now + timedelta(hours=5)))
    server.fail_next("read_span", errors.Unreachable())
    found = busy.recheck(host.pk, at(now, 5), at(now, 6), now=now + timedelta(minutes=5))
    assert found.outcome is Outcome.BUSY


def test_recheck_leaves_out_our_own_events_and_what_does_not_block(
    server: MemoryServer, host: User, now: datetime
) -> None:
    calendar = Calendar.objects.get()
    wish = make.wish(now + timedelta(hours=5))
    writing.want_event(calendar, uid=wish.uid, wish=wish, now=now)
    server.store("work", wish.key, make.event(wish.start, uid=wish.uid))
    server.store("work", "maybe.ics", make.event(wish.start, lines="STATUS:TENTATIVE\r\n"))
    found = busy.recheck(host.pk, at(now, 5), at(now, 6), now=now + timedelta(minutes=5))
    assert found.outcome is Outcome.FREE


def test_recheck_never_takes_longer_than_its_budget(
    server: MemoryServer, host: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = Event()

    class Slow(MemoryProvider):
        def read_span(self, calendar_id: str, span: tuple[datetime, datetime]) -> list[RawItem]:
            over.wait(30)
            return []

    monkeypatch.setattr(registry, "MemoryProvider", Slow)
    started = time.monotonic()
    found = busy.recheck(host.pk, at(now, 8), at(now, 9), now=now + timedelta(minutes=5), budget=0.2)
    took = time.monotonic() - started
    over.set()
    assert found.outcome is Outcome.UNVERIFIED
    assert took < 10
