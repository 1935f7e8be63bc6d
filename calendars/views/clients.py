"""A host's own OAuth client (C8), for advanced use."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bookingsite.lib import clock
from calendars.models import OAuthClient
from calendars.oauth import clients
from calendars.oauth.addresses import redirect_address
from calendars.oauth.forms import HostClientForm
from calendars.views.own import person_of, posted


@sensitive_post_parameters("secret")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest, provider: str) -> HttpResponse:
    """Bring or replace a client; the page shows how to register it, and the redirect address to register."""
    person = person_of(request)
    held = OAuthClient.objects.filter(owner=person, provider=provider).first()
    row = held or OAuthClient(owner=person, provider=provider)
    accounts = clients.accounts_of(held).count() if held else 0
    form = HostClientForm(posted(request), instance=row)
    if request.method == "POST" and form.is_valid() and _is_saved(form):
        messages.success(request, _("Your client was saved. New connections use it."))
        return redirect(f"calendars:connect_{provider}")
    context = {
        "form": form,
        "held": held,
        "provider": provider,
        "title": OAuthClient.Provider(provider).label,
        "redirect_address": redirect_address(provider),
        "accounts": accounts,
    }
    return render(request, "calendars/client.html", context, status=422 if form.errors else 200)


def _is_saved(form: HostClientForm) -> bool:
    try:
        clients.save(form.instance, secret=form.cleaned_data["secret"], now=clock.now())
    except IntegrityError:  # saved twice at the same moment
        form.add_error(None, _("There is a client for this provider already."))
        return False
    return True


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, provider: str) -> HttpResponse:
    """Say what depends on the client, then delete it."""
    row = get_object_or_404(OAuthClient, owner=person_of(request), provider=provider)
    if request.method == "POST":
        lost = clients.remove(row, clock.now())
        text = _("Your client was deleted.")
        if lost:
            count = ngettext(
                "%(count)d account must be connected again.",
                "%(count)d accounts must be connected again.",
                lost,
            )
            text = f"{text} {count % {'count': lost}}"
        messages.success(request, text)
        return redirect("calendars:integrations")
    accounts = clients.lost_without(row)
    context = {"client": row, "provider": provider, "accounts": accounts}
    return render(request, "calendars/delete_client.html", context)
