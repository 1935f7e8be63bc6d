"""Servers people have, so that they need not know an address. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

APP_PASSWORD = re.compile(r"[a-z]{4}(-[a-z]{4}){3}")
ICLOUD_URL = "https://caldav.icloud.com/"


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind of server. `address` may hold `{server}` for the host's own server name."""

    key: str
    title: str
    address: str

    @property
    def needs_server(self) -> bool:
        """Whether the host has to type their server's name."""
        return "{server}" in self.address

    def url(self, server: str = "") -> str:
        """The address to begin discovery at; `server` is a name or an address as typed."""
        return self.address.format(server=urlsplit(typed_url(server)).netloc) if server else self.address


PRESETS: tuple[Preset, ...] = (
    Preset("icloud", "iCloud", ICLOUD_URL),
    Preset("nextcloud", "Nextcloud", "https://{server}/remote.php/dav/"),
    Preset("fastmail", "Fastmail", "https://caldav.fastmail.com/"),
    Preset("mailbox", "mailbox.org", "https://dav.mailbox.org/"),
    Preset("posteo", "Posteo", "https://posteo.de:8443/"),
    Preset("gmx", "GMX", "https://caldav.gmx.net/"),
    Preset("infomaniak", "Infomaniak", "https://sync.infomaniak.com/"),
    Preset("zimbra", "Zimbra", "https://{server}/dav/"),
    Preset("sogo", "SOGo", "https://{server}/SOGo/dav/"),
    Preset("baikal", "Baïkal", "https://{server}/dav.php/"),
    Preset("radicale", "Radicale", "https://{server}/"),
)

USUAL_PATHS = ("/.well-known/caldav", "/remote.php/dav/", "/dav.php/", "/SOGo/dav/", "/dav/", "/caldav/")
"""Where to look when the typed address is no CalDAV itself; the first is RFC 6764's."""

_SCHEMES = {"caldavs": "https", "caldav": "https", "webcal": "https", "webcals": "https"}


def preset(key: str) -> Preset | None:
    """The preset with this key."""
    return next((found for found in PRESETS if found.key == key), None)


def typed_url(text: str) -> str:
    """What a person typed as an address: https where no scheme stands, no credentials, no fragment.

    Raises `ValueError` for what cannot be taken apart.
    """
    text = text.strip()
    if "://" not in text:
        text = f"https://{text}"
    parts = urlsplit(text)
    scheme = _SCHEMES.get(parts.scheme.lower(), parts.scheme.lower())
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit((scheme, netloc, parts.path or "/", parts.query, ""))


def looks_like_app_password(text: str) -> bool:
    """Whether this has the shape of Apple's app-specific passwords, `xxxx-xxxx-xxxx-xxxx`."""
    return APP_PASSWORD.fullmatch(text.strip().lower()) is not None
