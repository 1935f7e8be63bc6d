"""Somebody's iCal feed over HTTP, well-behaved or not.

    with feed_server() as feed:
        feed.put("a@example.org", "DTSTART:20270301T090000Z", "DTEND:20270301T100000Z")
        address = feed.url

By default it gives an ETag and answers 304. Switches make it one of those that do not, and `fail` puts
answers in front of the next requests.
"""

import gzip
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler

from tests.fakes.caldav_faults import Answer, Seen, Step, _listening

LOGIN_PAGE = "\n<!DOCTYPE html><html><head><title>Sign in</title></head><body><form></form></body></html>"
SECRET_PATH = "/calendar/export/s3cr3t-t0ken.ics"


@dataclass
class Feed:
    """What is published, and how. `marks`: `etag`, `modified` or empty. `stamps`: every event anew each time."""

    port: int = 0
    path: str = SECRET_PATH
    name: str = ""
    zone: str = ""
    marks: str = "etag"
    stamps: bool = False
    events: dict[str, str] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    faults: list[Step] = field(default_factory=list)
    is_broken: bool = False
    """The faults stay: the last one answers for ever."""
    fetches: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def url(self) -> str:
        """The secret address."""
        return f"http://127.0.0.1:{self.port}{self.path}"

    def put(self, uid: str, *lines: str) -> None:
        """Publish an event, or a changed one; an empty `uid` leaves the line out."""
        named = [f"UID:{uid}"] if uid else []
        self.events[uid] = "\r\n".join(["BEGIN:VEVENT", *named, *lines, "END:VEVENT"])

    def fail(self, *steps: Step, for_ever: bool = False) -> None:
        """Answer the next requests with these."""
        self.faults = list(steps)
        self.is_broken = for_ever

    def recover(self) -> None:
        """Answer as usual again."""
        self.fail()

    def statuses(self) -> list[bool]:
        """Of each request so far, whether it was conditional."""
        return ["If-None-Match" in one.headers or "If-Modified-Since" in one.headers for one in self.seen]

    def body(self) -> bytes:
        """The calendar as it stands."""
        head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//feeds//EN"]
        head += [f"X-WR-CALNAME:{self.name}"] if self.name else []
        head += [f"X-WR-TIMEZONE:{self.zone}"] if self.zone else []
        events = list(self.events.values())
        if self.stamps:
            number = next(self.fetches)
            stamp = f"DTSTAMP:20260101T{number:06}Z\r\nCREATED:20260101T{number:06}Z\r\nSEQUENCE:{number}\r\n"
            events = [one.replace("END:VEVENT", f"{stamp}END:VEVENT") for one in events]
        return "\r\n".join([*head, *events, "END:VCALENDAR", ""]).encode()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """One request."""
        self.seen.append(Seen(handler.command, handler.path, dict(handler.headers), b""))
        if self.faults:
            step = self.faults[0] if self.is_broken and len(self.faults) == 1 else self.faults.pop(0)
            step.send(handler) if isinstance(step, Answer) else step(handler)
        elif handler.path != self.path:
            Answer(404).send(handler)
        else:
            self._usual(handler)

    def _usual(self, handler: BaseHTTPRequestHandler) -> None:
        body = self.body()
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        if self.marks == "etag":
            headers["ETag"] = f'"{sha256(body).hexdigest()[:16]}"'
            is_same = handler.headers.get("If-None-Match") == headers["ETag"]
        elif self.marks == "modified":
            day = int(sha256(body).hexdigest()[:4], 16) % 28 + 1
            headers["Last-Modified"] = f"Sun, {day:02} Feb 2026 00:00:00 GMT"
            is_same = handler.headers.get("If-Modified-Since") == headers["Last-Modified"]
        else:
            is_same = False
        (Answer(304, b"", headers) if is_same else Answer(200, body, headers)).send(handler)


@contextmanager
def feed_server() -> Iterator[Feed]:
    """Publish a feed on a free loopback port until the block ends."""
    feed = Feed()
    with _listening(feed.answer) as feed.port:
        yield feed


# -- answers that no feed should give


def calendar(body: bytes | str) -> Answer:
    """This body as a calendar."""
    return Answer(200, body, {"Content-Type": "text/calendar"})


def gzip_bomb(size: int = 200_000_000) -> Answer:
    """Zeros that are small on the way and large on arrival, sent although nobody asked for compression."""
    packed = gzip.compress(bytes(size), compresslevel=1)
    return Answer(200, packed, {"Content-Type": "text/calendar", "Content-Encoding": "gzip"})


def cut_body(body: bytes) -> Answer:
    """Half of the body under the length of the whole."""
    return Answer(200, body[: len(body) // 2], {"Content-Length": str(len(body)), "Connection": "close"})


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, until the reader has had enough."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b"B")
        handler.wfile.flush()
        time.sleep(0.05)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """No answer at all."""
    handler.close_connection = True
