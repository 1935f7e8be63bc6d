"""The integrations page: cards, choices, switches, reconnecting, disconnecting (C7, C9, C11)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html

from bookingsite.models import User
from calendars import closing, writing
from calendars.models import Account, Busy, Calendar, Item, Write
from calendars.providers import errors
from calendars.sync import push
from calendars.wording import PROBLEMS
from tests.calendars.conftest import TypedServer
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db
PAGE = "/settings/integrations/"
CHOICES = {"label": "Office", "unread": "trust", "trust_hours": "24", "moved_outside": "ask"}


@pytest.fixture(autouse=True)
def frozen(now: datetime) -> object:
    """Pages read the clock."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def account(host: User, typed_server: TypedServer) -> Account:
    """A connected account with three calendars, the first of them read."""
    account = make.make_account(
        host, provider="caldav", address=typed_server.url, username="anna", label="Anna's server"
    )
    for info in [stored.info for stored in typed_server.server.calendars.values()]:
        make.make_calendar(
            account,
            remote_id=info.remote_id,
            name=info.name,
            writable=info.writable,
            why_read_only=info.why_read_only,
            blocks=info.writable,
            receives=info.primary,
            colour=info.colour,
        )
    account.seal_secret(typed_server.password)
    account.save()
    return account


def calendar(name: str) -> Calendar:
    return Calendar.objects.get(name=name)


def test_empty_page_says_what_to_do(page: Client) -> None:
    text = page.get(PAGE).content.decode()
    assert "No calendar is connected yet" in text
    assert text.count(f'href="{reverse("calendars:connect")}"') == 2


@pytest.mark.promise("C9")
def test_card_tells_state_last_and_next_reading(page: Client, account: Account, now: datetime) -> None:
    Calendar.objects.filter(blocks=True).update(
        last_ok_at=now - timedelta(minutes=7), run_at=now + timedelta(minutes=3)
    )
    [card] = html.fromstring(page.get(PAGE).content).xpath("//*[@id='accounts']/li")
    text = " ".join(card.text_content().split())
    assert card.xpath(".//*[contains(@class, 'badge-ok')]/text()") == ["connected"]
    assert "7 minutes ago (1 March 2027, 8:53 AM)" in text
    assert "in 3 minutes (1 March 2027, 9:03 AM)" in text


@pytest.mark.promise("C9")
def test_card_tells_the_error_in_words_with_its_remedy(page: Client, account: Account, now: datetime) -> None:
    Account.objects.update(status="reconnect", error="wrong_password", failing_since=now, last_ok_at=now)
    text = page.get(PAGE).content.decode()
    assert 'badge-bad">needs reconnecting<' in text
    assert str(PROBLEMS["wrong_password"].text) in text
    assert str(PROBLEMS["wrong_password"].remedy) in text
    assert "The known events keep blocking; from" not in text  # never read: there is nothing to trust
    assert "No free times are offered meanwhile" in text


def test_card_tells_that_the_first_reading_is_under_way(page: Client, account: Account) -> None:
    assert "Being read for the first time" in page.get(PAGE).content.decode()


@pytest.mark.promise("C7")
def test_choice_of_calendars_is_stored_and_read_at_once(
    page: Client, account: Account, now: datetime
) -> None:
    later = now + timedelta(hours=1)
    Calendar.objects.update(run_at=later)
    team, private, work = calendar("Team"), calendar("Private"), calendar("Work")
    page.post(reverse("calendars:choose"), {"blocks": [team.pk, work.pk], "receives": private.pk})
    found = {c.name: (c.blocks, c.receives, c.run_at) for c in Calendar.objects.all()}
    assert found == {
        "Team": (True, False, now),
        "Private": (False, True, now),
        "Work": (True, False, later),
    }


@pytest.mark.promise("C7")
def test_choice_leaves_a_calendar_to_the_worker_that_reads_it(
    page: Client, account: Account, now: datetime
) -> None:
    until = now + timedelta(minutes=10)
    Calendar.objects.update(blocks=False, receives=False, run_at=until, lease=uuid.uuid4())
    work = calendar("Work")
    page.post(reverse("calendars:choose"), {"blocks": [work.pk], "receives": work.pk})
    work.refresh_from_db()
    assert (work.blocks, work.receives, work.run_at) == (True, True, until)


