"""Who may send a guest's form: no cookie, no session, but from our own pages and not without end."""

from __future__ import annotations

import hashlib
import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from bookings.models import Booking
from bookingsite.lib import rate_limit

CHANGES_PER_HOUR = 20
"""How often one booking may be moved or cancelled with its link; each change writes to both sides."""
_HOUR = 3600


def is_from_elsewhere(request: HttpRequest, *, no_referrer: bool = False) -> bool:
    """Whether a browser says that another site sent this form (EB-5). Browsers that say nothing pass.

    `no_referrer`: the form's page was sent with `Referrer-Policy: no-referrer`. Browsers then write
    `Origin: null` for our own forms too (Fetch, "append a request Origin header"); the secret link
    proves enough there.
    """
    site = request.headers.get("Sec-Fetch-Site", "")
    if site not in {"", "same-origin", "none"}:
        return True
    origin = request.headers.get("Origin", "")
    if not origin or (origin == "null" and (no_referrer or site == "same-origin")):
        return False
    return urlsplit(origin).netloc not in {request.get_host(), urlsplit(settings.SITE_URL).netloc}


def has_tried_too_often(request: HttpRequest, *, email: str, now: float) -> bool:
    """Count one more try of this network address and of this mail address (G95).

    The second limit keeps a stranger from being flooded with mails that many networks ask for. Settings
    switch them off.
    """
    return _exceeded("book", address_of(request), limit=settings.GUEST_TRIES_PER_HOUR, now=now) or _exceeded(
        "book-for", email.lower(), limit=settings.GUEST_TRIES_PER_ADDRESS, now=now
    )


def has_changed_too_often(booking: Booking, *, now: float) -> bool:
    """Count one more change of this booking by whoever has its link."""
    return _exceeded("change", str(booking.pk), limit=CHANGES_PER_HOUR, now=now)


def _exceeded(name: str, who: str, *, limit: int, now: float) -> bool:
    if not (settings.GUEST_TRIES_PER_HOUR and limit):
        return False
    # Hashed: a key has room for 250 characters, and nobody's address lies in the cache.
    key = hashlib.sha256(who.encode()).hexdigest()
    return rate_limit.exceeded(cache, name=name, who=key, limit=limit, seconds=_HOUR, now=now)


def address_of(request: HttpRequest) -> str:
    """The network of the guest; forwarded addresses count only from proxies that were configured (F83).

    An IPv6 address stands for its /64, for a machine chooses the other half itself, as often as it likes
    (RFC 8981). What is no address counts as the one that the connection comes from; "" where there is none
    (a Unix socket).
    """
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    forwarded = _network(hops[-proxies]) if proxies and len(hops) >= proxies else ""
    return forwarded or _network(request.META.get("REMOTE_ADDR", ""))


def _network(text: str) -> str:
    """The network of an address; some proxies write a port behind it. "" for what is none."""
    for candidate in (text, text.rpartition(":")[0].strip("[]")):
        try:
            address = ipaddress.ip_address(candidate)
        except ValueError:
            continue
        if isinstance(address, ipaddress.IPv4Address):
            return str(address)
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(address), 64), strict=False))
    return ""
