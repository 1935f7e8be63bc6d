"""The running fake: one HTTP server for consent, tokens and the calendar API, and the hands of a test on it."""

import base64
import json
import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.google.api import CalendarApi, Request
from tests.fakes.google.channels import Channels
from tests.fakes.google.faults import Fault, Order, Refusal
from tests.fakes.google.oauth import CALENDAR_LIST, EVENTS, Consents, OAuthRefusal, consent_page
from tests.fakes.google.store import Calendar, Event, Store, public

API = "/calendar/v3"
ALL_SCOPES = frozenset({CALENDAR_LIST, EVENTS})


@dataclass(frozen=True)
class Seen:
    """One request as it arrived. `line` is `METHOD path?query`."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body or b"{}")


class GoogleFake:
    """A Google of one's own. Every method may be called from any thread while it runs.

    The consent page is for browsers; `consent` answers it for tests without one, and with `auto_consent` the
    page sends everybody back at once with everything granted.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.consents = Consents()
        self.channels = Channels()
        self.store = Store(lambda calendar: self.channels.tell(calendar.id))
        self.api = CalendarApi(self.store, self.channels)
        self.auto_consent = False
        self.seen: list[Seen] = []
        self.emails: list[str] = []
        self._orders: list[Order] = []
        self._server = _listening(self)
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "GoogleFake":
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        self.channels.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.channels.stop()
        self._server.shutdown()
        self._server.server_close()

    # Addresses

    def addresses(self) -> dict[str, str]:
        """As the provider takes them."""
        return {
            "auth": f"{self.url}/o/oauth2/auth",
            "token": f"{self.url}/token",
            "revoke": f"{self.url}/revoke",
            "api": f"{self.url}{API}/",
        }

    def settings(self) -> dict[str, Any]:
        """For the site's settings: the endpoints and the client."""
        named = self.addresses()
        return {
            "GOOGLE_AUTH_URI": named["auth"],
            "GOOGLE_TOKEN_URI": named["token"],
            "GOOGLE_REVOKE_URI": named["revoke"],
            "GOOGLE_CALENDAR_API": named["api"],
        }

    @property
    def client(self) -> dict[str, str]:
        """The client that is registered: `client_id` and `secret`."""
        return {"client_id": self.consents.client_id, "secret": self.consents.client_secret}

    # Accounts and calendars

    def add_account(self, email: str, *, zone: str = "Europe/Berlin") -> str:
        """A person with a primary calendar, whose id is returned."""
        self.emails.append(email)
        return self.add_calendar(email, email, name=email, zone=zone, primary=True)

    def add_calendar(self, email: str, calendar_id: str, *, name: str = "Team", **traits: Any) -> str:
        """One more calendar of the person: `role`, `zone`, `hidden`, `colour`."""
        with self.lock:
            self.store.calendars[calendar_id] = Calendar(calendar_id, name, email, **traits)
        return calendar_id

    def calendar(self, email: str) -> str:
        """The id of the person's primary calendar."""
        return self.store.calendar(email).id

    def change_calendar(self, calendar_id: str, **traits: Any) -> None:
        """Rename it, change the role, …"""
        with self.lock:
            for name, value in traits.items():
                setattr(self.store.calendar(calendar_id), name, value)

    def remove_calendar(self, calendar_id: str) -> None:
        """It is gone for everybody."""
        with self.lock:
            del self.store.calendars[calendar_id]

    # Events, from outside

    def put_event(self, calendar_id: str, event: Event) -> Event:
        """Make an event (id made up unless given), or replace the one of that id."""
        with self.lock:
            calendar = self.store.calendar(calendar_id)
            if event.get("id") in calendar.events:
                return public(self.store.update(calendar, event["id"], event, ""))
            made = self.store.insert(calendar, {**event, "id": event.get("id")})
            return public(made)

    def patch_event(self, calendar_id: str, event_id: str, **changes: Any) -> Event:
        """Change some fields; an instance's id (`master_20261026T090000Z`) makes an exception."""
        with self.lock:
            calendar = self.store.calendar(calendar_id)
            return public(self.store.patch(calendar, event_id, changes, "", conference=True))

    def delete_event(self, calendar_id: str, event_id: str) -> None:
        """Delete an event, a series, or one instance of it."""
        with self.lock:
            self.store.delete(self.store.calendar(calendar_id), event_id)

    def forget_event(self, calendar_id: str, event_id: str) -> None:
        """The event was never there (nor will any list tell that it went)."""
        with self.lock:
            self.store.calendar(calendar_id).events.pop(event_id)

    def event(self, calendar_id: str, event_id: str) -> Event:
        """One event as it is now, also a deleted one."""
        with self.lock:
            return public(self.store.calendar(calendar_id).events[event_id])

    def events(self, calendar_id: str) -> list[Event]:
        """What people see in the calendar: events, series and exceptions that are not deleted."""
        with self.lock:
            held = self.store.calendar(calendar_id).events.values()
            return [public(event) for event in held if event["status"] != "cancelled"]

    # Consent and tokens

    def consent(
        self, url: str, *, email: str = "", scopes: frozenset[str] | None = ALL_SCOPES
    ) -> dict[str, str]:
        """Answer the consent page at `url` as a person would; returns the query they are sent back with.

        `scopes` are the boxes left ticked; None says no.
        """
        asked = dict(parse_qsl(urlsplit(url).query))
        with self.lock:
            if problem := self.consents.check(asked):
                raise ValueError(problem)
            wanted = None if scopes is None else scopes & frozenset(asked.get("scope", "").split())
            back = self.consents.decide(asked, email or asked.get("login_hint") or self.emails[0], wanted)
        return dict(parse_qsl(urlsplit(back).query))

    def access_token(self, email: str, scopes: frozenset[str] = ALL_SCOPES) -> str:
        """An access token without the dance."""
        grant = self.refresh_token(email, scopes)
        with self.lock:
            return self.consents.new_access(next(g for g in self.consents.grants if g.refresh_token == grant))

    def refresh_token(self, email: str, scopes: frozenset[str] = ALL_SCOPES) -> str:
        """A refresh token without the dance."""
        asked = {"redirect_uri": "https://nowhere.example/"}
        with self.lock:
            self.consents.decide(asked, email, scopes)
            return self.consents.grants[-1].refresh_token

    def expire_access(self) -> None:
        """No access token is accepted any more; refreshing gives new ones."""
        with self.lock:
            self.consents.access.clear()

    def revoke(self, email: str) -> None:
        """The person takes back every grant in their Google account."""
        with self.lock:
            for grant in self.consents.grants:
                if grant.email == email and not grant.revoked:
                    self.consents.withdraw(grant)

    def expire_sync(self, calendar_id: str) -> None:
        """Every sync token so far is too old."""
        with self.lock:
            self.store.calendar(calendar_id).oldest_token = self.store.version + 1
            self.store.version += 1

    # Failing

    def fail_next(self, fault: Fault, *, times: int = 1, match: str = ".", after: bool = False) -> None:
        """Answer the next `times` requests whose `METHOD path?query` matches the pattern with the fault.

        With `after` the deed is done first: the answer is what gets lost.
        """
        with self.lock:
            self._orders.append(Order(fault, match, times, after))

    def asked(self, match: str = ".") -> list[str]:
        """The requests so far that match, as `METHOD path?query`."""
        return [one.line for one in self.seen if re.search(match, one.line)]

    # The server's side

    def _order(self, line: str) -> Order | None:
        order = next((one for one in self._orders if one.fits(line)), None)
        if order is not None:
            order.times -= 1
        return order

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        line = f"{handler.command} {handler.path}"
        with self.lock:
            self.seen.append(Seen(line, headers, body))
            order = self._order(line)
            answer = (
                self._deed(handler.command, handler.path, headers, body) if not order or order.after else None
            )
        if order is not None:
            order.fault.send(handler)
        elif answer is not None:
            _send(handler, *answer)

    def _deed(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Any, dict[str, str]]:
        parts = urlsplit(path)
        asked = dict(parse_qsl(parts.query))
        try:
            if parts.path.startswith(f"{API}/"):
                return self._calendar_api(method, parts.path.removeprefix(API), asked, headers, body)
            return self._oauth(method, parts.path, asked, headers, body)
        except Refusal as refusal:
            return refusal.status, refusal.body, refusal.headers
        except OAuthRefusal as refusal:
            return refusal.status, refusal.body, {}

    def _calendar_api(
        self, method: str, path: str, asked: dict[str, str], headers: dict[str, str], body: bytes
    ) -> tuple[int, Any, dict[str, str]]:
        grant = self.consents.access.get(headers.get("authorization", "").removeprefix("Bearer "))
        if grant is None:
            raise Refusal(401, "authError", "Invalid Credentials")
        status, told = self.api.answer(
            Request(grant, method, path, asked, json.loads(body or b"{}"), headers)
        )
        return status, told, {}

    def _oauth(
        self, method: str, path: str, asked: dict[str, str], headers: dict[str, str], body: bytes
    ) -> tuple[int, Any, dict[str, str]]:
        fields = parse_qsl(body.decode())
        if path == "/o/oauth2/auth":
            return self._consent(method, asked, fields)
        if path == "/token" and method == "POST":
            return 200, self.consents.token(dict(fields), _basic(headers)), {}
        if path == "/revoke" and method == "POST":
            self.consents.revoke(dict(fields).get("token", ""))
            return 200, {}, {}
        return 404, "not found", {}

    def _consent(
        self, method: str, asked: dict[str, str], fields: list[tuple[str, str]]
    ) -> tuple[int, Any, dict[str, str]]:
        form = dict(fields)
        if problem := self.consents.check(asked or form):
            return 400, f"<!doctype html><title>Error</title><h1>Error 400: {problem}</h1>", {}
        scopes: frozenset[str] | None = frozenset((asked or form).get("scope", "").split())
        if method == "GET" and not self.auto_consent:
            return 200, consent_page(asked, self.emails), {}
        email = form.get("account") or asked.get("login_hint") or self.emails[0]
        if method == "POST":
            ticked = frozenset(value for name, value in fields if name == "granted")
            scopes = ticked if form.get("decision") == "allow" else None
        return 302, "", {"Location": self.consents.decide(asked or form, email, scopes)}


def _basic(headers: dict[str, str]) -> tuple[str, str] | None:
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind != "Basic":
        return None
    client_id, _, secret = base64.b64decode(value).decode().partition(":")
    return client_id, secret


def _send(handler: BaseHTTPRequestHandler, status: int, told: Any, headers: dict[str, str]) -> None:
    is_json = isinstance(told, dict)
    body = json.dumps(told).encode() if is_json else str(told or "").encode()
    handler.send_response(status)
    handler.send_header(
        "Content-Type", "application/json; charset=UTF-8" if is_json else "text/html; charset=utf-8"
    )
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _listening(fake: GoogleFake) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or every answer waits 40 ms for an acknowledgement

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return lambda: fake.handle(self)
            raise AttributeError(name)

        def log_message(self, *args: Any) -> None:
            """Stay silent."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Clients that hang up are part of the tests."""

    return Quiet(("127.0.0.1", 0), Handler)


__all__ = ["ALL_SCOPES", "GoogleFake"]