def test_no_calendar_need_receive(page: Client, account: Account) -> None:
    page.post(reverse("calendars:choose"), {"blocks": [], "receives": ""})
    assert Calendar.objects.filter(receives=True).count() == 0
    assert Calendar.objects.filter(blocks=True).count() == 0


def test_read_only_calendar_cannot_be_chosen_to_receive(page: Client, account: Account) -> None:
    answer = page.post(
        reverse("calendars:choose"), {"blocks": [], "receives": calendar("Team").pk}, follow=True
    )
    assert "Nothing was changed" in answer.content.decode()
    assert [c.name for c in Calendar.objects.filter(receives=True)] == ["Work"]


def test_read_only_calendar_is_shown_disabled_with_the_reason(page: Client, account: Account) -> None:
    text = page.get(PAGE).content.decode()
    assert (
        f'value="{calendar("Team").pk}" aria-labelledby="name-{calendar("Team").pk} receives-label" disabled'
        in text
    )
    assert "read-only: shared with you by somebody else" in text


def test_calendar_of_another_host_cannot_be_chosen(page: Client, other_host: User, account: Account) -> None:
    foreign = make.make_calendar(make.make_account(other_host), blocks=False)
    page.post(reverse("calendars:choose"), {"blocks": [foreign.pk], "receives": ""})
    foreign.refresh_from_db()
    assert foreign.blocks is False


@pytest.mark.promise("C9")
def test_refresh_has_everything_read_at_once(page: Client, account: Account, now: datetime) -> None:
    Calendar.objects.update(run_at=now + timedelta(hours=1))
    answer = page.post(reverse("calendars:refresh", args=[account.pk]), follow=True)
    assert "answers. Its calendars are being read." in answer.content.decode()
    assert {c.run_at for c in Calendar.objects.all()} == {now}


@pytest.mark.promise("C9")
def test_refresh_says_what_is_wrong(page: Client, account: Account, typed_server: TypedServer) -> None:
    typed_server.server.fail_next("calendars", errors.Unreachable())
    answer = page.post(reverse("calendars:refresh", args=[account.pk]), follow=True)
    assert str(PROBLEMS["unreachable"].text) in answer.content.decode()


def test_refreshing_is_limited(page: Client, account: Account, typed_server: TypedServer) -> None:
    typed_server.server.calls.clear()
    url = reverse("calendars:refresh", args=[account.pk])
    for _ in range(30):
        page.post(url)
    answer = page.post(url, follow=True)
    assert str(PROBLEMS["too_many_tries"].text) in answer.content.decode()
    assert typed_server.server.calls == ["calendars"] * 30


def test_refresh_tries_a_refused_password_once(
    page: Client, account: Account, typed_server: TypedServer, now: datetime
) -> None:
    later = now + timedelta(hours=5)
    Calendar.objects.update(run_at=later)
    Account.objects.update(status="reconnect", error="wrong_password")
    typed_server.password = "changed there"
    page.post(reverse("calendars:refresh", args=[account.pk]))
    assert {c.run_at for c in Calendar.objects.all()} == {later}
    assert typed_server.server.calls == ["calendars"]


def test_refresh_ends_the_trouble_when_the_password_works_again(
    page: Client, account: Account, typed_server: TypedServer, now: datetime
) -> None:
    Account.objects.update(status="reconnect", error="wrong_password")
    page.post(reverse("calendars:refresh", args=[account.pk]))
    assert (Account.objects.get().status, {c.run_at for c in Calendar.objects.all()}) == ("connected", {now})


def test_refresh_finds_new_renamed_and_vanished_calendars(
    page: Client, account: Account, typed_server: TypedServer, now: datetime
) -> None:
    stored = typed_server.server.calendars
    del stored["private"]
    from dataclasses import replace

    stored["work"].info = replace(stored["work"].info, name="Office")
    make._add(typed_server.server, make.CalendarInfo("new", "New", writable=True))
    page.post(reverse("calendars:refresh", args=[account.pk]))
    found = {c.name: (c.blocks, c.receives, c.vanished_at) for c in Calendar.objects.all()}
    assert found == {
        "Office": (True, True, None),
        "Private": (True, False, now),
        "New": (False, False, None),
        "Team": (False, False, None),
    }


