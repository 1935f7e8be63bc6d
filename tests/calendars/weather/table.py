"""The matrix: each weather, how it is made, and the code that the host's card puts into words (`calendars.wording`).

An empty code means that the news arrive in spite of it.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler

from tests.calendars.weather.scene import impatient
from tests.fakes.caldav_faults import Answer
from tests.fakes.feed import LOGIN_PAGE
from tests.fakes.line import Line, Spoil

CALDAV, FEED, GOOGLE, MICROSOFT = "caldav", "ics", "google", "microsoft"


@dataclass(frozen=True)
class Weather:
    """One row. `codes` by provider; `spoil` is put on the line, `after` the server did what was asked.

    `line` is what befalls the line itself: `down` or `stuck`. `pause`: so many seconds the next try waits at least.
    `is_slow`: somebody has to lose patience.
    """

    name: str
    codes: Mapping[str, str]
    spoil: Spoil | None = None
    after: bool = False
    line: str = ""
    pause: float = 0
    match: str = "."
    is_slow: bool = False

    def __str__(self) -> str:
        return self.name

    def code(self, kind: str) -> str:
        """What the card says of this provider."""
        return self.codes[kind]

    @contextmanager
    def over(self, line: Line, *, match: str = ".", skip: int = 0) -> Iterator[None]:
        """While the block lasts, for the requests that match, after so many of them."""
        with impatient() if self.is_slow else nullcontext(), self._on(line, match, skip):
            yield

    @contextmanager
    def _on(self, line: Line, match: str, skip: int) -> Iterator[None]:
        if self.line == "stuck":
            with line.stuck():
                yield
            return
        if self.line == "down":
            line.down()
        if self.spoil:
            line.spoil(self.spoil, match=match, skip=skip, after=self.after)
        yield
        line.clear()
        if self.line == "down":
            line.up()


def codes(google: str, microsoft: str, feed: str, caldav: str) -> Mapping[str, str]:
    """Codes in the order of the table's columns."""
    return {GOOGLE: google, MICROSOFT: microsoft, FEED: feed, CALDAV: caldav}


def each(code: str) -> Mapping[str, str]:
    """The same for all."""
    return codes(code, code, code, code)


# -- how answers go bad


def status(number: int, **headers: str) -> Spoil:
    """Refused, without a word."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda answer: Answer(number, b"", named)


def page(answer: Answer) -> Answer:
    """A page for people."""
    return Answer(200, LOGIN_PAGE, {"Content-Type": "text/html; charset=utf-8"})


def halved(answer: Answer) -> Answer:
    """Half of it as if it were all: broken JSON, XML or iCalendar."""
    return replace(answer, body=_bytes(answer)[: len(answer.body) // 2])


def cut(answer: Answer) -> Answer:
    """The connection ends in the middle of the body."""
    headers = {**answer.headers, "Content-Length": str(len(answer.body) + 100), "Connection": "close"}

    return replace(answer, headers=headers)


def mislabelled(answer: Answer) -> Answer:
    """The right content under a wrong type."""
    return replace(answer, headers={**answer.headers, "Content-Type": "application/octet-stream"})


def dripping(answer: Answer) -> object:
    """A byte now and then."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(answer.status)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(30):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    return send


def silent(answer: Answer) -> object:
    """Nothing at all, for longer than anybody waits."""
    return lambda handler: time.sleep(1)


def lost(answer: Answer) -> object:
    """The connection ends before the answer."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True

    return send


INSIDE = status(302, Location="http://169.254.169.254/latest/meta-data/")
LATER = "1800"

READING = [
    Weather("401", codes("access_revoked", "access_revoked", "wrong_password", "wrong_password"), status(401)),
    Weather("403", each("permission_denied"), status(403)),
    Weather("404", each("not_found"), status(404)),
    Weather("410", each("not_found"), status(410)),
    Weather("429", each("rate_limited"), status(429, Retry_After=LATER), pause=1800),
    Weather("500", each("server_failed"), status(500)),
    Weather("503", each("server_failed"), status(503)),
    Weather("503 with Retry-After", each("rate_limited"), status(503, Retry_After=LATER), pause=1800),
    Weather("refused", each("unreachable"), line="down"),
    Weather("connect timeout", each("timeout"), line="stuck", is_slow=True),
    Weather("read timeout", each("timeout"), silent, is_slow=True),
    Weather("dripping", each("timeout"), dripping, is_slow=True),
    Weather("hung up", each("unreachable"), lost),
    Weather("truncated", codes("server_failed", "server_failed", "cut_short", "server_failed"), cut, after=True),
    Weather("unreadable", codes("server_failed", "server_failed", "cut_short", "server_failed"), halved, after=True),
    Weather("page for people", codes("server_failed", "server_failed", "web_page", "not_a_calendar"), page),
    Weather("wrong type", codes("server_failed", "server_failed", "", ""), mislabelled, after=True),
    Weather("redirect inside", codes("server_failed", "server_failed", "address_refused", "address_refused"), INSIDE),
]  # fmt: skip
"""While a calendar is read whose copy is good: what every request meets."""

AMID = [
    row
    for row in READING
    if row.name in ("401", "403", "429", "500", "503", "hung up", "truncated", "unreadable")
]
"""What only the second request meets; feeds have but one."""

WRITES = "^(POST|PUT|PATCH|DELETE) "

WRITING = [
    Weather("401", codes("access_revoked", "access_revoked", "", "wrong_password"), status(401)),
    Weather("403", each("permission_denied"), status(403)),
    Weather("409", each("conflict"), status(409), match=WRITES),
    Weather("412", each("conflict"), status(412), match=WRITES),
    Weather("429", each("rate_limited"), status(429, Retry_After=LATER), pause=1800),
    Weather("500", each("server_failed"), status(500)),
    Weather("503", each("server_failed"), status(503)),
    Weather("refused", each("unreachable"), line="down"),
    Weather("read timeout", each("timeout"), silent, is_slow=True),
    Weather("hung up", each("unreachable"), lost),
    Weather("page for people", codes("server_failed", "server_failed", "", "not_a_calendar"), page),
    Weather("redirect inside", codes("server_failed", "server_failed", "", "address_refused"), INSIDE),
]  # fmt: skip
"""While an event is written; feeds are not."""

ANSWER_LOST = [
    Weather("hung up", each("unreachable"), lost, after=True),
    Weather("500", each("server_failed"), status(500), after=True),
    Weather("page for people", codes("server_failed", "server_failed", "", "not_a_calendar"), page, after=True),
]  # fmt: skip
"""The deed was done, and nobody was told."""


def _bytes(answer: Answer) -> bytes:
    return answer.body.encode() if isinstance(answer.body, str) else answer.body
