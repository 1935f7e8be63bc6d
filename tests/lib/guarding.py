"""What the tests of the outgoing guard share: a quick GET, names that point anywhere, slow answers."""

import socket
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import requests

from bookingsite.lib.http import GuardPolicy, guarded_session, parse_networks

LOOPBACK = parse_networks(["127.0.0.0/8"])
OPEN = GuardPolicy(allow=LOOPBACK, timeout=20, deadline=30)
REAL_LOOKUP = socket.getaddrinfo


def get(url: str, policy: GuardPolicy = OPEN, **options: Any) -> requests.Response:
    with guarded_session(policy) as session:
        return session.get(url, **options)


def point(monkeypatch: pytest.MonkeyPatch, answers: dict[str, list[str]]) -> list[str]:
    """Let names resolve to the given addresses; every other name as usual. Returns the names asked for."""
    asked: list[str] = []

    def lookup(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if host not in answers:
            return REAL_LOOKUP(host, port, *args, **kwargs)
        asked.append(host)
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port),
            )
            for address in answers[host]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return asked


def drip_body(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    _drip(handler)


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(handler)


def _drip(handler: BaseHTTPRequestHandler) -> None:
    for _ in range(100):
        handler.wfile.write(b"x")
        time.sleep(0.05)