@pytest.mark.promise("C9")
def test_reconnecting_keeps_every_choice(
    page: Client, account: Account, typed_server: TypedServer, now: datetime
) -> None:
    before = list(Calendar.objects.order_by("pk").values_list("pk", "blocks", "receives"))
    Account.objects.update(
        status="reconnect", error="wrong_password", failures=3, owner_told_at=now, failing_since=now
    )
    typed_server.password = "new password"
    answer = page.post(reverse("calendars:reconnect", args=[account.pk]), {"password": "new password"})
    account.refresh_from_db()
    assert answer.status_code == 302
    assert (account.status, account.error, account.failures, account.owner_told_at) == (
        "connected",
        "",
        0,
        None,
    )
    assert account.open_secret() == "new password"
    assert list(Calendar.objects.order_by("pk").values_list("pk", "blocks", "receives")) == before


def test_reconnecting_with_a_wrong_password_changes_nothing(page: Client, account: Account) -> None:
    sealed = account.sealed_secret
    answer = page.post(reverse("calendars:reconnect", args=[account.pk]), {"password": "wrong"})
    account.refresh_from_db()
    assert answer.status_code == 422
    assert str(PROBLEMS["wrong_password"].text) in answer.content.decode()
    assert account.sealed_secret == sealed


@pytest.mark.promise("C9")
def test_disconnecting_deletes_everything_that_was_stored(
    page: Client, account: Account, typed_server: TypedServer, now: datetime
) -> None:
    typed_server.server.store("work", "a.ics", make.event(now + timedelta(days=1)))
    make.read_now(calendar("Work"), now)
    page.post(reverse("calendars:disconnect", args=[account.pk]), {"events": "keep"})
    assert [model.objects.count() for model in (Account, Calendar, Item, Busy, Write)] == [0, 0, 0, 0, 0]
    assert list(typed_server.server.calendar("work").items) == ["a.ics"]


@pytest.mark.promise("C9")
def test_disconnecting_takes_our_events_out_first_when_asked(
    page: Client, account: Account, typed_server: TypedServer, now: datetime
) -> None:
    wish = make.wish(now + timedelta(days=1))
    writing.want_event(calendar("Work"), uid=wish.uid, wish=wish, now=now)
    typed_server.server.store("work", "a.ics", make.event(now + timedelta(days=1)))
    work(now)
    page.post(reverse("calendars:disconnect", args=[account.pk]), {"events": "remove"})
    text = page.get(PAGE).content.decode()
    assert "1 event is still to be removed" in text
    assert Calendar.objects.filter(blocks=True).count() == 0
    work(now)
    closing.finish_all(now)
    assert list(typed_server.server.calendar("work").items) == ["a.ics"]
    assert (Account.objects.count(), Write.objects.count()) == (0, 0)


def test_disconnecting_ends_within_a_day_even_if_the_server_is_gone(
    page: Client, account: Account, now: datetime
) -> None:
    wish = make.wish(now + timedelta(days=1))
    writing.want_event(calendar("Work"), uid=wish.uid, wish=wish, now=now)
    page.post(reverse("calendars:disconnect", args=[account.pk]), {"events": "remove"})
    assert closing.finish_all(now + timedelta(hours=23)) == 0
    assert closing.finish_all(now + timedelta(hours=24)) == 1


def test_taking_out_many_events_costs_as_many_queries_as_one(
    page: Client, account: Account, now: datetime
) -> None:
    def cost(count: int) -> int:
        Account.objects.update(closing_at=None)
        for number in range(count):
            wish = make.wish(now + timedelta(days=1), public_id=f"b{count}{number}")
            writing.want_event(calendar("Work"), uid=wish.uid, wish=wish, now=now)
        with CaptureQueriesContext(connection) as queries:
            closing.begin(account, now)
        return len(queries)

    assert cost(1) == cost(3)
    keys = Write.objects.order_by("pk").values_list("remote_key", "wish", "version")
    assert list(keys) == [(f"{name}.ics", None, 2) for name in ("b10", "b30", "b31", "b32")]


def work(now: datetime) -> None:
    from bookingsite import leases

    while rows := leases.claim(push.due_writes(), now=now, lease_for=push.LEASE):
        push.write(rows[0], now)


