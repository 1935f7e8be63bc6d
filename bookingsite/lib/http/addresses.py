"""Which network addresses a person's URL may lead to.

Pure judgement on numbers; names are resolved elsewhere, once, and the judged address is the one
that is dialled.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64 = IPv6Network("64:ff9b::/96")
"""The well-known prefix of RFC 6052: the last 32 bits are the IPv4 address that is really reached."""

PUBLIC_V6 = IPv6Network("2000::/3")
"""The only global unicast block handed out so far; everything outside is special."""

NEVER_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # protocol assignments, Teredo among them: an IPv4 address in disguise
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",
    )
)
"""Blocks refused whatever this Python's table of special addresses says; the tables differ by release."""


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The operator's allow-list as networks; a bare address is a network of one.

    Raises `ValueError` for anything else, host bits included, so that a typing error stops the start
    instead of opening more than was meant.
    """
    return tuple(ip_network(text.strip()) for text in texts if text.strip())


def reached(address: Address) -> Address:
    """The address a packet really arrives at: IPv4 taken out of its mapped and NAT64 IPv6 forms."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether the address belongs to the open Internet, after unwrapping."""
    real = reached(address)
    if isinstance(real, IPv6Address) and real not in PUBLIC_V6:
        return False
    if any(real.version == block.version and real in block for block in NEVER_PUBLIC):
        return False
    return real.is_global and not real.is_multicast


def is_allowed(address: Address, allow: Iterable[Network]) -> bool:
    """Whether the operator's list names the address, as written or as reached."""
    forms = {address, reached(address)}
    return any(form.version == block.version and form in block for block in allow for form in forms)


def parse_address(text: str) -> Address:
    """An address as `getaddrinfo` prints it; a zone (`fe80::1%eth0`) is kept out of the judgement."""
    return ip_address(text.partition("%")[0])
