"""SIGN_UP_OPEN=false: nobody makes an account by themselves, and nothing offers it."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.socialaccount.models import SocialLogin
from django.core import mail
from django.test import Client, RequestFactory

from bookingsite.models import User
from tests.site.test_accounts import link_in, sign_up

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def closed(settings: Any) -> None:
    """The operator makes the accounts."""
    settings.SIGN_UP_OPEN = False


def test_the_form_is_closed_and_makes_nobody(client: Client) -> None:
    answers = [client.get("/accounts/signup/"), sign_up(client)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.templates[0].name for answer in answers] == ["account/signup_closed.html"] * 2
    assert (User.objects.count(), mail.outbox) == (0, [])


def test_providers_make_nobody(rf: RequestFactory) -> None:
    request = rf.get("/accounts/google/login/callback/")

    assert get_social_adapter(request).is_open_for_signup(request, SocialLogin()) is False


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/accounts/confirm-email/"])
def test_pages_offer_it_only_while_it_is_open(client: Client, settings: Any, path: str, is_open: bool) -> None:
    settings.SIGN_UP_OPEN = is_open

    page = client.get(path).content.decode()

    assert ('href="/accounts/signup/' in page) is is_open


def test_the_mail_to_an_unknown_address_offers_none(client: Client) -> None:
    client.post("/accounts/password/reset/", {"email": "nobody@example.org"})

    [letter] = mail.outbox
    assert (letter.to, "/accounts/signup/" in str(letter.message())) == (["nobody@example.org"], False)


def test_whom_the_operator_made_confirms_the_address_and_is_in(client: Client) -> None:
    User.objects.create_user("dora@example.org", "a long enough phrase", name="Dora Dahl")
    client.post("/accounts/login/", {"login": "dora@example.org", "password": "a long enough phrase"})

    [letter] = mail.outbox
    client.post(link_in(str(letter.body)))

    signed_in = client.post("/accounts/login/", {"login": "dora@example.org", "password": "a long enough phrase"})
    assert (letter.to, signed_in.status_code, signed_in.headers["Location"]) == (["dora@example.org"], 302, "/home/")
