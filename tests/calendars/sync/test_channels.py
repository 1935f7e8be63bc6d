"""Orders for push are made, renewed and ended in time, and what they bring makes calendars due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookingsite import leases, work
from bookingsite.models import User
from calendars import busy, closing, connecting, tasks
from calendars.models import Account, Calendar, Channel
from calendars.providers import errors
from calendars.sync import channels, noticing, pull
from calendars.sync.noticing import Meaning, Notice
from tests.calendars.sync.pushing import Orders, push_from
from tests.factories import calendars as make

pytestmark = pytest.mark.django_db
HALF = timedelta(days=3)


class Post:
    """A host with a calendar at a provider that pushes."""

    def __init__(self, owner: User, now: datetime, orders: Orders) -> None:
        self.owner, self.now, self.orders = owner, now, orders
        self.address, self.server = make.make_server()
        self.account = make.make_account(owner, address=self.address, provider="google")
        self.calendar = make.make_calendar(self.account)

    def ensure(self, at: datetime) -> None:
        channels.ensure(at)
        self.work(at)

    def work(self, at: datetime) -> None:
        while rows := leases.claim(channels.due_channels(), now=at, lease_for=channels.LEASE):
            channels.keep(rows[0], at)

    def channel(self) -> Channel:
        return Channel.objects.get(calendar=self.calendar)

    def tell(self, at: datetime, meaning: Meaning = Meaning.CHANGED, **claims: str) -> int:
        row = self.channel()
        told = {"channel_id": row.channel_id or "", "secret": row.open_secret(), **claims}
        return noticing.take("google", [Notice(meaning=meaning, **told)], at)

    def due(self) -> datetime:
        return Calendar.objects.get(pk=self.calendar.pk).run_at

    def read(self, at: datetime) -> Calendar:
        return make.read_now(self.calendar, at)


@pytest.fixture
def post(host: User, now: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Post:
    settings.PUSH_URL = "https://push.example"
    return Post(host, now, push_from(monkeypatch, "google"))


@pytest.mark.promise("C12")
def test_calendar_in_use_gets_a_channel_with_a_secret_of_its_own(post: Post) -> None:
    other = make.make_calendar(post.account, remote_id="other")
    post.ensure(post.now)
    rows = list(Channel.objects.order_by("pk"))
    assert [row.calendar for row in rows] == [post.calendar, other]
    assert [post.orders.standing[row.channel_id or ""] for row in rows] == [
        ("work", rows[0].open_secret()),
        ("other", rows[1].open_secret()),
    ]
    assert rows[0].open_secret() != rows[1].open_secret()
    assert post.orders.addresses == ["https://push.example/hooks/google/"] * 2


@pytest.mark.parametrize(
    ("push_url", "expected"),
    [
        ("", ""),
        ("http://push.example", ""),
        ("https://push.example", "https://push.example/hooks/google/"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/hooks/google/"),
    ],
)
def test_channels_need_a_public_https_address(
    post: Post, settings: Any, push_url: str, expected: str
) -> None:
    settings.PUSH_URL = push_url
    post.ensure(post.now)
    assert (channels.address("google"), Channel.objects.exists()) == (expected, bool(expected))


def test_provider_that_cannot_push_gets_no_channel(post: Post) -> None:
    make.make_calendar(make.make_account(post.owner, address=post.address, username="polled"))
    post.ensure(post.now)
    assert [row.calendar for row in Channel.objects.all()] == [post.calendar]


@pytest.mark.promise("C12")
def test_channel_is_renewed_half_way_with_another_secret(post: Post) -> None:
    post.ensure(post.now)
    first, secret = post.channel().channel_id, post.channel().open_secret()
    assert post.channel().run_at == post.now + HALF
    post.work(post.now + HALF)
    row = post.channel()
    assert row.channel_id != first
    assert row.open_secret() != secret
    assert (post.orders.ended, list(post.orders.standing)) == ([first], [row.channel_id])
    assert (row.expires_at, row.run_at) == (post.now + 3 * HALF, post.now + 2 * HALF)


@pytest.mark.promise("C12")
def test_prolonged_order_keeps_the_secret_that_its_notices_carry(post: Post) -> None:
    post.orders.prolongs, post.orders.names = True, ["subscription-1"]
    post.ensure(post.now)
    secret = post.channel().open_secret()
    post.work(post.now + HALF)
    assert (post.channel().channel_id, post.channel().open_secret()) == ("subscription-1", secret)
    assert post.tell(post.now + HALF) == 1


def test_order_is_made_anew_when_the_sites_address_changes(post: Post, settings: Any) -> None:
    post.orders.prolongs, post.orders.names = True, ["subscription-1", "subscription-2"]
    post.ensure(post.now)
    settings.PUSH_URL = "https://moved.example"
    post.work(post.now + HALF)
    assert (post.orders.ended, post.channel().channel_id) == (["subscription-1"], "subscription-2")
    assert post.orders.addresses[-1] == "https://moved.example/hooks/google/"


def test_calendar_is_read_once_after_its_order_stands(post: Post) -> None:
    post.read(post.now)
    post.ensure(post.now + timedelta(minutes=1))
    assert post.due() == post.now + timedelta(minutes=1)


@pytest.mark.parametrize("reason", ["unticked", "closing", "no address", "vanished"])
def test_channel_that_is_no_longer_wanted_is_ended(post: Post, settings: Any, reason: str) -> None:
    post.ensure(post.now)
    name = post.channel().channel_id
    if reason == "unticked":
        connecting.choose(post.owner, blocking=[], receiving=None, now=post.now)
    elif reason == "closing":
        closing.begin(post.account, post.now)
    elif reason == "vanished":
        Calendar.objects.update(vanished_at=post.now)
    else:
        settings.PUSH_URL = ""
    post.ensure(post.now)
    assert (Channel.objects.count(), post.orders.ended, post.orders.standing) == (0, [name], {})


def test_channel_is_forgotten_when_its_provider_does_not_let_it_end(post: Post) -> None:
    post.ensure(post.now)
    Calendar.objects.update(blocks=False, receives=False)
    post.orders.error = errors.ServerFailed()
    post.ensure(post.now)
    assert Channel.objects.count() == 0


def test_channel_is_ordered_when_the_calendar_is_chosen(post: Post) -> None:
    Calendar.objects.update(blocks=False, receives=False)
    connecting.choose(post.owner, blocking=[post.calendar.pk], receiving=None, now=post.now)
    post.work(post.now)
    assert list(post.orders.standing) == [post.channel().channel_id]


@pytest.mark.promise("C12")
@pytest.mark.parametrize(
    ("error", "least", "most"),
    [
        (errors.ServerFailed(), 54, 66),
        (errors.RateLimited(retry_after=900), 900, 900),
        (errors.PermissionDenied(), 86400, 86400),
        (errors.AccessRevoked(), 21600, 21600),
    ],
)
def test_failing_order_is_tried_again_and_polling_goes_on(
    post: Post, error: errors.ProviderError, least: int, most: int
) -> None:
    post.orders.error = error
    post.ensure(post.now)
    row = post.channel()
    assert (row.error, row.channel_id) == (error.code, None)
    assert least <= (row.run_at - post.now).total_seconds() <= most
    assert Account.objects.get().status == Account.Status.CONNECTED
    assert post.read(post.now).last_ok_at == post.now


def test_renewal_that_fails_leaves_the_standing_order(post: Post) -> None:
    post.ensure(post.now)
    name = post.channel().channel_id
    post.orders.error = errors.Unreachable()
    post.work(post.now + HALF)
    assert (post.channel().channel_id, post.channel().error) == (name, "unreachable")
    assert post.tell(post.now + HALF) == 1


def test_channels_in_trouble_are_tried_at_once_when_the_account_is_reconnected(post: Post) -> None:
    post.orders.error = errors.AccessRevoked()
    post.ensure(post.now)
    post.orders.error = None
    connecting.reconnect(post.account, "new", post.now)
    post.work(post.now)
    assert post.channel().channel_id is not None


def test_disconnecting_ends_every_order_and_never_fails(post: Post) -> None:
    post.ensure(post.now)
    name = post.channel().channel_id
    channels.stop(post.account)
    assert (Channel.objects.count(), post.orders.ended) == (0, [name])
    post.ensure(post.now)
    post.orders.error = errors.ServerFailed()
    channels.stop(post.account)
    assert Channel.objects.count() == 0


@pytest.mark.promise("C12")
def test_genuine_notice_makes_the_calendar_due(post: Post) -> None:
    post.ensure(post.now)
    post.read(post.now)
    at = post.now + timedelta(minutes=1)
    assert (post.tell(at), post.due(), post.channel().last_notice_at) == (1, at, at)


@pytest.mark.promise("C12")
@pytest.mark.parametrize(
    "claims",
    [
        {"secret": "wrong"},
        {"secret": ""},
        {"channel_id": "unknown"},
        {"channel_id": ""},
        {"resource_id": "another"},
        {"secret": "\udc80ö"},
    ],
)
def test_forged_notice_changes_nothing(post: Post, claims: dict[str, str]) -> None:
    post.ensure(post.now)
    post.read(post.now)
    due = post.due()
    assert post.tell(post.now + timedelta(minutes=1), **claims) == 0
    assert (post.due(), post.channel().last_notice_at) == (due, None)


def test_notice_of_another_provider_is_not_believed(post: Post) -> None:
    post.ensure(post.now)
    row = post.channel()
    told = [Notice(row.channel_id or "", row.open_secret(), Meaning.CHANGED)]
    assert noticing.take("microsoft", told, post.now) == 0


@pytest.mark.promise("C12")
def test_burst_of_notices_leads_to_two_readings(post: Post) -> None:
    post.ensure(post.now)
    post.read(post.now)
    start = post.now + timedelta(minutes=1)
    readings = 0
    for tenth in range(60):
        at = start + timedelta(seconds=tenth / 10)
        if tenth < 10:
            post.tell(at)
        for row in leases.claim(pull.due_calendars(), now=at, lease_for=pull.LEASE):
            pull.read(row, at)
            readings += 1
    assert readings == 2


@pytest.mark.promise("C12")
def test_change_told_while_the_calendar_is_read_is_read_next(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.ensure(post.now)
    post.read(post.now)
    start = post.now + timedelta(minutes=1)
    take = pull._take

    def change_then_take(*rest: object) -> None:
        post.server.store("work", "new.ics", make.event(post.now + timedelta(days=1)))
        post.tell(start + timedelta(seconds=1))
        take(*rest)  # type: ignore[arg-type]

    monkeypatch.setattr(pull, "_take", change_then_take)
    calendar = post.read(start)
    assert calendar.run_at == start + timedelta(seconds=3)
    assert pull.is_awaited(start + timedelta(seconds=2))
    monkeypatch.setattr(pull, "_take", take)
    work.drain(lambda: calendar.run_at, only={tasks.READ})
    day = int(post.now.timestamp())
    assert len(busy.spans([post.owner.pk], day, day + 2 * 86400)[post.owner.pk]) == 1
    assert post.due() > start + timedelta(minutes=5)


def test_notice_does_not_shorten_the_pause_that_a_server_asked_for(post: Post) -> None:
    post.ensure(post.now)
    post.server.fail_next("changes", errors.RateLimited(retry_after=1800))
    post.read(post.now)
    post.tell(post.now + timedelta(minutes=1))
    assert post.due() == post.now + timedelta(minutes=30)


def test_notice_does_not_have_a_refused_sign_in_tried_again(post: Post) -> None:
    post.ensure(post.now)
    post.read(post.now)
    due = post.due()
    Account.objects.update(status=Account.Status.RECONNECT)
    post.tell(post.now + timedelta(minutes=1))
    assert post.due() == due


@pytest.mark.promise("C12")
def test_notice_while_everything_must_be_compared_anew_loses_nothing(post: Post) -> None:
    post.ensure(post.now)
    post.read(post.now)
    post.server.store("work", "new.ics", make.event(post.now + timedelta(days=1)))
    post.server.expire_cursors()
    for second in (60, 61, 62):
        post.tell(post.now + timedelta(seconds=second))
    work.drain(lambda: post.now + timedelta(seconds=70), only={tasks.READ})
    day = int(post.now.timestamp())
    assert len(busy.spans([post.owner.pk], day, day + 2 * 86400)[post.owner.pk]) == 1


def test_order_that_must_be_renewed_is_renewed_at_once(post: Post) -> None:
    post.ensure(post.now)
    at = post.now + timedelta(hours=1)
    post.tell(at, Meaning.RENEW)
    assert post.channel().run_at == at


def test_order_that_ended_is_made_anew_and_the_calendar_read(post: Post) -> None:
    post.orders.prolongs, post.orders.names = True, ["subscription-1", "subscription-2"]
    post.ensure(post.now)
    post.read(post.now)
    at = post.now + timedelta(minutes=1)
    post.tell(at, Meaning.REMOVED)
    assert post.due() == at
    post.work(at)
    assert post.channel().channel_id == "subscription-2"


def test_hello_is_answered_and_nothing_done(post: Post) -> None:
    post.ensure(post.now)
    post.read(post.now)
    due = post.due()
    assert (post.tell(post.now + timedelta(minutes=1), Meaning.HELLO), post.due()) == (1, due)


def test_looking_after_channels_costs_the_same_for_one_calendar_and_for_three(post: Post) -> None:
    counts = []
    for number in range(3):
        if number:
            make.make_calendar(post.account, remote_id=str(number))
        for at in (post.now, post.now + timedelta(minutes=5)):
            with CaptureQueriesContext(connection) as queries:
                channels.ensure(at)
            counts.append(len(queries))
    assert counts[0::2] == [counts[0]] * 3
    assert counts[1::2] == [counts[1]] * 3


def test_notices_cost_the_same_for_one_calendar_and_for_three(post: Post) -> None:
    for number in (1, 2):
        make.make_calendar(post.account, remote_id=str(number))
    post.ensure(post.now)
    rows = list(Channel.objects.all())
    counts = []
    for number in (1, 3):
        told = [Notice(row.channel_id or "", row.open_secret(), Meaning.CHANGED) for row in rows[:number]]
        with CaptureQueriesContext(connection) as queries:
            noticing.take("google", told, post.now + timedelta(minutes=number))
        counts.append(len(queries))
    assert counts[0] == counts[1]
