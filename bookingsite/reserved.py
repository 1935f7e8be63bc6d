"""First parts of addresses that belong to the site and cannot be a host's link."""

from functools import cache

# Not routes today, but confusing or wanted soon.
ALSO = frozenset({"api", "b", "book", "calendar", "dashboard", "help", "host", "login", "logout", "media", "rooms",
                  "signup", "static", "support", "team", "teams", "users", "www"})


@cache
def _routes() -> frozenset[str]:
    from django.urls import get_resolver

    parts = {str(entry.pattern).lstrip("^").split("/")[0] for entry in get_resolver().url_patterns}
    return frozenset(part for part in parts if part and "<" not in part)


def is_reserved(slug: str) -> bool:
    """Whether a host must not take this link."""
    return slug in ALSO or slug in _routes()
