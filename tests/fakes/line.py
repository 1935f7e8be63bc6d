"""A line between the product and a server, fake or real, with weather on it.

    with line_to(fake.url) as line:
        line.spoil(lambda answer: Answer(503), match=r"^GET ")

What was asked for is not done, or done first and then told badly (`after`). The line can also be dead (`down`), or
let nobody in (`stuck`).
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tests.fakes.caldav_faults import Answer, Step, _listening

Spoil = Callable[[Answer], Step]
"""From the server's own answer (an empty one where it was not asked) to what arrives."""
FOR_EVER = 1_000_000
_OWN = ("transfer-encoding", "connection", "content-length", "server", "date")
"""Headers that belong to one hop."""


@dataclass
class Order:
    """A spoiling that waits for its requests: those whose `METHOD path?query` matches."""

    spoil: Spoil
    match: str
    times: int
    skip: int
    after: bool

    def takes(self, line: str) -> bool:
        """Whether this request is meant; counts it."""
        if self.times <= 0 or re.search(self.match, line) is None:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Line:
    """Passes requests on and answers back, but for what is ordered otherwise. Keeps its port while it is down."""

    port = 0

    def __init__(self, target: str) -> None:
        self.asked: list[str] = []
        """Every request so far, as `METHOD path?query`."""
        self._target = urlsplit(target).netloc
        self._orders: list[Order] = []
        self._lock = threading.Lock()
        self._up = ExitStack()

    @property
    def url(self) -> str:
        """The root address, with a slash."""
        return f"http://127.0.0.1:{self.port}/"

    def spoil(
        self, spoil: Spoil, *, match: str = ".", times: int = FOR_EVER, skip: int = 0, after: bool = False
    ) -> None:
        """Spoil the next `times` requests that match, once `skip` of them have passed."""
        self._orders.append(Order(spoil, match, times, skip, after))

    def clear(self) -> None:
        """Good weather."""
        self._orders.clear()

    def up(self) -> None:
        """Listen, on the same port as before."""
        self.port = self._up.enter_context(_listening(self._pass_on, port=self.port))

    def down(self) -> None:
        """Refuse connections."""
        self._up.close()

    @contextmanager
    def stuck(self) -> Iterator[None]:
        """Neither take nor refuse connections: the queue of those who wait is full."""
        self.down()
        with ExitStack() as held:
            listening = held.enter_context(socket.socket())
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", self.port))
            listening.listen(0)
            for _ in range(4):
                waiting = held.enter_context(socket.socket())
                waiting.setblocking(False)
                with suppress(BlockingIOError):
                    waiting.connect(("127.0.0.1", self.port))
            yield
        self.up()

    def _pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        line = f"{handler.command} {handler.path}"
        with self._lock:
            self.asked.append(line)
            order = next((one for one in self._orders if one.takes(line)), None)
        answer = Answer() if order and not order.after else self._asked(handler, body)
        step = order.spoil(answer) if order else answer
        step.send(handler) if isinstance(step, Answer) else step(handler)

    def _asked(self, handler: BaseHTTPRequestHandler, body: bytes) -> Answer:
        headers = {k: v for k, v in handler.headers.items() if k.lower() not in ("host", "connection")}
        upstream = HTTPConnection(self._target, timeout=30)
        upstream.request(handler.command, handler.path, body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        return Answer(answer.status, content, {k: v for k, v in answer.getheaders() if k.lower() not in _OWN})


@contextmanager
def line_to(target: str) -> Iterator[Line]:
    """A line to the server at `target` until the block ends."""
    line = Line(target)
    line.up()
    try:
        yield line
    finally:
        line.down()
