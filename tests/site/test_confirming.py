"""From sign-up to the first page: where the mail went, sending it again, and who is signed in by the link."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from lxml import html as parser

from bookingsite.models import User
from tests.site.conftest import PASSWORD
from tests.site.test_accounts import SIGN_UP, link_in, sign_up

SENT_TO = "/accounts/confirm-email/"
AGAIN = "/accounts/confirm-email/again/"


def words(client: Client, path: str = SENT_TO) -> str:
    """The text of the page, blanks put together."""
    [main] = parser.fromstring(client.get(path).content).xpath("//main")
    return " ".join(main.text_content().split())


def broken_mail(settings: Any) -> None:
    """No mail server answers."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1


@pytest.mark.parametrize("email", ["cora@example.org", "anna@example.org"])
def test_page_after_sign_up_names_the_address_and_the_ways_on(
    client: Client, signed_in: Client, email: str
) -> None:
    sign_up(client, email=email)

    assert words(client) == (
        f"Confirm your address We have sent a mail to {email}. Open the link in it, and you are in. "
        "Nothing there after a few minutes? Look into the folder for spam. Send again "
        "Wrong address? Sign up with another one"
    )


@pytest.mark.parametrize("email", ["cora@example.org", "anna@example.org"])
def test_sending_again_at_once_sends_nothing_and_says_so(
    client: Client, signed_in: Client, email: str
) -> None:
    sign_up(client, email=email)

    answer = client.post(AGAIN)

    assert (answer.status_code, answer["Location"], len(mail.outbox)) == (302, SENT_TO, 1)
    assert f"A mail to {email} went out a moment ago." in words(client)


@pytest.mark.parametrize(
    ("email", "subject"),
    [
        ("cora@example.org", "Confirm your e-mail address for Bookingsite"),
        ("anna@example.org", "You already have an account at Bookingsite"),
    ],
)
def test_sending_again_after_a_while_sends_the_same_mail(
    client: Client, signed_in: Client, email: str, subject: str
) -> None:
    from django.core.cache import cache

    sign_up(client, email=email)
    cache.clear()  # three minutes later
    client.post(AGAIN)

    assert [(message.to, message.subject) for message in mail.outbox] == [([email], subject)] * 2
    assert f"We have sent a mail to {email}." in words(client)


def test_sending_again_is_for_the_browser_that_signed_up_and_by_post_alone(client: Client) -> None:
    sign_up(client)

    answers = Client().post(AGAIN, {"email": "cora@example.org"}), client.get(AGAIN)

    assert (answers[0]["Location"], answers[1].status_code) == ("/accounts/login/", 405)
    assert len(mail.outbox) == 1


def test_signing_in_unconfirmed_claims_no_mail_that_did_not_go_out(client: Client) -> None:
    sign_up(client)
    other = Client()

    other.post("/accounts/login/", {"login": "cora@example.org", "password": SIGN_UP["password1"]})

    assert len(mail.outbox) == 1
    assert "A mail to cora@example.org went out a moment ago." in words(other)


def test_a_mail_server_that_is_down_is_told_and_the_next_try_is_free(client: Client, settings: Any) -> None:
    backend = settings.EMAIL_BACKEND
    broken_mail(settings)
    sign_up(client)
    failed = words(client)

    settings.EMAIL_BACKEND = backend
    client.post(AGAIN)

    assert failed == (
        "Confirm your address We could not send the mail to cora@example.org. "
        "Please try again in a few minutes. Send again Wrong address? Sign up with another one"
    )
    assert User.objects.get().email == "cora@example.org"
    assert "We have sent a mail to cora@example.org." in words(client)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("email", ["anna@example.org", "nobody@example.org"])
def test_password_reset_says_when_its_mail_failed(
    client: Client, signed_in: Client, settings: Any, email: str
) -> None:
    broken_mail(settings)

    client.post("/accounts/password/reset/", {"email": email})

    assert words(client, "/accounts/password/reset/done/") == (
        f"Choose a new password We could not send the mail to {email}. Please try again in a few minutes. "
        "Wrong address? Try another one"
    )


def test_link_signs_in_the_browser_that_signed_up(client: Client) -> None:
    sign_up(client)

    answer = client.post(link_in(mail.outbox[0].body))

    assert (answer.status_code, answer["Location"]) == (302, "/home/")
    assert client.get("/home/").status_code == 200


def test_link_opened_elsewhere_leads_to_sign_in_with_the_address(client: Client) -> None:
    sign_up(client)
    elsewhere = Client()

    answer = elsewhere.post(link_in(mail.outbox[0].body), follow=True)

    page = parser.fromstring(answer.content)
    assert (answer.redirect_chain, elsewhere.get("/home/").status_code) == ([("/accounts/login/", 302)], 302)
    assert page.xpath("//h1/text()") == ["Now sign in"]
    assert page.xpath("//input[@name='login']/@value") == ["cora@example.org"]
    assert page.xpath("//*[contains(@class,'messages')]/li/text()") == [
        "Your e-mail address cora@example.org is confirmed."
    ]


def test_link_of_one_person_signs_in_no_other_who_is_signing_up(client: Client) -> None:
    sign_up(client)
    other = Client()
    sign_up(other, email="mallory@example.org")

    other.post(link_in(mail.outbox[0].body))

    assert other.get("/home/").status_code == 302


def test_support_address_is_named_only_where_there_is_one(client: Client, settings: Any) -> None:
    before = words(client, "/accounts/password/reset/")
    settings.SUPPORT_EMAIL = "help@example.org"

    assert "Need help?" not in before
    assert "Need help? Write to help@example.org." in words(client, "/accounts/password/reset/")


def test_failed_mail_on_the_address_page_is_told_once(signed_in: Client, settings: Any) -> None:
    broken_mail(settings)
    signed_in.post("/accounts/reauthenticate/", {"password": PASSWORD})

    signed_in.post("/accounts/email/", {"action_add": "", "email": "new@example.org"})

    page = parser.fromstring(signed_in.get("/accounts/email/").content)
    assert page.xpath("//*[contains(@class,'messages')]/li/text()") == [
        "The mail could not be sent. Please try again in a few minutes."
    ]


def test_page_titles_match_the_links_in_the_settings(signed_in: Client) -> None:
    signed_in.post("/accounts/reauthenticate/", {"password": PASSWORD})
    links = parser.fromstring(signed_in.get("/settings/").content).xpath(
        "//li//a[contains(@href,'/accounts/')]"
    )

    for link in links:
        page = parser.fromstring(signed_in.get(link.get("href")).content)
        assert (link.get("href"), page.xpath("//h1/text()")) == (link.get("href"), [link.text])
    assert re.findall(r"/accounts/\w+", str([link.get("href") for link in links])) == [
        "/accounts/email", "/accounts/password", "/accounts/2fa",
    ]  # fmt: skip
