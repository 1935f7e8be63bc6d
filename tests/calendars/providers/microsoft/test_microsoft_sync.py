"""A Microsoft account as the worker keeps it: read, written and recognised, over HTTP and in the tables."""

from datetime import timedelta
from typing import Any

import pytest

from bookingsite import leases
from bookingsite.lib import clock
from bookingsite.models import User
from calendars import writing
from calendars.models import Busy, Calendar, Item, Write
from calendars.providers.oauth import Grant
from calendars.sync import push
from tests.calendars.providers.microsoft.conftest import EMAIL
from tests.calendars.providers.microsoft.copies import event
from tests.calendars.providers.microsoft.ics import weekly
from tests.factories import calendars as make
from tests.fakes.microsoft import MicrosoftFake
from tests.fakes.microsoft.mailbox import FakeCalendar

pytestmark = pytest.mark.django_db
NOW = clock.now().replace(minute=0, second=0, microsecond=0)
SOON = NOW + timedelta(days=3)


@pytest.fixture
def site(fake: MicrosoftFake, settings: Any) -> None:
    """The site leads to the fake."""
    settings.DEBUG = True
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    for name, value in fake.settings().items():
        setattr(settings, name, value)
    settings.OAUTH_CLIENTS = {**settings.OAUTH_CLIENTS, "microsoft": fake.client}


@pytest.fixture
def row(fake: MicrosoftFake, calendar: FakeCalendar, site: None, host: User) -> Calendar:
    """The connected calendar."""
    client_id = fake.entra.client_id
    account = make.make_account(host, provider="microsoft", username=EMAIL, client_id=client_id, address="")
    access, refresh = fake.entra.sign_in(EMAIL)
    grant = Grant(refresh_token=refresh, access_token=access, expires_at=clock.now() + timedelta(hours=1))
    account.seal_secret(grant.as_text())
    account.save()
    return make.make_calendar(account, remote_id=calendar.id)


def write_now(calendar: Calendar) -> Write:
    """Let the worker write what is wanted."""
    now = clock.now()
    for one in leases.claim(push.due_writes().filter(calendar=calendar), now=now, lease_for=push.LEASE):
        push.write(one, now)
    return Write.objects.get(calendar=calendar)


def busy(calendar: Calendar) -> list[tuple[int, str, bool]]:
    """Start, status and whether it blocks."""
    found = Busy.objects.filter(calendar=calendar).order_by("start")
    return [(one.start, one.status, one.blocks) for one in found]


@pytest.mark.promise("C3", "C13")
def test_events_become_busy_times_and_follow_changes(
    fake: MicrosoftFake, calendar: FakeCalendar, row: Calendar
) -> None:
    key = fake.put_event(calendar.id, event("Dentist", SOON))
    fake.put_event(calendar.id, event("Maybe", SOON + timedelta(hours=2), showAs="tentative"))
    series = fake.put_event(calendar.id, event("Standup", SOON, recurrence=weekly(SOON, count=2)))
    first, second, third = (int((SOON + timedelta(hours=h)).timestamp()) for h in (0, 2, 24 * 7))

    row = make.read_now(row, clock.now())
    assert (row.error, row.warning) == ("", "")
    assert busy(row) == [
        (first, "busy", True),
        (first, "busy", True),
        (second, "tentative", False),
        (third, "busy", True),
    ]

    fake.remove_event(calendar.id, key)
    fake.remove_event(calendar.id, f"{series}.{SOON:%Y%m%d}")
    row = make.read_now(row, clock.now())
    assert busy(row) == [(second, "tentative", False), (third, "busy", True)]


@pytest.mark.promise("C3", "C18")
def test_written_event_is_recognised_and_blocks_nothing(calendar: FakeCalendar, row: Calendar) -> None:
    make.read_now(row, clock.now())
    wish = make.wish(SOON)
    writing.want_event(row, uid=wish.uid, wish=wish, now=clock.now())

    written = write_now(row)
    make.read_now(row, clock.now())

    assert (written.is_settled, written.remote_key) == (True, next(iter(calendar.events)))
    assert list(Item.objects.filter(calendar=row).values_list("key", "is_ours")) == [
        (written.remote_key, True)
    ]
    assert busy(row) == []


def test_event_written_a_moment_ago_is_recognised_before_its_answer_came(
    fake: MicrosoftFake, calendar: FakeCalendar, row: Calendar
) -> None:
    """Read between the writing and its note: only the marker tells whose it is."""
    wish = make.wish(SOON)
    writing.want_event(row, uid=wish.uid, wish=wish, now=clock.now())
    write_now(row)
    Write.objects.update(remote_uid="", remote_key="")

    make.read_now(row, clock.now())

    assert [one.is_ours for one in Item.objects.filter(calendar=row)] == [True]
    assert busy(row) == []


@pytest.mark.promise("C12")
def test_dropped_state_at_graph_leads_to_a_full_comparison(
    fake: MicrosoftFake, calendar: FakeCalendar, row: Calendar
) -> None:
    fake.put_event(calendar.id, event("Stays", SOON))
    gone = fake.put_event(calendar.id, event("Goes", SOON + timedelta(hours=2)))
    make.read_now(row, clock.now())
    fake.expire_deltas()
    fake.remove_event(calendar.id, gone)

    row = make.read_now(row, clock.now())

    assert [start for start, _, _ in busy(row)] == [int(SOON.timestamp())]
    assert row.error == ""


@pytest.mark.promise("C3", "C9")
def test_withdrawn_permission_asks_to_reconnect_and_keeps_the_times(
    fake: MicrosoftFake, calendar: FakeCalendar, row: Calendar
) -> None:
    fake.put_event(calendar.id, event("Dentist", SOON))
    make.read_now(row, clock.now())
    fake.revoke(EMAIL)

    row = make.read_now(row, clock.now())

    assert (row.error, row.account.status) == ("access_revoked", "reconnect")
    assert len(busy(row)) == 1
