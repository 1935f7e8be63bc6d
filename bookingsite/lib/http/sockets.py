"""Dialling under the guard: resolve once, judge every address, connect to that very one."""

import io
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from bookingsite.lib.http.addresses import Address, parse_address
from bookingsite.lib.http.errors import (
    ConnectionFailed,
    InsecureRefused,
    InvalidAddress,
    NameNotFound,
    OutboundError,
    TimedOut,
)
from bookingsite.lib.http.policy import GuardPolicy

SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(slots=True)
class Exchange:
    """The request under way: its policy and the moment it must be over (monotonic seconds).

    `told` is the last error that the observer knows of already.
    """

    policy: GuardPolicy
    ends_at: float = 0.0
    told: OutboundError | None = None

    def begin(self) -> None:
        """Start the clock of one exchange."""
        self.ends_at = time.monotonic() + self.policy.deadline

    def wait(self) -> float:
        """The longest next wait in seconds; raises `TimedOut` when the deadline has passed."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise TimedOut("deadline")
        return min(left, self.policy.timeout)


def resolve(host: str, port: int) -> list[tuple[Address, int, Any]]:
    """All addresses of a name, as (address, family, socket address), in the system's order.

    Numeric spellings of any kind (`127.1`, `0x7f000001`) come back as the address they mean.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        raise NameNotFound from None
    except (UnicodeError, ValueError, OverflowError):
        raise InvalidAddress from None
    return [(parse_address(str(place[0])), family, place) for family, _, _, _, place in found]


def dial(exchange: Exchange, host: str, port: int) -> tuple[socket.socket, bool]:
    """A connected socket, and whether it leads into a network the operator allowed by name.

    One address that may not be reached refuses the name as a whole: a name with a public and a
    private address is an attack or a mistake.
    """
    places = resolve(host, port)
    for address, _, _ in places:
        exchange.policy.judge(address, port)
    own = all(exchange.policy.is_own_network(address) for address, _, _ in places)
    return _connect_first(exchange, places), own


def _connect_first(exchange: Exchange, places: Iterable[tuple[Address, int, Any]]) -> socket.socket:
    for _, family, place in places:
        wait = exchange.wait()
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(wait)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(place)
        except OSError:
            sock.close()
            continue
        return sock
    exchange.wait()
    raise ConnectionFailed


class _PatientReader(io.RawIOBase):
    """Reads from a socket; before every read the wait is cut to what the deadline leaves."""

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._exchange = exchange

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._exchange.wait())
        try:
            return self._raw.readinto(buffer)
        except TimeoutError:
            raise TimedOut("read") from None

    def close(self) -> None:
        self._raw.close()
        super().close()


class DeadlineSocket:
    """A connected socket, TLS or not, whose reads and writes end with the exchange's deadline.

    A timeout on the plain socket starts anew with every byte; a server that drips one byte a second
    would hold a worker for hours.
    """

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        self._sock = sock
        self._exchange = exchange

    def makefile(self, mode: str = "rb", buffering: int | None = None) -> io.BufferedReader:
        """What `http.client` reads the answer from."""
        return io.BufferedReader(_PatientReader(self._sock, self._exchange), 65536)

    def sendall(self, data: Any) -> None:
        """Send everything before the deadline."""
        self._sock.settimeout(self._exchange.wait())
        try:
            self._sock.sendall(data)
        except TimeoutError:
            raise TimedOut("write") from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _Guarded(HTTPConnection):
    """What plain and TLS connections share. `exchange` is set by the session on a subclass of its own."""

    exchange: Exchange
    is_plain = True
    _leads_home = False
    _carries_secret = False

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any) -> None:
        """Send the request, unless it would show credentials to the road."""
        self._carries_secret = self.is_plain and _has_secret(headers or {})
        if self.sock is not None:
            self._refuse_open_secret()
        super().request(method, url, body=body, headers=headers, **options)

    def _new_conn(self) -> socket.socket:
        sock, self._leads_home = dial(self.exchange, self._dns_host, int(self.port or 0))
        try:
            self._refuse_open_secret()
        except InsecureRefused:
            sock.close()
            raise
        return sock

    def _refuse_open_secret(self) -> None:
        if self._carries_secret and not self._leads_home:
            raise InsecureRefused

    def connect(self) -> None:
        """Dial, agree on TLS where wanted, and put the deadline on the socket."""
        super().connect()
        self.sock = DeadlineSocket(self.sock, self.exchange)


class GuardedHTTPConnection(_Guarded):
    """Plain HTTP under the guard."""


class GuardedHTTPSConnection(_Guarded, HTTPSConnection):
    """HTTPS under the guard: TLS name and Host header stay the name, only the address is pinned."""

    is_plain = False


def _has_secret(headers: Mapping[str, Any]) -> bool:
    return any(name.lower() in SECRET_HEADERS for name in headers)
