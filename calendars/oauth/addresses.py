"""The providers' own endpoints as the operator set them, and the addresses that they send people back to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

SETTINGS: Mapping[str, Mapping[str, str]] = {
    "google": {
        "auth": "GOOGLE_AUTH_URI",
        "token": "GOOGLE_TOKEN_URI",
        "revoke": "GOOGLE_REVOKE_URI",
        "api": "GOOGLE_CALENDAR_API",
    },
    "microsoft": {"authority": "MICROSOFT_AUTHORITY", "api": "MICROSOFT_GRAPH_API"},
}
"""Which setting holds which endpoint of which provider."""


def addresses_of(provider: str) -> dict[str, str]:
    """The provider's endpoints by their short names; empty for providers that have none.

    However the operator wrote them: ``api`` ends with exactly one slash, the others with none.
    """
    found = {}
    for name, setting in SETTINGS.get(provider, {}).items():
        bare = str(getattr(settings, setting)).rstrip("/")
        found[name] = f"{bare}/" if name == "api" else bare
    return found


def redirect_address(provider: str) -> str:
    """Where the provider sends people back to; registered there, letter by letter (RFC 6749, 3.1.2.3)."""
    return f"{settings.SITE_URL}{reverse(f'calendars:callback_{provider}')}"


def unusable() -> Iterator[tuple[str, str]]:
    """Settings of endpoints that tokens must not travel to, each with its value."""
    for names in SETTINGS.values():
        for setting in names.values():
            value = str(getattr(settings, setting))
            if not _is_usable(value):
                yield setting, value


def _is_usable(address: str) -> bool:
    """A whole https address; plain http on this machine alone, and only in development."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        parts.port  # noqa: B018 raises for nonsense
    except ValueError:
        return False
    if parts.query or parts.fragment or parts.username or not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and settings.DEBUG and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
