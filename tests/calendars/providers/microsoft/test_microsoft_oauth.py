"""Consent at Microsoft and the tokens that come of it, against a fake that speaks Entra's rules."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from calendars.providers import errors
from calendars.providers.microsoft import MicrosoftOAuth
from calendars.providers.oauth import Begun, Client, Grant, Granted
from tests.calendars.providers.microsoft.conftest import EMAIL, POLICY
from tests.fakes.microsoft import ADMIN, SCOPES, Fault, MicrosoftFake, No

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
BACK = "https://booking.example/integrations/microsoft/callback/"


@pytest.fixture
def oauth(fake: MicrosoftFake) -> MicrosoftOAuth:
    return MicrosoftOAuth(fake.addresses(), POLICY)


@pytest.fixture
def client(fake: MicrosoftFake) -> Client:
    return Client(**fake.client)


def finished(oauth: MicrosoftOAuth, client: Client, one: Begun, answer: dict[str, str]) -> Granted:
    kept = json.loads(json.dumps(dict(one.keep)))  # as a session keeps it
    return oauth.finish(client, redirect_uri=BACK, kept=kept, answer=answer, now=NOW)


def answered(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client, answer: frozenset[str] | No = SCOPES
) -> Granted:
    one = oauth.begin(client, redirect_uri=BACK)
    return finished(oauth, client, one, fake.answered(one.url, EMAIL, answer))


def granted(fake: MicrosoftFake, **traits: Any) -> Grant:
    access, refresh = fake.entra.sign_in(EMAIL)
    usual = {"refresh_token": refresh, "access_token": access, "granted_at": NOW - timedelta(days=30)}
    return Grant(**{**usual, **traits})


@pytest.mark.promise("C3")
def test_consent_gives_a_grant_and_the_accounts_address(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    found = answered(fake, oauth, client)

    assert found.username == EMAIL
    assert found.grant.is_fresh(NOW) is True
    assert found.grant.expires_at == NOW + timedelta(seconds=fake.entra.lifetime)
    assert found.grant.granted_at == NOW
    assert found.grant.scopes >= SCOPES
    assert found.grant.refresh_token == fake.entra.grants[-1].refresh_token


def test_consent_of_a_personal_account_is_named_by_its_sign_in_name(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    fake.add_account("ada@outlook.example", organisation=False)
    one = oauth.begin(client, redirect_uri=BACK)

    found = finished(oauth, client, one, fake.answered(one.url, "ada@outlook.example"))

    assert found.username == "ada@outlook.example"


def test_begin_asks_with_pkce_for_what_is_needed(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    one = oauth.begin(client, redirect_uri=BACK, login_hint=EMAIL)

    asked = dict(parse_qsl(urlsplit(one.url).query))
    assert one.url.startswith(f"{fake.url}/common/oauth2/v2.0/authorize?")
    assert set(asked["scope"].split()) == {*SCOPES, "offline_access", "openid", "profile"}
    assert (asked["code_challenge_method"], asked["login_hint"], asked["redirect_uri"]) == (
        "S256",
        EMAIL,
        BACK,
    )
    assert (asked["state"], asked["client_id"]) == (one.state, client.client_id)
    assert one.keep["code_verifier"] not in one.url


def test_begin_without_a_hint_lets_people_choose_their_account(oauth: MicrosoftOAuth, client: Client) -> None:
    asked = dict(parse_qsl(urlsplit(oauth.begin(client, redirect_uri=BACK).url).query))

    assert asked["prompt"] == "select_account"


def test_begin_uses_the_clients_directory(fake: MicrosoftFake, oauth: MicrosoftOAuth) -> None:
    fake.entra.tenant = "contoso.example"
    client = Client(**fake.client)

    assert oauth.begin(client, redirect_uri=BACK).url.startswith(f"{fake.url}/contoso.example/oauth2/")


def test_begin_with_an_unknown_directory_is_the_clients_fault(
    fake: MicrosoftFake, oauth: MicrosoftOAuth
) -> None:
    fake.entra.tenant = "contoso.example"

    with pytest.raises(errors.BadClient):
        oauth.begin(Client(fake.entra.client_id, "secret", "nowhere.example"), redirect_uri=BACK)


def test_consent_page_in_a_browser_leads_back_with_a_code(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    one = oauth.begin(client, redirect_uri=BACK)
    page = requests.get(one.url, timeout=5).text
    form = {**dict(parse_qsl(urlsplit(one.url).query)), "account": EMAIL, "decision": "accept"}

    sent = requests.post(one.url, data=form, allow_redirects=False, timeout=5)

    assert page.count("<button") == 3
    answer = dict(parse_qsl(urlsplit(sent.headers["Location"]).query))
    assert finished(oauth, client, one, answer).username == EMAIL


REFUSALS = [
    (No(), errors.ConsentRefused),
    (ADMIN, errors.AdminConsentNeeded),
    (
        No("access_denied", "AADSTS65001: The user or administrator has not consented.", ""),
        errors.AdminConsentNeeded,
    ),
    (
        No("access_denied", "AADSTS90094: The grant requires admin permission.", "x"),
        errors.AdminConsentNeeded,
    ),
    (No("access_denied", "AADSTS90093: Graph returned forbidden.", ""), errors.AdminConsentNeeded),
    (No("consent_required", "no number", ""), errors.AdminConsentNeeded),
    (No("access_denied", "the user canceled", ""), errors.ConsentRefused),
    (No("unauthorized_client", "AADSTS700016: not found", ""), errors.BadClient),
    (No("invalid_request", "AADSTS50011: redirect", ""), errors.BadClient),
    (No("temporarily_unavailable", "AADSTS90033: later", ""), errors.ServerFailed),
    (No("something_new", "AADSTS1: ?", ""), errors.ConsentStale),
]


@pytest.mark.promise("C3")
@pytest.mark.parametrize(("no", "error"), REFUSALS)
def test_refused_consent_says_why(
    fake: MicrosoftFake,
    oauth: MicrosoftOAuth,
    client: Client,
    no: No,
    error: type[errors.ProviderError],
) -> None:
    with pytest.raises(errors.ProviderError) as caught:
        answered(fake, oauth, client, no)

    assert type(caught.value) is error


def test_consent_without_the_calendars_names_what_is_missing(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    with pytest.raises(errors.ConsentPartial) as caught:
        answered(fake, oauth, client, frozenset({"User.Read"}))

    assert caught.value.missing == ("Calendars.ReadWrite",)


def test_consent_that_does_not_last_is_partial(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    given = {"access_token": "x", "expires_in": 3600, "scope": "Calendars.ReadWrite User.Read"}
    fake.fail_next(Fault.text(json.dumps(given).encode()), match="/token")

    with pytest.raises(errors.ConsentPartial) as caught:
        answered(fake, oauth, client)

    assert caught.value.missing == ("offline_access",)


REFRESH_REFUSALS = {
    ("invalid_grant", 700082): errors.AccessRevoked,
    ("invalid_grant", 65001): errors.AccessRevoked,
    ("interaction_required", 50076): errors.AccessRevoked,
    ("unauthorized_client", 700016): errors.BadClient,
    ("temporarily_unavailable", 90033): errors.ServerFailed,
    ("something_new", 1): errors.ServerFailed,
}


@pytest.mark.parametrize("refusal", REFRESH_REFUSALS)
def test_refused_refresh_says_why(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client, refusal: tuple[str, int]
) -> None:
    error, number = refusal
    body = {"error": error, "error_description": f"AADSTS{number}: no", "error_codes": [number]}
    fake.fail_next(
        Fault(400, json.dumps(body).encode(), {"Content-Type": "application/json"}), match="/token"
    )

    with pytest.raises(errors.ProviderError) as caught:
        oauth.refresh(client, granted(fake), now=NOW)
    assert type(caught.value) is REFRESH_REFUSALS[refusal]


def test_answer_with_another_state_is_stale(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    one = oauth.begin(client, redirect_uri=BACK)
    answer = fake.answered(one.url, EMAIL) | {"state": "forged"}

    with pytest.raises(errors.ConsentStale):
        finished(oauth, client, one, answer)
    assert fake.lines("POST") == []


@pytest.mark.parametrize("answer", [{}, {"error": "access_denied"}, {"code": "x"}])
def test_answer_without_a_state_is_stale(
    oauth: MicrosoftOAuth, client: Client, answer: dict[str, str]
) -> None:
    one = oauth.begin(client, redirect_uri=BACK)

    with pytest.raises(errors.ConsentStale):
        finished(oauth, client, one, answer)


def test_code_that_was_used_before_is_stale(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    one = oauth.begin(client, redirect_uri=BACK)
    answer = fake.answered(one.url, EMAIL)
    finished(oauth, client, one, answer)

    with pytest.raises(errors.ConsentStale):
        finished(oauth, client, one, answer)


def test_code_of_another_question_is_stale(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    one, other = (oauth.begin(client, redirect_uri=BACK) for _ in range(2))
    answer = fake.answered(other.url, EMAIL) | {"state": one.state}

    with pytest.raises(errors.ConsentStale):
        finished(oauth, client, one, answer)


def test_answer_meant_for_another_sign_in_is_stale(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    one = oauth.begin(client, redirect_uri=BACK)
    answer = fake.answered(one.url, EMAIL)
    forged = Begun(one.url, one.state, {**one.keep, "nonce": "another"})

    with pytest.raises(errors.ConsentStale):
        finished(oauth, client, forged, answer)


def test_wrong_secret_is_the_clients_fault(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    fake.entra.client_secret = "changed"

    with pytest.raises(errors.BadClient) as caught:
        answered(fake, oauth, client)
    assert caught.value.detail == "invalid_client 7000215"


@pytest.mark.promise("C3")
def test_refresh_replaces_the_refresh_token(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    before = granted(fake)

    after = oauth.refresh(client, before, now=NOW)

    assert after.refresh_token not in ("", before.refresh_token)
    assert after.access_token not in ("", before.access_token)
    assert (after.granted_at, after.is_fresh(NOW)) == (before.granted_at, True)
    with pytest.raises(errors.AccessRevoked):
        oauth.refresh(client, before, now=NOW)
    assert oauth.refresh(client, after, now=NOW).refresh_token != after.refresh_token


@pytest.mark.promise("C3")
def test_refresh_after_the_person_took_it_back_is_revoked(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    grant = granted(fake)
    fake.revoke(EMAIL)

    with pytest.raises(errors.AccessRevoked) as caught:
        oauth.refresh(client, grant, now=NOW)
    assert caught.value.detail == "invalid_grant 50173"


def test_refresh_with_an_expired_secret_is_the_clients_fault(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    body = {
        "error": "invalid_client",
        "error_description": "AADSTS7000222: expired",
        "error_codes": [7000222],
    }
    fake.fail_next(
        Fault(401, json.dumps(body).encode(), {"Content-Type": "application/json"}), match="/token"
    )

    with pytest.raises(errors.BadClient):
        oauth.refresh(client, granted(fake), now=NOW)


FAULTS = [
    (Fault.error(500), errors.ServerFailed),
    (Fault.error(503, "busy", Retry_After="7"), errors.ServerFailed),
    (Fault.error(429, "busy", Retry_After="7"), errors.RateLimited),
    (Fault.page(), errors.ServerFailed),
    (Fault.page(400), errors.ServerFailed),
    (Fault.text(b'{"access_'), errors.ServerFailed),
    (Fault.text(b'{"access_', cut=True), errors.ServerFailed),
    (Fault.text(b"{}"), errors.ServerFailed),
    (Fault.redirect("http://10.0.0.1/token"), errors.ServerFailed),
    (Fault.hang_up(), errors.Unreachable),
]


@pytest.mark.parametrize(("fault", "error"), FAULTS)
def test_token_endpoint_in_bad_weather(
    fake: MicrosoftFake,
    oauth: MicrosoftOAuth,
    client: Client,
    fault: Fault,
    error: type[errors.ProviderError],
) -> None:
    fake.fail_next(fault, match="/token")

    with pytest.raises(errors.ProviderError) as caught:
        oauth.refresh(client, granted(fake), now=NOW)
    assert (type(caught.value), caught.value.retryable) == (error, True)


def test_too_many_requests_name_their_pause(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    fake.fail_next(Fault.error(429, "busy", Retry_After="7"), match="openid-configuration")

    with pytest.raises(errors.RateLimited) as caught:
        oauth.begin(client, redirect_uri=BACK)
    assert caught.value.retry_after == 7


def test_tokens_are_not_asked_for_over_an_open_line(fake: MicrosoftFake, client: Client) -> None:
    addresses = fake.addresses() | {"authority": "http://login.contoso.example"}

    with pytest.raises(errors.InsecureAddress):
        MicrosoftOAuth(addresses, POLICY).begin(client, redirect_uri=BACK)


def test_directory_that_names_a_token_endpoint_elsewhere_gets_nothing(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client
) -> None:
    document = fake.entra.discovery(fake.url, "common") | {"token_endpoint": "https://evil.example/x/token"}
    fault = Fault.text(json.dumps(document).encode(), "application/json")
    fake.fail_next(fault, match="openid-configuration")

    with pytest.raises(errors.ServerFailed):
        oauth.refresh(client, granted(fake), now=NOW)
    assert fake.lines("POST") == []


def test_secrets_are_not_logged(
    fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    fake.fail_next(Fault.text(b"refresh-token-in-a-page"), match="/token")
    with caplog.at_level(0), pytest.raises(errors.ServerFailed):
        oauth.refresh(client, granted(fake), now=NOW)
    with caplog.at_level(0):
        answered(fake, oauth, client)

    assert "refresh-token-in-a-page" not in caplog.text
    assert fake.entra.client_secret not in caplog.text


def test_national_clouds_name_their_own_graph(fake: MicrosoftFake, client: Client) -> None:
    addresses = fake.addresses() | {"api": "https://graph.microsoft.us/v1.0/"}

    begun = MicrosoftOAuth(addresses, POLICY).begin(client, redirect_uri=BACK)

    asked = dict(parse_qsl(urlsplit(begun.url).query))
    own = {f"https://graph.microsoft.us/{scope}" for scope in SCOPES}
    assert set(asked["scope"].split()) == {*own, "offline_access", "openid", "profile"}


def test_revoke_is_no_call(fake: MicrosoftFake, oauth: MicrosoftOAuth, client: Client) -> None:
    oauth.revoke(client, granted(fake))

    assert fake.log == []
