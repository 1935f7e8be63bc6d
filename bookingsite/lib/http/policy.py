"""What an outgoing request may do: addresses, ports, sizes and times."""

from dataclasses import dataclass, field

from bookingsite.lib.http.addresses import Address, Network, is_allowed, is_public
from bookingsite.lib.http.errors import AddressRefused, PortRefused
from bookingsite.lib.http.observing import Observer

DEFAULT_PORTS = frozenset({80, 443, 8443, 5232, 8008, 8080, 8800})
"""Where calendar servers are found on public hosts."""

NEVER_PORTS = frozenset({1433, 2049, 2375, 2376, 3306, 3389, 5432, 5672, 5900, 6379, 9200, 11211, 27017})
"""Databases, queues and remote control: never spoken to, not even in an allowed network."""


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    """The limits of one kind of outgoing request.

    `allow` names networks of the operator's own that are reachable although not public. `timeout` is
    the longest wait for a single read, `deadline` for the whole exchange with its redirects (both in
    seconds; the name look-up itself is the system's and not interrupted). `max_bytes` counts the
    answer after decompression. `ca_file` replaces the usual certificate authorities. `observer` is told of
    every request, failed ones included.
    """

    allow: tuple[Network, ...] = ()
    ports: frozenset[int] = DEFAULT_PORTS
    max_bytes: int = 10_000_000
    timeout: float = 10.0
    deadline: float = 30.0
    max_redirects: int = 3
    user_agent: str = "bookingsite"
    ca_file: str | None = field(default=None, repr=False)
    observer: Observer | None = field(default=None, repr=False, compare=False)

    def is_own_network(self, address: Address) -> bool:
        """Whether the operator allows this address by name of its network."""
        return is_allowed(address, self.allow)

    def judge(self, address: Address, port: int) -> None:
        """Raise `AddressRefused` or `PortRefused` unless this address and port may be dialled."""
        if self.is_own_network(address):
            if port in NEVER_PORTS or (port < 1024 and port not in self.ports):
                raise PortRefused
            return
        if not is_public(address):
            raise AddressRefused
        if port not in self.ports:
            raise PortRefused
