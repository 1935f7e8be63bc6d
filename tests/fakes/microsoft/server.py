"""The fake itself: Entra and Graph behind one loopback address, and what tests may do to them."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fakes.microsoft import entra
from tests.fakes.microsoft.entra import Entra, No, TokenRefusal
from tests.fakes.microsoft.events import new_event, shown
from tests.fakes.microsoft.faults import JSON, Fault, Order, Refusal
from tests.fakes.microsoft.graph import Call, Graph, preferences
from tests.fakes.microsoft.mailbox import FakeCalendar, Mailbox
from tests.fakes.microsoft.notices import Notices

GRAPH = "/v1.0"


@dataclass(frozen=True)
class Seen:
    """One request as it arrived; `line` is `METHOD path?query`, unquoted."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def line(self) -> str:
        """For looking at, and for orders to match."""
        tail = "&".join(f"{name}={value}" for name, value in self.query.items())
        return f"{self.method} {self.path}{'?' if tail else ''}{tail}"


class MicrosoftFake:
    """`with MicrosoftFake() as fake:` runs it. Every method may be called from any thread.

    `consent` answers consent pages at once when set: with scopes for yes, with a `No` otherwise. `now` is the
    clock of subscriptions.
    """

    def __init__(self) -> None:
        self.entra = Entra()
        self.notices = Notices()
        self.graph = Graph(self.notices)
        self.boxes: dict[str, Mailbox] = {}
        self.log: list[Seen] = []
        self.consent: frozenset[str] | No | None = None
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.lock = threading.RLock()
        self._orders: list[Order] = []
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    # Running

    def __enter__(self) -> MicrosoftFake:
        self._server = _listening(self)
        self.graph.root = f"{self.url}{GRAPH}"
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=lambda: serve(poll_interval=0.02), daemon=True)
        self._thread.start()
        self.notices.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.notices.stop()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(timeout=5)

    @property
    def url(self) -> str:
        """The root address, without a slash."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def api(self) -> str:
        """Where Graph is, with a slash."""
        return f"{self.url}{GRAPH}/"

    def settings(self) -> dict[str, Any]:
        """The settings that lead here."""
        return {
            "MICROSOFT_AUTHORITY": self.url,
            "MICROSOFT_GRAPH_API": self.api,
        }

    def addresses(self) -> dict[str, str]:
        """The endpoints as the provider takes them."""
        return {"authority": self.url, "api": self.api}

    @property
    def client(self) -> dict[str, str]:
        """The registered client, as `OAUTH_CLIENTS["microsoft"]` takes it."""
        return {
            "client_id": self.entra.client_id,
            "secret": self.entra.client_secret,
            "tenant": self.entra.tenant,
        }

    def answered(self, url: str, email: str, answer: frozenset[str] | No = entra.SCOPES) -> dict[str, str]:
        """The query with which the person comes back from the consent page at this address."""
        asked = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        problem = self.entra.check(asked)
        assert not problem, problem
        with self.lock:
            place = self.entra.decide(asked, email, answer)
        return dict(parse_qsl(urlsplit(place).query, keep_blank_values=True))

    # The world

    def add_account(self, email: str, *, organisation: bool = True) -> FakeCalendar:
        """A mailbox with its usual calendar; personal accounts make no Teams meetings."""
        with self.lock:
            self.boxes[email] = Mailbox(email, organisation)
            meetings = ("teamsForBusiness",) if organisation else ()
            return self.add_calendar(email, "Calendar", is_default=True, colour="#0078d4", meetings=meetings)

    def add_calendar(self, email: str, name: str, *, owner: str = "", **fields: Any) -> FakeCalendar:
        """One more calendar; `fields` are those of `FakeCalendar`."""
        with self.lock:
            made = FakeCalendar(f"AQMk{secrets.token_urlsafe(20)}=", name, owner or email, **fields)
            self.boxes[email].calendars[made.id] = made
            return made

    def calendar(self, email: str) -> FakeCalendar:
        """The account's usual calendar."""
        return next(one for one in self.boxes[email].calendars.values() if one.is_default)

    def put_event(self, calendar_id: str, body: dict[str, Any], *, uid: str = "", event_id: str = "") -> str:
        """Somebody makes an event, or changes the one with this id; returns its id."""
        with self.lock:
            box, calendar = self._place(calendar_id)
            if event_id and event_id in calendar.events:
                calendar.change(event_id, body)
                self.notices.changed(box.email, calendar_id, event_id, "updated")
                return event_id
            made = new_event(body, uid=uid, event_id=event_id)
            calendar.events[made.id] = made
            calendar.revision += 1
            self.notices.changed(box.email, calendar_id, made.id, "created")
            return made.id

    def copy_event(self, calendar_id: str, event_id: str) -> str:
        """Somebody copies an event: an id and UID of its own, with all extended properties; returns the id."""
        with self.lock:
            _, calendar = self._place(calendar_id)
            before = calendar.events[event_id]
            copied = self.put_event(calendar_id, shown(before) | {"transactionId": None})
            calendar.events[copied].extra = dict(before.extra)
            return copied

    def move_event(self, calendar_id: str, event_id: str, to_id: str) -> None:
        """Somebody moves an event to another calendar of the mailbox; its immutable id stays."""
        with self.lock:
            (box, here), (_, there) = self._place(calendar_id), self._place(to_id)
            there.events[event_id] = here.events.pop(event_id)
            here.revision, there.revision = here.revision + 1, there.revision + 1
            self.notices.changed(box.email, calendar_id, event_id, "deleted")
            self.notices.changed(box.email, to_id, event_id, "created")

    def put_exception(self, calendar_id: str, master_id: str, day: str, body: dict[str, Any]) -> None:
        """Somebody moves or edits the instance that was meant for this day (`2026-10-26`)."""
        with self.lock:
            box, calendar = self._place(calendar_id)
            master = calendar.events[master_id]
            own = new_event({**body, "recurrence": None}, uid=master.uid)
            own.fields = {**master.fields, "recurrence": None, **_plain(body)}
            master.exceptions[datetime.fromisoformat(day).date()] = own
            master.version += 1
            calendar.revision += 1
            self.notices.changed(box.email, calendar_id, master_id, "updated")

    def remove_event(self, calendar_id: str, event_id: str) -> None:
        """Somebody deletes an event, or one instance of a series."""
        with self.lock:
            box, calendar = self._place(calendar_id)
            calendar.remove(event_id)
            self.notices.changed(box.email, calendar_id, event_id, "deleted")

    def remove_calendar(self, calendar_id: str) -> None:
        """Somebody deletes a calendar."""
        with self.lock:
            box, _ = self._place(calendar_id)
            del box.calendars[calendar_id]

    def expire_access(self) -> None:
        """No access token given out so far is accepted any more."""
        with self.lock:
            self.entra.access.clear()

    def revoke(self, email: str) -> None:
        """The person takes back what they granted."""
        with self.lock:
            self.entra.withdraw(email)

    def expire_deltas(self) -> None:
        """Every delta link given out so far is dead."""
        with self.lock:
            for box in self.boxes.values():
                box.forget_deltas()

    def fail_next(
        self, fault: Fault, *, match: str = "", times: int = 1, after: bool = False, skip: int = 0
    ) -> None:
        """Answer the next requests that match (`METHOD path?query`, a regular expression) with a fault.

        `after`: what was asked for is done before. `skip` lets so many pass first.
        """
        with self.lock:
            self._orders.append(Order(fault, match, times, after, skip))

    def lines(self, match: str = "") -> list[str]:
        """The log's lines that contain a text."""
        return [seen.line for seen in list(self.log) if match in seen.line]

    def _place(self, calendar_id: str) -> tuple[Mailbox, FakeCalendar]:
        for box in self.boxes.values():
            if calendar_id in box.calendars:
                return box, box.calendars[calendar_id]
        raise KeyError(calendar_id)

    # Answering

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        seen = _read(handler)
        with self.lock:
            self.log.append(seen)
            order = next((one for one in self._orders if one.takes(seen.line)), None)
        if order is not None and not order.after:
            order.fault.send(handler)
            return
        status, body, headers = self._answered(seen)
        if order is not None:
            order.fault.send(handler)
            return
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _answered(self, seen: Seen) -> tuple[int, bytes, dict[str, str]]:
        try:
            if seen.path.startswith(GRAPH):
                return self._graph(seen)
            return self._entra(seen)
        except Refusal as no:
            return no.status, json.dumps(no.body).encode(), {"Content-Type": JSON}
        except TokenRefusal as no:
            return no.status, json.dumps(no.body).encode(), {"Content-Type": "application/json"}

    def _graph(self, seen: Seen) -> tuple[int, bytes, dict[str, str]]:
        call = Call(
            method=seen.method,
            path=seen.path.removeprefix(GRAPH),
            query=seen.query,
            headers=seen.headers,
            body=json.loads(seen.body or b"{}"),
            now=self.now(),
            prefer=preferences(seen.headers.get("Prefer", "")),
        )
        box = self._signed_in(seen)
        if call.path == "/subscriptions" and call.method == "POST":  # the handshake may come back here
            status, told = self.graph.answer(box, call)
        else:
            with self.lock:
                status, told = self.graph.answer(box, call)
        return status, b"" if told is None else json.dumps(told).encode(), {"Content-Type": JSON}

    def _signed_in(self, seen: Seen) -> Mailbox:
        token = seen.headers.get("Authorization", "").removeprefix("Bearer ")
        with self.lock:
            grant = self.entra.access.get(token)
        if grant is None or grant.email not in self.boxes:
            raise Refusal(
                401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."
            )
        needed = "User.Read" if seen.path == f"{GRAPH}/me" else "Calendars.ReadWrite"
        if needed not in grant.scopes:
            raise Refusal(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        return self.boxes[grant.email]

    def _entra(self, seen: Seen) -> tuple[int, bytes, dict[str, str]]:
        tenant, _, rest = seen.path.lstrip("/").partition("/")
        if rest == "v2.0/.well-known/openid-configuration":
            return _json(self.entra.discovery(self.url, tenant))
        if rest == "oauth2/v2.0/token" and seen.method == "POST":
            with self.lock:
                return _json(self.entra.token(_form(seen), f"{self.url}/{tenant}/v2.0"))
        if rest == "oauth2/v2.0/authorize":
            return self._authorize(seen)
        return 404, b"", {}

    def _authorize(self, seen: Seen) -> tuple[int, bytes, dict[str, str]]:
        form = _form(seen) if seen.method == "POST" else {}
        asked = {
            name: value for name, value in (form or seen.query).items() if name not in ("account", "decision")
        }
        page = {"Content-Type": "text/html; charset=utf-8"}
        if problem := self.entra.check(asked):
            return 400, f"<!doctype html><title>Sorry</title><p>{problem}".encode(), page
        answer = _DECISIONS.get(form.get("decision", ""), self.consent)
        if answer is None:
            return 200, entra.consent_page(asked, list(self.boxes)).encode(), page
        email = form.get("account") or asked.get("login_hint") or next(iter(self.boxes))
        with self.lock:
            place = self.entra.decide(asked, email, answer)
        return 302, b"", {"Location": place}


_DECISIONS: dict[str, frozenset[str] | No] = {"accept": entra.SCOPES, "cancel": No(), "admin": entra.ADMIN}


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in ("start", "end", "isAllDay")}


def _json(told: dict[str, object]) -> tuple[int, bytes, dict[str, str]]:
    return 200, json.dumps(told).encode(), {"Content-Type": "application/json; charset=utf-8"}


def _form(seen: Seen) -> dict[str, str]:
    return dict(parse_qsl(seen.body.decode(), keep_blank_values=True))


def _read(handler: BaseHTTPRequestHandler) -> Seen:
    parts = urlsplit(handler.path)
    body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Seen(handler.command, unquote(parts.path), query, dict(handler.headers), body)


def _listening(fake: MicrosoftFake) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body are sent apart

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return lambda: fake.serve(self)
            raise AttributeError(name)

        def log_message(self, *args: Any) -> None:
            """Stay silent."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Clients that hang up are part of the tests."""

    return Quiet(("127.0.0.1", 0), Handler)
