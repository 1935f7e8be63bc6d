"""The host makes, changes and takes back the secret address of their bookings."""

from __future__ import annotations

import hashlib
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from bookings import feeds
from bookings.models import FeedLink
from bookingsite import sealed
from bookingsite.models import User
from tests.factories.everything import our_models

pytestmark = pytest.mark.django_db
PAGE = "/settings/feed/"


def shown_address(answer: object) -> str:
    return answer.context["address"]  # type: ignore[attr-defined, no-any-return]


def test_there_is_no_feed_until_it_is_made(page: Client, host: User):
    answer = page.get(PAGE)

    assert (answer.status_code, shown_address(answer), FeedLink.objects.count()) == (200, "", 0)
    assert "Make an address" in answer.content.decode()


def test_a_feed_is_made_busy_only_unless_chosen_otherwise(page: Client, client, host):
    answer = page.post(PAGE, {"detail": "busy"}, follow=True)

    address = shown_address(answer)
    assert client.get(address).status_code == 200
    assert FeedLink.objects.get().detail == "busy"
    assert answer.context["subscribe"] == f"webcal:{address.removeprefix('http:')}"
    assert page.get(PAGE).context["form"].initial == {"detail": "busy"}


def test_changing_what_it_shows_keeps_the_address(page: Client, link, host):
    before = feeds.address_of(link)

    answer = page.post(PAGE, {"detail": "titles"}, follow=True)

    assert (shown_address(answer), FeedLink.objects.get().detail) == (before, "titles")


def test_a_new_address_ends_the_old_one_at_once_and_keeps_the_choice(page: Client, client, address, host):
    feeds.show(host, "titles")

    new = shown_address(page.post(f"{PAGE}renew/", follow=True))

    assert [client.get(path).status_code for path in (address, new)] == [404, 200]
    assert FeedLink.objects.get().detail == "titles"


def test_switching_off_ends_the_address(page: Client, client, address):
    page.post(f"{PAGE}off/")

    assert (client.get(address).status_code, FeedLink.objects.count()) == (404, 0)


def test_a_new_address_is_not_made_for_nothing(page: Client):
    page.post(f"{PAGE}renew/")

    assert FeedLink.objects.count() == 0


@pytest.mark.parametrize("sent", [{}, {"detail": "everything"}])
def test_an_odd_choice_is_refused_and_makes_nothing(page: Client, sent):
    answer = page.post(PAGE, sent)

    assert (answer.status_code, FeedLink.objects.count()) == (422, 0)


def test_an_address_that_can_no_longer_be_read_is_said(page: Client, link):
    FeedLink.objects.update(sealed_token="lost")

    answer = page.get(PAGE)

    assert (answer.status_code, shown_address(answer)) == (200, "")
    assert "can no longer be read" in answer.content.decode()


def test_the_stored_row_opens_nothing(link, address):
    token = address.removeprefix("/feeds/").removesuffix(".ics")
    stored = " ".join(str(value) for value in FeedLink.objects.values_list().get())

    assert len(token) == 32
    assert token not in stored
    assert hashlib.sha256(token.encode()).hexdigest() in stored


def test_the_address_can_be_read_with_new_keys(page: Client, link, settings):
    before = feeds.address_of(link)
    settings.BOOKING_SECRETS_KEYS = ["a new key", *settings.BOOKING_SECRETS_KEYS]
    call_command("rotate_secrets", stdout=StringIO())
    settings.BOOKING_SECRETS_KEYS = ["a new key"]

    assert shown_address(page.get(PAGE)) == before


def test_every_sealed_column_is_rotated():
    sealed_columns = {
        (model._meta.label, field.name)
        for model in our_models()
        for field in model._meta.get_fields()
        if field.name.startswith("sealed_")
    }

    assert {(field.model, field.field) for field in sealed.FIELDS} == sealed_columns


def test_the_settings_lead_to_it(page: Client):
    assert f'href="{PAGE}"' in page.get("/settings/").content.decode()
