"""`manage.py rotate_secrets`: everything sealed anew, restartable, nothing lost."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from bookingsite import canary, sealed
from bookingsite.lib import secrets
from bookingsite.models import User
from calendars.models import Account, OAuthClient

OLD, NEW = "the-old-key-of-this-site", "the-new-key-of-this-site"


@pytest.fixture
def accounts(host: User, settings: Any) -> list[Account]:
    """Three accounts and the key check, sealed with the old key; the new key stands in front now."""
    settings.BOOKING_SECRETS_KEYS = [OLD]
    made = []
    for number in range(3):
        account = Account.objects.create(owner=host, provider="caldav", username=str(number))
        account.seal_secret(f"password {number}")
        account.save()
        made.append(account)
    Account.objects.create(owner=host, provider="memory", username="without a secret")
    assert canary.opens()
    settings.BOOKING_SECRETS_KEYS = [NEW, OLD]
    return made


def rotate() -> str:
    out = io.StringIO()
    call_command("rotate_secrets", stdout=out)
    return out.getvalue()


def test_after_a_rotation_the_new_key_is_enough(accounts: list[Account], settings: Any) -> None:
    said = rotate()

    settings.BOOKING_SECRETS_KEYS = [NEW]
    for number, account in enumerate(accounts):
        account.refresh_from_db()
        assert account.open_secret() == f"password {number}"
    assert canary.opens()
    assert said.splitlines() == [
        "calendars.Account.sealed_secret: 3 renewed, 0 were new already, 0 left",
        "Everything is sealed with the newest key; the older ones may go.",
    ]


def test_a_repeated_rotation_changes_nothing(accounts: list[Account]) -> None:
    rotate()
    before = list(Account.objects.values_list("sealed_secret", flat=True))
    assert rotate().startswith("calendars.Account.sealed_secret: 0 renewed, 3 were new already, 0 left")
    assert list(Account.objects.values_list("sealed_secret", flat=True)) == before


def test_a_rotation_that_was_stopped_goes_on(accounts: list[Account]) -> None:
    field = sealed.FIELDS[0]
    first = next(sealed.rotate(field, batch=1))
    assert (first.renewed, first.current) == (1, 0)
    assert rotate().startswith("calendars.Account.sealed_secret: 2 renewed, 1 were new already, 0 left")


def test_the_place_of_the_field_is_the_accounts_own(accounts: list[Account]) -> None:
    field = sealed.FIELDS[0]
    keyring = secrets.keyring()
    assert keyring.unseal(accounts[0].sealed_secret, field.place(accounts[0].pk)) == "password 0"


def test_an_unreadable_secret_is_told_and_kept(accounts: list[Account]) -> None:
    Account.objects.filter(pk=accounts[1].pk).update(sealed_secret=accounts[0].sealed_secret)
    err = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("rotate_secrets", stdout=io.StringIO(), stderr=err)
    assert stopped.value.code == 1
    assert err.getvalue().startswith("1 secrets open with none of the keys.")
    assert Account.objects.get(pk=accounts[1].pk).sealed_secret == accounts[0].sealed_secret


def test_a_missing_old_key_is_one_sentence(accounts: list[Account], settings: Any) -> None:
    settings.BOOKING_SECRETS_KEYS = [NEW]
    with pytest.raises(CommandError, match="Is the old key missing"):
        call_command("rotate_secrets", stdout=io.StringIO())


def test_every_sealed_column_is_rotated() -> None:
    columns = {
        (model._meta.label, field.name)
        for model in apps.get_models()
        for field in model._meta.fields
        if field.name.startswith("sealed")
    }
    assert columns - {("bookingsite.Canary", "sealed")} == {
        (each.model, each.field) for each in sealed.FIELDS
    }


@pytest.mark.promise("C8")
def test_secret_of_an_oauth_client_opens_after_rotation(db: None, settings: Any) -> None:
    settings.BOOKING_SECRETS_KEYS = [OLD]
    row = OAuthClient.objects.create(provider="google", client_id="x")
    row.seal_secret("hush")
    row.save()
    settings.BOOKING_SECRETS_KEYS = [NEW, OLD]
    call_command("rotate_secrets", stdout=io.StringIO())
    settings.BOOKING_SECRETS_KEYS = [NEW]

    row.refresh_from_db()
    assert row.open_secret() == "hush"
