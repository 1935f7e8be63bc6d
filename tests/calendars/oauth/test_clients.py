"""Whose OAuth client asks, and bringing one of one's own (C8)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from bookingsite.lib import clock
from bookingsite.models import User
from calendars.models import Account, OAuthClient
from calendars.oauth import clients
from calendars.oauth.addresses import addresses_of
from calendars.providers import errors
from calendars.providers.oauth import Client as Registered
from tests.calendars.oauth.conftest import World, connected, register
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db
OWN = "/settings/integrations/client/google/"
DELETE = f"{OWN}delete/"
MINE = "1234-abcd.apps.googleusercontent.com"
GUID = "6731de76-14a6-49ae-97bc-6eba6914391e"
TYPED = {"client_id": MINE, "secret": "my secret's".replace(" ", "-")}
ENVIRONMENT = {"client_id": "env-client", "secret": "env-secret", "tenant": ""}


@pytest.fixture
def environment(settings) -> None:
    """The operator set a Google client in the environment."""
    settings.OAUTH_CLIENTS = {**settings.OAUTH_CLIENTS, "google": ENVIRONMENT}


@pytest.mark.promise("C8")
def test_hosts_own_client_wins_over_the_sites_and_that_over_the_environment(
    host: User, other_host: User, environment: None
) -> None:
    assert clients.resolve("google", host.pk) == Registered(**ENVIRONMENT)
    register()
    assert clients.resolve("google", host.pk) == Registered("site-client", "secret of site-client")
    register(host, client_id="own-client")
    assert clients.resolve("google", host.pk) == Registered("own-client", "secret of own-client")
    assert clients.resolve("google", other_host.pk) == Registered("site-client", "secret of site-client")


def test_client_of_one_provider_serves_no_other(host: User) -> None:
    register(provider="google")

    assert clients.resolve("microsoft", host.pk) is None


def test_tenant_travels_with_the_client(host: User) -> None:
    register(provider="microsoft", tenant="contoso.example")

    assert clients.resolve("microsoft", host.pk) == Registered(
        "site-client", "secret of site-client", "contoso.example"
    )


def test_account_is_served_by_its_client_wherever_that_is_now(
    host: User, environment: None, now: datetime
) -> None:
    register()
    register(host, client_id="own-client")
    found = [
        clients.of_account(connected(host, now, client_id=client_id, username=client_id)).secret
        for client_id in ("own-client", "site-client", "env-client")
    ]
    assert found == ["secret of own-client", "secret of site-client", "env-secret"]


def test_client_of_another_host_serves_nobody_else(host: User, other_host: User, now: datetime) -> None:
    register(other_host, client_id="theirs")

    with pytest.raises(errors.ClientGone):
        clients.of_account(connected(host, now, client_id="theirs"))


def test_client_whose_secret_cannot_be_opened_is_a_bad_client(host: User) -> None:
    row = register()
    OAuthClient.objects.filter(pk=row.pk).update(sealed_secret="s1:nonsense")

    with pytest.raises(errors.BadClient):
        clients.resolve("google", host.pk)


@pytest.mark.promise("C8")
def test_host_brings_a_client_whose_secret_is_never_shown(page: Client, host: User, world: World) -> None:
    page.post(OWN, TYPED)
    row = OAuthClient.objects.get()
    text = page.get(OWN).content.decode()

    assert (row.owner, row.client_id, row.open_secret()) == (host, MINE, TYPED["secret"])
    assert TYPED["secret"] not in row.sealed_secret
    assert [TYPED["secret"] in text, row.sealed_secret in text] == [False, False]
    assert f'value="{MINE}"' in text
    assert page.get("/settings/integrations/connect/google/").status_code == 200


@pytest.mark.promise("C8")
@pytest.mark.parametrize("provider", ["google", "microsoft"])
def test_page_shows_the_exact_redirect_address(page: Client, world: World, settings, provider: str) -> None:
    settings.SITE_URL = "https://book.example.org"
    text = page.get(f"/settings/integrations/client/{provider}/").content.decode()

    url = f"https://book.example.org/settings/integrations/callback/{provider}/"
    assert text.count(f'<span class="code">{url}</span>') == 1
    assert f'data-copy="{url}"' in text


def test_blank_secret_keeps_the_stored_one(page: Client, world: World) -> None:
    page.post(OWN, TYPED)
    page.post(OWN, {"client_id": MINE, "secret": ""})

    assert OAuthClient.objects.get().open_secret() == TYPED["secret"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"client_id": MINE, "secret": ""}, "secret"),
        ({"client_id": "", "secret": "x"}, "client_id"),
        ({"client_id": "two words", "secret": "x"}, "client_id"),
        ({"client_id": MINE, "secret": "two\twords"}, "secret"),
        ({"client_id": "x" * 201, "secret": "x"}, "client_id"),
    ],
)
def test_nonsense_is_refused_at_its_field(
    page: Client, world: World, typed: dict[str, str], field: str
) -> None:
    answer = page.post(OWN, typed)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert OAuthClient.objects.count() == 0


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("provider", "client_id", "said"),
    [
        (
            "google",
            "my-project-1234",
            "those end in .apps.googleusercontent.com.",
        ),
        ("google", GUID, "This is not a client ID of Google"),
        ("microsoft", MINE, "This is not a client ID of Microsoft: copy the “Application (client) ID”"),
        ("microsoft", f"{GUID}0", "This is not a client ID of Microsoft"),
    ],
)
def test_client_id_of_another_form_is_refused_in_words(
    page: Client, admin: Client, provider: str, client_id: str, said: str
) -> None:
    typed = {"provider": provider, "owner": "", "client_id": client_id, "secret": "x"}
    answers = [page.post(f"/settings/integrations/client/{provider}/", typed), admin.post(add_page(), typed)]

    assert [said in answer.content.decode() for answer in answers] == [True, True]
    assert OAuthClient.objects.count() == 0


def test_client_of_another_server_than_googles_may_be_called_anything(
    page: Client, world: World, settings
) -> None:
    settings.GOOGLE_AUTH_URI = "https://accounts.example.org/o/oauth2/auth"
    page.post(OWN, {**TYPED, "client_id": "client-1.apps.example"})

    assert OAuthClient.objects.get().client_id == "client-1.apps.example"


def test_only_microsofts_page_explains_the_directory(page: Client, world: World) -> None:
    text = page.get("/settings/integrations/client/microsoft/").content.decode()

    assert "Empty: accounts of every organisation and personal ones." in text
    assert "Microsoft only" not in text


def test_googles_steps_name_the_whole_scopes(page: Client, world: World) -> None:
    text = page.get(OWN).content.decode()

    assert "https://www.googleapis.com/auth/calendar.calendarlist.readonly" in text
    assert "https://www.googleapis.com/auth/calendar.events" in text


def test_other_client_id_wants_its_own_secret(page: Client, world: World) -> None:
    page.post(OWN, TYPED)
    answer = page.post(OWN, {"client_id": f"5678-{MINE}", "secret": ""})

    assert (answer.status_code, OAuthClient.objects.get().client_id) == (422, MINE)


@pytest.mark.parametrize(
    ("tenant", "status"),
    [("", 302), ("contoso.example", 302), ("../common", 422), ("a/b", 422), ("x?y", 422), ("a b", 422)],
)
def test_directory_must_fit_into_an_address(page: Client, world: World, tenant: str, status: int) -> None:
    answer = page.post(
        "/settings/integrations/client/microsoft/", {**TYPED, "client_id": GUID, "tenant": tenant}
    )

    assert answer.status_code == status


def test_google_has_no_directory(page: Client, world: World) -> None:
    assert 'name="tenant"' not in page.get(OWN).content.decode()


@pytest.mark.promise("C8")
def test_deleting_says_how_many_accounts_must_be_connected_again(
    page: Client, host: User, world: World, now: datetime
) -> None:
    register(host, client_id="own-client")
    account = connected(host, now, client_id="own-client", label="Work of Anna")
    before = page.get(DELETE).content.decode()
    answer = page.post(DELETE, follow=True)

    account.refresh_from_db()
    assert "1 account was connected with it and must be connected again." in before
    assert "<li>Work of Anna</li>" in before
    assert "Your client was deleted. 1 account must be connected again." in answer.content.decode()
    assert (account.status, account.error, OAuthClient.objects.count()) == ("reconnect", "client_gone", 0)


def test_deleting_a_client_that_the_site_has_too_loses_nothing(
    page: Client, host: User, world: World, now: datetime
) -> None:
    register()
    register(host)
    account = connected(host, now)
    before = page.get(DELETE).content.decode()
    page.post(DELETE)

    account.refresh_from_db()
    assert ("No account depends on it." in before, account.status) == (True, "connected")


def test_replacing_the_client_puts_its_accounts_to_be_connected_again(
    page: Client, host: User, world: World, now: datetime
) -> None:
    register(host, client_id="own-client")
    account = connected(host, now, client_id="own-client")
    page.post(OWN, TYPED)

    account.refresh_from_db()
    assert (account.status, account.error) == ("reconnect", "client_gone")


def test_new_secret_of_the_same_client_keeps_its_accounts(
    page: Client, host: User, world: World, now: datetime
) -> None:
    register(host, client_id="own-client")
    account = connected(host, now, client_id="own-client")
    page.post(OWN, {"client_id": "own-client", "secret": "new"})

    account.refresh_from_db()
    assert (account.status, clients.of_account(account).secret) == ("connected", "new")


def test_new_secret_has_accounts_tried_at_once_that_waited_for_it(
    page: Client, host: User, world: World, now: datetime
) -> None:
    register(host, client_id="own-client")
    account = connected(host, now, client_id="own-client", status="reconnect", error="bad_client")
    later = clock.now() + timedelta(hours=6)
    calendar = make.make_calendar(account, run_at=later)
    page.post(OWN, {"client_id": "own-client", "secret": "new"})

    calendar.refresh_from_db()
    assert calendar.run_at < later


def test_client_of_another_host_is_not_found(page: Client, other_host: User, world: World) -> None:
    register(other_host)

    assert [page.get(DELETE).status_code, page.post(DELETE).status_code] == [404, 404]
    assert "site-client" not in page.get(OWN).content.decode()


def add_page() -> str:
    return reverse("admin:calendars_oauthclient_add")


@pytest.fixture
def admin(operator: User) -> Client:
    """The operator's browser."""
    client = Client()
    client.force_login(operator)
    return client


