"""Every address of the site, and real paths for them: used to hold what each role may reach."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from bookings.domain import links

_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^)]*\))*\)")


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """The pattern of each address, such as `bookings/<slug:public_id>/cancel/`."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


def path_of(route: str, rows: Mapping[str, Any], *, token: str) -> str:
    """The address of one host's own object; a public link gets `token`."""
    values = _values(route, rows) | {"token": token}
    route = _GROUP.sub(lambda found: values[found[1]], route)
    route = _CONVERTER.sub(lambda found: values[found[1]], route)
    return "/" + route.replace("^", "").replace("$", "")


def token_of(rows: Mapping[str, Any]) -> str:
    """What the guest of the booking has in their mail."""
    return links.manage_token(rows["booking"])


def _values(route: str, rows: Mapping[str, Any]) -> dict[str, str]:
    kinds = {
        "schedules": "schedule",
        "time-off": "timeoff",
        "closing-rules": "closingrule",
        "event-types": "eventtype",
    }
    key = next((str(rows[kind].pk) for part, kind in kinds.items() if part in route), "1")
    return {
        "pk": key, "account_id": str(rows["account"].pk), "calendar_id": str(rows["calendar"].pk),
        "day": rows["datehours"].date.isoformat(), "public_id": rows["booking"].public_id, "host": rows["user"].slug,
        "event": rows["eventtype"].slug, "name": f"{'0' * 32}.webp", "offer": links.offer_token(rows["moveoffer"]),
        "number": "0", "key": "no-such-key", "uidb36": "1",
    }  # fmt: skip
