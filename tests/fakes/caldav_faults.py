"""A small HTTP server on loopback that misbehaves on demand.

Tests register an answer for a method and a path; what was asked is kept in `seen`.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    client: int = 0
    """The port of the client's end: the same for requests over one connection."""


@dataclass(frozen=True)
class Answer:
    """What to answer; `raw` overrides everything with bytes on the socket."""

    status: int = 200
    body: bytes | str = b""
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        """Write the answer, with its length unless a length is given."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        handler.send_response(self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        if "Content-Length" not in self.headers and "Transfer-Encoding" not in self.headers:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


Script = Callable[[BaseHTTPRequestHandler], None]
Step = Answer | Script


class FaultServer:
    """Answers by script: a single answer for ever, or a list that is used up (the last one stays)."""

    port = 0

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._steps: dict[tuple[str, str], list[Step]] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The root address, with a slash."""
        return f"http://127.0.0.1:{self.port}/"

    def on(self, method: str, path: str, *steps: Step) -> None:
        """Answer `method path` with these steps, one a request."""
        self._steps[method, path] = list(steps)

    def asked(self) -> list[tuple[str, str]]:
        """Method and path of every request so far."""
        return [(seen.method, seen.path) for seen in self.seen]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        with self._lock:
            self.seen.append(
                Seen(handler.command, handler.path, dict(handler.headers), body, handler.client_address[1])
            )
            steps = self._steps.get((handler.command, handler.path), [Answer(404)])
            step = steps.pop(0) if len(steps) > 1 else steps[0]
        if isinstance(step, Answer):
            step.send(handler)
        else:
            step(handler)


@contextmanager
def fault_server(tls: ssl.SSLContext | None = None) -> Iterator[FaultServer]:
    """Run a fault server on a free loopback port until the block ends."""
    server = FaultServer()
    with _listening(server._answer, tls) as server.port:
        yield server


@contextmanager
def _listening(answer: Script, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return lambda: answer(self)
            raise AttributeError(name)

        def log_message(self, *args: Any) -> None:
            """Stay silent."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Clients that hang up are part of the tests."""

    listening = Quiet(("127.0.0.1", port), Handler)
    if tls is not None:
        listening.socket = tls.wrap_socket(listening.socket, server_side=True)
    thread = threading.Thread(target=lambda: listening.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield listening.server_port
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join(timeout=5)


# -- a real server behind a bad line


class LossyLine:
    """Passes requests on to a real server; loses the answer of the next write when told to."""

    port = 0

    def __init__(self, target: str) -> None:
        self.requests = 0
        self.lose_next_write = False
        self._target = urlsplit(target).netloc

    @property
    def url(self) -> str:
        """The root address, with a slash."""
        return f"http://127.0.0.1:{self.port}/"

    def _pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests += 1
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {k: v for k, v in handler.headers.items() if k.lower() not in ("host", "connection")}
        upstream = HTTPConnection(self._target, timeout=60)
        upstream.request(handler.command, handler.path, body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        if self.lose_next_write and handler.command in ("PUT", "DELETE"):
            self.lose_next_write = False
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return
        skipped = ("transfer-encoding", "connection", "content-length", "server", "date")
        kept = {k: v for k, v in answer.getheaders() if k.lower() not in skipped}
        Answer(answer.status, content, kept).send(handler)


@contextmanager
def lossy_line(target: str) -> Iterator[LossyLine]:
    """A line to the server at `target` until the block ends."""
    line = LossyLine(target)
    with _listening(line._pass_on) as line.port:
        yield line


# -- CalDAV answers


def multistatus(*members: str, token: str = "") -> Answer:
    """A 207 with these members."""
    tail = f"<d:sync-token>{token}</d:sync-token>" if token else ""
    body = (
        '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" '
        'xmlns:cs="http://calendarserver.org/ns/" xmlns:i="http://apple.com/ns/ical/" '
        f'xmlns:nc="http://nextcloud.com/ns">{"".join(members)}{tail}</d:multistatus>'
    )
    return Answer(207, body, {"Content-Type": "application/xml; charset=utf-8"})


def found(href: str, props: str) -> str:
    """A member with properties."""
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{props}</d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )


def only_status(href: str, status: str) -> str:
    """A member with nothing but a status."""
    return f"<d:response><d:href>{href}</d:href><d:status>HTTP/1.1 {status}</d:status></d:response>"


def event_member(href: str, etag: str = '"1"', data: str = "") -> str:
    """A member that is an event, with its data if given."""
    content = f"<c:calendar-data>{data}</c:calendar-data>" if data else ""
    return found(href, f"<d:getetag>{etag.replace('&', '&amp;')}</d:getetag>{content}")


def dav_error(status: int, condition: str) -> Answer:
    """A refusal with a named precondition."""
    body = (
        '<?xml version="1.0"?><d:error xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
        f"<{condition}/></d:error>"
    )
    return Answer(status, body, {"Content-Type": "application/xml"})


CALENDAR = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
EVENT = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\nBEGIN:VEVENT\nUID:{uid}\n"
    "DTSTAMP:20260101T000000Z\nDTSTART:20261201T090000Z\nDTEND:20261201T100000Z\n"
    "SUMMARY:Test\nEND:VEVENT\nEND:VCALENDAR\n"
)
