"""Who may send a guest's form: no cookie, no session, but from our own pages and not without end."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from bookingsite.lib import rate_limit

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


def has_tried_too_often(request: HttpRequest, *, now: float) -> bool:
    """Count one more try of this network address (G95); a setting switches the limit off."""
    limit = settings.GUEST_TRIES_PER_HOUR
    if not limit:
        return False
    return rate_limit.exceeded(
        cache, name="book", who=address_of(request), limit=limit, seconds=_HOUR, now=now
    )


def address_of(request: HttpRequest) -> str:
    """The network address of the guest; forwarded ones count only from proxies that were configured (F83)."""
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    if proxies and len(hops) >= proxies:
        return str(hops[-proxies])
    return str(request.META.get("REMOTE_ADDR", ""))
