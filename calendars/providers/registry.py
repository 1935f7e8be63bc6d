"""Which kinds of calendar accounts there are: one entry a kind, nothing else to touch for a new one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from bookingsite.lib.http import GuardPolicy
from calendars.providers.base import Capabilities, Provider
from calendars.providers.caldav import PRESETS, CalDavProvider, ICloudProvider, Preset
from calendars.providers.google import GoogleOAuth, GoogleProvider
from calendars.providers.ics.provider import IcsProvider
from calendars.providers.memory import MemoryProvider, MemoryServer
from calendars.providers.microsoft import MicrosoftOAuth, MicrosoftProvider
from calendars.providers.oauth import OAuth, Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What opens an account: what was typed, or tokens for what was granted.

    ``addresses`` are the provider's own endpoints as the operator set them (national clouds, tests).
    """

    policy: GuardPolicy
    url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    tokens: Tokens | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)


Opener = Callable[[Access], Provider]
"""From what opens an account to a connection (nothing is sent yet)."""
Consent = Callable[[Mapping[str, str], GuardPolicy], OAuth]
"""From the provider's endpoints and our limits to its OAuth."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of account: its key in our tables, its proper name, and how to open one.

    `needs_address` says whether the host types an address; `presets` are well-known servers of this
    kind. `oauth` is set where the host consents at the provider instead of typing a password. A kind that
    is not `offered` exists for tests.
    """

    key: str
    title: str
    capabilities: Capabilities
    open: Opener
    needs_address: bool = True
    presets: tuple[Preset, ...] = ()
    offered: bool = True
    oauth: Consent | None = None


@cache
def memory_server(url: str) -> MemoryServer:
    """The in-memory server at this made-up address: the same one for everybody in this process."""
    return MemoryServer()


def _open_caldav(access: Access) -> Provider:
    return CalDavProvider(
        url=access.url, username=access.username, password=access.password, policy=access.policy
    )


def _open_icloud(access: Access) -> Provider:
    return ICloudProvider(
        url=access.url, username=access.username, password=access.password, policy=access.policy
    )


def _open_ics(access: Access) -> Provider:
    return IcsProvider(address=access.password, policy=access.policy)


def _open_google(access: Access) -> Provider:
    return GoogleProvider(tokens=_tokens(access), policy=access.policy, api=access.addresses["api"])


def _open_microsoft(access: Access) -> Provider:
    return MicrosoftProvider(tokens=_tokens(access), policy=access.policy, api=access.addresses["api"])


def _tokens(access: Access) -> Tokens:
    if access.tokens is None:
        raise ValueError("an account of this kind is opened with tokens")
    return access.tokens


def _open_memory(access: Access) -> Provider:
    return MemoryProvider(memory_server(access.url))


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
        Kind("ics", "iCal feed", IcsProvider.capabilities, _open_ics),
        Kind(
            "google",
            "Google",
            GoogleProvider.capabilities,
            _open_google,
            needs_address=False,
            oauth=GoogleOAuth,
        ),
        Kind(
            "microsoft",
            "Microsoft 365 / Outlook.com",
            MicrosoftProvider.capabilities,
            _open_microsoft,
            needs_address=False,
            oauth=MicrosoftOAuth,
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


def title(key: str) -> str:
    """What people call this kind; a key that is none of ours stays as it is."""
    return KINDS[key].title if key in KINDS else key


def connect(key: str, access: Access) -> Provider:
    """A connection to an account; the caller closes it. Nothing is sent before the first call."""
    return kind(key).open(access)
