"""The whole way with both providers' fakes over HTTP: consent, calendars, reading, renewal, reconnecting, leaving."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils.html import escape

from bookingsite.lib import clock
from calendars.log import keeping
from calendars.models import Account, Busy, Calendar, LogEntry
from calendars.oauth.tokens import StoredTokens, grant_of
from calendars.sync.connection import guard_policy
from calendars.wording import PROBLEMS
from tests.calendars.oauth.conftest import patiently
from tests.factories import calendars as make
from tests.fakes.google import CALENDAR_LIST, EVENTS, Fault, GoogleFake
from tests.fakes.microsoft import MicrosoftFake, entra

pytestmark = pytest.mark.django_db
ANNA = "anna@work.example"
START_OF_BACK = "/settings/integrations/callback/"


@dataclass
class Side:
    """One provider as its accounts' owners see it."""

    key: str
    fake: Any
    yes: Callable[[str], dict[str, str]]
    no: Callable[[str], dict[str, str]]
    grants: Callable[[], list[str]]
    """The refresh tokens that work."""

    def go(self, page: Client, path: str = "") -> str:
        """Press the button; the consent page's address."""
        answer = page.post(path or f"/settings/integrations/connect/{self.key}/")
        return answer["Refresh"].removeprefix("0; url=")

    def back(self, page: Client, answer: dict[str, str]) -> Any:
        """Come back with an answer."""
        return page.get(f"{START_OF_BACK}{self.key}/", answer, follow=True)

    def connect(self, page: Client) -> Account:
        """The whole dance."""
        self.back(page, self.yes(self.go(page)))
        return Account.objects.get(provider=self.key)


@pytest.fixture
def google(settings) -> Iterator[Side]:
    with GoogleFake() as fake:
        use(settings, fake, "google")
        fake.add_account(ANNA)
        fake.add_calendar(ANNA, "team@group.calendar.google.com", name="Team")
        yield Side(
            "google",
            fake,
            yes=lambda url: fake.consent(url, email=ANNA),
            no=lambda url: fake.consent(url, email=ANNA, scopes=None),
            grants=lambda: [one.refresh_token for one in fake.consents.grants if not one.revoked],
        )


@pytest.fixture
def microsoft(settings) -> Iterator[Side]:
    with MicrosoftFake() as fake:
        use(settings, fake, "microsoft")
        fake.add_account(ANNA)
        fake.add_calendar(ANNA, "Team")
        yield Side(
            "microsoft",
            fake,
            yes=lambda url: fake.answered(url, ANNA),
            no=lambda url: fake.answered(url, ANNA, entra.No()),
            grants=lambda: [one.refresh_token for one in fake.entra.grants if not one.revoked],
        )


@pytest.fixture(params=["google", "microsoft"])
def side(request: pytest.FixtureRequest) -> Side:
    """Each of both."""
    found: Side = request.getfixturevalue(request.param)
    return found


def use(settings: Any, fake: Any, key: str) -> None:
    """Lead the site to the fake, with the client that is registered there."""
    settings.DEBUG = True
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    for name, value in fake.settings().items():
        setattr(settings, name, value)
    settings.OAUTH_CLIENTS = {**settings.OAUTH_CLIENTS, key: {"tenant": "", **fake.client}}


@pytest.mark.promise("C2")
@pytest.mark.promise("C3")
def test_account_is_connected_with_its_calendars(page: Client, side: Side) -> None:
    account = side.connect(page)

    chosen = {c.name: (c.blocks, c.receives) for c in account.calendars.all()}
    main = ANNA if side.key == "google" else "Calendar"
    assert (account.username, account.label, account.client_id) == (ANNA, ANNA, side.fake.client["client_id"])
    assert chosen == {main: (True, True), "Team": (False, False)}
    assert side.grants() == [grant_of(account).refresh_token]


def test_refusing_is_explained(page: Client, side: Side) -> None:
    answer = side.back(page, side.no(side.go(page)))

    assert escape(str(PROBLEMS["consent_refused"].text)) in answer.content.decode()
    assert Account.objects.count() == 0


@pytest.mark.promise("C2")
def test_google_box_that_was_unticked_is_named_and_can_be_granted_again(page: Client, google: Side) -> None:
    partial = google.fake.consent(google.go(page), email=ANNA, scopes=frozenset({CALENDAR_LIST}))
    answer = google.back(page, partial).content.decode()
    assert ("<li>See and change events in all your calendars</li>" in answer, EVENTS in answer) == (
        True,
        False,
    )
    assert Account.objects.count() == 0

    assert google.connect(page).status == "connected"


@pytest.mark.promise("C3")
def test_microsoft_administrators_refusal_is_explained(page: Client, microsoft: Side) -> None:
    refused = microsoft.fake.answered(microsoft.go(page), ANNA, entra.ADMIN)
    answer = microsoft.back(page, refused).content.decode()

    assert escape(str(PROBLEMS["admin_consent"].text)) in answer
    assert f"{microsoft.fake.url}/organizations/v2.0/adminconsent?client_id=" in answer


def test_wrong_client_secret_is_explained(page: Client, side: Side, settings) -> None:
    wrong = {**settings.OAUTH_CLIENTS[side.key], "secret": "wrong"}
    settings.OAUTH_CLIENTS = {**settings.OAUTH_CLIENTS, side.key: wrong}
    answer = side.back(page, side.yes(side.go(page)))

    assert "does not accept the client that this site asks with." in answer.content.decode()
    assert Account.objects.count() == 0


