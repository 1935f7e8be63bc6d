"""What needs the host, on top of every page of the signed-in area (CC-5)."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext
from django.urls import reverse

from bookingsite.lib import clock
from calendars import cards

register = template.Library()


@register.inclusion_tag("components/account_banners.html", takes_context=True)
def account_banners(context: RequestContext) -> dict[str, Any]:
    """The host's accounts that fail, in words. One query while all is well; none on the
    integrations pages, which show it anyway."""
    request = context["request"]
    if not request.user.is_authenticated or request.path.startswith(reverse("calendars:integrations")):
        return {"accounts": []}
    return {"accounts": cards.failing(request.user, clock.now())}
