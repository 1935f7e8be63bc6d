"""Which kinds of calendar accounts there are: one entry a kind, nothing else to touch for a new one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from bookingsite.lib.http import GuardPolicy
from calendars.providers.base import Capabilities, Provider
from calendars.providers.caldav import PRESETS, CalDavProvider, ICloudProvider, Preset
from calendars.providers.memory import MemoryProvider, MemoryServer

Opener = Callable[[str, str, str, GuardPolicy], Provider]
"""From address, user name, password and policy to a connection (nothing is sent yet)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of account: its key in our tables, its proper name, and how to open one.

    `needs_address` says whether the host types an address; `presets` are well-known servers of this
    kind. A kind that is not `offered` exists for tests.
    """

    key: str
    title: str
    capabilities: Capabilities
    open: Opener
    needs_address: bool = True
    presets: tuple[Preset, ...] = ()
    offered: bool = True


@cache
def memory_server(url: str) -> MemoryServer:
    """The in-memory server at this made-up address: the same one for everybody in this process."""
    return MemoryServer()


def _open_caldav(url: str, username: str, password: str, policy: GuardPolicy) -> Provider:
    return CalDavProvider(url=url, username=username, password=password, policy=policy)


def _open_icloud(url: str, username: str, password: str, policy: GuardPolicy) -> Provider:
    return ICloudProvider(url=url, username=username, password=password, policy=policy)


def _open_memory(url: str, username: str, password: str, policy: GuardPolicy) -> Provider:
    return MemoryProvider(memory_server(url))


KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind("icloud", "iCloud", ICloudProvider.capabilities, _open_icloud, needs_address=False),
        Kind(
            "caldav",
            "CalDAV",
            CalDavProvider.capabilities,
            _open_caldav,
            presets=tuple(preset for preset in PRESETS if preset.key != "icloud"),
        ),
        Kind("memory", "Memory", MemoryProvider.capabilities, _open_memory, offered=False),
    )
}


class UnknownKind(LookupError):
    """No provider of that key: a row of a kind that was removed, or a typing error."""


def kind(key: str) -> Kind:
    """The kind with this key; raises `UnknownKind`."""
    try:
        return KINDS[key]
    except KeyError:
        raise UnknownKind(key) from None


def connect(
    key: str, *, url: str = "", username: str = "", password: str = "", policy: GuardPolicy
) -> Provider:
    """A connection to an account; the caller closes it. Nothing is sent before the first call."""
    return kind(key).open(url, username, password, policy)
