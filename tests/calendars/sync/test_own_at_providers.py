"""Our events at Google and Microsoft: recognised when they come back, with every name that those give them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bookingsite import leases
from bookingsite.lib import clock
from bookingsite.models import User
from calendars import busy, signals, writing
from calendars.models import Calendar, Item, Write
from calendars.providers.oauth import Grant
from calendars.sync import push
from tests.factories import calendars as make
from tests.fakes.google import GoogleFake
from tests.fakes.microsoft import MicrosoftFake

pytestmark = pytest.mark.django_db
ANNA = "anna@work.example"
MINUTES = timedelta(minutes=1)


@dataclass
class Side:
    """A host's calendar at one provider, and what the host does there."""

    calendar: Calendar
    fake: Any
    move: Callable[[str, datetime], object]
    remove: Callable[[str], object]

    def write(self, at: datetime) -> Write:
        for row in leases.claim(push.due_writes(), now=at, lease_for=push.LEASE):
            push.write(row, at)
        return Write.objects.get()

    def want(self, start: datetime, at: datetime, **fields: Any) -> None:
        wish = make.wish(start, **fields)
        writing.want_event(self.calendar, uid=wish.uid, wish=wish, now=at)

    def busy(self) -> list[tuple[int, int]]:
        owner, start = self.calendar.owner_id, int(clock.now().timestamp())
        return busy.spans([owner], start, start + 30 * 86400)[owner]


@pytest.fixture
def google(host: User, settings: Any) -> Iterator[Side]:
    with GoogleFake() as fake:
        name = fake.add_account(ANNA)
        calendar = connected(host, settings, fake, "google", calendar_id=name, token=fake.refresh_token(ANNA))

        def move(key: str, start: datetime) -> None:
            times = {"start": start, "end": start + timedelta(minutes=30)}
            told = {edge: {"dateTime": at.isoformat(), "timeZone": "UTC"} for edge, at in times.items()}
            fake.patch_event(name, key, **told)

        yield Side(calendar, fake, move, lambda key: fake.delete_event(name, key))


@pytest.fixture
def microsoft(host: User, settings: Any) -> Iterator[Side]:
    with MicrosoftFake() as fake:
        name = fake.add_account(ANNA).id
        calendar = connected(
            host, settings, fake, "microsoft", calendar_id=name, token=fake.entra.sign_in(ANNA)[1]
        )

        def move(key: str, start: datetime) -> None:
            times = {"start": start, "end": start + timedelta(minutes=30)}
            told = {
                edge: {"dateTime": at.strftime("%Y-%m-%dT%H:%M:%S.0000000"), "timeZone": "UTC"}
                for edge, at in times.items()
            }
            fake.put_event(name, told, event_id=key)

        yield Side(calendar, fake, move, lambda key: fake.remove_event(name, key))


def connected(owner: User, settings: Any, fake: Any, key: str, *, calendar_id: str, token: str) -> Calendar:
    """As consent would have left it."""
    settings.DEBUG = True
    for name, value in fake.settings().items():
        setattr(settings, name, value)
    settings.OAUTH_CLIENTS = {**settings.OAUTH_CLIENTS, key: {"tenant": "", **fake.client}}
    account = make.make_account(
        owner, address="", provider=key, username=ANNA, client_id=fake.client["client_id"]
    )
    account.seal_secret(Grant(refresh_token=token, granted_at=clock.now()).as_text())
    account.save()
    return make.make_calendar(account, remote_id=calendar_id, zone="UTC")


@pytest.fixture(params=["google", "microsoft"])
def side(request: pytest.FixtureRequest) -> Side:
    """Each of both."""
    found: Side = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def told() -> Iterator[list[tuple[str, str, datetime | None]]]:
    """What is told of our events."""
    heard: list[tuple[str, str, datetime | None]] = []

    def listen(uid: str, change: str, start: datetime | None, **_: object) -> None:
        heard.append((uid, change, start))

    signals.own_event_changed.connect(listen)
    yield heard
    signals.own_event_changed.disconnect(listen)


@pytest.mark.promise("C18")
def test_our_event_comes_back_as_ours_and_its_changes_are_told(
    side: Side, told: list[tuple[str, str, datetime | None]]
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    start = now.replace(minute=0, second=0) + timedelta(days=3)
    make.read_now(side.calendar, now)
    side.want(start, now)
    row = side.write(now)
    make.read_now(side.calendar, now + MINUTES)
    item = Item.objects.get(is_ours=True)
    assert (item.uid, item.key, side.busy(), told) == (row.uid, row.remote_key, [], [])

    side.move(row.remote_key, start + timedelta(hours=2))
    make.read_now(side.calendar, now + 2 * MINUTES)
    side.remove(row.remote_key)
    make.read_now(side.calendar, now + 3 * MINUTES)
    assert told == [(row.uid, "moved", start + timedelta(hours=2)), (row.uid, "deleted", None)]


@pytest.mark.promise("C18")
def test_event_whose_answer_was_lost_comes_back_as_ours(side: Side) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    make.read_now(side.calendar, now)
    side.want(now + timedelta(days=3), now)
    row = side.write(now)
    Write.objects.update(remote_key="", remote_uid="", written_at=None, done_version=0)
    make.read_now(side.calendar, now + MINUTES)
    assert (Item.objects.get(is_ours=True).uid, side.busy()) == (row.uid, [])


@pytest.mark.promise("C18")
def test_our_own_moving_is_never_told(side: Side, told: list[tuple[str, str, datetime | None]]) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    make.read_now(side.calendar, now)
    for day in (3, 4):
        at = now + day * MINUTES
        side.want(now + timedelta(days=day), at, sequence=day)
        side.write(at)
        make.read_now(side.calendar, at + MINUTES)
    assert (told, side.busy(), Item.objects.filter(is_ours=True).count()) == ([], [], 1)


@pytest.mark.promise("C18")
def test_meeting_link_of_the_provider_is_kept(side: Side) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    meeting = {"google": "google_meet", "microsoft": "teams"}[side.calendar.account.provider]
    links = []
    for day in (3, 4):
        side.want(now + timedelta(days=day), now, sequence=day, meeting=meeting)
        links.append(side.write(now).meeting_url)
    assert (links[0].startswith("https://"), links[1]) == (True, links[0])
