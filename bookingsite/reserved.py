"""First parts of addresses that belong to the site and cannot be a host's link."""

from collections.abc import Iterator
from functools import cache

from django.urls import URLResolver

# Not routes today, but confusing or wanted soon.
ALSO = frozenset(
    {
        "api",
        "b",
        "book",
        "calendar",
        "dashboard",
        "help",
        "host",
        "login",
        "logout",
        "media",
        "rooms",
        "signup",
        "static",
        "support",
        "team",
        "teams",
        "users",
        "www",
    }
)


@cache
def _routes() -> frozenset[str]:
    from django.urls import get_resolver

    return frozenset(part for part in _first_parts(get_resolver()) if part and "<" not in part)


def _first_parts(resolver: URLResolver) -> Iterator[str]:
    for entry in resolver.url_patterns:
        part = str(entry.pattern).lstrip("^").split("/")[0]
        if not part and isinstance(entry, URLResolver):
            yield from _first_parts(entry)
        else:
            yield part


def is_reserved(slug: str) -> bool:
    """Whether a host must not take this link."""
    return slug in ALSO or slug in _routes()
