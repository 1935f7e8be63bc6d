"""A look at the proxy in front of the site, which the operator may have forgotten to name."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

log = logging.getLogger(__name__)


class ForgottenProxyMiddleware:
    """Says once in each process that a proxy seems to stand in front of a site that was not told of it.

    All guests then share the proxy's address, and so the limits on how often one may try.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if settings.DEBUG or settings.ALLAUTH_TRUSTED_PROXY_COUNT:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.has_warned = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The header's value is anybody's to write and stays out of the log."""
        if not self.has_warned and "X-Forwarded-For" in request.headers:
            self.has_warned = True
            log.warning(
                "A request came with X-Forwarded-For, but TRUSTED_PROXY_COUNT is 0, so all guests behind a "
                'proxy count as one. If a proxy stands in front, set it: docs/operations.md, "Behind a proxy".'
            )
        return self.get_response(request)