@pytest.mark.promise("C8")
def test_operator_sets_a_client_for_the_site_whose_secret_is_never_shown(admin: Client, host: User) -> None:
    admin.post(add_page(), {"provider": "google", "owner": "", "client_id": MINE, "secret": "hush-hush"})
    row = OAuthClient.objects.get()
    text = admin.get(reverse("admin:calendars_oauthclient_change", args=[row.pk])).content.decode()

    assert clients.resolve("google", host.pk) == Registered(MINE, "hush-hush")
    assert ["hush-hush" in text, row.sealed_secret in text] == [False, False]


def test_blank_secret_in_the_admin_keeps_the_stored_one(admin: Client) -> None:
    row = register(provider="microsoft")
    typed = {
        "provider": "microsoft",
        "owner": "",
        "client_id": "site-client",
        "secret": "",
        "tenant": "t.example",
    }
    admin.post(reverse("admin:calendars_oauthclient_change", args=[row.pk]), typed)

    row.refresh_from_db()
    assert (row.tenant, row.open_secret()) == ("t.example", "secret of site-client")


def test_second_client_of_the_site_is_refused_in_words(admin: Client) -> None:
    register()
    answer = admin.post(add_page(), {"provider": "google", "owner": "", "client_id": MINE, "secret": "x"})

    assert "There is a client for this provider already." in answer.content.decode()


