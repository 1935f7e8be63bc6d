"""Calendars in the admin (H4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookingsite.models import User
from calendars import writing
from calendars.admin import AccountAdmin, CalendarAdmin
from calendars.models import Account, Calendar, Write
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db
PAGE_OF_ACCOUNT = {
    "label": "Mine",
    "unread": "trust",
    "trust_hours": "2",
    "moved_outside": "ask",
    "calendars-TOTAL_FORMS": "0",
    "calendars-INITIAL_FORMS": "0",
}
MODELS = ("account", "calendar", "item", "busy", "write")


def fill(owner: User, now: datetime, name: str) -> Account:
    """An account with a row of every kind."""
    address, server = make.make_server()
    account = make.make_account(owner, address=address, label=f"Account of {name}")
    calendar = make.make_calendar(account, name=f"Calendar of {name}")
    server.store("work", f"{name}.ics", make.event(now + timedelta(days=1), summary=f"Secret of {name}"))
    make.read_now(calendar, now)
    wish = make.wish(now + timedelta(days=1), public_id=f"uid-{name}")
    writing.want_event(calendar, uid=wish.uid, wish=wish, now=now)
    return account


@pytest.fixture
def accounts(host: User, other_host: User, now: datetime) -> list[Account]:
    return [fill(host, now, "anna"), fill(other_host, now, "ben")]


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("model", MODELS)
def test_operator_sees_the_rows_of_all(accounts: list[Account], operator: User, model: str) -> None:
    answer = signed_in(operator).get(reverse(f"admin:calendars_{model}_changelist"))
    assert answer.context["cl"].result_count == 2


@pytest.mark.parametrize("model", MODELS)
def test_host_sees_only_own_rows(accounts: list[Account], host: User, model: str) -> None:
    host.is_staff = True
    host.save()
    answer = signed_in(host).get(reverse(f"admin:calendars_{model}_changelist"))
    assert answer.context["cl"].result_count == 1
    assert "ben" not in answer.content.decode()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("query", ["?q=anna", "?q=nothing+at+all"])
def test_lists_can_be_searched(accounts: list[Account], operator: User, model: str, query: str) -> None:
    assert signed_in(operator).get(reverse(f"admin:calendars_{model}_changelist") + query).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_row_can_be_opened_and_shows_neither_secret_nor_title(
    accounts: list[Account], operator: User, model: str
) -> None:
    account = accounts[0]
    page = signed_in(operator)
    row = page.get(reverse(f"admin:calendars_{model}_changelist")).context["cl"].result_list[0]
    answer = page.get(reverse(f"admin:calendars_{model}_change", args=[row.pk]))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert [account.sealed_secret in text, "Secret of" in text] == [False, False]


@pytest.mark.parametrize("model", MODELS)
def test_nothing_can_be_added_by_hand(operator: User, model: str) -> None:
    assert signed_in(operator).get(reverse(f"admin:calendars_{model}_add")).status_code == 403


def test_account_of_another_host_cannot_be_opened(accounts: list[Account], host: User) -> None:
    host.is_staff = True
    host.save()
    answer = signed_in(host).get(reverse("admin:calendars_account_change", args=[accounts[1].pk]))
    assert answer.status_code == 302


def test_read_now_makes_calendars_due(accounts: list[Account], operator: User) -> None:
    before = set(Calendar.objects.values_list("run_at", flat=True))
    signed_in(operator).post(
        reverse("admin:calendars_calendar_changelist"),
        {"action": "read_now", "_selected_action": list(Calendar.objects.values_list("pk", flat=True))},
    )
    assert before.isdisjoint(Calendar.objects.values_list("run_at", flat=True))


@pytest.mark.parametrize("model", MODELS)
def test_lists_ask_no_query_for_each_row(
    accounts: list[Account], operator: User, now: datetime, model: str
) -> None:
    page = signed_in(operator)
    url = reverse(f"admin:calendars_{model}_changelist")
    page.get(url)
    with CaptureQueriesContext(connection) as two:
        page.get(url)
    fill(operator, now, "olga")
    with CaptureQueriesContext(connection) as three:
        page.get(url)
    assert len(three) == len(two)


@pytest.mark.promise("H4")
@pytest.mark.parametrize("by", ["page", "action"])
def test_deleting_an_account_takes_our_events_out_first(
    accounts: list[Account], operator: User, by: str
) -> None:
    account = accounts[0]
    page = signed_in(operator)
    Write.objects.update(remote_key="written.ics")

    delete(page, account, by=by, is_sure=False)
    assert Account.objects.get(pk=account.pk).closing_at is None
    answer = delete(page, account, by=by, is_sure=True)

    account.refresh_from_db()
    assert (answer.status_code, account.closing_at is None) == (302, False)
    assert set(account.calendars.values_list("blocks", "receives")) == {(False, False)}
    assert Write.objects.get(calendar__account=account).wish is None


def delete(page: Client, account: Account, *, by: str, is_sure: bool) -> HttpResponse:
    sure = {"post": "yes"} if is_sure else {}
    if by == "page":
        return page.post(reverse("admin:calendars_account_delete", args=[account.pk]), sure)
    chosen = {"action": "delete_selected", "_selected_action": [account.pk]}
    return page.post(reverse("admin:calendars_account_changelist"), {**chosen, **sure})


def test_deleting_an_account_says_what_happens(accounts: list[Account], operator: User) -> None:
    answer = signed_in(operator).get(reverse("admin:calendars_account_delete", args=[accounts[0].pk]))

    assert "our events are taken out of its calendars" in answer.content.decode()
    assert "anna.ics" not in answer.content.decode()


def test_deleting_an_account_again_forgets_it_at_once(
    accounts: list[Account], operator: User, now: datetime
) -> None:
    Account.objects.update(closing_at=now)

    delete(signed_in(operator), accounts[0], by="page", is_sure=True)

    assert list(Account.objects.all()) == [accounts[1]]


@pytest.mark.parametrize(
    ("field", "wrong"), [("trust_hours", "0"), ("trust_hours", "169"), ("label", "a\u2028b")]
)
def test_account_is_held_to_the_rules_of_its_page(
    accounts: list[Account], operator: User, field: str, wrong: str
) -> None:
    url = reverse("admin:calendars_account_change", args=[accounts[0].pk])
    answer = signed_in(operator).post(url, {**PAGE_OF_ACCOUNT, field: wrong})
    assert answer.context["adminform"].form.errors.keys() == {field}


def test_saving_an_account_leaves_alone_what_changed_meanwhile(
    accounts: list[Account], operator: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = accounts[0]
    usual = AccountAdmin.save_model

    def late(self: AccountAdmin, *arguments: Any, **named: Any) -> None:
        Account.objects.filter(pk=account.pk).update(closing_at=now, sealed_secret="new")
        usual(self, *arguments, **named)

    monkeypatch.setattr(AccountAdmin, "save_model", late)
    url = reverse("admin:calendars_account_change", args=[account.pk])
    signed_in(operator).post(url, {**PAGE_OF_ACCOUNT, "label": "Renamed"})
    account.refresh_from_db()
    assert (account.label, account.closing_at, account.sealed_secret) == ("Renamed", now, "new")


def test_saving_a_calendar_leaves_its_lease_alone(
    accounts: list[Account], operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = accounts[0].calendars.get()
    usual = CalendarAdmin.save_model

    def late(self: CalendarAdmin, *arguments: Any, **named: Any) -> None:
        Calendar.objects.filter(pk=calendar.pk).update(cursor="newer")
        usual(self, *arguments, **named)

    monkeypatch.setattr(CalendarAdmin, "save_model", late)
    url = reverse("admin:calendars_calendar_change", args=[calendar.pk])
    assert signed_in(operator).post(url, {}).status_code == 302
    calendar.refresh_from_db()
    assert calendar.cursor == "newer"


@pytest.mark.parametrize(("key", "title"), [("caldav", "CalDAV"), ("ics", "iCal feed"), ("gone", "gone")])
def test_provider_is_shown_by_its_title(operator: User, host: User, key: str, title: str) -> None:
    account = make.make_account(host, provider=key)
    make.make_account(host, label="Another", username="another", provider="memory")
    browser = signed_in(operator)
    listed = browser.get(reverse("admin:calendars_account_changelist")).content.decode()
    one = browser.get(reverse("admin:calendars_account_change", args=[account.pk])).content.decode()

    assert f'<td class="field-kind">{title}</td>' in listed
    assert f'href="?provider={key}">{title}</a>' in " ".join(listed.split()).replace("> ", ">").replace(
        " <", "<"
    )
    assert f'<div class="readonly">{title}</div>' in one
