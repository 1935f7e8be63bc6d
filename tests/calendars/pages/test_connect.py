"""Connecting accounts through the pages (C1, C4, C6)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from bookingsite.lib import clock
from bookingsite.models import User
from calendars.models import Account, Calendar
from calendars.providers import errors
from calendars.wording import ICLOUD, PROBLEMS
from tests.calendars.conftest import TypedServer

pytestmark = pytest.mark.django_db
ICLOUD_PAGE = "/settings/integrations/connect/icloud/"
CALDAV_PAGE = "/settings/integrations/connect/caldav/"
TYPED = {"url": "calendars.example", "username": "anna", "password": "abcd-efgh-ijkl-mnop"}


def shown(text: object) -> str:
    """As HTML has it."""
    from django.utils.html import escape

    return escape(str(text))


@pytest.mark.promise("C1")
def test_icloud_page_shows_the_four_steps_beside_the_form(page: Client) -> None:
    text = page.get(ICLOUD_PAGE).content.decode()
    steps = text.split('<ol class="stack-s">')[1].split("</ol>")[0]
    assert steps.count("<li>") == 4
    assert 'name="username"' in text
    assert 'name="password"' in text
    assert 'name="url"' not in text


@pytest.mark.promise("C1")
@pytest.mark.parametrize(
    "typed", ["abcd-efgh-ijkl-mnop", "ABCD-efgh-ijkl-mnop ", "abcdefghijklmnop", "abcd efgh ijkl mnop"]
)
def test_icloud_is_connected_with_an_app_specific_password(
    page: Client, typed_server: TypedServer, typed: str
) -> None:
    answer = page.post(ICLOUD_PAGE, {"username": "anna@icloud.example", "password": typed}, follow=True)
    account = Account.objects.get()
    assert (account.provider, account.label, account.status) == ("icloud", "anna@icloud.example", "connected")
    assert "anna@icloud.example is connected; 3 calendars were found" in answer.content.decode()


@pytest.mark.promise("C1")
def test_ordinary_apple_password_gets_its_own_sentence_and_is_not_sent(
    page: Client, typed_server: TypedServer
) -> None:
    answer = page.post(ICLOUD_PAGE, {"username": "anna@icloud.example", "password": "Sommer2027!"})
    assert answer.status_code == 422
    assert shown(PROBLEMS["ordinary_password"].text) in answer.content.decode()
    assert (typed_server.server.calls, Account.objects.count()) == ([], 0)


@pytest.mark.promise("C1")
def test_wrong_app_specific_password_is_said_in_apples_terms(page: Client, typed_server: TypedServer) -> None:
    answer = page.post(ICLOUD_PAGE, {"username": "anna@icloud.example", "password": "aaaa-bbbb-cccc-dddd"})
    text = answer.content.decode()
    assert shown(ICLOUD["wrong_password"].text) in text
    assert 'value="anna@icloud.example"' in text
    assert "aaaa-bbbb" not in text
    assert Account.objects.count() == 0


@pytest.mark.promise("C4")
def test_caldav_is_connected_by_server_name(page: Client, typed_server: TypedServer, host: User) -> None:
    page.post(CALDAV_PAGE, TYPED)
    account = Account.objects.get()
    assert (account.owner, account.base_url, account.username) == (host, "https://calendars.example/", "anna")
    assert account.label == "anna (calendars.example)"
    assert account.open_secret() == TYPED["password"]
    assert TYPED["password"] not in account.sealed_secret


@pytest.mark.promise("C7")
def test_own_calendars_block_and_the_main_one_receives_after_connecting(
    page: Client, typed_server: TypedServer
) -> None:
    page.post(CALDAV_PAGE, TYPED)
    found = {c.name: (c.blocks, c.receives, c.writable) for c in Calendar.objects.all()}
    assert found == {
        "Work": (True, True, True),
        "Private": (True, False, True),
        "Team": (False, False, False),
    }
    assert {c.run_at <= clock.now() for c in Calendar.objects.filter(blocks=True)} == {True}


@pytest.mark.promise("C6")
def test_second_account_leaves_the_receiving_calendar_as_it_is(
    page: Client, typed_server: TypedServer, host: User
) -> None:
    page.post(CALDAV_PAGE, TYPED)
    page.post(CALDAV_PAGE, {**TYPED, "username": "anna.second"})
    page.post(ICLOUD_PAGE, {"username": "anna@icloud.example", "password": TYPED["password"]})
    assert Account.objects.filter(owner=host).count() == 3
    assert [c.account.username for c in Calendar.objects.filter(receives=True)] == ["anna"]


ERRORS = [
    errors.WrongPassword(),
    errors.CertificateFailed(),
    errors.NoTls(),
    errors.Unreachable(),
    errors.AddressRefused(),
    errors.InsecureAddress(),
    errors.Timeout(),
    errors.ServerFailed(),
    errors.NotACalendar(),
    errors.NotFound(),
    errors.NoCalendars(),
    errors.PermissionDenied(),
    errors.RateLimited(),
    errors.TooLarge(),
]


@pytest.mark.promise("C4")
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_every_failure_has_its_own_sentence_and_stores_nothing(
    page: Client, typed_server: TypedServer, error: errors.ProviderError
) -> None:
    typed_server.server.fail_next("calendars", error)
    answer = page.post(CALDAV_PAGE, TYPED)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert shown(PROBLEMS[error.code].text) in text
    assert shown(PROBLEMS[error.code].remedy) in text
    assert ('value="https://calendars.example/"' in text, 'value="calendars.example"' in text) == (
        False,
        True,
    )
    assert TYPED["password"] not in text
    assert (Account.objects.count(), Calendar.objects.count()) == (0, 0)


def test_sentences_of_failures_differ() -> None:
    texts = [str(PROBLEMS[error.code].text) for error in ERRORS]
    assert len(set(texts)) == len(texts)


def test_account_connected_already_is_refused_before_asking(page: Client, typed_server: TypedServer) -> None:
    page.post(CALDAV_PAGE, TYPED)
    calls = len(typed_server.server.calls)
    answer = page.post(CALDAV_PAGE, TYPED)
    assert shown(PROBLEMS["already_connected"].text) in answer.content.decode()
    assert (Account.objects.count(), len(typed_server.server.calls)) == (1, calls)


def test_same_account_may_be_connected_by_two_hosts(
    page: Client, other_page: Client, typed_server: TypedServer
) -> None:
    page.post(CALDAV_PAGE, TYPED)
    other_page.post(CALDAV_PAGE, TYPED)
    assert Account.objects.count() == 2


def test_empty_form_says_what_is_missing(page: Client, typed_server: TypedServer) -> None:
    answer = page.post(CALDAV_PAGE, {})
    assert answer.context["form"].errors.keys() == {"url", "username", "password"}
    assert typed_server.server.calls == []


@pytest.mark.parametrize("url", ["http://[::1", "https://", "x" * 600])
def test_nonsense_address_is_refused_in_words(page: Client, url: str) -> None:
    answer = page.post(CALDAV_PAGE, {**TYPED, "url": url})
    assert (answer.status_code, "url" in answer.context["form"].errors) == (422, True)


def test_tries_are_limited(page: Client, typed_server: TypedServer) -> None:
    wrong = {**TYPED, "password": "wrong"}
    answers = [page.post(CALDAV_PAGE, wrong) for _ in range(31)]
    assert shown(PROBLEMS["too_many_tries"].text) in answers[-1].content.decode()
    assert len(typed_server.server.calls) == 30


@pytest.mark.parametrize("name", ["integrations", "connect", "connect_icloud", "connect_caldav"])
def test_pages_need_signing_in(client: Client, name: str, db: None) -> None:
    url = reverse(f"calendars:{name}")
    assert client.get(url)["Location"] == f"/accounts/login/?next={url}"
