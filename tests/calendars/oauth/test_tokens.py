"""Access tokens: handed out while fresh, renewed by one process at a time, never lost (SYNC 5, 9)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from bookingsite.lib import clock, secrets
from bookingsite.models import User
from calendars.models import Account, OAuthClient
from calendars.oauth.tokens import FixedToken, StoredTokens, grant_of
from calendars.providers import errors
from calendars.providers.oauth import Grant
from calendars.sync.connection import asked_within, guard_policy, open_provider
from tests.calendars.oauth.conftest import World, connected, grant, patiently, register

pytestmark = pytest.mark.django_db
OLD = timedelta(seconds=60)


@pytest.fixture
def now() -> datetime:
    """Renewals read the clock themselves."""
    return clock.now()


def tokens_of(account: Account, *, wait: float = 5.0) -> StoredTokens:
    return StoredTokens(Account.objects.get(pk=account.pk), guard_policy(deadline=5), wait=wait)


def test_fresh_token_is_handed_out_without_asking_anybody(
    host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    tokens = tokens_of(connected(host, now))

    with CaptureQueriesContext(connection) as queries:
        assert [tokens.access(), tokens.access()] == ["access-1", "access-1"]
    assert (len(queries), world.refreshes) == (0, [])


def test_old_token_is_renewed_and_stored(
    host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now, grant(now, expires_in=OLD))

    assert tokens_of(account).access() == "access-2"
    account.refresh_from_db()
    held = grant_of(account)
    assert (held.access_token, held.refresh_token, held.granted_at) == ("access-2", "refresh-2", now)
    assert (account.refresh_lease, account.refresh_until) == (None, None)
    assert world.refreshes == [("site-client", "refresh-1")]


def test_rejected_token_is_renewed_though_it_looks_fresh(
    host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    tokens = tokens_of(connected(host, now))

    assert (tokens.access(), tokens.access(rejected="access-1")) == ("access-1", "access-2")


def test_rejected_token_that_was_renewed_elsewhere_is_read_again(
    host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now)
    early = tokens_of(account)
    early.access()
    tokens_of(account).access(rejected="access-1")

    assert early.access(rejected="access-1") == "access-2"
    assert len(world.refreshes) == 1


def test_withdrawn_grant_raises_and_gives_the_lease_back(
    host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now, grant(now, expires_in=OLD))
    world.refreshable.clear()

    with pytest.raises(errors.AccessRevoked):
        tokens_of(account).access()
    account.refresh_from_db()
    assert (account.refresh_lease, account.status) == (None, "connected")


def test_grant_of_a_client_that_is_gone_asks_to_reconnect(host: User, world: World, now: datetime) -> None:
    account = connected(host, now, grant(now, expires_in=OLD))

    with pytest.raises(errors.ClientGone):
        tokens_of(account).access()
    assert world.refreshes == []


def test_renewal_uses_the_client_the_grant_was_given_to(
    host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    register(host, client_id="own-client")
    tokens_of(connected(host, now, grant(now, expires_in=OLD))).access()

    assert world.refreshes == [("site-client", "refresh-1")]


def test_secret_that_is_no_grant_is_unreadable(host: User, world: World, now: datetime) -> None:
    account = connected(host, now)
    account.seal_secret("an ordinary password")
    account.save()

    with pytest.raises(secrets.Unreadable):
        tokens_of(account)


def test_renewal_elsewhere_is_waited_for(
    host: User, world: World, client_of_site: OAuthClient, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = connected(host, now, grant(now, expires_in=OLD))
    Account.objects.update(refresh_lease=uuid4(), refresh_until=now + timedelta(seconds=30))

    def others_finish(_seconds: float) -> None:
        account.seal_secret(grant(now, token="theirs").as_text())
        account.save()

    monkeypatch.setattr("calendars.oauth.tokens.time.sleep", others_finish)
    assert (tokens_of(account).access(), world.refreshes) == ("theirs", [])


def test_renewal_elsewhere_that_takes_too_long_is_a_timeout(
    host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now, grant(now, expires_in=OLD))
    Account.objects.update(refresh_lease=uuid4(), refresh_until=now + timedelta(seconds=30))

    with pytest.raises(errors.Timeout):
        tokens_of(account, wait=0.1).access()


def test_lease_of_a_process_that_died_is_taken_over(
    host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now, grant(now, expires_in=OLD))
    Account.objects.update(refresh_lease=uuid4(), refresh_until=now - timedelta(seconds=1))

    assert tokens_of(account).access() == "access-2"


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Something happens while the provider is asked for a new token."""
    ask = StoredTokens._asked

    def asked(tokens: StoredTokens) -> Grant:
        act()
        return ask(tokens)

    monkeypatch.setattr(StoredTokens, "_asked", asked)


