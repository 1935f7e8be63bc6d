"""Disconnecting gives the grant back, and never hangs on a provider (CC-7)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from bookingsite.models import User
from calendars import closing, connecting, writing
from calendars.models import Account, OAuthClient, Write
from calendars.providers import errors
from tests.calendars.oauth.conftest import World, connected
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db


def test_disconnecting_gives_the_grant_back_and_deletes_the_account(
    page: Client, host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now)
    page.post(f"/settings/integrations/{account.pk}/disconnect/", {"events": "keep"})

    assert (world.revoked, Account.objects.count()) == (["refresh-1"], 0)


@pytest.mark.parametrize("error", [errors.Unreachable(), errors.BadClient(), ValueError("x")])
def test_grant_that_cannot_be_given_back_stops_nothing(
    host: User, world: World, client_of_site: OAuthClient, now: datetime, error: errors.ProviderError
) -> None:
    world.refuse = error
    connecting.disconnect(connected(host, now), remove_events=False, now=now)

    assert (world.revoked, Account.objects.count()) == ([], 0)


def test_account_without_client_or_readable_secret_is_forgotten(
    host: User, world: World, now: datetime
) -> None:
    first, second = connected(host, now), connected(host, now, username="b@work.example")
    Account.objects.filter(pk=second.pk).update(sealed_secret="s1:nonsense")
    for account in (first, second):
        connecting.disconnect(account, remove_events=False, now=now)

    assert Account.objects.count() == 0


def test_grant_that_another_hosts_account_lives_on_is_left(
    host: User, other_host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account, other = connected(host, now), connected(other_host, now, username="ANNA@work.example")
    connecting.disconnect(account, remove_events=False, now=now)
    assert world.revoked == []

    connecting.disconnect(other, remove_events=False, now=now)
    assert world.revoked == ["refresh-1"]


def test_grant_is_given_back_after_our_events_are_out(
    host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now)
    calendar = make.make_calendar(account, remote_id="anna@work.example")
    wish = make.wish(now + timedelta(days=1))
    writing.want_event(calendar, uid=wish.uid, wish=wish, now=now)
    connecting.disconnect(account, remove_events=True, now=now)
    closing.finish_all(now)
    assert (world.revoked, Account.objects.count()) == ([], 1)

    Write.objects.update(done_version=F("version"))  # the worker took it out
    closing.finish_all(now)
    assert (world.revoked, Account.objects.count()) == (["refresh-1"], 0)


def test_admin_leaves_the_provider_to_the_worker(
    operator: User, host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now)
    client = Client()
    client.force_login(operator)
    client.post(reverse("admin:calendars_account_delete", args=[account.pk]), {"post": "yes"})
    assert (world.revoked, Account.objects.get().closing_at is not None) == ([], True)

    closing.finish_all(now)
    assert (world.revoked, Account.objects.count()) == (["refresh-1"], 0)


def test_account_of_a_kind_without_consent_is_forgotten_without_a_word(host: User, now: datetime) -> None:
    address, server = make.make_server()
    connecting.disconnect(make.make_account(host, address=address), remove_events=False, now=now)

    assert (server.calls, Account.objects.count()) == ([], 0)
