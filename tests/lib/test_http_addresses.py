"""Which addresses count as public, and what the operator may open."""

from ipaddress import ip_address

import pytest

from bookingsite.lib.http import AddressRefused, GuardPolicy, PortRefused, parse_networks
from bookingsite.lib.http.addresses import is_public

PRIVATE = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:c0a8:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "17.248.0.1", "2606:4700:4700::1111", "64:ff9b::101:101", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("text", PRIVATE)
def test_is_public_special_address(text: str) -> None:
    assert is_public(ip_address(text)) is False


@pytest.mark.parametrize("text", PUBLIC)
def test_is_public_open_address(text: str) -> None:
    assert is_public(ip_address(text)) is True


@pytest.mark.parametrize(
    ("allow", "address", "port", "refusal"),
    [
        ([], "192.168.1.5", 443, AddressRefused),
        (["192.168.1.0/24"], "192.168.1.5", 443, None),
        (["192.168.1.0/24"], "::ffff:192.168.1.5", 443, None),
        (["192.168.1.0/24"], "192.168.2.5", 443, AddressRefused),
        (["192.168.1.5"], "192.168.1.5", 5232, None),
        (["192.168.1.0/24"], "192.168.1.5", 47123, None),
        (["192.168.1.0/24"], "192.168.1.5", 22, PortRefused),
        (["192.168.1.0/24"], "192.168.1.5", 6379, PortRefused),
        (["192.168.1.0/24"], "192.168.1.5", 5432, PortRefused),
        (["fd00::/8"], "fd12::1", 443, None),
        ([], "8.8.8.8", 443, None),
        ([], "8.8.8.8", 22, PortRefused),
        ([], "8.8.8.8", 25, PortRefused),
        ([], "8.8.8.8", 6379, PortRefused),
        ([], "8.8.8.8", 5432, PortRefused),
    ],
)
def test_policy_judges_address_and_port(
    allow: list[str], address: str, port: int, refusal: type[Exception] | None
) -> None:
    policy = GuardPolicy(allow=parse_networks(allow))

    if refusal is None:
        policy.judge(ip_address(address), port)
    else:
        with pytest.raises(refusal):
            policy.judge(ip_address(address), port)


@pytest.mark.parametrize("text", ["192.168.1.5/24", "localhost", "10.0.0.0/33"])
def test_parse_networks_refuses_what_is_no_network(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_networks([text])
