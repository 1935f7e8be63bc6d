"""Signing in to the admin, and what an operator does to people there."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client

from bookingsite import pictures
from bookingsite.forms import ProfileForm
from bookingsite.models import User

from .conftest import PASSWORD

FIELDS = {"name": "Anna Berg", "slug": "anna", "about": "", "zone": "Europe/Berlin", "language": "en"}
SESSION = settings.SESSION_COOKIE_NAME


def sign_in_by_admin(browser: Client, email: str, password: str = PASSWORD) -> Any:
    """As a script would that knows the admin's own form, and then as the redirect leads."""
    sent = {"username": email, "login": email, "password": password}
    answer: Any = browser.post("/admin/login/?next=/admin/", sent)
    return browser.post(answer.url, sent) if answer.status_code == 302 else answer


def is_signed_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


def save_person(browser: Client, person: User, **changes: Any) -> Any:
    sent = {**FIELDS, "email": person.email, "is_active": "on", **changes}
    return browser.post(f"/admin/bookingsite/user/{person.pk}/change/", sent)


def test_operator_signs_in_from_the_admin(client: Client, operator: User) -> None:
    answer = sign_in_by_admin(client, operator.email)

    assert (answer.status_code, answer.url, is_signed_in(client)) == (302, "/admin/", True)


def test_admin_sign_in_asks_for_the_second_factor(client: Client, operator: User) -> None:
    TOTP.activate(operator, generate_totp_secret())

    answer = sign_in_by_admin(client, operator.email)

    assert (answer.url.split("?")[0], is_signed_in(client)) == ("/accounts/2fa/authenticate/", False)


def test_admin_sign_in_is_refused_after_many_tries(client: Client, operator: User) -> None:
    for _ in range(20):
        sign_in_by_admin(client, operator.email, "wrong")

    sign_in_by_admin(client, operator.email)

    assert not is_signed_in(client)


def test_admin_sign_in_is_no_way_from_one_person_to_another(host: User, operator: User) -> None:
    User.objects.filter(pk=host.pk).update(is_staff=True)
    browser = Client()
    browser.force_login(host)

    sign_in_by_admin(browser, operator.email)

    assert browser.session["_auth_user_id"] == str(host.pk)


def test_operator_made_on_the_machine_needs_no_mail_to_sign_in(client: Client, db: None) -> None:
    call_command("createsuperuser", email="root@example.org", interactive=False)
    person = User.objects.get(email="root@example.org")
    person.set_password(PASSWORD)
    person.save()

    sign_in_by_admin(client, "root@example.org")

    assert is_signed_in(client)


def test_address_changed_by_an_operator_replaces_every_old_one(
    signed_in: Client, operator_client: Client, host: User
) -> None:
    EmailAddress.objects.create(user=host, email="second@example.org", verified=True)

    save_person(operator_client, host, email="New@example.org")

    rows = EmailAddress.objects.filter(user=host).values_list("email", "verified", "primary")
    assert list(rows) == [("new@example.org", True, True)]
    assert (is_signed_in(signed_in), is_signed_in(operator_client)) == (False, True)


def test_operator_who_changes_their_own_address_stays_signed_in(
    operator_client: Client, operator: User
) -> None:
    sent = {"email": "o@example.org", "slug": "olga", "name": "Olga", "is_staff": "on", "is_superuser": "on"}

    save_person(operator_client, operator, **sent)

    assert User.objects.get(pk=operator.pk).email == "o@example.org"
    assert is_signed_in(operator_client)


def test_address_that_somebody_else_has_proven_is_refused(
    operator_client: Client, host: User, other_host: User
) -> None:
    EmailAddress.objects.create(user=other_host, email="taken@example.org", verified=True)

    answer = save_person(operator_client, host, email="taken@example.org")

    assert list(answer.context["adminform"].form.errors) == ["email"]


def test_slow_profile_save_undoes_no_decision_of_an_operator(host: User) -> None:
    form = ProfileForm({**FIELDS, "name": "Anna B."}, instance=User.objects.get(pk=host.pk))
    assert form.is_valid()
    User.objects.filter(pk=host.pk).update(is_active=False, password="!")

    form.save()

    after = User.objects.get(pk=host.pk)
    assert (after.name, after.is_active, after.password) == ("Anna B.", False, "!")


def test_slow_save_in_the_admin_undoes_no_decision_of_another(
    operator_client: Client, host: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = ProfileForm.base_fields["zone"].__class__.clean

    def slow(self: Any, value: Any) -> Any:
        User.objects.filter(pk=host.pk).update(is_active=False, password="!")
        return clean(self, value)

    monkeypatch.setattr(ProfileForm.base_fields["zone"].__class__, "clean", slow)

    save_person(operator_client, host, name="Anna B.")

    after = User.objects.get(pk=host.pk)
    assert (after.name, after.is_active, after.password) == ("Anna B.", False, "!")


@pytest.mark.django_db(transaction=True)
def test_picture_is_drawn_anew_outside_any_transaction(
    operator: User, host: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[bool] = []

    def seen(data: bytes) -> bytes:
        inside.append(connection.in_atomic_block)
        raise pictures.PictureRefused("not_a_picture")

    monkeypatch.setattr(pictures, "reencode", seen)
    browser = Client()
    browser.force_login(operator)

    save_person(browser, host, picture=SimpleUploadedFile("x.png", b"x", "image/png"))

    assert inside == [False]


@pytest.mark.parametrize(("who", "status"), [("host", 403), ("operator", 200)])
def test_only_operators_set_a_password_without_the_old_one(
    host: User, operator: User, who: str, status: int
) -> None:
    User.objects.filter(pk=host.pk).update(is_staff=True)
    browser = Client()
    browser.force_login({"host": host, "operator": operator}[who])

    assert browser.get(f"/admin/bookingsite/user/{host.pk}/password/").status_code == status


def test_admin_offers_no_page_of_the_queue() -> None:
    assert [model for model in admin.site._registry if model._meta.app_label == "django_q"] == []


LEAKS = [
    "calendars/item/?summary__startswith=S",
    "calendars/item/?calendar__owner__password__startswith=S",
    "calendars/account/?sealed_secret__startswith=S",
    "bookings/booking/?host__password__startswith=S",
    "bookingsite/canary/?sealed__startswith=S",
    "mfa/authenticator/?data__contains=S",
    "bookings/booking/?public_id=%00",
    "bookings/booking/?state__exact=%00",
    "bookingsite/tick/?state__exact=%00",
]


@pytest.mark.parametrize("address", LEAKS)
def test_list_is_not_narrowed_by_what_it_does_not_offer(operator_client: Client, address: str) -> None:
    assert operator_client.get(f"/admin/{address}").status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "bookings/booking/?start__year=2027&start__month=3&state__exact=confirmed",
        "bookings/booking/?host__id__exact=1",
        "bookings/booking/?start__gte=2027-01-01+00:00:00%2B01:00&start__lt=2027-02-01+00:00:00%2B01:00",
        "calendars/calendar/?account__provider=caldav&blocks__exact=1",
        "calendars/item/?id__exact=1",
        "bookingsite/user/?is_active__exact=1",
        "availability/schedule/?zone=Europe/Berlin",
    ],
)
def test_list_is_narrowed_by_what_it_offers(operator_client: Client, address: str) -> None:
    assert operator_client.get(f"/admin/{address}").status_code == 200


def test_row_whose_key_holds_a_nul_is_not_there(operator_client: Client) -> None:
    assert operator_client.get("/admin/bookingsite/canary/a%00b/change/").status_code == 302
