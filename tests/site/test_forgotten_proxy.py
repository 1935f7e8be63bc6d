"""A proxy in front that the site was not told of is named in the log."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from django.test import RequestFactory

from bookingsite.proxies import ForgottenProxyMiddleware


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "bookingsite.proxies"]


def test_forwarded_requests_without_a_trusted_proxy_are_told_once(
    rf: RequestFactory, caplog: pytest.LogCaptureFixture
) -> None:
    middleware = ForgottenProxyMiddleware(lambda request: HttpResponse("page"))

    middleware(rf.get("/"))
    before = warnings_of(caplog)
    pages = [middleware(rf.get("/", headers={"x-forwarded-for": "203.0.113.5"})) for _ in range(2)]

    [warning] = warnings_of(caplog)
    assert (before, [page.content for page in pages]) == ([], [b"page", b"page"])
    assert ("TRUSTED_PROXY_COUNT is 0" in warning, "203.0.113.5" in warning) == (True, False)


def test_it_looks_at_every_request_before_anything_answers(settings: Any) -> None:
    assert settings.MIDDLEWARE[0] == "bookingsite.proxies.ForgottenProxyMiddleware"


@pytest.mark.parametrize(("name", "value"), [("DEBUG", True), ("ALLAUTH_TRUSTED_PROXY_COUNT", 1)])
def test_it_does_not_look_where_there_is_nothing_to_tell(settings: Any, name: str, value: object) -> None:
    setattr(settings, name, value)

    with pytest.raises(MiddlewareNotUsed):
        ForgottenProxyMiddleware(lambda request: HttpResponse())