def test_connecting_again_while_renewing_wins(
    host: User, world: World, client_of_site: OAuthClient, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = connected(host, now, grant(now, expires_in=OLD))

    def connect_again() -> None:
        account.seal_secret(grant(now, token="new consent").as_text())
        account.save()

    meanwhile(monkeypatch, connect_again)
    assert tokens_of(account).access() == "new consent"
    account.refresh_from_db()
    assert grant_of(account).access_token == "new consent"


def test_late_answer_is_kept_though_the_lease_ran_out(
    host: User, world: World, client_of_site: OAuthClient, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = connected(host, now, grant(now, expires_in=OLD))
    meanwhile(monkeypatch, lambda: Account.objects.update(refresh_lease=uuid4()) and None)

    assert tokens_of(account).access() == "access-2"
    account.refresh_from_db()
    assert grant_of(account).refresh_token == "refresh-2"


def test_new_grant_is_stored_though_the_database_is_busy_at_first(
    host: User, world: World, client_of_site: OAuthClient, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = connected(host, now, grant(now, expires_in=OLD))
    update, refused = QuerySet.update, []

    def busy(queryset: QuerySet[Account], **values: object) -> int:
        if "sealed_secret" in values and len(refused) < 2:
            refused.append(values)
            raise OperationalError("database is locked")
        return update(queryset, **values)

    monkeypatch.setattr(QuerySet, "update", busy)
    assert tokens_of(account).access() == "access-2"
    account.refresh_from_db()
    assert (len(refused), grant_of(account).refresh_token) == (2, "refresh-2")


@pytest.mark.promise("C3")
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_renew_once_and_both_go_on(
    host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now, grant(now, expires_in=OLD))
    together = Barrier(2)

    def worker() -> str:
        try:
            tokens = tokens_of(account)
            together.wait(5)
            return patiently(tokens.access)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        got = [asked.result() for asked in [pool.submit(worker), pool.submit(worker)]]

    account.refresh_from_db()
    assert (got, world.refreshes) == (["access-2", "access-2"], [("site-client", "refresh-1")])
    assert world.refreshable == {grant_of(account).refresh_token}


def test_provider_that_is_asked_apart_gets_one_token_renewed_beforehand(
    host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now, grant(now, expires_in=OLD))
    open_provider(account, deadline=3, apart=True)

    [access] = world.opened
    assert isinstance(access.tokens, FixedToken)
    assert (access.tokens.access(), access.username) == ("access-2", "anna@work.example")
    with pytest.raises(errors.TokenRejected):
        access.tokens.access(rejected="access-2")


def test_question_of_a_person_renews_a_refused_token_and_asks_once_more(
    host: User, world: World, client_of_site: OAuthClient, now: datetime
) -> None:
    account = connected(host, now)
    tried: list[str] = []

    def ask(_provider: object) -> str:
        access = world.opened[-1].tokens
        assert access is not None
        token = access.access()
        tried.append(token)
        return access.access(rejected="access-1") if token == "access-1" else token

    assert asked_within(3, account, ask) == "access-2"
    assert tried == ["access-1", "access-2"]
