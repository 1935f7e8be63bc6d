"""The four providers as the weather finds them: a connected calendar whose server is behind a `Line`.

Google and Microsoft are the fakes, CalDAV is Radicale, the feed is a feed; the product talks HTTP to all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from icalendar import Calendar as Document

from bookingsite.lib import clock
from bookingsite.models import User
from calendars.models import Account, Calendar
from calendars.providers.oauth import Grant
from tests.caldav_servers import CalDavServer
from tests.factories import calendars as make
from tests.fakes.feed import SECRET_PATH, Feed, feed_server
from tests.fakes.google import GoogleFake
from tests.fakes.google import faults as google_faults
from tests.fakes.line import Line, line_to
from tests.fakes.microsoft import MicrosoftFake
from tests.fakes.microsoft import faults as microsoft_faults

EMAIL = "anna@work.example"
HOUR = timedelta(hours=1)
OURS = make.wish(datetime(2030, 1, 1, tzinfo=UTC)).summary


@dataclass
class World:
    """One provider. `account` is the row that leads to it over `line`, `remote_id` names its one calendar."""

    kind: ClassVar[str]
    line: Line
    account: Account
    remote_id: str
    secrets: tuple[str, ...]
    """What no page and no log may show."""

    def put(self, start: datetime) -> None:
        """Somebody else makes an event of an hour."""
        raise NotImplementedError

    def edit(self) -> None:
        """Somebody else renames our event."""
        raise NotImplementedError

    def remove(self) -> None:
        """Somebody else deletes our event."""
        raise NotImplementedError

    def ours(self) -> list[datetime]:
        """When the events of bookings begin that lie in the calendar."""
        raise NotImplementedError

    def short_pages(self) -> None:
        """Let every listing take several requests."""

    def lose_cursors(self) -> None:
        """The server forgets where readers stopped."""
        raise NotImplementedError

    def lose_calendar(self) -> Callable[[], None]:
        """The calendar is deleted; what is returned puts it back as it was."""
        raise NotImplementedError

    def rename(self, name: str) -> None:
        """Its owner calls the calendar something else."""
        raise NotImplementedError

    def lock(self, locked: bool) -> None:
        """The right to write is taken away, or given back."""
        raise NotImplementedError

    def expire_access(self) -> None:
        """No access token given out so far is accepted any more."""
        raise NotImplementedError

    def revoke(self) -> None:
        """The person takes back what they granted."""
        raise NotImplementedError

    def grant(self) -> tuple[str, str]:
        """The person grants again: access and refresh token."""
        raise NotImplementedError

    def fail_renewal(self, fault: Mapping[str, Any]) -> None:
        """The next renewal of access meets this fault of the fake."""
        raise NotImplementedError


@dataclass
class GoogleWorld(World):
    """Google."""

    kind: ClassVar[str] = "google"
    fake: GoogleFake

    def put(self, start: datetime) -> None:
        moments = {
            name: {"dateTime": at.isoformat()} for name, at in (("start", start), ("end", start + HOUR))
        }
        self.fake.put_event(self.remote_id, {"summary": "Outside", **moments})

    def _own(self) -> list[dict[str, Any]]:
        return [one for one in self.fake.events(self.remote_id) if "Gil" in one.get("summary", "")]

    def edit(self) -> None:
        self.fake.patch_event(self.remote_id, self._own()[0]["id"], summary=f"{OURS}!")

    def remove(self) -> None:
        self.fake.delete_event(self.remote_id, self._own()[0]["id"])

    def ours(self) -> list[datetime]:
        return [datetime.fromisoformat(one["start"]["dateTime"]).astimezone(UTC) for one in self._own()]

    def short_pages(self) -> None:
        self.fake.api.page_size = 1

    def lose_cursors(self) -> None:
        self.fake.expire_sync(self.remote_id)

    def lose_calendar(self) -> Callable[[], None]:
        held = self.fake.store.calendars.pop(self.remote_id)
        return lambda: self.fake.store.calendars.__setitem__(self.remote_id, held)

    def rename(self, name: str) -> None:
        self.fake.change_calendar(self.remote_id, name=name)

    def lock(self, locked: bool) -> None:
        self.fake.change_calendar(self.remote_id, role="reader" if locked else "owner")

    def expire_access(self) -> None:
        self.fake.expire_access()

    def revoke(self) -> None:
        self.fake.revoke(EMAIL)

    def grant(self) -> tuple[str, str]:
        return self.fake.access_token(EMAIL), self.fake.consents.grants[-1].refresh_token

    def fail_renewal(self, fault: Mapping[str, Any]) -> None:
        self.fake.fail_next(google_faults.Fault(**fault), match="^POST /token")


@dataclass
class MicrosoftWorld(World):
    """Microsoft."""

    kind: ClassVar[str] = "microsoft"
    fake: MicrosoftFake

    @property
    def calendar(self) -> Any:
        return self.fake.boxes[EMAIL].calendars[self.remote_id]

    def put(self, start: datetime) -> None:
        moments = {
            name: {"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}
            for name, at in (("start", start), ("end", start + HOUR))
        }
        self.fake.put_event(self.remote_id, {"subject": "Outside", **moments})

    def _own(self) -> list[Any]:
        return [one for one in self.calendar.events.values() if "Gil" in one.fields["subject"]]

    def edit(self) -> None:
        self.fake.put_event(self.remote_id, {"subject": f"{OURS}!"}, event_id=self._own()[0].id)

    def remove(self) -> None:
        self.fake.remove_event(self.remote_id, self._own()[0].id)

    def ours(self) -> list[datetime]:
        return [one.start for one in self._own()]

    def short_pages(self) -> None:
        self.fake.graph.page_size = 1

    def lose_cursors(self) -> None:
        self.fake.expire_deltas()

    def lose_calendar(self) -> Callable[[], None]:
        calendars = self.fake.boxes[EMAIL].calendars
        held = calendars.pop(self.remote_id)
        return lambda: calendars.__setitem__(self.remote_id, held)

    def rename(self, name: str) -> None:
        self.calendar.name = name

    def lock(self, locked: bool) -> None:
        self.calendar.can_edit = not locked

    def expire_access(self) -> None:
        self.fake.expire_access()

    def revoke(self) -> None:
        self.fake.revoke(EMAIL)

    def grant(self) -> tuple[str, str]:
        return self.fake.entra.sign_in(EMAIL)

    def fail_renewal(self, fault: Mapping[str, Any]) -> None:
        self.fake.fail_next(microsoft_faults.Fault(**fault), match="^POST .*/token")


@dataclass
class FeedWorld(World):
    """Somebody's feed."""

    kind: ClassVar[str] = "ics"
    feed: Feed

    def put(self, start: datetime) -> None:
        lines = (f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{start + HOUR:%Y%m%dT%H%M%SZ}")
        self.feed.put(f"outside-{len(self.feed.events)}@example.org", *lines)

    def rename(self, name: str) -> None:
        self.feed.name = name


@dataclass
class CalDavWorld(World):
    """Radicale."""

    kind: ClassVar[str] = "caldav"
    server: CalDavServer
    direct: str

    def put(self, start: datetime) -> None:
        name = f"outside-{start:%Y%m%dT%H%M%S}"
        self.server.write(self.direct, f"{name}.ics", make.event(start, uid=name).decode())

    def _own(self) -> dict[str, str]:
        listed = {url: self.server.read(url) or "" for url in self.server.list(self.direct)}
        return {url: text for url, text in listed.items() if "Gil" in text}

    def edit(self) -> None:
        [(url, text)] = self._own().items()
        self.server.write(url, "", text.replace(OURS, f"{OURS}!"))

    def remove(self) -> None:
        [url] = self._own()
        self.server.remove(url)

    def ours(self) -> list[datetime]:
        events = [Document.from_ical(text).walk("VEVENT")[0] for text in self._own().values()]
        return [event["DTSTART"].dt.astimezone(UTC) for event in events]

    def lose_calendar(self) -> Callable[[], None]:
        held = [(url, self.server.read(url) or "") for url in self.server.list(self.direct)]
        self.server.remove(self.direct)

        def put_back() -> None:
            self.server.make_calendar(self.direct.rstrip("/").rpartition("/")[2])
            for url, text in held:
                self.server.write(url, "", text)

        return put_back

    def rename(self, name: str) -> None:
        body = (
            '<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop>'
            f"<d:displayname>{name}</d:displayname></d:prop></d:set></d:propertyupdate>"
        )
        self.server.request("PROPPATCH", self.direct, body.encode(), {"Content-Type": "application/xml"})


@contextmanager
def google(owner: User, settings: Any) -> Iterator[World]:
    """A Google account with its calendar."""
    with GoogleFake() as fake, line_to(fake.url) as line:
        remote_id = fake.add_account(EMAIL)
        _lead_to(settings, "google", fake.client, fake.settings())
        settings.GOOGLE_CALENDAR_API = f"{line.url}calendar/v3/"
        account = _consented(owner, "google", fake.client)
        world = GoogleWorld(line, account, remote_id, (), fake)
        seal(world)
        yield world


@contextmanager
def microsoft(owner: User, settings: Any) -> Iterator[World]:
    """A Microsoft account with its calendar."""
    with MicrosoftFake() as fake, line_to(fake.url) as line:
        remote_id = fake.add_account(EMAIL).id
        _lead_to(settings, "microsoft", fake.client, fake.settings())
        settings.MICROSOFT_GRAPH_API = f"{line.url}v1.0/"
        fake.graph.root = f"{line.url}v1.0"
        account = _consented(owner, "microsoft", fake.client)
        world = MicrosoftWorld(line, account, remote_id, (), fake)
        seal(world)
        yield world


@contextmanager
def ics(owner: User, settings: Any) -> Iterator[World]:
    """A feed."""
    with feed_server() as feed, line_to(feed.url) as line:
        account = make.make_account(owner, provider="ics", address="https://feeds.example", username="")
        account.seal_secret(f"{line.url.rstrip('/')}{SECRET_PATH}")
        account.save()
        yield FeedWorld(line, account, "feed", (SECRET_PATH.rpartition("/")[2],), feed)


@contextmanager
def caldav(owner: User, server: CalDavServer, name: str) -> Iterator[World]:
    """A CalDAV account with a new calendar."""
    with line_to(server.url) as line:
        account = make.make_account(owner, provider="caldav", address=line.url, username=server.username)
        account.seal_secret(server.password)
        account.save()
        direct = server.make_calendar(name)
        remote_id = direct.replace(server.url, line.url)
        yield CalDavWorld(line, account, remote_id, (server.password,), server, direct)


def seal(world: World) -> None:
    """Give the account what its owner granted just now."""
    access, refresh = world.grant()
    kept = Grant(refresh_token=refresh, access_token=access, expires_at=clock.now() + HOUR)
    world.account.seal_secret(kept.as_text())
    world.account.save(update_fields=["sealed_secret"])
    world.secrets = (access, refresh)


def _lead_to(settings: Any, kind: str, client: dict[str, str], places: dict[str, Any]) -> None:
    settings.DEBUG = True  # loopback without TLS is for development
    for name, value in places.items():
        setattr(settings, name, value)
    settings.OAUTH_CLIENTS = {**settings.OAUTH_CLIENTS, kind: client}


def _consented(owner: User, kind: str, client: dict[str, str]) -> Account:
    return make.make_account(owner, provider=kind, username=EMAIL, client_id=client["client_id"], address="")


def connected(world: World) -> Calendar:
    """Its calendar's row: blocking, and receiving where that is possible."""
    return make.make_calendar(
        world.account, remote_id=world.remote_id, name="Work", writable=world.kind != "ics",
        receives=world.kind != "ics", zone="Europe/Berlin",
    )  # fmt: skip
