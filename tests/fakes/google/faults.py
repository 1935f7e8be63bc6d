"""How the fake fails on order: answers of every bad kind, before or after the deed was done."""

import json
import re
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any


class Refusal(Exception):
    """An answer that is an error in Google's own form."""

    def __init__(self, status: int, reason: str, message: str = "", **headers: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body: dict[str, Any] = {
            "error": {
                "code": status,
                "message": message or reason,
                "errors": [{"domain": "global", "reason": reason, "message": message or reason}],
            }
        }


@dataclass(frozen=True)
class Fault:
    """One bad answer. `drop` hangs up without a word, `drip` sends the body one byte every `drip` seconds, `cut`
    promises more bytes than it sends."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    drip: float = 0.0
    cut: bool = False

    @classmethod
    def error(cls, status: int, reason: str = "backendError", **headers: str) -> "Fault":
        """An error in Google's own form; `Retry_After="7"` becomes a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = json.dumps(Refusal(status, reason).body).encode()
        return cls(status, body, {"Content-Type": "application/json; charset=UTF-8", **named})

    @classmethod
    def page(cls, status: int = 200) -> "Fault":
        """A page for people where JSON is due."""
        return cls(status, b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html"})

    @classmethod
    def text(cls, body: bytes, content_type: str = "application/json", **how: Any) -> "Fault":
        """A 200 with this body."""
        return cls(200, body, {"Content-Type": content_type}, **how)

    @classmethod
    def redirect(cls, location: str, status: int = 302) -> "Fault":
        """Elsewhere."""
        return cls(status, b"", {"Location": location})

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        """Misbehave on this connection."""
        if self.drop:
            handler.close_connection = True
            return
        handler.send_response_only(self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        length = len(self.body) + (1000 if self.cut else 0)
        handler.send_header("Content-Length", str(length))
        handler.end_headers()
        if self.cut:
            handler.close_connection = True
        for index in range(len(self.body)) if self.drip else ():
            handler.wfile.write(self.body[index : index + 1])
            time.sleep(self.drip)
        if not self.drip:
            handler.wfile.write(self.body)


@dataclass
class Order:
    """A fault waiting for its requests: those whose `METHOD path?query` matches, `times` of them."""

    fault: Fault
    match: str
    times: int
    after: bool

    def fits(self, line: str) -> bool:
        """Whether this request is meant."""
        return self.times > 0 and re.search(self.match, line) is not None
