"""What the mails of sign-up and sign-in say."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from bookingsite import account_mails
from bookingsite.models import User
from tests.site.conftest import PASSWORD
from tests.site.test_accounts import sign_up

CONTEXT = {
    "activate_url": "http://testserver/a/", "password_reset_url": "http://testserver/p/", "provider": "Google",
    "to_email": "new@example.org", "from_email": "old@example.org", "deleted_email": "gone@example.org",
}  # fmt: skip
NOT_IN_USE = {  # sign-in by codes is not switched on
    "account/email/base", "account/email/login_code", "account/email/password_reset_code",
}  # fmt: skip


def prefixes() -> list[str]:
    """Every mail that allauth's apps of this site can send."""
    found = []
    for app in ("account", "mfa", "socialaccount"):
        folder = files("allauth") / "templates" / app / "email"
        found += [
            f"{app}/email/{path.name}" for path in folder.iterdir() if path.name.endswith("_message.txt")
        ]
    return [name.removesuffix("_message.txt") for name in found]


def test_every_mail_of_allauth_has_words_of_ours() -> None:
    assert {*account_mails.ASKED, *account_mails.CHANGES} == {*prefixes()} - NOT_IN_USE


@pytest.mark.parametrize("prefix", [*account_mails.ASKED, *account_mails.CHANGES])
def test_letter_is_whole_and_leads_to_this_site(db: None, prefix: str) -> None:
    letter = account_mails.letter(prefix, "cora@example.org", CONTEXT)

    texts = [letter.subject, letter.opening, *letter.closing, *(action.label for action in letter.actions)]
    assert [text for text in texts if not text or "%" in text] == []
    assert {action.url[:18] for action in letter.actions} == {"http://testserver/"}


def test_sign_up_mail_in_whole(client: Client, settings: Any) -> None:
    sign_up(client, name="Buy now at evil.example")

    [message] = mail.outbox
    link = message.body.split("Confirm this address:\n")[1].split("\n")[0]
    assert message.body == (
        "Welcome to Bookingsite. Please confirm that this is your e-mail address.\n\n"
        f"Confirm this address:\n{link}\n\n"
        "The link is good for three days.\nIf you did not sign up, you need not do anything.\n"
        "Sent by Bookingsite, http://testserver\n"
    )
    assert link.startswith("http://testserver/accounts/confirm-email/")
    [page] = message.alternatives  # type: ignore[attr-defined]
    assert (page.mimetype, f'<a href="{link}">Confirm this address</a>' in page.content) == (
        "text/html",
        True,
    )
    assert [empty in page.content for empty in ("<dl>", "evil.example")] == [False, False]


def test_mail_is_in_the_language_of_its_reader(signed_in: Client, host: User) -> None:
    User.objects.update(language="de")

    Client().post("/accounts/password/reset/", {"email": host.email}, headers={"accept-language": "nb"})

    assert '<html lang="de"' in mail.outbox[0].alternatives[0].content  # type: ignore[attr-defined]


def test_a_new_password_is_told_by_mail(signed_in: Client) -> None:
    new = {"oldpassword": PASSWORD, "password1": "another long phrase", "password2": "another long phrase"}

    signed_in.post("/accounts/password/change/", new)

    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["anna@example.org"], "Your password was changed")
    ]
