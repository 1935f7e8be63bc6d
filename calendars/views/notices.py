"""Where providers tell that a calendar changed (C12): SYNC 4.2 for Google, 5 for Microsoft Graph.

Anybody can send anything here, so nothing is believed but that a calendar should be looked at, and that only
from whoever knows its channel's secret. A forged notice costs one query and changes nothing; a genuine one makes
its calendar due, however often it comes. No cookies, no sessions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeGuard

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bookingsite.lib import clock
from calendars.sync import noticing
from calendars.sync.noticing import Meaning, Notice

MOST_BYTES = 256 * 1024
MOST_NOTICES = 1000
LONGEST_TOKEN = 1000
_LIFECYCLE = {
    "reauthorizationRequired": Meaning.RENEW,
    "subscriptionRemoved": Meaning.REMOVED,
    "missed": Meaning.CHANGED,
}


@csrf_exempt
@require_POST
def google(request: HttpRequest) -> HttpResponse:
    """Google says everything in headers; whoever is not Google learns nothing from the answer."""
    told = request.headers
    is_hello = told.get("X-Goog-Resource-State") == "sync"
    notice = Notice(
        channel_id=told.get("X-Goog-Channel-Id", ""),
        secret=told.get("X-Goog-Channel-Token", ""),
        meaning=Meaning.HELLO if is_hello else Meaning.CHANGED,
        resource_id=told.get("X-Goog-Resource-Id", ""),
    )
    is_genuine = noticing.take("google", [notice], clock.now())
    return _answer(200 if is_genuine else 404)


@csrf_exempt
@require_POST
def microsoft(request: HttpRequest) -> HttpResponse:
    """Graph first asks whether we want notices at all, then sends lists of them."""
    token = request.GET.get("validationToken")
    if token is not None:
        return _handshake(token)
    try:
        notices = list(_notices(request))
    except ValueError:
        return _answer(400)
    noticing.take("microsoft", notices, clock.now())
    return _answer(202)  # also for forged ones: the answer tells nothing


def _handshake(token: str) -> HttpResponse:
    """Repeat the token. It comes while the worker waits for Graph's answer, so no channel can be asked whether
    it is expected; whoever asks hears only themselves.

    Graph takes no encoded token (its documentation, "Receive change notifications through webhooks"), so what
    keeps a token from acting as a page is how it goes out: to a POST alone, as plain text that browsers may not
    take for anything else, under a policy that lets nothing run.
    """
    is_plausible = token.isprintable() and 0 < len(token) <= LONGEST_TOKEN
    return _answer(200, token) if is_plausible else _answer(400)


def _answer(status: int, text: str = "") -> HttpResponse:
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8", headers=headers)


def _notices(request: HttpRequest) -> Iterator[Notice]:
    """What the body claims. Raises `ValueError` for what is no list of notices."""
    for each in _listed(request):
        if not isinstance(each, dict):
            raise ValueError("not a notice")  # noqa: TRY004 one error for whatever is no notice
        channel, secret = each.get("subscriptionId"), each.get("clientState")
        event = each.get("lifecycleEvent")
        meaning = Meaning.CHANGED if event is None else _LIFECYCLE.get(str(event))
        if _is_name(channel) and isinstance(secret, str) and meaning is not None:
            yield Notice(channel, secret, meaning)


def _is_name(told: object) -> TypeGuard[str]:
    """Whether this can be a channel's name. JSON can say what no database takes: NUL, and half a character."""
    return isinstance(told, str) and told.isascii() and told.isprintable()


def _listed(request: HttpRequest) -> list[Any]:
    try:
        is_small = int(request.headers.get("Content-Length") or 0) <= MOST_BYTES
        body = json.loads(request.body) if is_small else None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    notices = body.get("value") if isinstance(body, dict) else None
    if not isinstance(notices, list) or len(notices) > MOST_NOTICES:
        raise ValueError("not a list of notices")
    return notices
