"""A small HTTP server on loopback that misbehaves on demand.

Tests register an answer for a method and a path; what was asked is kept in `seen`.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


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

    def __init__(self, port: int) -> None:
        self.port = port
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
            self.seen.append(Seen(handler.command, handler.path, dict(handler.headers), body))
            steps = self._steps.get((handler.command, handler.path), [Answer(404)])
            step = steps.pop(0) if len(steps) > 1 else steps[0]
        if isinstance(step, Answer):
            step.send(handler)
        else:
            step(handler)


@contextmanager
def fault_server() -> Iterator[FaultServer]:
    """Run a fault server on a free loopback port until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return lambda: server._answer(self)
            raise AttributeError(name)

        def log_message(self, *args: Any) -> None:
            """Stay silent."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Clients that hang up are part of the tests."""

    listening = Quiet(("127.0.0.1", 0), Handler)
    server = FaultServer(listening.server_port)
    thread = threading.Thread(target=lambda: listening.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join(timeout=5)
