"""Subscriptions: made with the handshake, renewed, replaced and ended; notices over real HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from calendars.providers import errors
from calendars.providers.base import Watch
from calendars.providers.microsoft import MicrosoftProvider
from tests.fakes.microsoft import Fault, MicrosoftFake
from tests.fakes.microsoft.mailbox import FakeCalendar

SECRET = "s3cret"


@dataclass
class Site:
    """Where notices go: answers handshakes, and keeps what is told."""

    url: str = ""
    shakes_hands: bool = True
    tokens: list[str] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Repeat a token, or take notices."""
        query = dict(parse_qsl(urlsplit(handler.path).query))
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        said = b""
        if token := query.get("validationToken"):
            self.tokens.append(token)
            said = token.encode() if self.shakes_hands else b"no"
        else:
            self.told += json.loads(body)["value"]
        handler.send_response(200)
        handler.send_header("Content-Type", "text/plain")
        handler.send_header("Content-Length", str(len(said)))
        handler.end_headers()
        handler.wfile.write(said)


@contextmanager
def running(site: Site) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            site.answer(self)

        def log_message(self, *args: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}/hooks/microsoft/"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@pytest.fixture
def site() -> Iterator[Site]:
    with running(Site()) as made:
        yield made


def watch(
    provider: MicrosoftProvider,
    calendar: FakeCalendar,
    site: Site,
    *,
    current: Watch | None = None,
    ahead: timedelta = timedelta(days=3),
) -> Watch:
    return provider.watch(
        calendar.id,
        address=site.url,
        channel_id="ours",
        secret=SECRET,
        until=datetime.now(UTC) + ahead,
        current=current,
    )


@pytest.mark.promise("C12")
def test_watch_makes_an_order_with_the_handshake(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider, site: Site
) -> None:
    made = watch(provider, calendar, site)

    [order] = fake.notices.subscriptions.values()
    assert (made.channel_id, made.expires_at) == (order.id, order.expires_at)
    assert made.resource_id == f"/me/calendars/{calendar.id}/events" == order.fields["resource"]
    assert (order.fields["clientState"], order.fields["lifecycleNotificationUrl"]) == (SECRET, site.url)
    assert (order.fields["changeType"], order.immutable) == ("created,updated,deleted", True)
    assert len(site.tokens) == 1


def test_watch_without_the_handshake_is_no_order(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider, site: Site
) -> None:
    site.shakes_hands = False

    with pytest.raises(errors.ServerFailed):
        watch(provider, calendar, site)
    assert fake.notices.subscriptions == {}


@pytest.mark.promise("C12")
def test_watch_asks_for_no_more_than_graph_grants(
    calendar: FakeCalendar, provider: MicrosoftProvider, site: Site
) -> None:
    made = watch(provider, calendar, site, ahead=timedelta(days=30))

    left = made.expires_at - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < left < timedelta(days=7)


@pytest.mark.promise("C12")
def test_watch_prolongs_the_order_that_stands(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider, site: Site
) -> None:
    current = watch(provider, calendar, site)

    again = watch(provider, calendar, site, current=current, ahead=timedelta(days=5))

    assert (again.channel_id, again.resource_id) == (current.channel_id, current.resource_id)
    assert again.expires_at - current.expires_at > timedelta(days=1)
    assert (len(fake.notices.subscriptions), len(site.tokens)) == (1, 1)


@pytest.mark.promise("C12")
def test_watch_replaces_an_order_that_has_gone(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider, site: Site
) -> None:
    current = watch(provider, calendar, site)
    fake.notices.lifecycle(current.channel_id, "subscriptionRemoved")

    again = watch(provider, calendar, site, current=current)

    assert again.channel_id != current.channel_id
    assert list(fake.notices.subscriptions) == [again.channel_id]


@pytest.mark.promise("C12")
def test_watch_replaces_an_order_that_ran_out(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider, site: Site
) -> None:
    current = watch(provider, calendar, site)
    fake.notices.subscriptions[current.channel_id].expires_at -= timedelta(days=30)

    assert watch(provider, calendar, site, current=current).channel_id != current.channel_id


def test_watch_that_fails_for_now_keeps_the_order(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider, site: Site
) -> None:
    current = watch(provider, calendar, site)
    fake.fail_next(Fault.error(503, "busy", Retry_After="7"), match="^PATCH")

    with pytest.raises(errors.RateLimited):
        watch(provider, calendar, site, current=current)
    assert list(fake.notices.subscriptions) == [current.channel_id]


def test_unwatch_ends_the_order_and_may_be_repeated(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider, site: Site
) -> None:
    made = watch(provider, calendar, site)

    for _ in range(2):
        provider.unwatch(made)

    assert fake.notices.subscriptions == {}


@pytest.mark.parametrize("body", [{}, {"id": "x"}, {"id": "x", "expirationDateTime": "soon"}])
def test_answer_without_an_end_is_no_order(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider, site: Site, body: dict[str, str]
) -> None:
    fake.fail_next(Fault.text(json.dumps(body).encode()), match="^POST")

    with pytest.raises(errors.ServerFailed):
        watch(provider, calendar, site)


# The fake's own notices, which other tests rely on


def test_notices_are_sent_for_changes_in_the_watched_calendar_alone(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider, site: Site
) -> None:
    made = watch(provider, calendar, site)
    other = fake.add_calendar("ada@contoso.example", "Other")
    event = {"start": {"dateTime": "2026-11-01T09:00:00"}, "end": {"dateTime": "2026-11-01T10:00:00"}}

    key = fake.put_event(calendar.id, event)
    fake.put_event(other.id, event)
    fake.put_event(calendar.id, {"subject": "x"}, event_id=key)
    fake.remove_event(calendar.id, key)
    fake.notices.settle()

    assert [told["changeType"] for told in site.told] == ["created", "updated", "deleted"]
    assert {(told["subscriptionId"], told["clientState"]) for told in site.told} == {
        (made.channel_id, SECRET)
    }


def test_notices_come_twice_and_backwards_on_order(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider, site: Site
) -> None:
    made = watch(provider, calendar, site)
    event = {"start": {"dateTime": "2026-11-01T09:00:00"}, "end": {"dateTime": "2026-11-01T10:00:00"}}
    fake.notices.hold, fake.notices.copies = True, 2

    fake.put_event(calendar.id, event)
    fake.notices.lifecycle(made.channel_id, "missed")
    fake.notices.release(backwards=True)
    fake.notices.settle()

    kinds = [told.get("lifecycleEvent") or told["changeType"] for told in site.told]
    assert kinds == ["missed", "missed", "created", "created"]
