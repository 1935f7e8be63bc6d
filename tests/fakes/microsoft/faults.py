"""How the fake fails on order: answers of every bad kind, before or after the deed was done."""

from __future__ import annotations

import contextlib
import json
import re
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

JSON = "application/json; odata.metadata=minimal; charset=utf-8"


class Refusal(Exception):
    """An error in Graph's own form; `extra` goes into the error object."""

    def __init__(self, status: int, code: str, message: str = "", **extra: Any) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"error": {"code": code, "message": message or code, **extra}}


@dataclass(frozen=True)
class Fault:
    """One bad answer. `drop` hangs up without a word, `drip` waits so many seconds after each byte of the body,
    `cut` promises more bytes than it sends."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    drip: float = 0.0
    cut: bool = False

    @classmethod
    def error(cls, status: int, code: str = "UnknownError", **headers: str) -> Fault:
        """An error in Graph's own form; `Retry_After="7"` becomes a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, json.dumps(Refusal(status, code).body).encode(), {"Content-Type": JSON, **named})

    @classmethod
    def page(cls, status: int = 200) -> Fault:
        """A page for people where JSON is due."""
        return cls(status, b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html"})

    @classmethod
    def text(cls, body: bytes, content_type: str = JSON, *, drip: float = 0.0, cut: bool = False) -> Fault:
        """A 200 with this body."""
        return cls(200, body, {"Content-Type": content_type}, drip=drip, cut=cut)

    @classmethod
    def redirect(cls, location: str, status: int = 302) -> Fault:
        """Elsewhere."""
        return cls(status, b"", {"Location": location})

    @classmethod
    def hang_up(cls) -> Fault:
        """No answer at all."""
        return cls(drop=True)

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        """Misbehave on this connection."""
        handler.close_connection = self.drop or self.cut
        if self.drop:
            return
        if "Date" in self.headers:
            handler.send_response_only(self.status)
        else:
            handler.send_response(self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(self.body) + (1000 if self.cut else 0)))
        handler.end_headers()
        with contextlib.suppress(OSError):  # the client may have had enough
            self._send_body(handler)

    def _send_body(self, handler: BaseHTTPRequestHandler) -> None:
        if not self.drip:
            handler.wfile.write(self.body)
            return
        for index in range(len(self.body)):
            handler.wfile.write(self.body[index : index + 1])
            time.sleep(self.drip)


@dataclass
class Order:
    """A fault that waits for its requests: those whose `METHOD path?query` matches, `times` of them.

    With `after`, what was asked for is done first: the answer alone is lost. `skip` lets so many pass before.
    """

    fault: Fault
    match: str
    times: int
    after: bool
    skip: int = 0

    def takes(self, line: str) -> bool:
        """Whether this request is meant; counts it."""
        if self.times <= 0 or re.search(self.match, line) is None:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True
