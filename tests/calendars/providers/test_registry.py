"""The kinds of accounts there are."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from bookingsite.lib.http import GuardPolicy
from calendars.providers import registry
from calendars.providers.base import Provider
from calendars.providers.registry import Access
from tests.calendars.providers.contract import ReadingContract


class Unused:
    """Tokens that nobody asks for."""

    def access(self, *, rejected: str = "") -> str:
        raise NotImplementedError


@pytest.mark.promise("C1", "C4")
def test_offered_kinds_are_known_by_their_keys() -> None:
    assert [kind.key for kind in registry.KINDS.values() if kind.offered] == [
        "icloud",
        "caldav",
        "ics",
        "google",
        "microsoft",
    ]
    assert registry.kind("icloud").needs_address is False


@pytest.mark.parametrize("key", list(registry.KINDS))
def test_connect_gives_a_provider_of_that_kind(key: str) -> None:
    access = Access(
        url="https://a.invalid/",
        policy=GuardPolicy(),
        tokens=Unused(),
        addresses={"api": "https://api.invalid/v1/"},
    )

    provider: Provider = registry.connect(key, access)

    assert provider.key == key
    assert provider.capabilities == registry.kind(key).capabilities
    provider.close()


def test_memory_accounts_of_one_address_share_a_server() -> None:
    one, same, other = (registry.memory_server(url) for url in ("memory:a", "memory:a", "memory:b"))

    assert (one is same, one is other) == (True, False)


def test_unknown_kind() -> None:
    with pytest.raises(registry.UnknownKind):
        registry.connect("carrier-pigeon", Access(policy=GuardPolicy()))


def contract_classes(base: type[ReadingContract] = ReadingContract) -> Iterator[type[ReadingContract]]:
    """The classes that run the contract, at any depth."""
    for one in base.__subclasses__():
        yield one
        yield from contract_classes(one)


def test_every_registered_kind_keeps_the_contract() -> None:
    here = Path(__file__).parent
    for path in here.glob("*/test_*contract.py"):
        import_module(f"tests.calendars.providers.{path.parent.name}.{path.stem}")

    kept = {kind for one in contract_classes() if one.__name__.startswith("Test") for kind in one.kinds}

    assert kept == set(registry.KINDS)
