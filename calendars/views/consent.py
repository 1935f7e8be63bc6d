"""Connecting by consent (C2, C3): ask, send people to the provider, and take the answer they come back with.

The callback is a GET that acts, as RFC 6749 has it; the state in it, kept in the session and used once, is what a
form's token is elsewhere (docs/decisions/consent-comes-back-as-a-get.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from bookingsite.lib import clock
from calendars import wording
from calendars.connecting import AlreadyConnectedError, OtherAccountError
from calendars.models import Account, OAuthClient
from calendars.oauth import clients, consenting
from calendars.oauth.consenting import NoClientError, Pending
from calendars.providers import registry
from calendars.providers.errors import ConsentPartial, ConsentStale, ProviderError
from calendars.views.own import person_of, tries_too_often
from calendars.views.telling import tell_connected

Found = tuple[str, Sequence[str]]
"""What went wrong: a code for `wording`, and the permissions that were left out."""


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, provider: str) -> HttpResponse:
    """Say what will be asked for; a POST sends the host to the provider's page."""
    _kind_or_404(provider)
    return leave(request, provider) if request.method == "POST" else page(request, provider)


@never_cache
@require_GET
def callback(request: HttpRequest, provider: str) -> HttpResponse:
    """Take the provider's answer. An administrator who allowed the client for everybody comes here too."""
    _kind_or_404(provider)
    if "admin_consent" in request.GET and "error" not in request.GET and "code" not in request.GET:
        return render(request, "calendars/admin_consent.html")
    return _taken(request, provider)


@login_required
def _taken(request: HttpRequest, provider: str) -> HttpResponse:
    answer = {name: str(value) for name, value in request.GET.items()}
    pending = _take_pending(request, provider, answer.get("state", ""))
    if pending is None:
        return _back(request, provider, (ConsentStale.code, ()), None)
    try:
        outcome = consenting.finish(person_of(request), pending, answer, clock.now())
    except (ProviderError, AlreadyConnectedError, OtherAccountError) as error:
        return _back(request, provider, _found(error), pending.account)
    if outcome.is_new:
        tell_connected(request, outcome.account)
    else:
        messages.success(request, _("%(account)s is connected again.") % {"account": outcome.account})
    return redirect("calendars:integrations")


def asks_at(provider: str) -> bool:
    """Whether accounts of this kind are opened by consent, not by a password."""
    kind = registry.KINDS.get(provider)
    return kind is not None and kind.oauth is not None


def again(request: HttpRequest, account: Account) -> HttpResponse:
    """Consent anew for an account that is known."""
    if request.method == "POST":
        return leave(request, account.provider, account)
    return page(request, account.provider, account)


def _kind_or_404(provider: str) -> registry.Kind:
    kind = registry.KINDS.get(provider)
    if kind is None or kind.oauth is None:
        raise Http404
    return kind


def page(
    request: HttpRequest,
    provider: str,
    account: Account | None = None,
    found: Found | None = None,
) -> HttpResponse:
    """What will be asked for, with a button; and what went wrong the last time, once."""
    status = 422 if found else 200
    code, missing = found or _take_problem(request, provider)
    person = person_of(request)
    admin_url, client_id = _admin_consent(request, provider) if code == "admin_consent" else ("", "")
    context: dict[str, Any] = {
        "provider": provider,
        "title": OAuthClient.Provider(provider).label,
        "account": account,
        "has_client": provider in clients.providers_with_client(person.pk),
        "is_operator": person.is_superuser,
        "problem": wording.problem(code, provider) if code else None,
        "code": code,
        "missing": [wording.permission(scope) for scope in missing],
        "admin_url": admin_url,
        "client_id": client_id,
        "client_page": reverse(f"calendars:client_{provider}"),
    }
    return render(request, "calendars/connect_consent.html", context, status=status)


def _admin_consent(request: HttpRequest, provider: str) -> tuple[str, str]:
    try:
        return consenting.admin_consent_address(person_of(request), provider)
    except ProviderError:  # the client's secret cannot be opened: then there is nothing to be allowed
        return "", ""


def leave(request: HttpRequest, provider: str, account: Account | None = None) -> HttpResponse:
    """Send the host to the provider, and remember in the session what was asked.

    By a page that moves on by itself, not by a redirect: browsers hold `form-action` against every redirect that
    follows a form, and organisations send people on to sign-in servers of their own.
    """
    if tries_too_often(person_of(request), "connect"):
        return page(request, provider, account, ("too_many_tries", ()))
    try:
        url, pending = consenting.begin(person_of(request), provider, clock.now(), account)
    except (ProviderError, NoClientError) as error:
        return page(request, provider, account, _found(error))
    request.session[_pending_key(provider)] = pending.as_json()
    context = {"url": url, "title": OAuthClient.Provider(provider).label}
    response = render(request, "calendars/leaving.html", context)
    response["Refresh"] = f"0; url={url}"
    return response


def _back(request: HttpRequest, provider: str, found: Found, account_id: int | None) -> HttpResponse:
    """To the page that says what went wrong, away from an address with a code in it."""
    request.session[_problem_key(provider)] = [found[0], list(found[1])]
    mine = Account.objects.filter(owner=person_of(request), closing_at=None)
    if account_id is not None and mine.filter(pk=account_id).exists():
        return redirect("calendars:reconnect", account_id)
    return redirect(f"calendars:connect_{provider}")


def _found(error: Exception) -> Found:
    if isinstance(error, ProviderError):
        return error.code, error.missing if isinstance(error, ConsentPartial) else ()
    if isinstance(error, AlreadyConnectedError):
        return "still_closing", ()
    return "no_client" if isinstance(error, NoClientError) else "other_account", ()


def _take_pending(request: HttpRequest, provider: str, state: str) -> Pending | None:
    """The question that this answer belongs to; it is used up with it."""
    pending = Pending.from_json(request.session.get(_pending_key(provider)))
    if pending is None or pending.provider != provider or not pending.fits(state, clock.now()):
        return None
    del request.session[_pending_key(provider)]
    request.session.save()  # before the network is asked: a second request with the same answer finds nothing
    return pending


def _take_problem(request: HttpRequest, provider: str) -> Found:
    match request.session.pop(_problem_key(provider), None):
        case [str(code), list(missing)]:
            return code, missing
    return "", ()


def _pending_key(provider: str) -> str:
    return f"consent_{provider}"


def _problem_key(provider: str) -> str:
    return f"consent_problem_{provider}"
