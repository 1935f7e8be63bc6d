"""Connecting by consent through the pages (C2, C3): the way there, the way back, and every wrong turn."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.utils.html import escape

from bookingsite.models import User
from calendars.models import Account, Calendar, OAuthClient
from calendars.oauth.tokens import grant_of
from calendars.providers import errors
from calendars.wording import GOOGLE, MICROSOFT, PROBLEMS, Problem, problem
from tests.calendars.oauth.conftest import World, connected, register

pytestmark = pytest.mark.django_db
START = "/settings/integrations/connect/google/"
BACK = "/settings/integrations/callback/google/"
ALL = {"state": "state-1", "code": "good"}


def says(answer: HttpResponse, found: Problem) -> bool:
    text = answer.content.decode()
    return escape(str(found.text)) in text and escape(str(found.remedy)) in text


@pytest.mark.promise("C2")
def test_consent_connects_the_account_with_its_calendars(
    page: Client, host: User, world: World, client_of_site: OAuthClient
) -> None:
    page.post(START)
    answer = page.get(BACK, ALL, follow=True)

    account = Account.objects.get()
    assert (account.owner, account.provider, account.label, account.client_id, account.base_url) == (
        host, "google", "anna@work.example", "site-client", "",
    )  # fmt: skip
    assert grant_of(account).refresh_token == "refresh-1"
    assert "refresh-1" not in account.sealed_secret
    assert "anna@work.example is connected; 3 calendars were found" in answer.content.decode()
    assert answer.redirect_chain == [("/settings/integrations/", 302)]


def test_main_calendar_alone_blocks_and_receives_at_first(
    page: Client, world: World, client_of_site: OAuthClient
) -> None:
    page.post(START)
    page.get(BACK, ALL)

    found = {c.name: (c.blocks, c.receives) for c in Calendar.objects.all()}
    assert found == {"Anna": (True, True), "Family": (False, False), "Team": (False, False)}


def test_leaving_page_moves_on_by_itself_and_has_a_link(
    page: Client, world: World, client_of_site: OAuthClient
) -> None:
    answer = page.post(START)

    url = "https://consent.example/?state=state-1"
    assert (answer.status_code, answer["Refresh"]) == (200, f"0; url={url}")
    assert f'href="{url}"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_provider_is_asked_with_client_redirect_address_and_endpoints(
    page: Client, world: World, client_of_site: OAuthClient, settings
) -> None:
    settings.SITE_URL = "https://book.example.org"
    settings.GOOGLE_CALENDAR_API = "https://calendar.example/v3"
    page.post(START)

    [asked] = world.begun
    assert asked["redirect_uri"] == f"https://book.example.org{BACK}"
    assert (asked["client"].client_id, asked["client"].secret) == ("site-client", "secret of site-client")
    assert asked["addresses"]["api"] == "https://calendar.example/v3/"
    assert asked["hint"] == ""


def test_looking_at_the_page_asks_nobody(page: Client, world: World, client_of_site: OAuthClient) -> None:
    answer = page.get(START)

    assert (answer.status_code, world.begun) == (200, [])
    assert "Continue to Google" in answer.content.decode()


@pytest.mark.promise("C2")
def test_refused_consent_is_explained_and_stores_nothing(
    page: Client, world: World, client_of_site: OAuthClient
) -> None:
    page.post(START)
    answer = page.get(BACK, {"state": "state-1", "error": "access_denied"}, follow=True)

    assert (says(answer, PROBLEMS["consent_refused"]), Account.objects.count()) == (True, 0)
    assert answer.redirect_chain == [(START, 302)]


@pytest.mark.promise("C2")
def test_partial_consent_names_what_was_left_out_and_offers_to_grant_again(
    page: Client, world: World, client_of_site: OAuthClient
) -> None:
    scope = "https://www.googleapis.com/auth/calendar.events"
    world.refuse = errors.ConsentPartial(missing=(scope,))
    page.post(START)
    answer = page.get(BACK, ALL, follow=True)

    text = answer.content.decode()
    assert says(answer, PROBLEMS["consent_partial"])
    assert "<li>See and change events in all your calendars</li>" in text
    assert "Grant again at Google" in text
    assert Account.objects.count() == 0


@pytest.mark.promise("C3")
def test_need_of_an_administrator_is_explained_with_the_way_there(
    page: Client, world: World, settings
) -> None:
    settings.SITE_URL = "https://book.example.org"
    register(provider="microsoft", client_id="ms-client")
    world.refuse = errors.AdminConsentNeeded()
    page.post("/settings/integrations/connect/microsoft/")
    answer = page.get("/settings/integrations/callback/microsoft/", ALL, follow=True)

    text = answer.content.decode()
    url = (
        "https://login.microsoftonline.com/organizations/v2.0/adminconsent?client_id=ms-client"
        "&scope=https%3A%2F%2Fgraph.microsoft.com%2Fread+https%3A%2F%2Fgraph.microsoft.com%2Fwrite"
        "&redirect_uri=https%3A%2F%2Fbook.example.org%2Fsettings%2Fintegrations%2Fcallback%2Fmicrosoft%2F"
    )
    assert says(answer, PROBLEMS["admin_consent"])
    assert f'<span class="code">{escape(url)}</span>' in text
    assert '<span class="code">ms-client</span>' in text


def test_administrator_who_allowed_it_is_thanked_without_an_account(client: Client, world: World) -> None:
    answer = client.get(
        "/settings/integrations/callback/microsoft/", {"admin_consent": "True", "tenant": "t"}
    )

    assert (answer.status_code, "Allowed for your organisation" in answer.content.decode()) == (200, True)


@pytest.mark.parametrize("provider", ["google", "microsoft"])
def test_bad_client_tells_what_to_check(page: Client, world: World, provider: str) -> None:
    register(provider=provider)
    world.refuse = errors.BadClient()
    page.post(f"/settings/integrations/connect/{provider}/")
    answer = page.get(f"/settings/integrations/callback/{provider}/", ALL, follow=True)

    assert says(answer, {"google": GOOGLE, "microsoft": MICROSOFT}[provider]["bad_client"])


@pytest.mark.parametrize(
    "error", [errors.ConsentStale(), errors.NoCalendars(), errors.Timeout(), errors.Unreachable()],
    ids=lambda error: error.code,
)  # fmt: skip
def test_other_failures_are_said_and_store_nothing(
    page: Client, world: World, client_of_site: OAuthClient, error: errors.ProviderError
) -> None:
    world.refuse = error
    page.post(START)
    answer = page.get(BACK, ALL, follow=True)

    assert (says(answer, problem(error.code, "google")), Account.objects.count()) == (True, 0)


def test_problem_is_shown_once(page: Client, world: World, client_of_site: OAuthClient) -> None:
    page.post(START)
    page.get(BACK, {"state": "state-1", "error": "access_denied"})

    assert [says(page.get(START), PROBLEMS["consent_refused"]) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("answer", [{}, {"state": "forged", "code": "good"}, {"state": "ü", "code": "x"}])
def test_answer_that_nobody_asked_for_changes_nothing_and_leaves_the_question_open(
    page: Client, world: World, client_of_site: OAuthClient, answer: dict[str, str]
) -> None:
    page.post(START)
    refused = page.get(BACK, answer, follow=True)

    assert (says(refused, PROBLEMS["consent_stale"]), world.finished) == (True, [])
    page.get(BACK, ALL)
    assert Account.objects.count() == 1


def test_answer_is_used_once(page: Client, world: World, client_of_site: OAuthClient) -> None:
    page.post(START)
    page.get(BACK, ALL)
    again = page.get(BACK, ALL, follow=True)

    assert (says(again, PROBLEMS["consent_stale"]), len(world.finished)) == (True, 1)


def test_answer_for_another_provider_is_not_taken(
    page: Client, world: World, client_of_site: OAuthClient
) -> None:
    page.post(START)
    page.get("/settings/integrations/callback/microsoft/", ALL)

    assert world.finished == []


def test_answer_after_fifteen_minutes_is_stale(
    page: Client, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    with time_machine.travel(now, tick=False) as clock:
        page.post(START)
        clock.shift(timedelta(minutes=15))
        page.get(BACK, ALL)

    assert world.finished == []


def test_only_the_newest_question_is_open(page: Client, world: World, client_of_site: OAuthClient) -> None:
    page.post(START)
    page.post(START)
    page.get(BACK, ALL)

    assert world.finished == []


def test_answer_in_the_browser_of_another_host_is_not_taken(
    page: Client, other_page: Client, world: World, client_of_site: OAuthClient
) -> None:
    page.post(START)
    other_page.get(BACK, ALL)

    assert (world.finished, Account.objects.count()) == ([], 0)


def test_client_that_was_replaced_meanwhile_is_said(
    page: Client, world: World, client_of_site: OAuthClient
) -> None:
    page.post(START)
    OAuthClient.objects.update(client_id="another")
    answer = page.get(BACK, ALL, follow=True)

    assert (says(answer, PROBLEMS["client_gone"]), world.finished) == (True, [])


def test_tries_are_limited(page: Client, world: World, client_of_site: OAuthClient) -> None:
    answers = [page.post(START) for _ in range(31)]

    assert (answers[-1].status_code, says(answers[-1], PROBLEMS["too_many_tries"])) == (422, True)
    assert len(world.begun) == 30


@pytest.mark.promise("C8")
def test_without_a_client_the_host_is_shown_both_ways_to_one(page: Client, world: World) -> None:
    tile = page.get("/settings/integrations/connect/").content.decode()
    text = page.get(START).content.decode()

    assert tile.count("not set up yet") == 2
    assert "Google is not set up on this site yet" in text
    assert 'href="/settings/integrations/client/google/"' in text
    assert "Continue to Google" not in text


@pytest.mark.promise("C8")
def test_without_a_client_the_operator_is_led_to_the_admin(operator: User, world: World) -> None:
    client = Client()
    client.force_login(operator)
    text = client.get(START).content.decode()

    assert 'href="/admin/calendars/oauthclient/add/?provider=google"' in text
    assert "GOOGLE_CLIENT_ID" in text


def test_starting_without_a_client_is_refused_in_words(page: Client, world: World) -> None:
    answer = page.post(START)

    assert (answer.status_code, world.begun) == (422, [])
    assert "Google is not set up on this site yet" in answer.content.decode()


def test_consent_for_an_account_that_is_there_already_keeps_every_choice(
    page: Client, host: User, world: World, client_of_site: OAuthClient
) -> None:
    page.post(START)
    page.get(BACK, ALL)
    Calendar.objects.update(blocks=False)
    Account.objects.update(username="Anna@Work.example", status="reconnect", error="access_revoked")
    page.post(START)
    answer = page.get(BACK, {**ALL, "state": "state-2"}, follow=True)

    account = Account.objects.get()
    assert (account.status, account.error) == ("connected", "")
    assert set(Calendar.objects.values_list("blocks", flat=True)) == {False}
    assert "anna@work.example is connected again." in answer.content.decode()


def test_account_that_is_being_disconnected_is_not_taken_up(
    page: Client, host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    connected(host, now, closing_at=now)
    page.post(START)
    answer = page.get(BACK, ALL, follow=True)

    assert (says(answer, PROBLEMS["still_closing"]), Account.objects.get().closing_at) == (True, now)


@pytest.mark.promise("C2")
def test_reconnecting_keeps_choices_and_asks_for_the_same_account(
    page: Client, host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now, status="reconnect", error="access_revoked", trust_hours=5)
    page.post(f"/settings/integrations/{account.pk}/reconnect/")
    answer = page.get(BACK, ALL, follow=True)

    account.refresh_from_db()
    assert world.begun[0]["hint"] == "anna@work.example"
    assert (account.status, account.error, account.trust_hours) == ("connected", "", 5)
    assert f"{account.label} is connected again." in answer.content.decode()


def test_reconnecting_with_another_account_is_refused(
    page: Client, host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now, status="reconnect")
    before = account.sealed_secret
    world.username = "other@work.example"
    page.post(f"/settings/integrations/{account.pk}/reconnect/")
    answer = page.get(BACK, ALL, follow=True)

    account.refresh_from_db()
    assert says(answer, GOOGLE["other_account"])
    assert (account.status, account.sealed_secret, Account.objects.count()) == ("reconnect", before, 1)
    assert answer.redirect_chain == [(f"/settings/integrations/{account.pk}/reconnect/", 302)]


def test_reconnecting_takes_a_renamed_account_for_the_same(
    page: Client, world: World, client_of_site: OAuthClient
) -> None:
    page.post(START)
    page.get(BACK, ALL)
    account = Account.objects.get()
    world.username = "anna.berg@work.example"
    page.post(f"/settings/integrations/{account.pk}/reconnect/")
    page.get(BACK, {**ALL, "state": "state-2"})

    assert Account.objects.values_list("pk", "username").get() == (account.pk, "anna.berg@work.example")


def test_reconnecting_an_account_that_went_meanwhile_stores_nothing(
    page: Client, host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now)
    page.post(f"/settings/integrations/{account.pk}/reconnect/")
    account.delete()
    answer = page.get(BACK, ALL, follow=True)

    assert (answer.status_code, says(answer, PROBLEMS["consent_stale"])) == (200, True)
    assert Account.objects.count() == 0
