"""Consent at Google, against a fake that speaks its rules."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from calendars.providers import errors
from calendars.providers.google import GoogleOAuth
from calendars.providers.oauth import Begun, Client, Grant, Granted
from tests.calendars.providers.google.conftest import EMAIL, POLICY
from tests.fakes.google import CALENDAR_LIST, EVENTS, Fault, GoogleFake

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
BACK = "https://booking.example/integrations/google/callback/"


@pytest.fixture
def oauth(fake: GoogleFake) -> GoogleOAuth:
    return GoogleOAuth(fake.addresses(), POLICY)


@pytest.fixture
def client(fake: GoogleFake) -> Client:
    return Client(**fake.client)


def begun(oauth: GoogleOAuth, client: Client, **traits: Any) -> Begun:
    return oauth.begin(client, redirect_uri=BACK, **traits)


def finished(oauth: GoogleOAuth, client: Client, begun: Begun, answer: dict[str, str]) -> Granted:
    return oauth.finish(client, redirect_uri=BACK, kept=begun.keep, answer=answer, now=NOW)


def granted(fake: GoogleFake, **traits: Any) -> Grant:
    token = fake.refresh_token(EMAIL)
    return Grant(**{"refresh_token": token, "granted_at": NOW - timedelta(days=30), **traits})


@pytest.mark.promise("C2")
def test_consent_gives_a_grant_and_the_accounts_address(
    fake: GoogleFake, oauth: GoogleOAuth, client: Client
) -> None:
    one = begun(oauth, client)

    found = finished(oauth, client, one, fake.consent(one.url))

    assert found.username == EMAIL
    assert found.grant.is_fresh(NOW) is True
    assert (found.grant.granted_at, found.grant.scopes) == (NOW, frozenset({CALENDAR_LIST, EVENTS}))
    assert found.grant.refresh_token != ""


def test_consent_page_is_asked_for_offline_access_with_pkce(
    fake: GoogleFake, oauth: GoogleOAuth, client: Client
) -> None:
    one = begun(oauth, client, login_hint=EMAIL)

    asked = dict(parse_qsl(urlsplit(one.url).query))
    told = ("access_type", "prompt", "include_granted_scopes", "code_challenge_method", "login_hint")
    assert [asked[name] for name in told] == ["offline", "consent", "true", "S256", EMAIL]
    assert asked["state"] == one.state
    assert one.url.startswith(f"{fake.url}/o/oauth2/auth?")
    assert one.keep["verifier"] not in one.url


def test_consent_in_a_browser_is_a_page_with_boxes(
    fake: GoogleFake, oauth: GoogleOAuth, client: Client
) -> None:
    one = begun(oauth, client)
    asked = dict(parse_qsl(urlsplit(one.url).query))

    page = requests.get(one.url, timeout=5).text
    form = {**asked, "account": EMAIL, "granted": [CALENDAR_LIST, EVENTS], "decision": "allow"}
    sent = requests.post(one.url, data=form, allow_redirects=False, timeout=5)

    assert page.count('type="checkbox"') == 2
    answer = dict(parse_qsl(urlsplit(sent.headers["Location"]).query))
    assert finished(oauth, client, one, answer).username == EMAIL


@pytest.mark.promise("C2")
def test_saying_no_is_told_as_such(fake: GoogleFake, oauth: GoogleOAuth, client: Client) -> None:
    one = begun(oauth, client)

    with pytest.raises(errors.ConsentRefused):
        finished(oauth, client, one, fake.consent(one.url, scopes=None))


@pytest.mark.promise("C2")
def test_unticked_box_is_named(fake: GoogleFake, oauth: GoogleOAuth, client: Client) -> None:
    one = begun(oauth, client)

    with pytest.raises(errors.ConsentPartial) as caught:
        finished(oauth, client, one, fake.consent(one.url, scopes=frozenset({CALENDAR_LIST})))

    assert caught.value.missing == (EVENTS,)


@pytest.mark.parametrize(
    "changes", [{"state": "forged"}, {"state": ""}, {"code": ""}, {"code": "4/unknown"}, {"error": "odd"}]
)
def test_answer_that_does_not_fit_is_stale(
    fake: GoogleFake, oauth: GoogleOAuth, client: Client, changes: dict[str, str]
) -> None:
    one = begun(oauth, client)

    with pytest.raises(errors.ConsentStale):
        finished(oauth, client, one, {**fake.consent(one.url), **changes})


def test_code_works_once_and_only_with_its_verifier(
    fake: GoogleFake, oauth: GoogleOAuth, client: Client
) -> None:
    one, other = begun(oauth, client), begun(oauth, client)
    answer = fake.consent(one.url)
    mixed = Begun(url=one.url, state=one.state, keep={**one.keep, "verifier": other.keep["verifier"]})

    with pytest.raises(errors.ConsentStale):
        finished(oauth, client, mixed, answer)
    with pytest.raises(errors.ConsentStale):
        finished(oauth, client, one, answer)


@pytest.mark.promise("C8")
def test_wrong_secret_is_the_clients_fault(fake: GoogleFake, oauth: GoogleOAuth, client: Client) -> None:
    one = begun(oauth, client)
    wrong = Client(client.client_id, "wrong")

    with pytest.raises(errors.BadClient):
        finished(oauth, wrong, one, fake.consent(one.url))


@pytest.mark.promise("C8")
def test_other_redirect_address_is_the_clients_fault(
    fake: GoogleFake, oauth: GoogleOAuth, client: Client
) -> None:
    one = begun(oauth, client)
    answer = fake.consent(one.url)

    with pytest.raises(errors.BadClient):
        oauth.finish(client, redirect_uri=f"{BACK}?x", kept=one.keep, answer=answer, now=NOW)


def test_refresh_keeps_the_refresh_token(fake: GoogleFake, oauth: GoogleOAuth, client: Client) -> None:
    old = granted(fake)

    new = oauth.refresh(client, old, now=NOW)

    assert (new.refresh_token, new.granted_at) == (old.refresh_token, old.granted_at)
    assert new.access_token in fake.consents.access
    assert new.expires_at == NOW + timedelta(seconds=3599)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(days=7), errors.TestingExpired),
        (timedelta(days=6, hours=12), errors.TestingExpired),
        (timedelta(days=8, hours=12), errors.TestingExpired),
        (timedelta(days=6), errors.AccessRevoked),
        (timedelta(days=9), errors.AccessRevoked),
        (timedelta(days=200), errors.AccessRevoked),
    ],
)
def test_refresh_tells_a_revoked_grant_from_one_of_a_consent_screen_in_testing(
    fake: GoogleFake, oauth: GoogleOAuth, client: Client, age: timedelta, expected: type[Exception]
) -> None:
    grant = granted(fake, granted_at=NOW - age)
    fake.revoke(EMAIL)

    with pytest.raises(errors.AccessRevoked) as caught:
        oauth.refresh(client, grant, now=NOW)

    assert type(caught.value) is expected


def test_refresh_with_a_wrong_secret_is_the_clients_fault(
    fake: GoogleFake, oauth: GoogleOAuth, client: Client
) -> None:
    with pytest.raises(errors.BadClient):
        oauth.refresh(Client(client.client_id, "wrong"), granted(fake), now=NOW)


def test_revoke_ends_the_grant_and_may_be_repeated(
    fake: GoogleFake, oauth: GoogleOAuth, client: Client
) -> None:
    grant = granted(fake)

    for _ in range(2):
        oauth.revoke(client, grant)

    assert [one.revoked for one in fake.consents.grants] == [True]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.error(500), errors.ServerFailed),
        (Fault.error(429, "x", Retry_After="7"), errors.RateLimited),
        (Fault.page(), errors.ServerFailed),
        (Fault.text(b'{"access_token": "ya2'), errors.ServerFailed),
        (Fault.text(b"{}", cut=True), errors.ServerFailed),
        (Fault(drop=True), errors.Unreachable),
        (Fault.redirect("http://127.0.0.1:1/"), errors.ServerFailed),
    ],
)
def test_bad_weather_at_the_token_endpoint_is_no_end_of_the_grant(
    fake: GoogleFake, oauth: GoogleOAuth, client: Client, fault: Fault, expected: type[Exception]
) -> None:
    one = begun(oauth, client)
    answer = fake.consent(one.url)
    fake.fail_next(fault, match="POST /token", times=2)

    with pytest.raises(errors.ProviderError) as refreshed:
        oauth.refresh(client, granted(fake), now=NOW)
    with pytest.raises(errors.ProviderError) as exchanged:
        finished(oauth, client, one, answer)

    assert (type(refreshed.value), type(exchanged.value)) == (expected, expected)


def test_secrets_are_not_in_what_may_be_logged(fake: GoogleFake, oauth: GoogleOAuth, client: Client) -> None:
    grant = granted(fake)
    fake.revoke(EMAIL)

    with pytest.raises(errors.AccessRevoked) as caught:
        oauth.refresh(client, grant, now=NOW)

    assert (str(caught.value), caught.value.detail) == ("invalid_grant", "invalid_grant")
    assert (grant.refresh_token in repr(grant), client.secret in repr(client)) == (False, False)
