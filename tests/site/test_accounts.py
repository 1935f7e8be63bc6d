"""Signing up and in: what is asked, what mails say, and what attacks get."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from bookingsite.models import User
from tests.site.conftest import PASSWORD

SIGN_UP = {
    "name": "Cora Lind",
    "email": "Cora@Example.org",
    "password1": "a long enough phrase",
    "zone": "America/New_York",
}
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/x",
    "/\\evil.example",
    "https:evil.example",
    "javascript:alert()",
]


def sign_up(client: Client, **changes: str) -> Any:
    return client.post("/accounts/signup/", {**SIGN_UP, **changes})


def link_in(body: str) -> str:
    found = re.search(r"http\S+", body)
    assert found is not None
    return found[0]


def test_sign_up_makes_a_host_with_name_link_and_zone(client: Client) -> None:
    response = sign_up(client)

    person = User.objects.get()
    assert response["Location"] == "/accounts/confirm-email/"
    assert (person.email, person.name, person.slug) == ("cora@example.org", "Cora Lind", "cora-lind")
    assert (person.zone, person.language) == ("America/New_York", "en")


def test_sign_up_takes_the_language_of_the_page(client: Client) -> None:
    client.post("/accounts/signup/", SIGN_UP, headers={"accept-language": "de"})

    assert User.objects.get().language == "de"


@pytest.mark.parametrize(
    ("name", "slug"), [("Anna Berg", "anna-berg"), ("Admin", "admin-2"), ("日本", "cora")]
)
def test_sign_up_finds_a_link_that_is_free(client: Client, name: str, slug: str) -> None:
    sign_up(client, name=name)

    assert User.objects.get().slug == slug


def test_sign_up_twice_under_one_name_gives_two_links(client: Client) -> None:
    sign_up(client)
    sign_up(Client(), email="other@example.org")

    assert sorted(User.objects.values_list("slug", flat=True)) == ["cora-lind", "cora-lind-2"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "This field is required."),
        ("name", "Cora\r\nBcc: x@example.org", "Use one line of plain text."),
        ("name", "x" * 121, "Ensure this value has at most 120 characters (it has 121)."),
        ("email", "a@b", "Enter a valid e-mail address."),
        ("email", "victim@example.org\nBcc:x@example.org", "Enter a valid e-mail address."),
        ("password1", "short", "This password is too short. It must contain at least 10 characters."),
        ("zone", "Mars/Olympus", "Choose a time zone from the list."),
        ("zone", "../../etc/passwd", "Choose a time zone from the list."),
    ],
)
def test_sign_up_refuses_bad_input_in_words_and_keeps_the_rest(
    client: Client, field: str, value: str, sentence: str
) -> None:
    response = sign_up(client, **{field: value})

    assert response.context["form"].errors == {field: [sentence]}
    assert User.objects.count() == 0
    kept = "email" if field == "name" else "name"
    assert f'value="{SIGN_UP[kept]}"' in response.content.decode()


def test_sign_up_gives_no_rights_that_were_asked_for(client: Client) -> None:
    sign_up(client, is_staff="1", is_superuser="1", slug="boss", id="7")

    person = User.objects.get()
    assert (person.is_staff, person.is_superuser, person.slug) == (False, False, "cora-lind")


def test_sign_up_with_a_known_address_looks_the_same_and_tells_its_owner(
    client: Client, signed_in: Client
) -> None:
    known = sign_up(client, email="anna@example.org")
    new = sign_up(Client())

    assert (known.status_code, known["Location"]) == (new.status_code, new["Location"])
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["anna@example.org"], "You already have an account at Bookingsite"),
        (["cora@example.org"], "Confirm your e-mail address for Bookingsite"),
    ]


def test_address_is_confirmed_by_post_alone(client: Client) -> None:
    sign_up(client)
    link = link_in(mail.outbox[0].body)

    shown = client.get(link)
    before = User.objects.get().emailaddress_set.get().verified  # type: ignore[attr-defined]
    client.post(link)
    after = User.objects.get().emailaddress_set.get().verified  # type: ignore[attr-defined]

    assert (shown.status_code, before, after) == (200, False, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1"},
        {"x-forwarded-host": "evil.example"},
        {"forwarded": "host=evil.example;proto=https"},
    ],
)
@pytest.mark.parametrize("page", ["signup", "reset", "known"])
def test_links_in_mails_lie_below_the_configured_address(
    client: Client, signed_in: Client, headers: dict[str, str], page: str
) -> None:
    if page == "reset":
        client.post("/accounts/password/reset/", {"email": "anna@example.org"}, headers=headers)
    else:
        address = "anna@example.org" if page == "known" else "cora@example.org"
        client.post("/accounts/signup/", {**SIGN_UP, "email": address}, headers=headers)

    links = re.findall(r"\w+://[^/\s]+", mail.outbox[0].body)
    assert set(links) == {"http://testserver"}


def test_unknown_host_is_refused(client: Client) -> None:
    assert client.get("/accounts/login/", headers={"host": "evil.example"}).status_code == 400


def test_password_reset_leads_to_a_new_password(client: Client, signed_in: Client) -> None:
    client.post("/accounts/password/reset/", {"email": "anna@example.org"})
    form = client.get(link_in(mail.outbox[0].body), follow=True)
    client.post(
        form.request["PATH_INFO"], {"password1": "another long phrase", "password2": "another long phrase"}
    )

    assert form.status_code == 200
    assert User.objects.get().check_password("another long phrase")


def test_password_reset_for_an_unknown_address_looks_the_same(client: Client, signed_in: Client) -> None:
    known = client.post("/accounts/password/reset/", {"email": "anna@example.org"})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


@pytest.mark.parametrize("target", ELSEWHERE)
def test_sign_in_never_leads_to_another_site(signed_in: Client, target: str) -> None:
    client = Client()
    fields = {"login": "anna@example.org", "password": PASSWORD, "next": target}

    response = client.post(f"/accounts/login/?next={target}", fields)

    assert (response.status_code, response["Location"]) == (302, "/home/")


def test_sign_in_leads_to_the_page_that_was_asked_for(signed_in: Client) -> None:
    fields = {"login": "ANNA@example.org", "password": PASSWORD, "next": "/settings/profile/"}

    assert Client().post("/accounts/login/", fields)["Location"] == "/settings/profile/"


@pytest.mark.parametrize("login", ["anna@example.org", "nobody@example.org"])
def test_wrong_password_and_unknown_address_get_one_answer(signed_in: Client, login: str) -> None:
    response = Client().post("/accounts/login/", {"login": login, "password": "wrong wrong wrong"})

    assert response.context["form"].non_field_errors() == [
        "This e-mail address and password do not belong together."
    ]


def test_sign_in_is_limited(signed_in: Client) -> None:
    client = Client()
    for _ in range(5):
        client.post("/accounts/login/", {"login": "anna@example.org", "password": "wrong wrong wrong"})

    response = client.post("/accounts/login/", {"login": "anna@example.org", "password": PASSWORD})

    assert response.context["form"].non_field_errors() == ["Too many attempts to sign in. Please try again later."]


def test_sign_in_makes_a_new_session(signed_in: Client) -> None:
    client = Client()
    client.get("/accounts/login/?next=/home/")
    client.session["x"] = 1
    client.session.save()
    before = client.session.session_key

    client.post("/accounts/login/", {"login": "anna@example.org", "password": PASSWORD})

    assert client.session.session_key != before


def test_new_password_ends_other_sessions(signed_in: Client, host: User) -> None:
    other = Client()
    other.force_login(host)

    signed_in.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "another long phrase", "password2": "another long phrase"},
    )

    assert [client.get("/home/").status_code for client in (signed_in, other)] == [200, 302]


def test_sign_out_is_a_post(signed_in: Client) -> None:
    signed_in.get("/accounts/logout/")
    still = signed_in.get("/home/").status_code
    signed_in.post("/accounts/logout/")

    assert (still, signed_in.get("/home/").status_code) == (200, 302)


def test_passkeys_are_offered_and_no_provider_that_is_not_configured(client: Client) -> None:
    html = client.get("/accounts/login/").content.decode()

    assert 'id="passkey_login"' in html
    assert "Continue with" not in html


def test_configured_providers_are_offered_by_post(client: Client, settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {"google": {"APPS": [{"client_id": "one", "secret": "two"}]}}

    html = client.get("/accounts/login/").content.decode()

    assert re.findall(r'action="(/accounts/google[^"]*)"', html) == ["/accounts/google/login/?process=login"]
    assert "Continue with Google" in html
    assert client.post("/accounts/google/login/?process=login")["Location"].startswith(
        "https://accounts.google.com/"
    )


@pytest.mark.parametrize("path", ["totp/activate/", "webauthn/add/", "webauthn/"])
def test_second_step_can_be_set_up(signed_in: Client, path: str) -> None:
    signed_in.post("/accounts/reauthenticate/", {"password": PASSWORD})

    assert signed_in.get(f"/accounts/2fa/{path}").status_code == 200


def test_text_of_a_person_is_shown_as_text(signed_in: Client, host: User) -> None:
    host.name = host.about = '<script>alert(1)</script>"><img onerror=x>{{7*7}}'
    host.save()

    for path in ("/home/", "/settings/profile/", "/accounts/email/"):
        html = signed_in.get(path).content.decode()
        assert "<script>alert" not in html
        assert "<img onerror" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