def test_deleting_in_the_admin_puts_accounts_to_be_connected_again(
    admin: Client, host: User, now: datetime
) -> None:
    row = register()
    account = connected(host, now)
    admin.post(reverse("admin:calendars_oauthclient_delete", args=[row.pk]), {"post": "yes"})

    account.refresh_from_db()
    assert (account.status, account.error) == ("reconnect", "client_gone")


def test_host_in_the_admin_only_looks_at_their_own(host: User, other_host: User) -> None:
    host.is_staff = True
    host.save()
    mine, site = register(host, client_id="mine"), register()
    register(other_host, client_id="theirs")
    client = Client()
    client.force_login(host)
    listed = client.get(reverse("admin:calendars_oauthclient_changelist")).context["cl"].result_list
    change = reverse("admin:calendars_oauthclient_change", args=[mine.pk])
    typed = {"provider": "google", "client_id": "mine", "secret": "x"}

    assert list(listed) == [mine]
    assert client.get(change).status_code == 200
    assert [client.post(url, typed).status_code for url in (add_page(), change)] == [403, 403]
    assert client.get(reverse("admin:calendars_oauthclient_change", args=[site.pk])).status_code == 302


def test_connect_page_asks_as_often_with_three_clients_as_with_one(
    page: Client, host: User, world: World
) -> None:
    url = "/settings/integrations/connect/"
    register()
    page.get(url)
    with CaptureQueriesContext(connection) as one:
        page.get(url)
    register(host)
    register(provider="microsoft")
    with CaptureQueriesContext(connection) as three:
        page.get(url)

    assert len(one) == len(three)


@pytest.mark.parametrize("written", ["https://graph.example/v1.0", "https://graph.example/v1.0/"])
def test_slashes_at_the_end_of_addresses_are_as_the_operator_likes(settings, written: str) -> None:
    settings.MICROSOFT_GRAPH_API = written
    settings.MICROSOFT_AUTHORITY = "https://login.example/"

    assert addresses_of("microsoft") == {
        "authority": "https://login.example",
        "api": "https://graph.example/v1.0/",
    }


def test_every_account_that_waits_for_a_client_says_so_in_words(
    page: Client, host: User, world: World, now: datetime
) -> None:
    connected(host, now, status="reconnect", error="client_gone")
    text = page.get("/settings/integrations/").content.decode()

    assert escape("The client that this permission was given to is no longer set up here.") in text
    assert Account.objects.count() == 1