def read(account: Account) -> Calendar:
    return make.read_now(account.calendars.get(blocks=True), clock.now())


def put_event(side: Side, calendar: Calendar) -> None:
    start = clock.now().replace(microsecond=0) + timedelta(days=1)
    times = [start, start + timedelta(hours=1)]
    if side.key == "google":
        begin, end = ({"dateTime": each.isoformat()} for each in times)
        side.fake.put_event(calendar.remote_id, {"summary": "Dentist", "start": begin, "end": end})
    else:
        begin, end = (
            {"dateTime": each.replace(tzinfo=None).isoformat(), "timeZone": "UTC"} for each in times
        )
        side.fake.put_event(calendar.remote_id, {"subject": "Dentist", "start": begin, "end": end})


def test_events_close_times_also_when_the_access_token_has_run_out(page: Client, side: Side) -> None:
    account = side.connect(page)
    put_event(side, account.calendars.get(blocks=True))
    read(account)
    side.fake.expire_access()
    put_event(side, account.calendars.get(blocks=True))
    calendar = read(account)

    assert (calendar.error, Busy.objects.filter(calendar=calendar, blocks=True).count()) == ("", 2)


def test_withdrawn_permission_asks_to_reconnect_and_reconnecting_mends_it(page: Client, side: Side) -> None:
    account = side.connect(page)
    account.calendars.filter(name="Team").update(blocks=True, tentative_blocks=True)
    side.fake.revoke(ANNA)
    broken = make.read_now(account.calendars.get(receives=True), clock.now()).account
    assert (broken.status, broken.error) == ("reconnect", "access_revoked")

    url = side.go(page, f"/settings/integrations/{account.pk}/reconnect/")
    side.back(page, side.yes(url))
    account.refresh_from_db()
    assert f"login_hint={ANNA.replace('@', '%40')}" in url
    assert (account.status, account.error, Account.objects.count()) == ("connected", "", 1)
    assert account.calendars.get(name="Team").tentative_blocks
    assert make.read_now(account.calendars.get(receives=True), clock.now()).error == ""


def test_looking_now_renews_a_refused_token(page: Client, side: Side) -> None:
    account = side.connect(page)
    side.fake.expire_access()
    answer = page.post(f"/settings/integrations/{account.pk}/refresh/", follow=True)

    assert f"{ANNA} answers." in answer.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.promise("C3")
def test_two_workers_at_once_keep_the_one_refresh_token_that_works(page: Client, microsoft: Side) -> None:
    account = microsoft.connect(page)
    old = replace(grant_of(account), expires_at=clock.now())
    account.seal_secret(old.as_text())
    account.save()
    asked = len(microsoft.fake.lines("/oauth2/v2.0/token"))
    together = Barrier(2)

    def worker() -> str:
        try:
            tokens = StoredTokens(Account.objects.get(pk=account.pk), guard_policy(deadline=10))
            together.wait(10)
            return patiently(tokens.access)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        got = {each.result() for each in [pool.submit(worker), pool.submit(worker)]}

    account.refresh_from_db()
    assert len(microsoft.fake.lines("/oauth2/v2.0/token")) == asked + 1
    assert got == {grant_of(account).access_token}
    assert grant_of(account).refresh_token != old.refresh_token
    assert grant_of(account).refresh_token in microsoft.grants()


def test_disconnecting_ends_the_grant_at_google(page: Client, google: Side) -> None:
    account = google.connect(page)
    page.post(f"/settings/integrations/{account.pk}/disconnect/", {"events": "keep"})

    assert (google.grants(), Account.objects.count()) == ([], 0)


def test_consent_survives_a_provider_that_is_down_at_the_last_step(page: Client, google: Side) -> None:
    google.fake.fail_next(Fault(status=503), match="calendarList")
    answer = google.back(page, google.yes(google.go(page)))
    assert (
        Account.objects.count(),
        escape(str(PROBLEMS["server_failed"].text)) in answer.content.decode(),
    ) == (0, True)

    assert google.connect(page).status == "connected"


@pytest.mark.promise("C10")
def test_debug_log_holds_every_request_and_no_name_and_no_token(page: Client, side: Side) -> None:
    account = side.connect(page)
    keeping.switch_on(account, clock.now())

    side.back(page, side.yes(side.go(page, f"/settings/integrations/{account.pk}/reconnect/")))
    account.refresh_from_db()
    late = replace(grant_of(account), expires_at=clock.now() - timedelta(hours=1))
    account.seal_secret(late.as_text())
    account.save()
    make.read_now(account.calendars.get(blocks=True), clock.now())

    entries = list(LogEntry.objects.order_by("pk"))
    asked_for_tokens = [entry.job for entry in entries if entry.target.endswith("/token")]
    assert asked_for_tokens == ["connect", "read"]
    assert {entry.result for entry in entries} == {"200"}
    told = "\n".join(f"{entry.target} {entry.request_id}" for entry in entries)
    account.refresh_from_db()
    kept = grant_of(account)
    secrets = [late.refresh_token, kept.refresh_token, kept.access_token, "anna", "work.example"]
    assert [secret for secret in secrets if secret in told] == []