@pytest.mark.promise("C11")
def test_account_settings_are_stored(page: Client, account: Account) -> None:
    url = reverse("calendars:account", args=[account.pk])
    assert "delete events of cancelled bookings" in page.get(url).content.decode().lower()
    page.post(url, {**CHOICES, "trust_hours": "12"})
    account.refresh_from_db()
    assert (account.label, account.trust_hours, account.delete_cancelled) == ("Office", 12, False)


@pytest.mark.parametrize("hours", ["0", "169", "", "x"])
def test_trust_outside_of_a_week_is_refused(page: Client, account: Account, hours: str) -> None:
    answer = page.post(reverse("calendars:account", args=[account.pk]), {**CHOICES, "trust_hours": hours})
    account.refresh_from_db()
    assert (answer.status_code, account.trust_hours) == (422, 24)


@pytest.mark.promise("C13", "C14")
def test_switches_apply_at_once_to_what_was_read(
    page: Client, account: Account, typed_server: TypedServer, now: datetime
) -> None:
    tomorrow = now + timedelta(days=1)
    typed_server.server.store("work", "t.ics", make.event(tomorrow, lines="STATUS:TENTATIVE\r\n"))
    make.read_now(calendar("Work"), now)
    assert list(Busy.objects.values_list("blocks", flat=True)) == [False]
    url = reverse("calendars:calendar", args=[calendar("Work").pk])
    form = {"tentative_blocks": "on", "all_day": "status", "interval_minutes": "30"}
    assert page.post(url, form).status_code == 302
    assert list(Busy.objects.values_list("blocks", flat=True)) == [True]
    assert calendar("Work").interval_minutes == 30


@pytest.mark.parametrize("name", ["refresh", "reconnect", "disconnect", "account", "write_again"])
def test_accounts_of_others_are_not_found(other_page: Client, account: Account, name: str) -> None:
    url = reverse(f"calendars:{name}", args=[account.pk])
    assert other_page.post(url, {"password": "x", "events": "keep"}).status_code == 404
    assert Account.objects.count() == 1


def test_calendar_of_another_host_is_not_found(other_page: Client, account: Account) -> None:
    assert other_page.get(reverse("calendars:calendar", args=[calendar("Work").pk])).status_code == 404


@pytest.mark.parametrize("name", ["refresh", "write_again"])
def test_looking_at_an_action_does_nothing(page: Client, account: Account, name: str) -> None:
    assert page.get(reverse(f"calendars:{name}", args=[account.pk])).status_code == 405


def test_given_up_events_are_shown_and_tried_again(page: Client, account: Account, now: datetime) -> None:
    wish = make.wish(now + timedelta(days=1))
    writing.want_event(calendar("Work"), uid=wish.uid, wish=wish, now=now)
    Write.objects.update(state="dead", error="unreachable")
    assert "1 event could not be written for three days" in page.get(PAGE).content.decode()
    answer = page.post(reverse("calendars:write_again", args=[account.pk]), follow=True)
    assert "1 event is tried again." in answer.content.decode()
    assert Write.objects.get().state == "ready"


def test_page_asks_the_database_as_often_for_three_accounts_as_for_one(
    page: Client, account: Account, host: User
) -> None:
    page.get(PAGE)
    with CaptureQueriesContext(
        connection,
    ) as one:
        page.get(PAGE)
    for number in (2, 3):
        more = make.make_account(host, username=f"anna{number}")
        make.make_calendar(more, remote_id=f"a{number}")
        make.make_calendar(more, remote_id=f"b{number}")
    with CaptureQueriesContext(connection) as three:
        page.get(PAGE)
    assert len(three) == len(one)


def test_secret_is_on_no_page(page: Client, account: Account, typed_server: TypedServer) -> None:
    urls = [PAGE] + [
        reverse(f"calendars:{name}", args=[account.pk]) for name in ("account", "reconnect", "disconnect")
    ]
    texts = [page.get(url).content.decode() for url in urls]
    assert [typed_server.password in text or account.sealed_secret in text for text in texts] == [False] * 4


def test_account_being_disconnected_cannot_be_connected_yet(
    page: Client, account: Account, typed_server: TypedServer, now: datetime
) -> None:
    Account.objects.update(closing_at=now)
    form = {"url": typed_server.url, "username": "anna", "password": typed_server.password}
    text = page.post(reverse("calendars:connect_caldav"), form).content.decode()
    assert str(PROBLEMS["still_closing"].text) in text
